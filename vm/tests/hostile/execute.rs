//! Cases 25 to 34: contracts that run too long, too deep, or twice at a time.

use hull_vm::host_api::limits::MAX_CALL_DEPTH;
use hull_vm::host_api::{
    Address, CallFlags, CallStatus, Gas, HOST_FUNCTIONS, MAX_GAS_LIMIT, contract_address,
};
use hull_vm::{Call, CallResult, Entry, HaltKind, Instantiate, Rule, Schedule};

use super::script::{ACTOR, Called, End, Script, called};
use crate::support::{
    ALICE, Chain, GAS, TIERS, contract, message, number, on_each_tier, with_input,
};

#[test]
fn case_25_a_start_function_that_never_ends() {
    let endless = "(func $f (loop (br 0)))";
    let wasm = contract(&format!(
        r#"(module {endless} (start $f) (func (export "call")))"#
    ));
    Chain::on(TIERS[0]).refuses(&wasm, Rule::NoStart, None, "a start function");

    // What does run when a contract is created is paid for.
    on_each_tier(|chain| {
        let wasm = contract(&format!(
            r#"(module {endless} (export "instantiate" (func $f)))"#
        ));
        let code_hash = chain.upload(&wasm).code_hash;
        let before = chain.state();
        let (address, outcome) = chain.instantiate(&Instantiate {
            origin: ALICE,
            code_hash,
            value: 7,
            gas_limit: GAS,
            ..Instantiate::default()
        });
        assert_eq!(address, contract_address(&ALICE, &code_hash, &[0; 32]));
        assert_eq!(outcome.result, CallResult::Halt(HaltKind::OutOfGas));
        assert_eq!(outcome.gas, GAS);
        assert_eq!(chain.state(), before, "no contract, and the value is back");
        chain.assert_alive();
    });
}

#[test]
fn case_26_segments_out_of_range() {
    let mut chain = Chain::on(TIERS[0]);
    for (fields, found) in [
        (r#"(memory 1) (data (i32.const 65535) "ab")"#, "up to 65537"),
        (
            r#"(memory 1) (data (i32.const -1) "a")"#,
            "up to 4294967296",
        ),
        (r#"(memory 0) (data (i32.const 1))"#, "up to 1"),
        (
            "(func $f) (table 1 funcref) (elem (i32.const 1) $f)",
            "up to 2",
        ),
        (
            "(func $f) (table 1 funcref) (elem (i32.const -1) $f)",
            "up to 4294967296",
        ),
    ] {
        let wasm = contract(&format!(r#"(module {fields} (func (export "call")))"#));
        chain.refuses(&wasm, Rule::Segments, None, found);
    }

    for (kind, code) in [
        (
            HaltKind::MemoryOutOfBounds,
            "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 5))",
        ),
        (
            HaltKind::MemoryOutOfBounds,
            "(memory.init $d (i32.const 65533) (i32.const 0) (i32.const 4))",
        ),
        (
            HaltKind::MemoryOutOfBounds,
            "(memory.init $d (i32.const 0) (i32.const -1) (i32.const 2))",
        ),
        (
            HaltKind::MemoryOutOfBounds,
            "(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        // An active segment is dropped when it is written.
        (
            HaltKind::MemoryOutOfBounds,
            "(memory.init $a (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        (
            HaltKind::TableOutOfBounds,
            "(table.init $e (i32.const 0) (i32.const 0) (i32.const 3))",
        ),
        (
            HaltKind::TableOutOfBounds,
            "(table.init $e (i32.const 3) (i32.const 0) (i32.const 2))",
        ),
        (
            HaltKind::TableOutOfBounds,
            "(elem.drop $e) (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        (
            HaltKind::TableOutOfBounds,
            "(table.copy (i32.const 0) (i32.const 4) (i32.const 1))",
        ),
        (HaltKind::TableOutOfBounds, "(call_indirect (i32.const 4))"),
        (HaltKind::TableOutOfBounds, "(call_indirect (i32.const -1))"),
        (
            HaltKind::IndirectCallToNull,
            "(call_indirect (i32.const 1))",
        ),
        (
            HaltKind::BadSignature,
            "(call_indirect (param i32) (i32.const 0) (i32.const 0))",
        ),
    ] {
        let found = on_each_tier(|chain| {
            let contract = chain.deploy(&format!(
                r#"(module (memory 1) (table 4 funcref)
                  (func $f)
                  (data $d "1234") (data $a (i32.const 0) "a")
                  (elem $e func $f $f) (elem (i32.const 0) $f)
                  (func (export "call") {code}))"#
            ));
            let first = chain.halt(contract);
            // A segment that was dropped is there again.
            assert_eq!(chain.halt(contract), first, "{code}");
            first
        });
        assert_eq!(found, kind, "{code}");
    }
}

#[test]
fn case_27_bare_loop() {
    for fields in [
        r#"(func (export "call") (loop (br 0)))"#,
        r#"(func (export "call") (loop (br_if 0 (i32.const 1))))"#,
        r#"(func (export "call") (loop (br_table 0 0 0 (i32.const 7))))"#,
        r#"(func (export "call") (loop (loop (br 1))))"#,
        r#"(func (export "call") (block (loop (br_if 1 (i32.const 0)) (br 0))))"#,
        r#"(func $f) (func (export "call") (loop (call $f) (br 0)))"#,
        r#"(func $f) (table 1 funcref) (elem (i32.const 0) $f)
           (func (export "call") (loop (call_indirect (i32.const 0)) (br 0)))"#,
        r#"(import "hull" "gas_left" (func $g (result i64)))
           (func (export "call") (loop (drop (call $g)) (br 0)))"#,
    ] {
        let kind = on_each_tier(|chain| {
            let contract = chain.deploy(&format!("(module {fields})"));
            // Less gas than it takes to begin, and about as much, and much more.
            for gas_limit in [0, 1, 1_000, 30_100_000, 31_000_000] {
                let call = Call {
                    gas_limit,
                    ..message(contract)
                };
                assert_eq!(chain.halts(&call), HaltKind::OutOfGas, "{fields}");
            }
            chain.halt(contract)
        });
        assert_eq!(kind, HaltKind::OutOfGas, "{fields}");
    }
}

/// The gas of a contract that runs some code as often as its input says.
fn gas_of_turns(chain: &mut Chain, code: &str, turns: u64) -> Gas {
    let contract = chain.deploy(&with_input(
        "(memory 1)",
        &format!(
            "(loop {code}
               (local.set $i (i64.add (local.get $i) (i64.const 1)))
               (br_if 0 (i64.ne (local.get $i) (local.get $n))))"
        ),
    ));
    let outcome = chain.run(&Call {
        gas_limit: 10 * GAS,
        input: turns.to_le_bytes().to_vec(),
        ..message(contract)
    });
    assert_eq!(outcome.result, CallResult::Success, "{code}");
    outcome.gas
}

#[test]
fn case_28_growing_without_end() {
    for pages in [0, 1, 100, -1] {
        let kind = on_each_tier(|chain| {
            let contract = chain.deploy(&format!(
                r#"(module (memory 1)
                  (func (export "call")
                    (loop (drop (memory.grow (i32.const {pages}))) (br 0))))"#
            ));
            chain.halt(contract)
        });
        assert_eq!(kind, HaltKind::OutOfGas, "{pages}");
    }
    // Every page that is asked for is paid for, also when none is given.
    on_each_tier(|chain| {
        let mut turn = |pages: u32, from| {
            let code = format!("(drop (memory.grow (i32.const {pages})))");
            gas_of_turns(chain, &code, from + 1) - gas_of_turns(chain, &code, from)
        };
        let nothing = turn(0, 10);
        assert_eq!(turn(1, 10) - nothing, Schedule::V1.memory_page);
        assert_eq!(turn(1, 500) - nothing, Schedule::V1.memory_page);
        assert_eq!(turn(9, 500) - nothing, 9 * Schedule::V1.memory_page);
        nothing
    });
}

#[test]
fn case_29_filling_the_whole_memory() {
    for code in [
        "(memory.fill (i32.const 0) (i32.const 7) (i32.const 0x1000000))",
        "(memory.copy (i32.const 0) (i32.const 1) (i32.const 0xffffff))",
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1000))",
        "(table.copy (i32.const 0) (i32.const 1) (i32.const 9999))",
        "(table.init $e (i32.const 0) (i32.const 0) (i32.const 1))",
    ] {
        let kind = on_each_tier(|chain| {
            let contract = chain.deploy(&format!(
                r#"(module (memory 256) (data $d "{}")
                  (table 10000 funcref) (func $f) (elem $e func $f)
                  (func (export "call") (loop {code} (br 0))))"#,
                "x".repeat(1_000)
            ));
            chain.halt(contract)
        });
        assert_eq!(kind, HaltKind::OutOfGas, "{code}");
    }
    let schedule = Schedule::V1;
    for (operator, price) in [
        (
            "memory.fill (i32.const 0) (i32.const 7)",
            schedule.fill_byte,
        ),
        (
            "memory.copy (i32.const 0) (i32.const 9)",
            schedule.copy_byte,
        ),
    ] {
        on_each_tier(|chain| {
            let mut turn = |bytes: u32| {
                let code = format!("({operator} (i32.const {bytes}))");
                gas_of_turns(chain, &code, 3) - gas_of_turns(chain, &code, 2)
            };
            let nothing = turn(0);
            assert_eq!(turn(1) - nothing, price, "{operator}");
            assert_eq!(turn(60_000) - nothing, 60_000 * price, "{operator}");
            nothing
        });
    }
    // More than there is: the charge comes before the trap.
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module (memory 1) (func (export "call")
              (memory.fill (i32.const 1) (i32.const 7) (i32.const 0x10000))))"#,
        );
        assert_eq!(chain.halt(contract), HaltKind::MemoryOutOfBounds);
        let gas_limit = 31_000_000;
        let call = Call {
            gas_limit,
            ..message(contract)
        };
        assert_eq!(chain.halts(&call), HaltKind::OutOfGas);
    });
    let table = contract(
        r#"(module (table 1 funcref) (func (export "call")
          (table.fill (i32.const 0) (ref.null func) (i32.const 1))))"#,
    );
    Chain::on(TIERS[0]).refuses(&table, Rule::NoReferences, Some(0), "the instruction");
}

/// The deepest recursion that succeeds, by bisection.
fn deepest(chain: &mut Chain, wat: &str) -> (u64, Gas) {
    let contract = chain.deploy(wat);
    let mut reaches = |depth: u64| {
        let outcome = chain.call(contract, &depth.to_le_bytes());
        match outcome.result {
            CallResult::Success => Some(outcome.gas),
            CallResult::Halt(HaltKind::StackOverflow) => None,
            other => panic!("{other:?} at depth {depth}"),
        }
    };
    let (mut good, mut bad) = (1, 1_000_000);
    assert!(reaches(bad).is_none(), "the recursion is bounded");
    while bad - good > 1 {
        let middle = good.midpoint(bad);
        if reaches(middle).is_some() {
            good = middle;
        } else {
            bad = middle;
        }
    }
    (good, reaches(good).expect("it was reached"))
}

/// A contract that calls itself as often as its input says.
fn recursive(locals: usize, code: &str) -> String {
    with_input(
        &format!(
            r#"(memory 1) (table 2 funcref) (elem (i32.const 0) $down $down2)
            (type $down (func (param i64) (result i64)))
            (func $down (param $n i64) (result i64) (local {})
              (if (i64.eqz (local.get $n)) (then (return (i64.const 0))))
              {code})
            (func $down2 (param $n i64) (result i64)
              (call $down (i64.sub (local.get $n) (i64.const 1))))"#,
            "i64 ".repeat(locals)
        ),
        "(drop (call $down (local.get $n)))",
    )
}

#[test]
fn case_30_recursion_of_the_same_depth() {
    let next = "(i64.sub (local.get $n) (i64.const 1))";
    let direct = format!("(call $down {next})");
    let mut depths = Vec::new();
    for wat in [
        recursive(0, &direct),
        recursive(10, &direct),
        recursive(1_000, &direct),
        recursive(4_000, &direct),
        recursive(0, "(call $down2 (local.get $n))"),
        recursive(
            0,
            &format!("(call_indirect (type $down) {next} (i32.const 0))"),
        ),
        // Operands that wait for the call.
        recursive(
            0,
            &format!(
                "{} {direct} {}",
                "(local.get $n)".repeat(500),
                "i64.add ".repeat(500)
            ),
        ),
        // Values that an optimiser may keep in the frame.
        recursive(
            0,
            &format!(
                "{} {direct} {}",
                (0..300)
                    .map(|i| format!("(i64.mul (local.get $n) (i64.const {i}))"))
                    .collect::<String>(),
                "i64.xor ".repeat(300)
            ),
        ),
    ] {
        let (depth, gas) = on_each_tier(|chain| {
            let deepest = deepest(chain, &wat);
            chain.assert_alive();
            deepest
        });
        println!("{depth} calls deep, {gas} gas");
        depths.push(depth);
    }
    assert!(
        depths[0] > 5_000,
        "an ordinary recursion is deep enough: {depths:?}"
    );
    assert!(depths[0] > depths[1] && depths[1] > depths[2] && depths[2] > depths[3]);
    assert!(depths[3] > 10, "{depths:?}");
    // One step beyond: a halt that takes everything and leaves the engine whole.
    let kind = on_each_tier(|chain| {
        let contract = chain.deploy(&recursive(0, &direct));
        chain.halts(&Call {
            input: (depths[0] + 1).to_le_bytes().to_vec(),
            ..message(contract)
        })
    });
    assert_eq!(kind, HaltKind::StackOverflow);
}

/// A contract that goes down inside itself, then calls a contract with its own
/// input, and returns how that ended and how many frames it saw below.
fn down_and_out(recursion: u64, call: &str) -> String {
    with_input(
        &format!(
            r#"(import "hull" "callee" (func $callee (param i32)))
            (import "hull" "call"
              (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
            (import "hull" "delegate_call"
              (func $delegate (param i32 i64 i32 i32 i32) (result i32)))
            (import "hull" "code_hash" (func $code_hash (param i32 i32) (result i32)))
            (import "hull" "instantiate"
              (func $instantiate (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32)))
            (import "hull" "returned_len" (func $returned_len (result i32)))
            (import "hull" "returned" (func $returned (param i32 i32 i32)))
            (import "hull" "return_data" (func $return (param i32 i32)))
            (memory 1)
            (func $down (param $n i64)
              (if (i64.eqz (local.get $n)) (then (call $out) (return)))
              (call $down (i64.sub (local.get $n) (i64.const 1))))
            (func $out
              (call $callee (i32.const 100))
              (drop (call $code_hash (i32.const 100) (i32.const 200)))
              (i32.store (i32.const 300) {call})
              ;; the status of the deepest call, and the number of frames
              (if (i32.eq (call $returned_len) (i32.const 8))
                (then (call $returned (i32.const 300) (i32.const 0) (i32.const 8))))
              (i32.store (i32.const 304) (i32.add (i32.load (i32.const 304)) (i32.const 1)))
              (call $return (i32.const 300) (i32.const 8)))"#
        ),
        &format!("(call $down (i64.const {recursion}))"),
    )
    .replace(
        r#"(func (export "call")"#,
        r#"(func (export "call") (export "instantiate")"#,
    )
}

/// Calls itself, the value at 0 being zero.
const CALL: &str = "(call $call (i32.const 100) (i32.const 400) (i64.const 0)
    (i32.const 0) (i32.const FLAGS) (i32.const 0) (i32.const 8))";
const DELEGATE: &str = "(call $delegate (i32.const 200) (i64.const 0)
    (i32.const FLAGS) (i32.const 0) (i32.const 8))";
/// Every contract creates another one from its own code.
const INSTANTIATE: &str = "(call $instantiate (i32.const 200) (i32.const 400)
    (i64.const 0) (i32.const 0) (i32.const 500) (i32.const 0) (i32.const 0) (i32.const 0)
    (i32.const 8) (i32.const 600))";

/// How the deepest call ended, and how many frames there were.
fn bottom(chain: &mut Chain, wat: &str) -> (CallStatus, u32, Gas) {
    let contract = chain.deploy(wat);
    let outcome = chain.run(&Call {
        input: vec![0; 8],
        gas_limit: 1_000 * GAS,
        entry: Entry::Call,
        ..message(contract)
    });
    assert_eq!(outcome.result, CallResult::Success, "{:?}", outcome.failure);
    let status = number(&outcome.data[..4]) as u32;
    chain.assert_alive();
    let status = CallStatus::from_code(status).expect("a status");
    (status, number(&outcome.data[4..]) as u32, outcome.gas)
}

#[test]
fn case_31_guest_host_guest_recursion() {
    let again = CallFlags::ALLOW_REENTRY.bits().to_string();
    let call = CALL.replace("FLAGS", &again);
    let (status, frames, _) = on_each_tier(|chain| bottom(chain, &down_and_out(0, &call)));
    assert_eq!(
        (status, frames),
        (CallStatus::DepthExceeded, MAX_CALL_DEPTH)
    );
    // With a recursion in every frame the guest stack ends first, wherever it is:
    // frames are handed from caller to callee.
    let mut last = MAX_CALL_DEPTH;
    for recursion in [100, 300, 1_000, 3_000] {
        let (status, frames, _) =
            on_each_tier(|chain| bottom(chain, &down_and_out(recursion, &call)));
        println!("{frames} frames with {recursion} calls each: {status:?}");
        assert_eq!(status, CallStatus::Halted, "{recursion}");
        assert!(frames < last, "{frames} after {last}");
        last = frames;
    }
    assert!(last >= 1);
}

#[test]
fn case_32_depth_of_queries() {
    let view = CallFlags::READ_ONLY
        .union(CallFlags::ALLOW_REENTRY)
        .bits()
        .to_string();
    for (what, call) in [
        ("read-only calls", CALL.replace("FLAGS", &view)),
        ("delegate calls", DELEGATE.replace("FLAGS", "0")),
        ("read-only delegate calls", DELEGATE.replace("FLAGS", "1")),
        ("instantiations", INSTANTIATE.to_owned()),
    ] {
        let (status, frames, _) = on_each_tier(|chain| bottom(chain, &down_and_out(0, &call)));
        assert_eq!(
            (status, frames),
            (CallStatus::DepthExceeded, MAX_CALL_DEPTH),
            "{what}"
        );
    }
    // A view from outside is bounded by the same counter.
    let (status, frames) = on_each_tier(|chain| {
        let contract = chain.deploy(&down_and_out(0, &CALL.replace("FLAGS", &view)));
        let outcome = chain.run(&Call {
            read_only: true,
            input: vec![0; 8],
            gas_limit: 1_000 * GAS,
            ..message(contract)
        });
        (number(&outcome.data[..4]), number(&outcome.data[4..]))
    });
    let expected = (CallStatus::DepthExceeded as u64, u64::from(MAX_CALL_DEPTH));
    assert_eq!((status, frames), expected);
}

/// Sets up as many actors and runs the script that they make.
fn act(actors: usize, script: impl Fn(&[Address]) -> Script) -> Vec<Called> {
    on_each_tier(|chain| {
        let actors: Vec<_> = (0..actors).map(|_| chain.deploy(ACTOR)).collect();
        let outcome = chain.run(&Call {
            // A callee that halts takes all but a 64th.
            gas_limit: MAX_GAS_LIMIT,
            input: script(&actors).input().to_vec(),
            ..message(actors[0])
        });
        assert_eq!(outcome.result, CallResult::Success);
        chain.assert_alive();
        called(&outcome.data)
    })
}

/// There is nothing to call back: no host function leaves something to be run
/// when the frame has ended. What comes nearest are two contracts that call each
/// other, and their depth is bounded.
#[test]
fn case_33_recursion_of_replies() {
    for spec in HOST_FUNCTIONS {
        let runs_code = [
            "call",
            "delegate_call",
            "instantiate",
            "terminate",
            "set_code",
        ];
        assert!(!spec.name.contains("reply"), "{}", spec.name);
        for (param, _) in spec.params {
            let about_code = ["callee_ptr", "code_hash_ptr"].contains(param);
            assert!(
                !about_code || runs_code.contains(&spec.name),
                "{}: {param}",
                spec.name
            );
        }
    }
    let mut calls = act(2, |actors| {
        (0..80).fold(Script::new(End::Return), |script, turn| {
            let callee = actors[turn % 2];
            Script::new(End::Return).call(callee, CallFlags::ALLOW_REENTRY, &script)
        })
    });
    let mut depth = 1;
    while let Some(Called(CallStatus::Success, below)) = calls.pop() {
        depth += 1;
        calls = below;
        if let [Called(CallStatus::DepthExceeded, _)] = calls.as_slice() {
            break;
        }
    }
    assert_eq!(depth, MAX_CALL_DEPTH);
}

#[test]
fn case_34_reentrancy() {
    use CallStatus::{Halted, ReentrancyDenied, Reverted, Success};

    let plain = CallFlags::empty();
    let open = CallFlags::ALLOW_REENTRY;
    let end = Script::new;
    let leaf = |status| Called(status, vec![]);

    // Refused to a callee, to oneself, and further down, whatever the callees allow.
    let found = act(3, |a| {
        let back = end(End::Return).call(a[0], open, &end(End::Return));
        let further = end(End::Return).call(a[2], open, &back);
        end(End::Return)
            .call(a[1], plain, &back)
            .call(a[0], plain, &end(End::Return))
            .call(a[1], plain, &further)
    });
    assert_eq!(
        found,
        [
            Called(Success, vec![leaf(ReentrancyDenied)]),
            leaf(ReentrancyDenied),
            Called(Success, vec![Called(Success, vec![leaf(ReentrancyDenied)])]),
        ]
    );

    // Allowed for the one call that says so, and not for the frame it opens.
    let found = act(2, |a| {
        let again = end(End::Return).call(a[1], plain, &end(End::Return));
        let back = end(End::Return).call(a[0], plain, &again);
        end(End::Return)
            .call(a[1], open, &back)
            .call(a[1], plain, &back)
    });
    assert_eq!(
        found,
        [
            Called(Success, vec![Called(Success, vec![leaf(ReentrancyDenied)])]),
            Called(Success, vec![leaf(ReentrancyDenied)]),
        ]
    );

    // A revert or a halt on the way neither leaves the door open nor locked.
    for (ended, status) in [(End::Revert, Reverted), (End::Trap, Halted)] {
        let found = act(2, |a| {
            let back = end(End::Return).call(a[0], plain, &end(ended));
            let fails = end(ended).call(a[0], plain, &end(End::Return));
            end(End::Return)
                .call(a[1], open, &back)
                .call(a[1], open, &fails)
                .call(a[1], plain, &back)
                .call(a[1], plain, &end(End::Return))
        });
        let tale = |calls| if status == Halted { vec![] } else { calls };
        assert_eq!(
            found,
            [
                Called(Success, vec![leaf(status)]),
                Called(status, tale(vec![leaf(Success)])),
                Called(Success, vec![leaf(ReentrancyDenied)]),
                leaf(Success),
            ]
        );
    }
}
