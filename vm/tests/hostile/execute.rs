//! Cases 25 to 39: contracts that run too long, too deep, or not the same everywhere.

use std::fs;
use std::panic::{self, AssertUnwindSafe};

use hull_vm::host_api::{Address, CallStatus, Host, limits};
use hull_vm::{Call, CallResult, Config, DiskCacheConfig, HaltKind, Outcome, Rule, Schedule};
use hull_vm::{Tiering, Vm};

use crate::support::{
    Chain, GAS, TIERS, contract, message, on_each_tier, wasm,
};

/// A contract whose message is `body`, with what the cases below need.
fn body(body: &str) -> String {
    format!(
        r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "callee" (func $callee (param i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory 1 64)
  (table 4 funcref)
  (func $recurse (result i32) (i32.add (call $recurse) (i32.const 1)))
  (func (export "call") (local $i i32)
    (call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))
    {body}))"#
    )
}

/// What a contract comes to that should halt, on either tier.
fn halt(text: &str) -> HaltKind {
    on_each_tier(|chain| {
        let contract = chain.deploy(text);
        chain.halt(contract)
    })
}

#[test]
fn case_25_start_function_that_never_ends() {
    let chain = Chain::on(TIERS[0]);
    let refusal = chain.refusal(&wasm(
        "(module (func $f (loop (br 0))) (start $f) (func (export \"call\")))",
    ));
    assert_eq!(refusal.rule, Rule::NoStart);
    assert!(refusal.to_string().contains("constructor"), "{refusal}");
}

#[test]
fn case_26_segments_out_of_range() {
    let chain = Chain::on(TIERS[0]);
    for segment in [
        "(memory 1) (data (i32.const 65536) \"x\")",
        "(memory 1) (data (i32.const -1) \"x\")",
        "(table 1 funcref) (elem (i32.const 1) $f)",
    ] {
        let text = format!("(module {segment} (func $f) (func (export \"call\")))");
        assert_eq!(chain.refusal(&wasm(&text)).rule, Rule::Segments, "{segment}");
    }
    for (segment, init) in [
        ("(data $d \"abc\")", "(memory.init $d (i32.const 0) (i32.const 1) (i32.const 3))"),
        ("(data $d \"abc\")", "(memory.init $d (i32.const 65534) (i32.const 0) (i32.const 3))"),
    ] {
        let text = format!("(module (memory 1) {segment} (func (export \"call\") {init}))");
        assert_eq!(halt(&text), HaltKind::MemoryOutOfBounds);
    }
    let text = "(module (table 1 funcref) (elem $e func $f) (func $f)
        (func (export \"call\") (table.init $e (i32.const 1) (i32.const 0) (i32.const 1))))";
    assert_eq!(halt(text), HaltKind::TableOutOfBounds);
}

#[test]
fn case_27_bare_loop() {
    assert_eq!(halt("(module (func (export \"call\") (loop (br 0))))"), HaltKind::OutOfGas);
}

/// Growth is paid whether or not there is room, so the loop ends by gas.
#[test]
fn case_28_loop_of_memory_grow() {
    let grow = body("(loop (drop (memory.grow (i32.const 1))) (br 0))");
    assert_eq!(halt(&grow), HaltKind::OutOfGas);
    let huge = body("(drop (memory.grow (i32.const -1)))");
    assert_eq!(halt(&huge), HaltKind::OutOfGas);
}

#[test]
fn case_29_filling_memory_again_and_again() {
    let fill = body(
        "(drop (memory.grow (i32.const 63)))
         (loop (memory.fill (i32.const 0) (i32.const 7) (i32.const 4194304)) (br 0))",
    );
    assert_eq!(halt(&fill), HaltKind::OutOfGas);
    // What is filled is paid byte by byte, before it is done.
    let once = |len: u32| {
        on_each_tier(|chain| {
            let contract = chain.deploy(&body(&format!(
                "(memory.fill (i32.const 0) (i32.const 7) (i32.const {len}))"
            )));
            chain.call(contract, &[]).gas
        })
    };
    let per_byte = Schedule::V1.fill_byte;
    assert_eq!(once(60_000) - once(10_000), 50_000 * per_byte);
    // Tables cannot be filled at all.
    let chain = Chain::on(TIERS[0]);
    let refusal = chain.refusal(&wasm(
        "(module (table 1 funcref) (func (export \"call\")
           (table.fill (i32.const 0) (ref.null func) (i32.const 1))))",
    ));
    assert_eq!(refusal.rule, Rule::NoReferences);
}

/// The depth at which recursion ends is counted, so it is the same everywhere.
#[test]
fn case_30_deep_recursion() {
    assert_eq!(halt(&body("(drop (call $recurse))")), HaltKind::StackOverflow);
    let deepest = on_each_tier(|chain| {
        let text = r#"(module
          (import "hull" "input" (func $input (param i32 i32 i32)))
          (memory 1)
          (func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
          (func (export "call")
            (call $input (i32.const 0) (i32.const 0) (i32.const 4))
            (call $down (i32.load (i32.const 0)))))"#;
        let contract = chain.deploy(text);
        let (mut fits, mut fails) = (0u32, 1 << 20);
        while fails - fits > 1 {
            let middle = (fits + fails) / 2;
            match chain.call(contract, &middle.to_le_bytes()).result {
                CallResult::Success => fits = middle,
                halt => {
                    assert_eq!(halt, CallResult::Halt(HaltKind::StackOverflow));
                    fails = middle;
                }
            }
        }
        fits
    });
    assert!(deepest > 1_000, "only {deepest} deep");
}

/// Guest, host, guest: one counter of calls for every way to nest.
#[test]
fn case_31_recursion_through_the_host() {
    on_each_tier(|chain| {
        let contract = chain.deploy(&body(
            "(call $callee (i32.const 0))
             (i32.store (i32.const 100) (call $call (i32.const 0) (i32.const 32) (i64.const 0)
               (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 0)))
             (call $return (i32.const 100) (i32.const 4))",
        ));
        let outcome = chain.call(contract, &[]);
        assert_eq!(outcome.result, CallResult::Success);
        assert!(outcome.gas < GAS);
        chain.assert_alive();
        outcome
    });
}

/// A view nests no deeper than a call.
#[test]
fn case_32_depth_of_queries() {
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module
              (import "hull" "callee" (func $callee (param i32)))
              (import "hull" "return_data" (func $return (param i32 i32)))
              (import "hull" "returned" (func $returned (param i32 i32 i32)))
              (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
              (memory 1)
              (func (export "call")
                (call $callee (i32.const 0))
                (if (i32.eqz (call $call (i32.const 0) (i32.const 32) (i64.const 0)
                      (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 0)))
                  (then (call $returned (i32.const 100) (i32.const 0) (i32.const 4))))
                (i32.store (i32.const 100) (i32.add (i32.load (i32.const 100)) (i32.const 1)))
                (call $return (i32.const 100) (i32.const 4))))"#,
        );
        let view = Call { read_only: true, ..message(contract) };
        let outcome = chain.run(&view);
        assert_eq!(outcome.data, limits::MAX_CALL_DEPTH.to_le_bytes());
    });
}

/// Replies are a dialect's: natively a caller goes on after its call, in its own
/// frame, so there is nothing that a callee could schedule.
#[test]
fn case_33_recursion_of_replies() {
    use hull_vm::host_api::HOST_FUNCTIONS;

    let callbacks = HOST_FUNCTIONS.iter().filter(|spec| {
        let params = spec.params.iter().map(|(name, _)| *name);
        spec.name.contains("reply") || params.into_iter().any(|name| name.contains("callback"))
    });
    assert_eq!(callbacks.count(), 0);
}

#[test]
fn case_34_reentrancy() {
    on_each_tier(|chain| {
        let text = body(
            "(if (i32.eqz (call $input_len)) (then
               (call $callee (i32.const 0))
               (i32.store (i32.const 100) (call $call (i32.const 0) (i32.const 32) (i64.const 0)
                 (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1)))
               (i32.store (i32.const 104) (call $call (i32.const 0) (i32.const 32) (i64.const 0)
                 (i32.const 0) (i32.const 2) (i32.const 0) (i32.const 1)))))
             (call $return (i32.const 100) (i32.const 8))",
        );
        let contract = chain.deploy(&text);
        let data = chain.call(contract, &[]).data;
        assert_eq!(data[0], CallStatus::ReentrancyDenied as u8);
        assert_eq!(data[4], CallStatus::Success as u8, "allowed by its own flag");
    });
}

/// A host that panics is a failure of the node: no receipt, no gas, no result.
#[test]
fn case_35_panic_in_the_host() {
    for tiering in TIERS {
        let mut chain = Chain::on(tiering);
        let contract = chain.deploy(&body(""));
        let mut host = Panics(chain.host.clone());
        let hook = panic::take_hook();
        panic::set_hook(Box::new(|_| {}));
        let called = panic::catch_unwind(AssertUnwindSafe(|| {
            chain.vm.call(&mut host, &message(contract))
        }));
        panic::set_hook(hook);
        let error = called.expect("the panic stays inside").unwrap_err();
        assert!(error.to_string().contains("on purpose"), "{error}");
        chain.assert_alive();
    }
}

/// A host that panics where storage is written.
struct Panics(hull_vm::MemoryHost);

mod panics {
    use std::sync::Arc;

    use hull_vm::host_api::{
        Address, Balance, BlockInfo, ContractInfo, Hash, Host, HostResult, NewContract, Scan,
    };

    impl Host for super::Panics {
        fn block(&self) -> BlockInfo {
            self.0.block()
        }
        fn storage_read(&mut self, owner: &Address, key: &[u8]) -> HostResult<Option<&[u8]>> {
            self.0.storage_read(owner, key)
        }
        fn storage_write(&mut self, _: &Address, _: &[u8], _: &[u8]) -> HostResult<u64> {
            panic!("on purpose")
        }
        fn storage_remove(&mut self, owner: &Address, key: &[u8]) -> HostResult<bool> {
            self.0.storage_remove(owner, key)
        }
        fn storage_next(&mut self, owner: &Address, scan: Scan<'_>) -> HostResult<Option<Vec<u8>>> {
            self.0.storage_next(owner, scan)
        }
        fn balance(&mut self, address: &Address) -> HostResult<Balance> {
            self.0.balance(address)
        }
        fn transfer(&mut self, from: &Address, to: &Address, amount: Balance) -> HostResult<()> {
            self.0.transfer(from, to, amount)
        }
        fn contract(&mut self, address: &Address) -> HostResult<Option<ContractInfo>> {
            self.0.contract(address)
        }
        fn is_granted(&mut self, contract: &Address, callee: &Address) -> HostResult<bool> {
            self.0.is_granted(contract, callee)
        }
        fn code(&mut self, code_hash: &Hash) -> HostResult<Option<Arc<[u8]>>> {
            self.0.code(code_hash)
        }
        fn create_contract(&mut self, address: &Address, new: NewContract<'_>) -> HostResult<()> {
            self.0.create_contract(address, new)
        }
        fn set_contract(&mut self, address: &Address, info: ContractInfo) -> HostResult<()> {
            self.0.set_contract(address, info)
        }
        fn terminate(&mut self, address: &Address, to: &Address) -> HostResult<()> {
            self.0.terminate(address, to)
        }
        fn enter(&mut self, deposit_limit: Balance) -> HostResult<()> {
            self.0.enter(deposit_limit)
        }
        fn exit(&mut self, commit: bool) -> HostResult<()> {
            self.0.exit(commit)
        }
    }
}

/// No operator is free to repeat: whatever a loop is made of, gas ends it.
#[test]
fn case_36_mispriced_operators() {
    let operators = [
        "nop",
        "(block (nop))",
        "(drop (i32.const 0))",
        "(drop (memory.size))",
        "(if (i32.const 0) (then))",
        "(block (br 0))",
        "(block (br_table 0 0 (i32.const 0)))",
        "(memory.fill (i32.const 0) (i32.const 0) (i32.const 0))",
        "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))",
        "(drop (memory.grow (i32.const 0)))",
    ];
    let gas = |rounds: u32, operator: &str| {
        on_each_tier(|chain| {
            let contract = chain.deploy(&body(&format!(
                "(loop {operator}
                   (br_if 0 (i32.lt_u
                     (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {rounds}))))"
            )));
            chain.call(contract, &[]).gas
        })
    };
    for operator in operators {
        let (ten, thousand) = (gas(10, operator), gas(1_010, operator));
        assert!(thousand - ten >= 1_000 * 1_000, "{operator}: {} gas", thousand - ten);
        let text = body(&format!("(loop {operator} (br 0))"));
        assert_eq!(halt(&text), HaltKind::OutOfGas, "{operator}");
    }
}

/// Code compiled under one schedule is not found under another.
#[test]
fn case_37_compiled_code_from_before_a_repricing() {
    let folder = tempfile::tempdir().unwrap();
    let files = || fs::read_dir(folder.path()).unwrap().count();
    let upload = |schedule: &'static Schedule| {
        let disk_cache = Some(DiskCacheConfig {
            directory: folder.path().to_owned(),
            max_bytes: 1 << 30,
            secret: None,
        });
        let mut chain = Chain::with(Config { schedule, disk_cache, ..Config::default() });
        let contract = chain.deploy(&body(""));
        chain.call(contract, &[]).gas
    };
    static REPRICED: Schedule = Schedule { version: 999, load_base: 1, ..Schedule::V1 };
    let before = upload(&Schedule::V1);
    assert_eq!(files(), 1);
    let after = upload(&REPRICED);
    assert_eq!(files(), 2, "the old code was used");
    assert_eq!(before - after, Schedule::V1.load_base - 1);
    assert_eq!(upload(&Schedule::V1), before, "and is still there for old blocks");
    assert_eq!(files(), 2);
}

/// The text of a trap is in no part of an outcome.
#[test]
fn case_38_backtraces_in_state() {
    let outcome = on_each_tier(|chain| {
        let contract = chain.deploy(&body("unreachable"));
        chain.call(contract, &[])
    });
    let expected = Outcome {
        result: CallResult::Halt(HaltKind::Unreachable),
        gas: GAS,
        data: vec![],
        events: vec![],
        message: None,
    };
    assert_eq!(outcome, expected);
}

/// What a node has cached, and how it compiles, is in no answer.
#[test]
fn case_39_answers_of_one_node_alone() {
    let folder = tempfile::tempdir().unwrap();
    let disk = || {
        Some(DiskCacheConfig {
            directory: folder.path().to_owned(),
            max_bytes: 1 << 30,
            secret: Some([7; 32]),
        })
    };
    let configs = [
        Config { tiering: Tiering::BaselineOnly, ..Config::default() },
        Config { tiering: Tiering::OptimizedOnly, ..Config::default() },
        Config { tiering: Tiering::Background { after_calls: 1 }, ..Config::default() },
        Config { max_idle_instances: 0, memory_cache_bytes: 0, ..Config::default() },
        Config { disk_cache: disk(), ..Config::default() },
        Config { disk_cache: disk(), ..Config::default() },
    ];
    let text = body("(call $return (i32.const 0) (i32.const 64))");
    let found = configs.map(|config| {
        let mut chain = Chain::with(config);
        let contract = chain.deploy(&text);
        let outcomes: Vec<_> = (0..4).map(|_| chain.call(contract, &[])).collect();
        (outcomes, chain.state())
    });
    for other in &found[1..] {
        assert_eq!(*other, found[0]);
    }
    // A node that was just started and has only the state.
    let mut chain = Chain::on(TIERS[0]);
    let address = chain.deploy_wasm(&contract(&text));
    let vm = Vm::new(Config::default()).unwrap();
    let cold = vm.call(&mut chain.host, &message(address)).unwrap();
    assert_eq!(cold, found[0].0[0]);
    assert!(Host::contract(&mut chain.host, &Address([0; 32])).unwrap().is_none());
}
