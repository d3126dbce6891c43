//! Cases 40 to 46: pointers, lengths and codes that a contract passes to the host.

use hull_vm::host_api::{HOST_FUNCTIONS, HostFunction, ValueType, limits};
use hull_vm::{CallResult, HaltKind, Outcome};
use proptest::prelude::*;

use super::host_calls::{Args, DUMP, Extent, HostCalls, PAGE};
use crate::support::{GAS, TIERS, number, on_each_tier};

/// Runs a test with the contracts of every function, on either tier.
fn with_calls<T: PartialEq + std::fmt::Debug>(test: impl Fn(&mut HostCalls) -> T) -> T {
    let [baseline, optimized] = TIERS.map(|tiering| test(&mut HostCalls::on(tiering)));
    assert_eq!(baseline, optimized, "the tiers differ");
    baseline
}

/// Every pointer of every function.
fn pointers() -> impl Iterator<Item = (HostFunction, usize, Extent)> {
    HostFunction::ALL.iter().flat_map(|function| {
        let pointers = Args::pointers(*function).into_iter();
        pointers.map(|(at, extent)| (*function, at, extent))
    })
}

fn bytes(args: &Args, extent: Extent) -> u64 {
    match extent {
        Extent::Bytes(bytes) => bytes,
        Extent::Units(at, unit) => args.0[at] * unit,
    }
}

/// How a call with one argument changed ends.
fn end(calls: &mut HostCalls, function: HostFunction, args: &Args, at: usize, value: u64) -> Ended {
    let mut args = args.clone();
    args.0[at] = value;
    let message = calls.message(function, &args);
    let outcome = calls.call(function, &args);
    if let CallResult::Halt(_) = outcome.result {
        assert_eq!(outcome.gas, message.gas_limit, "a halt takes all the gas");
        assert!(outcome.data.is_empty() && outcome.events.is_empty());
    }
    match outcome.result {
        CallResult::Halt(HaltKind::HostRange) => Ended::OutOfRange,
        CallResult::Halt(HaltKind::Limit { .. }) => Ended::OverLimit,
        CallResult::Halt(HaltKind::OutOfGas) => Ended::OutOfGas,
        CallResult::Success | CallResult::Revert => Ended::Well,
        CallResult::Halt(other) => panic!("{function:?} {args:?}: {other:?}"),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    Well,
    OutOfRange,
    OverLimit,
    OutOfGas,
}

#[test]
fn case_40_pointer_and_length_overflow() {
    with_calls(|calls| {
        for (function, at, extent) in pointers() {
            let plain = Args::plain(function);
            let len = bytes(&plain, extent);
            if len == 0 {
                continue;
            }
            // Sums that are 0, small, or the end of memory, in 32 bits.
            for pointer in [0, 1, len - 1, PAGE] {
                let pointer = u64::from((pointer as u32).wrapping_sub(len as u32));
                let ended = end(calls, function, &plain, at, pointer);
                let fits = pointer + len <= PAGE;
                let expected = if fits { Ended::Well } else { Ended::OutOfRange };
                assert_eq!(ended, expected, "{function:?}, argument {at}, {pointer:#x}");
            }
            for pointer in [PAGE, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
                let ended = end(calls, function, &plain, at, pointer);
                assert_eq!(
                    ended,
                    Ended::OutOfRange,
                    "{function:?}, argument {at}, {pointer:#x}"
                );
            }
            if let Extent::Units(len, unit) = extent {
                for len_value in [0x7fff_ffff, 0x8000_0000, 0xffff_ffff, (1 << 32) / unit] {
                    let len_value = len_value.min(u64::from(u32::MAX));
                    let ended = end(calls, function, &plain, len, len_value);
                    // A capacity may be larger than what there is to copy.
                    let capacity = function.spec().params[len].0 == "out_cap";
                    // These are cut, and the rest is not looked at.
                    let cut = [HostFunction::abort, HostFunction::debug_log].contains(&function);
                    assert_eq!(
                        ended == Ended::Well,
                        capacity || cut,
                        "{function:?}: {ended:?}"
                    );
                }
            }
        }
        calls.chain.assert_alive();
    });
}

#[test]
fn case_41_out_of_bounds_by_one() {
    with_calls(|calls| {
        for (function, at, extent) in pointers() {
            let plain = Args::plain(function);
            let last = PAGE - bytes(&plain, extent);
            for (pointer, expected) in [
                (last - 1, Ended::Well),
                (last, Ended::Well),
                (last + 1, Ended::OutOfRange),
            ] {
                let ended = end(calls, function, &plain, at, pointer);
                assert_eq!(ended, expected, "{function:?}, argument {at}, {pointer:#x}");
            }
        }
        calls.chain.assert_alive();
    });
}

#[test]
fn case_42_length_zero_at_the_end_of_memory() {
    with_calls(|calls| {
        for (function, at, extent) in pointers() {
            let Extent::Units(len, _) = extent else {
                continue;
            };
            let mut args = Args::plain(function);
            args.0[len] = 0;
            for (pointer, expected) in [
                (PAGE, Ended::Well),
                (PAGE + 1, Ended::OutOfRange),
                (0xffff_ffff, Ended::OutOfRange),
            ] {
                let ended = end(calls, function, &args, at, pointer);
                assert_eq!(ended, expected, "{function:?}, argument {at}, {pointer:#x}");
            }
        }
    });
    // A contract without memory has one empty range.
    for (pointer, kind) in [
        (0, None),
        (1, Some(HaltKind::HostRange)),
        (-1, Some(HaltKind::HostRange)),
    ] {
        let result = on_each_tier(|chain| {
            let contract = chain.deploy(&format!(
                r#"(module (import "hull" "return_data" (func $f (param i32 i32)))
                  (func (export "call") (call $f (i32.const {pointer}) (i32.const 0))))"#
            ));
            chain.call(contract, &[]).result
        });
        assert_eq!(result, kind.map_or(CallResult::Success, CallResult::Halt));
    }
}

/// Every output that is laid over an input of the same call is what it is
/// elsewhere.
#[test]
fn case_43_overlapping_input_and_output() {
    let overlaps = with_calls(|calls| {
        let mut overlaps = 0;
        for function in HostFunction::ALL.iter().copied() {
            let params = function.spec().params;
            let Some(out) = params.iter().position(|(name, _)| *name == "out_ptr") else {
                continue;
            };
            let pointers = Args::pointers(function);
            let plain = Args::plain(function);
            let mut result = |to| {
                let mut args = plain.clone();
                (args.0[out], args.0[DUMP]) = (to, to);
                let outcome = calls.call(function, &args);
                assert_eq!(outcome.result, CallResult::Success, "{function:?}");
                outcome
            };
            let apart = result(plain.0[out]);
            // The result, and as much of the output as is dumped.
            let (_, extent) = pointers
                .iter()
                .find(|(at, _)| *at == out)
                .expect("it is one");
            let len = 8 + bytes(&plain, *extent).min(40) as usize;
            for (input, _) in pointers.iter().filter(|(at, _)| *at != out) {
                for shift in [-20, 0, 20] {
                    let over = result(plain.0[*input].wrapping_add_signed(shift));
                    assert_eq!(
                        apart.data[..len],
                        over.data[..len],
                        "{function:?}, {input}, {shift}"
                    );
                    assert_eq!(apart.gas, over.gas, "{function:?}");
                    overlaps += 1;
                }
            }
        }
        overlaps
    });
    assert!(overlaps >= 50, "{overlaps}");
}

/// There are no pointers to lengths: every length is an argument or a result, so
/// that no output can overwrite it. What does not fit is cut, and the length is
/// that of the whole.
#[test]
fn case_44_a_length_inside_the_output() {
    for spec in HOST_FUNCTIONS {
        for (name, ty) in spec.params {
            let length = ["len", "cap", "count"]
                .iter()
                .any(|end| name.ends_with(end));
            assert!(!length || *ty == ValueType::U32, "{}: {name}", spec.name);
            assert!(
                !name.contains("len_ptr") && !name.contains("cap_ptr"),
                "{}",
                spec.name
            );
        }
    }
    with_calls(|calls| {
        for (function, whole) in [
            (HostFunction::storage_read, 40),
            (HostFunction::storage_next, 32),
        ] {
            for cap in [0, 1, 31, whole, whole + 1, u64::from(u32::MAX)] {
                let mut args = Args::plain(function);
                let position = |name| function.spec().params.iter().position(|(p, _)| *p == name);
                let (out, at) = (position("out_ptr"), position("out_cap"));
                args.0[at.expect("it has a capacity")] = cap;
                args.0[DUMP] = args.0[out.expect("it has an output")];
                let data = calls.call(function, &args).data;
                assert_eq!(number(&data[..8]), whole, "the whole length");
                let written = data[8..].iter().take_while(|byte| **byte != 0).count();
                assert_eq!(written as u64, cap.min(whole), "{function:?}, {cap}");
            }
        }
    });
}

/// No function takes a handle: every argument is a range, a number or a flag.
/// What comes nearest, a position in a scan or in data, can be anything.
#[test]
fn case_45_forged_handles() {
    for spec in HOST_FUNCTIONS {
        for (name, _) in spec.params {
            let known = [
                "ptr", "len", "cap", "count", "offset", "gas", "flags", "order",
            ];
            assert!(
                known.iter().any(|end| name.ends_with(end)),
                "{}: {name}",
                spec.name
            );
        }
    }
    with_calls(|calls| {
        let mut run = |function, values: &[(usize, u64)]| {
            let mut args = Args::plain(function);
            values.iter().for_each(|(at, value)| args.0[*at] = *value);
            calls.call(function, &args).result
        };
        for offset in [0, 1, 88, 0x7fff_ffff, 0xffff_ffff] {
            for len in [1, 89, 0xffff_ffff] {
                let returned = run(HostFunction::returned, &[(1, offset), (2, len)]);
                let input = run(HostFunction::input, &[(1, offset), (2, len)]);
                let kind = match len {
                    // Copying this much is not affordable, there or not.
                    0xffff_ffff => HaltKind::OutOfGas,
                    _ => HaltKind::HostRange,
                };
                let kinds = [HaltKind::HostRange, kind].map(CallResult::Halt);
                assert!(kinds.contains(&returned), "{offset}, {len}: {returned:?}");
                let inside = offset + len <= 88;
                assert_eq!(
                    input == CallResult::Success,
                    inside,
                    "{offset}, {len}: {input:?}"
                );
            }
        }
        // A key that was never returned, and edges in the wrong order.
        for after in [0x8000, 600, 1_024] {
            let next = run(
                HostFunction::storage_next,
                &[(0, after), (3, 32), (2, 0x8000)],
            );
            assert_eq!(next, CallResult::Success);
        }
        let codes = |result| match result {
            CallResult::Halt(HaltKind::UnknownCode { what }) => what,
            other => panic!("{other:?}"),
        };
        for order in [2, 0x8000_0000, 0xffff_ffff] {
            assert_eq!(
                codes(run(HostFunction::storage_next, &[(4, order)])),
                "the order of a scan"
            );
        }
        for flags in [4, 7, 0x8000_0000, 0xffff_ffff] {
            let flag = "the flags of a call";
            assert_eq!(codes(run(HostFunction::call, &[(4, flags)])), flag);
            assert_eq!(codes(run(HostFunction::delegate_call, &[(2, flags)])), flag);
        }
    });
}

#[test]
fn case_46_key_or_value_one_byte_too_long() {
    use HostFunction as F;

    let (key, value) = (
        u64::from(limits::MAX_KEY_LEN),
        u64::from(limits::MAX_VALUE_LEN),
    );
    let limited: &[(F, &str, u64)] = &[
        (F::storage_read, "key_len", key),
        (F::storage_contains, "key_len", key),
        (F::storage_remove, "key_len", key),
        (F::storage_next, "after_len", key),
        (F::storage_next, "bound_len", key),
        (F::storage_write, "key_len", key),
        (F::storage_write, "value_len", value),
        (F::event, "topics_count", limits::MAX_TOPICS.into()),
        (F::event, "data_len", limits::MAX_EVENT_DATA.into()),
        (F::call, "input_len", limits::MAX_INPUT_LEN.into()),
        (F::delegate_call, "input_len", limits::MAX_INPUT_LEN.into()),
        (F::instantiate, "input_len", limits::MAX_INPUT_LEN.into()),
        (F::instantiate, "grants_count", limits::MAX_GRANTS.into()),
        (F::return_data, "len", limits::MAX_RETURN_LEN.into()),
        (F::revert, "len", limits::MAX_RETURN_LEN.into()),
        (F::sha2_256, "len", limits::MAX_HASH_INPUT.into()),
        (F::keccak_256, "len", limits::MAX_HASH_INPUT.into()),
        (F::sha3_256, "len", limits::MAX_HASH_INPUT.into()),
        (F::blake2b_256, "len", limits::MAX_HASH_INPUT.into()),
        (F::blake3, "len", limits::MAX_HASH_INPUT.into()),
        (F::ed25519_verify, "len", limits::MAX_HASH_INPUT.into()),
    ];
    with_calls(|calls| {
        for (function, name, limit) in limited.iter().copied() {
            let at = function
                .spec()
                .params
                .iter()
                .position(|(param, _)| *param == name);
            let at = at.expect("it is a parameter");
            let mut args = Args::plain(function);
            // So that the longest range fits, if it fits at all.
            for (pointer, _) in Args::pointers(function) {
                let long = Args::pointers(function).contains(&(pointer, Extent::Units(at, 1)));
                args.0[pointer] = if long { 0 } else { 512 };
            }
            let mut result = |len: u64| {
                args.0[at] = len;
                let before = calls.chain.host.clone();
                let mut host = calls.chain.host.clone();
                // Hashing sixteen megabytes is paid first.
                let mut message = calls.message(function, &args);
                message.gas_limit = 10 * GAS;
                let outcome = calls
                    .chain
                    .vm
                    .call(&mut host, &message)
                    .expect("an outcome");
                if let CallResult::Halt(_) = outcome.result {
                    assert_eq!(outcome.gas, message.gas_limit);
                    let owner = message.contract;
                    assert!(
                        host.storage(&owner).eq(before.storage(&owner)),
                        "no state changes"
                    );
                }
                outcome.result
            };
            let longest = result(limit);
            if limit <= PAGE {
                assert!(
                    !matches!(longest, CallResult::Halt(_)),
                    "{function:?} {name}: {longest:?}"
                );
            } else {
                assert_eq!(
                    longest,
                    CallResult::Halt(HaltKind::HostRange),
                    "{function:?} {name}"
                );
            }
            let over = result(limit + 1);
            let CallResult::Halt(HaltKind::Limit { limit: said, .. }) = over else {
                panic!("{function:?} {name}: {over:?}");
            };
            assert_eq!(said, limit);
        }
        calls.chain.assert_alive();
    });
}

/// What the properties below choose from: small numbers, the edges of memory, of
/// 32 and of 64 bits, and anything.
fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..100u64,
        3 => prop::sample::select(vec![512, 1_024, 2_048, 3_072, 4_096, 0x8000]),
        2 => PAGE - 70..PAGE + 2,
        1 => 0xffff_ff00..=0xffff_ffffu64,
        1 => any::<u32>().prop_map(u64::from),
        1 => any::<u64>(),
    ]
}

fn arguments() -> impl Strategy<Value = Args> {
    prop::array::uniform11(argument()).prop_map(Args)
}

/// A few random arguments in an otherwise sensible call get further.
fn nearly(function: HostFunction, any: Args, keep: u16) -> Args {
    let mut args = Args::plain(function);
    for at in 0..args.0.len() {
        if keep >> at & 1 == 0 {
            args.0[at] = any.0[at];
        }
    }
    args
}

/// Whatever a contract passes to whatever function with whatever gas, a call has
/// an outcome, the same on either tier, and a halt leaves no trace.
#[test]
fn any_arguments_have_an_outcome() {
    let mut calls = TIERS.map(HostCalls::on);
    let input = (
        prop::sample::select(HostFunction::ALL),
        arguments(),
        any::<u16>(),
        prop_oneof![3 => Just(GAS), 1 => 0..GAS / 1_000],
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases: 6_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let checked = std::cell::RefCell::new(&mut calls);
    let tested = runner.run(&input, |(function, any, keep, gas_limit)| {
        let args = nearly(function, any, keep);
        let mut ends = Vec::new();
        for calls in checked.borrow_mut().iter_mut() {
            let mut call = calls.message(function, &args);
            call.gas_limit = gas_limit;
            let mut host = calls.chain.host.clone();
            let outcome = calls.chain.vm.call(&mut host, &call);
            let outcome: Outcome =
                outcome.map_err(|error| TestCaseError::fail(error.to_string()))?;
            prop_assert!(outcome.gas <= gas_limit);
            if let CallResult::Halt(_) = outcome.result {
                prop_assert_eq!(outcome.gas, gas_limit);
                let owner = call.contract;
                prop_assert!(host.storage(&owner).eq(calls.chain.host.storage(&owner)));
                prop_assert!(host.balances().eq(calls.chain.host.balances()));
            }
            let storage: Vec<_> = (host.storage(&call.contract))
                .map(|(key, value)| (key.to_vec(), value.to_vec()))
                .collect();
            ends.push((outcome, storage));
        }
        prop_assert_eq!(&ends[0], &ends[1]);
        Ok(())
    });
    tested.unwrap_or_else(|error| panic!("{error}"));
    calls
        .iter_mut()
        .for_each(|calls| calls.chain.assert_alive());
}
