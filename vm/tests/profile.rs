//! A profile tells where the gas of a call went, to the unit.

mod support;

use hull_vm::host_api::{Address, HostFunction};
use hull_vm::{Call, Config, FrameKind, Outcome, Place, Profile, Tiering};
use support::{ALICE, Chain, GAS, TIERS};

/// Works, writes to its storage, calls a contract named by its input if it has
/// one, and halts in the end if that is not there.
const WORKER: &str = r#"(module
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory 1)
  (global $calls (mut i32) (i32.const 0))
  (func $leaf (param i32) (result i32) (local i64 i64)
    (i32.mul (local.get 0) (i32.const 3)))
  (func $work (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $leaf (local.get $n))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.get $sum))
  (func $store (param i32) (call $write (i32.const 0) (i32.const 4) (i32.const 0) (local.get 0)))
  (func $tower (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $tower (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 0))))
  (func (export "call")
    (drop (call $work (i32.const 50)))
    (drop (call $tower (i32.const 9)))
    (call $store (i32.const 8))
    (if (i32.eq (call $input_len) (i32.const 32))
      (then
        (call $input (i32.const 64) (i32.const 0) (i32.const 32))
        (drop (call $call (i32.const 64) (i32.const 200) (i64.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (call $input_len) (i32.const 1)) (then unreachable))))"#;

const IMPORTS: u32 = 4;
const LEAF: u32 = IMPORTS;
const WORK: u32 = IMPORTS + 1;

fn call(contract: Address, input: &[u8]) -> Call {
    Call {
        origin: ALICE,
        caller: ALICE,
        contract,
        gas_limit: GAS,
        deposit_limit: 1_000_000,
        input: input.to_vec(),
        ..Call::default()
    }
}

fn chain(tiering: Tiering, tells_functions: bool) -> (Chain, Address, Address) {
    let mut chain = Chain::with(Config {
        tiering,
        tells_functions,
        ..Config::default()
    });
    let (outer, inner) = (chain.deploy(WORKER), chain.deploy(WORKER));
    (chain, outer, inner)
}

fn profile(chain: &mut Chain, call: &Call) -> (Outcome, Profile) {
    let mut profile = Profile::default();
    let vm = chain.vm.clone();
    let outcome = vm.call_observed(&mut chain.host, call, &mut profile);
    (outcome.expect("the host works"), profile)
}

fn name(place: &Place) -> String {
    match place {
        Place::Contract { kind, .. } => kind.to_string(),
        Place::Function { function, .. } => format!("f{function}"),
        Place::Host(function) => format!("{function:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_places_together_are_the_gas_of_the_call_and_the_call_is_the_same() {
    for tiering in TIERS {
        let (mut plain, outer, inner) = chain(tiering, false);
        let (mut told, ..) = chain(tiering, true);
        // Alone, with a nested call, with a nested call that is refused, halting.
        for input in [&[][..], &inner.0, &[9; 32], &[1]] {
            let call = call(outer, input);
            let expected = plain.run(&call);
            for chain in [&mut plain, &mut told] {
                let (outcome, profile) = profile(chain, &call);
                assert_eq!(outcome, expected);
                assert_eq!(profile.total(), expected.gas, "{}", profile.folded(name));
                for (place, (entries, gas)) in profile.by_place() {
                    assert!(entries > 0 && gas <= expected.gas, "{place:?} used {gas}");
                }
            }
        }
    }
}

#[test]
fn functions_host_functions_and_nested_frames_have_their_places() {
    let (mut chain, outer, inner) = chain(Tiering::BaselineOnly, true);
    let (_, profile) = profile(&mut chain, &call(outer, &inner.0));
    let folded = profile.folded(name);
    let entry = IMPORTS + 4;
    for stack in [
        format!("call;f{entry};f{WORK};f{LEAF} "),
        format!("call;f{entry};f{};storage_write ", IMPORTS + 2),
        format!("call;f{entry};call;call;f{entry};f{WORK};f{LEAF} "),
    ] {
        assert!(
            folded.lines().any(|line| line.starts_with(&stack)),
            "{stack}\nin\n{folded}"
        );
    }
    let places = profile.by_place();
    let code_hash = chain.upload(&support::contract(WORKER)).code_hash;
    let leaf = places[&Place::Function {
        code_hash,
        function: LEAF,
    }];
    assert_eq!(leaf.0, 100, "fifty times in either frame");
    let write = places[&Place::Host(HostFunction::storage_write)];
    assert_eq!(
        write,
        (2, 2 * HostFunction::storage_write.spec().cost.of(12))
    );
}

#[test]
fn a_halt_is_told_of_the_frame_that_it_ended() {
    let (mut chain, outer, _) = chain(Tiering::BaselineOnly, true);
    let (_, profile) = profile(&mut chain, &call(outer, &[1]));
    let frame = profile.by_place().into_iter().find(|(place, _)| {
        matches!(
            place,
            Place::Contract {
                kind: FrameKind::Call,
                ..
            }
        )
    });
    let (_, (_, taken)) = frame.expect("there is a frame");
    assert!(
        taken > GAS / 2,
        "what was left is gone with the frame: {taken}"
    );
}
