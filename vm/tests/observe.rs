//! An observer sees every step and changes none.

mod support;

use hull_vm::host_api::{Fatal, HostFunction};
use hull_vm::{Call, Observer, Outcome, Step};
use support::{ALICE, BOB, Chain, GAS, on_each_tier};

/// Writes down what it sees, in short.
#[derive(Default)]
struct Notes(Vec<String>);

impl Observer for Notes {
    fn observe(&mut self, step: &Step<'_>) {
        self.0.push(match step {
            Step::Entered(entered) => format!("{} {:?}", entered.kind, entered.input),
            Step::Left(left) => format!("left {:?} {:?}", left.result, left.data),
            Step::HostCalled { function, .. } => format!("{function:?}("),
            Step::HostReturned { function, .. } => format!("){function:?}"),
            Step::Read { key, value } => format!("read {key:?} {value:?}"),
            Step::Write { key, value } => format!("write {key:?} {value:?}"),
            Step::Remove { key, found } => format!("remove {key:?} {found}"),
            Step::Scanned { found, .. } => format!("scanned {found:?}"),
            Step::Transfer { to, amount, .. } => format!("sent {amount} {}", *to == BOB),
            Step::Debug { message } => format!("debug {message:?}"),
            Step::Stopped { .. } => "stopped".into(),
            other => format!("{other:?}"),
        });
    }
}

/// Every kind of step but those of nested calls.
const STEPS: &str = r#"(module
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "storage_remove" (func $remove (param i32 i32) (result i32)))
  (import "hull" "storage_next" (func $next (param i32 i32 i32 i32 i32 i32 i32) (result i64)))
  (import "hull" "transfer" (func $transfer (param i32 i32) (result i32)))
  (import "hull" "debug_log" (func $debug (param i32 i32)))
  (import "hull" "abort" (func $abort (param i32 i32)))
  (memory 1)
  (data (i32.const 0) "kv")
  (data (i32.const 64) "\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0\b0")
  (data (i32.const 96) "\02")
  (func (export "call")
    (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (call $write (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1))
    (drop (call $next (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 8) (i32.const 8)))
    (drop (call $remove (i32.const 0) (i32.const 1)))
    (drop (call $transfer (i32.const 64) (i32.const 96)))
    (call $debug (i32.const 0) (i32.const 2))
    (call $abort (i32.const 0) (i32.const 2))))"#;

fn observed(chain: &mut Chain, call: &Call) -> (Outcome, Vec<String>) {
    let mut notes = Notes::default();
    let vm = chain.vm.clone();
    let outcome: Result<Outcome, Fatal> = vm.call_observed(&mut chain.host, call, &mut notes);
    (outcome.expect("the host works"), notes.0)
}

#[test]
fn every_step_is_seen_in_its_order_and_nothing_changes() {
    on_each_tier(|chain| {
        let contract = chain.deploy(STEPS);
        chain.host.set_balance(contract, 5);
        let call = Call {
            origin: ALICE,
            caller: ALICE,
            contract,
            gas_limit: GAS,
            deposit_limit: 1_000,
            input: vec![7],
            ..Call::default()
        };
        let plain = chain
            .vm
            .call(&mut chain.host, &call)
            .expect("the host works");
        let (outcome, notes) = observed(chain, &call);
        assert_eq!(outcome, plain, "watching changed something");
        assert_eq!(outcome.message(), Some("kv"));
        let expected = [
            "call [7]",
            "storage_read(",
            "read [107] None",
            ")storage_read",
            "storage_write(",
            "write [107] [118]",
            ")storage_write",
            "storage_next(",
            "scanned Some([107])",
            ")storage_next",
            "storage_remove(",
            "remove [107] true",
            ")storage_remove",
            "transfer(",
            "sent 2 true",
            ")transfer",
            "debug_log(",
            "debug [107, 118]",
            ")debug_log",
            "abort(",
            ")abort",
            "stopped",
            "left Revert []",
        ];
        assert_eq!(notes, expected);
        outcome
    });
}

#[test]
fn a_trap_names_the_functions_that_it_happened_in() {
    #[derive(Default)]
    struct Stack(Vec<u32>);
    impl Observer for Stack {
        fn observe(&mut self, step: &Step<'_>) {
            if let Step::Stopped { stack } = step {
                self.0 = stack.iter().map(|place| place.function).collect();
            }
        }
    }
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module (import "hull" "caller" (func (param i32))) (memory 1)
              (func $inner (param i32) (result i32)
                (if (local.get 0) (then (return (i32.add (call $inner (i32.sub (local.get 0)
                  (i32.const 1))) (i32.const 1)))))
                (unreachable))
              (func (export "call") (drop (i32.add (call $inner (i32.const 1)) (i32.const 1)))))"#,
        );
        let call = Call {
            contract,
            gas_limit: GAS,
            ..Call::default()
        };
        let mut stack = Stack::default();
        let vm = chain.vm.clone();
        vm.call_observed(&mut chain.host, &call, &mut stack)
            .expect("the host works");
        assert_eq!(stack.0, [1, 1, 2]);
    });
}

/// The gas of every host function is what is left before and after it.
#[test]
fn gas_is_that_of_each_host_function() {
    #[derive(Default)]
    struct Charges(Vec<(HostFunction, u64)>, u64);
    impl Observer for Charges {
        fn observe(&mut self, step: &Step<'_>) {
            match step {
                Step::HostCalled { gas_left, .. } => self.1 = *gas_left,
                Step::HostReturned { function, gas_left } => {
                    self.0.push((*function, self.1 - gas_left));
                }
                _ => {}
            }
        }
    }
    on_each_tier(|chain| {
        let contract = chain.deploy(STEPS);
        chain.host.set_balance(contract, 5);
        let call = Call {
            origin: ALICE,
            caller: ALICE,
            contract,
            gas_limit: GAS,
            deposit_limit: 1_000,
            ..Call::default()
        };
        let mut charges = Charges::default();
        let vm = chain.vm.clone();
        vm.call_observed(&mut chain.host, &call, &mut charges)
            .expect("the host works");
        // The bytes that cross: key and value, and for a scan the key found.
        let bytes = [
            (HostFunction::storage_read, 1),
            (HostFunction::storage_write, 2),
            (HostFunction::storage_next, 1),
            (HostFunction::storage_remove, 1),
            (HostFunction::transfer, 0),
            (HostFunction::debug_log, 2),
            (HostFunction::abort, 2),
        ];
        let expected = bytes.map(|(function, bytes)| (function, function.spec().cost.of(bytes)));
        assert_eq!(charges.0, expected);
    });
}
