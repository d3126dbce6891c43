//! Frames: nesting, what each may, and what is left when one fails.

mod support;

use hull_vm::host_api::{Address, CallStatus, Callees, Capabilities, Group, Upgrade, limits};
use hull_vm::{Call, CallResult, HaltKind};
use support::{GAS, contract, declare, message, on_each_tier, wasm};

/// Calls the address in its input with the rest as input, and returns the
/// status and the gas that was left before and after.
const CALLER: &str = r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "gas_left" (func $gas_left (result i64)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "call")
    (call $input (i32.const 0) (i32.const 0) (call $input_len))
    (i64.store (i32.const 1032) (call $gas_left))
    (i64.store (i32.const 1024) (i64.extend_i32_u (call $call
      (i32.const 0) (i32.const 2000) (i64.const 0) (i32.const 0) (i32.const 0)
      (i32.const 32) (i32.sub (call $input_len) (i32.const 32)))))
    (i64.store (i32.const 1040) (call $gas_left))
    (call $return (i32.const 1024) (i32.const 24))))"#;

/// The three numbers that [`CALLER`] returns.
fn report(data: &[u8]) -> (CallStatus, u64, u64) {
    let number = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().unwrap());
    (
        CallStatus::from_code(number(0) as u32).unwrap(),
        number(8),
        number(16),
    )
}

#[test]
fn a_caller_keeps_a_sixty_fourth() {
    on_each_tier(|chain| {
        let caller = chain.deploy(CALLER);
        let greedy = chain.deploy("(module (func (export \"call\") (loop $l (br $l))))");
        let (status, before, after) = report(&chain.call(caller, &greedy.0).data);
        assert_eq!(status, CallStatus::Halted);
        let kept = after as f64 / before as f64;
        assert!((0.0150..0.0157).contains(&kept), "kept {kept}");
        (before, after)
    });
}

/// A contract that calls itself without end: depth ends it, and every level
/// above gets to know.
#[test]
fn nested_calls_end_at_the_depth_limit() {
    const SELF_CALLER: &str = r#"(module
      (import "hull" "callee" (func $callee (param i32)))
      (import "hull" "return_data" (func $return (param i32 i32)))
      (import "hull" "returned" (func $returned (param i32 i32 i32)))
      (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
      (memory 1)
      (func (export "call")
        (call $callee (i32.const 0))
        (i32.store (i32.const 100)
          (call $call (i32.const 0) (i32.const 32) (i64.const 0) (i32.const 0) (i32.const 2)
            (i32.const 0) (i32.const 0)))
        (if (i32.load (i32.const 100))
          (then (i32.store (i32.const 104) (i32.const 1)))
          (else
            (call $returned (i32.const 100) (i32.const 0) (i32.const 8))
            (i32.store (i32.const 104) (i32.add (i32.load (i32.const 104)) (i32.const 1)))))
        (call $return (i32.const 100) (i32.const 8))))"#;
    on_each_tier(|chain| {
        let contract = chain.deploy(SELF_CALLER);
        let outcome = chain.call(contract, &[]);
        let status = u32::from_le_bytes(outcome.data[..4].try_into().unwrap());
        let depth = u32::from_le_bytes(outcome.data[4..].try_into().unwrap());
        assert_eq!(
            CallStatus::from_code(status),
            Some(CallStatus::DepthExceeded)
        );
        assert_eq!(depth, limits::MAX_CALL_DEPTH);
        outcome
    });
}

/// Guest frames of all levels share one budget, so recursion inside nested
/// calls cannot multiply.
#[test]
fn recursion_inside_nested_calls_shares_one_budget() {
    const DEEP: &str = r#"(module
      (import "hull" "input_len" (func $input_len (result i32)))
      (import "hull" "callee" (func $callee (param i32)))
      (import "hull" "return_data" (func $return (param i32 i32)))
      (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
      (memory 1)
      (func $down (param $n i32)
        (if (local.get $n)
          (then (call $down (i32.sub (local.get $n) (i32.const 1))))
          (else
            (if (i32.eqz (call $input_len)) (then
              (call $callee (i32.const 0))
              (i32.store (i32.const 100)
                (call $call (i32.const 0) (i32.const 32) (i64.const 0) (i32.const 0) (i32.const 2)
                  (i32.const 0) (i32.const 1))))))))
      (func (export "call")
        (call $down (i32.const COUNT))
        (call $return (i32.const 100) (i32.const 4))))"#;
    let status = |count: u32| {
        on_each_tier(|chain| {
            let contract = chain.deploy(&DEEP.replace("COUNT", &count.to_string()));
            let outcome = chain.call(contract, &[]);
            assert_eq!(outcome.result, CallResult::Success);
            outcome.data
        })
    };
    assert_eq!(status(1_000), 0u32.to_le_bytes(), "twice a thousand fits");
    // Find a depth that fits once and not twice.
    let once = |count: u32| {
        on_each_tier(|chain| {
            let contract = chain.deploy(&DEEP.replace("COUNT", &count.to_string()));
            chain.call(contract, &[1]).result
        })
    };
    let (mut fits, mut fails) = (1_000, 1_000_000);
    while fails - fits > 1 {
        let middle = (fits + fails) / 2;
        match once(middle) {
            CallResult::Success => fits = middle,
            halt => {
                assert_eq!(halt, CallResult::Halt(HaltKind::StackOverflow));
                fails = middle;
            }
        }
    }
    let halted = CallStatus::Halted as u32;
    assert_eq!(
        status(fits * 3 / 5),
        halted.to_le_bytes(),
        "three fifths, twice, is too much"
    );
}

#[test]
fn a_contract_is_not_entered_again_unless_it_allows_it() {
    on_each_tier(|chain| {
        let (one, two) = (chain.deploy(CALLER), chain.deploy(CALLER));
        // one -> two -> one
        let path = [two.0, one.0].concat();
        let outcome = chain.call(one, &path);
        assert_eq!(
            report(&outcome.data).0,
            CallStatus::Success,
            "one may call two"
        );
        // A contract that is not on the way may be called at any depth.
        let three = chain.deploy(CALLER);
        let path = [two.0, three.0].concat();
        assert_eq!(report(&chain.call(one, &path).data).0, CallStatus::Success);
        // Itself, at once.
        assert_eq!(
            report(&chain.call(one, &one.0).data).0,
            CallStatus::ReentrancyDenied
        );
    });
}

/// A failed call leaves no lock behind.
#[test]
fn reentrancy_is_refused_also_after_a_revert() {
    const TWICE: &str = r#"(module
      (import "hull" "input" (func $input (param i32 i32 i32)))
      (import "hull" "callee" (func $callee (param i32)))
      (import "hull" "return_data" (func $return (param i32 i32)))
      (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
      (memory 1)
      (func $to (param $who i32) (result i32)
        (call $call (local.get $who) (i32.const 64) (i64.const 1000000000) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0)))
      (func (export "call")
        (call $input (i32.const 0) (i32.const 0) (i32.const 32))
        (call $callee (i32.const 32))
        (i32.store8 (i32.const 100) (call $to (i32.const 0)))
        (i32.store8 (i32.const 101) (call $to (i32.const 32)))
        (i32.store8 (i32.const 102) (call $to (i32.const 0)))
        (call $return (i32.const 100) (i32.const 3))))"#;
    on_each_tier(|chain| {
        let twice = chain.deploy(TWICE);
        let reverts = chain.deploy(
            r#"(module (import "hull" "revert" (func $revert (param i32 i32))) (memory 1)
              (func (export "call") (call $revert (i32.const 0) (i32.const 0))))"#,
        );
        let (reverted, denied) = (
            CallStatus::Reverted as u8,
            CallStatus::ReentrancyDenied as u8,
        );
        assert_eq!(
            chain.call(twice, &reverts.0).data,
            [reverted, denied, reverted]
        );
    });
}

/// The rights of every level, each shown by a frame that has one less.
#[test]
fn capabilities_bind_each_frame() {
    on_each_tier(|chain| {
        let target = chain.deploy("(module (func (export \"call\")))");
        let with = |callees, groups: &[Group]| {
            let mut may = Capabilities::LEAST;
            may.callees = callees;
            may.groups = groups
                .iter()
                .fold(may.groups, |all, group| all.with(*group));
            declare(wasm(CALLER), &may)
        };
        for (callees, granted, expected) in [
            (Callees::None, true, CallStatus::NotPermitted),
            (Callees::Granted, false, CallStatus::NotPermitted),
            (Callees::Granted, true, CallStatus::Success),
            (Callees::Any, false, CallStatus::Success),
        ] {
            let caller = chain.deploy_wasm(&with(callees, &[Group::Call]));
            if granted {
                chain.host.grant(caller, target);
            }
            let (status, ..) = report(&chain.call(caller, &target.0).data);
            assert_eq!(status, expected, "{callees:?}, granted: {granted}");
        }
        let refused = chain.refusal(&with(Callees::Any, &[]));
        assert_eq!(refused.rule, hull_vm::Rule::CapabilitiesCoverImports);
        assert!(refused.to_string().contains("`call`"), "{refused}");
    });
}

/// A module imports nothing that it did not declare, but a contract may have
/// less than its code declares: after a narrowing upgrade, for example.
#[test]
fn a_contract_may_have_less_than_its_code_declares() {
    on_each_tier(|chain| {
        let writes = contract(
            r#"(module
              (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
              (memory 1)
              (func (export "call")
                (call $write (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 10))))"#,
        );
        let address = chain.deploy_wasm(&writes);
        assert!(chain.call(address, &[]).result.is_success());
        let mut info = hull_vm::host_api::Host::contract(&mut chain.host, &address)
            .unwrap()
            .unwrap();
        info.capabilities = Capabilities {
            storage_quota: 13,
            ..info.capabilities
        };
        chain.host.put_contract(address, info);
        assert_eq!(chain.halt(address), HaltKind::QuotaExceeded);
        info.capabilities = Capabilities::LEAST;
        chain.host.put_contract(address, info);
        assert_eq!(chain.halt(address), HaltKind::NotPermitted(Group::Storage));
    });
}

#[test]
fn new_code_never_widens_what_was_granted() {
    const UPGRADES: &str = r#"(module
      (import "hull" "input" (func $input (param i32 i32 i32)))
      (import "hull" "return_data" (func $return (param i32 i32)))
      (import "hull" "set_code" (func $set_code (param i32) (result i32)))
      (memory 1)
      (func (export "call")
        (call $input (i32.const 0) (i32.const 0) (i32.const 32))
        (i32.store (i32.const 32) (call $set_code (i32.const 0)))
        (call $return (i32.const 32) (i32.const 4))))"#;
    on_each_tier(|chain| {
        let new = chain.upload(&contract("(module (func (export \"call\")))"));
        let mut may = Capabilities::LEAST;
        may.groups = may.groups.with(Group::Upgrade);
        for (upgrade, expected) in [
            (Upgrade::Never, None),
            (Upgrade::Narrowing, Some(may.groups)),
            (Upgrade::Widening, Some(Capabilities::ALL.groups)),
        ] {
            may.upgrade = upgrade;
            let address = chain.deploy_wasm(&declare(wasm(UPGRADES), &may));
            let status = chain.call(address, &new.code_hash.0).data[0];
            let info = hull_vm::host_api::Host::contract(&mut chain.host, &address)
                .unwrap()
                .unwrap();
            match expected {
                None => {
                    assert_eq!(status, CallStatus::NotPermitted as u8);
                    assert_eq!(info.capabilities, may);
                }
                Some(groups) => {
                    assert_eq!(status, CallStatus::Success as u8);
                    assert_eq!(
                        (info.code_hash, info.capabilities.groups),
                        (new.code_hash, groups)
                    );
                }
            }
        }
    });
}

/// Every host function that changes state halts in a view, and so it does in
/// everything that a view calls.
#[test]
fn a_view_changes_nothing_at_any_depth() {
    on_each_tier(|chain| {
        let writes = chain.deploy(
            r#"(module
              (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
              (memory 1)
              (func (export "call")
                (call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))))"#,
        );
        let caller = chain.deploy(CALLER);
        let view = |contract: Address, input: &[u8]| Call {
            read_only: true,
            input: input.to_vec(),
            ..message(contract)
        };
        assert_eq!(chain.halts(&view(writes, &[])), HaltKind::ReadOnly);
        let before = chain.state();
        let outcome = chain.run(&view(caller, &writes.0));
        assert_eq!(report(&outcome.data).0, CallStatus::Halted);
        assert_eq!(chain.state(), before);
        assert!(outcome.gas < GAS);
    });
}
