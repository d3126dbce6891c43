//! Cases 48 to 56: data that is too much, or not what it says.

use hull_vm::host_api::{
    Address, AddressTextError, CallStatus, Capabilities, DEFAULT_PREFIX, Event, HOST_FUNCTIONS,
    Hash, HostFunction, KeyKind, MAX_GAS_LIMIT, account_address, contract_address, limits,
};
use hull_vm::{Call, CallResult, HaltKind, Instantiate};
use parity_scale_codec::{Compact, Decode, DecodeAll, Encode};
use proptest::prelude::*;

use super::host_calls::{Args, HostCalls};
use super::script::{ACTOR, Called, End, Script, called};
use crate::support::{
    ALICE, BOB, Chain, GAS, TIERS, contract, message, number, on_each_tier, with_input,
};

/// A contract that emits as many events as its input says.
fn emitting(topics: u32, data: u32) -> String {
    with_input(
        r#"(import "hull" "event" (func $event (param i32 i32 i32 i32))) (memory 1)"#,
        &format!(
            "(block (loop
               (br_if 1 (i64.eq (local.get $i) (local.get $n)))
               (call $event (i32.const 0) (i32.const {topics}) (i32.const 0) (i32.const {data}))
               (local.set $i (i64.add (local.get $i) (i64.const 1)))
               (br 0)))"
        ),
    )
}

/// Events are bounded for the outermost call as a receipt holds them, so that
/// neither large ones nor many empty ones grow it.
#[test]
fn case_48_event_bomb() {
    let limit = limits::MAX_EVENT_BYTES_PER_CALL;
    for (topics, data) in [(0, 0), (4, 0), (0, 1), (4, limits::MAX_EVENT_DATA)] {
        on_each_tier(|chain| {
            let contract = chain.deploy(&emitting(topics, data));
            let event = Event {
                contract,
                topics: vec![Hash([0; 32]); topics as usize],
                data: vec![0; data as usize],
            };
            let most = limit / event.encoded_size() as u64;
            let call = |events: u64| Call {
                input: events.to_le_bytes().to_vec(),
                gas_limit: 10 * GAS,
                ..message(contract)
            };
            let outcome = chain.run(&call(most));
            assert_eq!(outcome.result, CallResult::Success);
            assert_eq!(outcome.events.len() as u64, most);
            assert!(outcome.events.encoded_size() as u64 <= limit + 4);
            let what = "bytes of events";
            let kind = chain.halts(&call(most + 1));
            assert_eq!(kind, HaltKind::Limit { what, limit });
            // For ever: the limit comes long before the gas.
            assert_eq!(chain.halts(&call(u64::MAX)), kind);

            // What was undone counts no more, what was kept counts for all frames.
            let actor = chain.deploy(ACTOR);
            let flags = Default::default();
            let emit = |events: u64| Script::raw(&events.to_le_bytes());
            let calls = Script::new(End::Return)
                .call(contract, flags, &emit(most + 1))
                .call(contract, flags, &emit(most))
                .call(contract, flags, &emit(1));
            let outcome = chain.run(&Call {
                input: calls.input().to_vec(),
                gas_limit: MAX_GAS_LIMIT,
                ..message(actor)
            });
            let statuses: Vec<_> = called(&outcome.data)
                .into_iter()
                .map(|Called(s, _)| s)
                .collect();
            let [halted, success] = [CallStatus::Halted, CallStatus::Success];
            assert_eq!(statuses, [halted, success, halted]);
            assert_eq!(outcome.events.len() as u64, most);
        });
    }
    let mut calls = HostCalls::on(TIERS[0]);
    for (at, over) in [(1, limits::MAX_TOPICS + 1), (3, limits::MAX_EVENT_DATA + 1)] {
        let mut args = Args::plain(HostFunction::event);
        args.0[at] = over.into();
        let result = calls.call(HostFunction::event, &args).result;
        assert!(
            matches!(result, CallResult::Halt(HaltKind::Limit { .. })),
            "{result:?}"
        );
    }
}

/// A contract that returns, or reverts with, as many bytes as its input says,
/// from a memory of eight pages.
fn returning(function: &str) -> String {
    with_input(
        &format!(r#"(import "hull" "{function}" (func $end (param i32 i32))) (memory 8)"#),
        "(call $end (i32.const 0) (i32.wrap_i64 (local.get $n)))",
    )
}

#[test]
fn case_49_return_data_over_the_limit() {
    let most = u64::from(limits::MAX_RETURN_LEN);
    for (function, result) in [
        ("return_data", CallResult::Success),
        ("revert", CallResult::Revert),
    ] {
        on_each_tier(|chain| {
            let contract = chain.deploy(&returning(function));
            let call = |len: u64| Call {
                input: len.to_le_bytes().to_vec(),
                ..message(contract)
            };
            let outcome = chain.run(&call(most));
            assert_eq!((outcome.result, outcome.data.len() as u64), (result, most));
            let halt = |chain: &mut Chain, len| chain.halts(&call(len));
            let limit = HaltKind::Limit {
                what: "return data",
                limit: most,
            };
            assert_eq!(halt(chain, most + 1), limit);
            assert_eq!(halt(chain, u32::MAX.into()), limit);
            // The caller of a callee that returns too much has nothing to read.
            let actor = chain.deploy(ACTOR);
            let calls = Script::new(End::Return).call(
                contract,
                Default::default(),
                &Script::raw(&(most + 1).to_le_bytes()),
            );
            let outcome = chain.call(actor, calls.input());
            assert_eq!(called(&outcome.data), [Called(CallStatus::Halted, vec![])]);
        });
    }
    // Input has a limit as well: an embedder that passes more made the mistake.
    let mut chain = Chain::on(TIERS[0]);
    let contract = chain.deploy(ACTOR);
    let call = |len: u32| Call {
        input: vec![0; len as usize],
        ..message(contract)
    };
    assert!(chain.try_run(&call(limits::MAX_INPUT_LEN)).is_ok());
    let error = chain.try_run(&call(limits::MAX_INPUT_LEN + 1));
    assert!(
        error
            .expect_err("a mistake")
            .to_string()
            .contains("an input of")
    );
    chain.assert_alive();
}

#[test]
fn case_50_abort_text_that_is_long_or_not_utf8() {
    const MEBIBYTE: u64 = 1 << 20;
    let wat = with_input(
        r#"(import "hull" "abort" (func $abort (param i32 i32))) (memory 48)"#,
        // The first byte of a letter of two, then letters of one that are two's second.
        "(memory.fill (i32.const 0) (i32.const 0xc3) (i32.const 0x300000))
         (call $abort (i32.const 0) (i32.wrap_i64 (local.get $n)))",
    );
    on_each_tier(|chain| {
        let contract = chain.deploy(&wat);
        let before = chain.state();
        let mut message_of = |len: u64| {
            let outcome = chain.call(contract, &len.to_le_bytes());
            assert_eq!(outcome.result, CallResult::Revert, "a panic is a revert");
            assert!(outcome.data.is_empty(), "the text is not data");
            assert!(outcome.gas < GAS, "the rest of the gas is given back");
            (
                outcome.message().expect("a message").to_owned(),
                outcome.gas,
            )
        };
        let most = u64::from(limits::MAX_ABORT_LEN);
        let (longest, gas) = message_of(most);
        assert_eq!(longest, "\u{fffd}".repeat(most as usize));
        // More is cut, and costs no more.
        for len in [
            most + 1,
            MEBIBYTE,
            2 * MEBIBYTE + 1,
            3 * MEBIBYTE,
            u32::MAX.into(),
        ] {
            assert_eq!(message_of(len), (longest.clone(), gas), "{len}");
        }
        assert_eq!(message_of(0).0, "");
        assert_eq!(chain.state(), before);
        chain.assert_alive();
    });
    // A letter that is cut in two.
    let outcome = on_each_tier(|chain| {
        let contract = chain.deploy(&format!(
            r#"(module (import "hull" "abort" (func $abort (param i32 i32)))
              (memory 1) (data (i32.const 0) "{}")
              (func (export "call") (call $abort (i32.const 1) (i32.const 2000))))"#,
            "é".repeat(1_000)
        ));
        chain.call(contract, &[])
    });
    let text = outcome.message().expect("a message");
    assert!(
        text.starts_with("\u{fffd}éé") && text.ends_with("éé\u{fffd}"),
        "{text}"
    );
}

/// A length that promises more than there is costs nothing, whatever follows.
#[test]
fn case_51_scale_length_bombs() {
    for claimed in [1u32 << 14, 1 << 24, 1 << 30, u32::MAX] {
        let claimed = Compact(claimed).encode();
        for tail in [0, 1, 1_000] {
            let tail = vec![0u8; tail];
            let contract = [7; 32];
            let topics = [&contract[..], &claimed, &tail].concat();
            assert!(Event::decode(&mut topics.as_slice()).is_err());
            let data = [&contract[..], &[0], &claimed, &tail].concat();
            assert!(Event::decode(&mut data.as_slice()).is_err());
        }
    }
    // A length of more than 32 bits, and one that is not written shortest.
    let wide = [&[7; 32][..], &[0x07, 0, 0, 0, 0, 1]].concat();
    assert!(Event::decode(&mut wide.as_slice()).is_err());
    let long = [&[7; 32][..], &[0x02, 0, 0, 0], &[0]].concat();
    assert!(Event::decode(&mut long.as_slice()).is_err());
    // Nothing at the boundary is a list of things without a size, which five bytes
    // would make four billion of: an event has topics of 32 bytes and bytes.
    let event = Event {
        contract: ALICE,
        topics: vec![Hash([1; 32]); 4],
        data: vec![9; 100],
    };
    let encoded = event.encode();
    assert_eq!(encoded.len(), 32 + 1 + 4 * 32 + 2 + 100);
    assert_eq!(Event::decode_all(&mut encoded.as_slice()), Ok(event));
    for len in 0..encoded.len() {
        assert!(Event::decode_all(&mut &encoded[..len]).is_err(), "{len}");
    }
    let longer = [encoded, vec![0]].concat();
    assert!(Event::decode_all(&mut longer.as_slice()).is_err());
    // The declaration of capabilities has no lengths at all.
    for len in (0..200).filter(|len| *len != Capabilities::ENCODED_LEN) {
        assert!(Capabilities::decode(&vec![0xff; len]).is_err());
        assert!(Capabilities::decode(&vec![1; len]).is_err());
    }
}

proptest! {
    /// Whatever the bytes are, a decoder ends, and what it accepts has one form.
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(event) = Event::decode_all(&mut bytes.as_slice()) {
            prop_assert_eq!(event.encode(), bytes.clone());
        }
        if let Ok(capabilities) = Capabilities::decode(&bytes) {
            prop_assert_eq!(&capabilities.encode()[..], bytes);
        }
    }
}

/// There are no batches: a call checks one signature, and pays for it first.
#[test]
fn case_53_oversized_batch_of_signatures() {
    use HostFunction as F;

    for spec in HOST_FUNCTIONS
        .iter()
        .filter(|spec| spec.name.contains("secp") || spec.name.contains("ed25519"))
    {
        let counts = spec
            .params
            .iter()
            .filter(|(name, _)| name.ends_with("count"));
        assert_eq!(counts.count(), 0, "{} checks one signature", spec.name);
    }
    for function in [
        F::secp256k1_recover,
        F::secp256k1_verify,
        F::secp256r1_verify,
        F::ed25519_verify,
    ] {
        let spec = function.spec();
        let args = ["(i32.const 64)"].repeat(spec.params.len()).join(" ");
        let params = "i32 ".repeat(spec.params.len());
        on_each_tier(|chain| {
            let contract = chain.deploy(&with_input(
                &format!(
                    r#"(import "hull" "{}" (func $f (param {params}) (result i32))) (memory 1)"#,
                    spec.name
                ),
                &format!(
                    "(loop (drop (call $f {args}))
                       (local.set $i (i64.add (local.get $i) (i64.const 1)))
                       (br_if 0 (i64.ne (local.get $i) (local.get $n))))"
                ),
            ));
            let mut gas = |times: u64| {
                let outcome = chain.call(contract, &times.to_le_bytes());
                assert_eq!(outcome.result, CallResult::Success);
                outcome.gas
            };
            let (one, two, ten) = (gas(1), gas(2), gas(10));
            assert_eq!(ten - one, 9 * (two - one));
            let bytes = if function == F::ed25519_verify { 64 } else { 0 };
            assert!(two - one >= spec.cost.of(bytes), "{function:?}");
            // Not a gas short of the price of one more, and it is not checked.
            let kind = chain.halts(&Call {
                input: 10u64.to_le_bytes().to_vec(),
                gas_limit: ten - 1,
                ..message(contract)
            });
            assert_eq!(kind, HaltKind::OutOfGas);
            two - one
        });
    }
}

/// Nobody but the creator reaches an address, by no order of events, and nobody twice.
#[test]
fn case_54_squatting_a_predictable_address() {
    const CODE: &str = r#"(module
      (import "hull" "terminate" (func $terminate (param i32)))
      (import "hull" "caller" (func $caller (param i32)))
      (memory 1)
      (func (export "instantiate"))
      (func (export "call")
        (call $caller (i32.const 0)) (call $terminate (i32.const 0))))"#;
    on_each_tier(|chain| {
        let wasm = contract(CODE);
        let code_hash = chain.upload(&wasm).code_hash;
        chain.host.set_balance(BOB, 100);
        let salt = [9; 32];
        let new = |origin| Instantiate {
            origin,
            code_hash,
            salt,
            gas_limit: GAS,
            ..Instantiate::default()
        };
        let hers = contract_address(&ALICE, &code_hash, &salt);
        // With her salt and code, and with money for the address, before she comes.
        let (squatted, outcome) = chain.instantiate(&new(BOB));
        assert_eq!(outcome.result, CallResult::Success);
        assert_ne!(squatted, hers);
        chain.host.set_balance(hers, 50);
        let (address, outcome) = chain.instantiate(&Instantiate {
            value: 7,
            ..new(ALICE)
        });
        assert_eq!((address, outcome.result), (hers, CallResult::Success));
        let balances: Vec<_> = chain.host.balances().map(|(a, b)| (*a, b)).collect();
        assert!(balances.contains(&(hers, 57)), "{balances:?}");

        // A second time is refused and changes nothing, also when it is gone.
        let again = |chain: &mut Chain| {
            let before = chain.state();
            let (address, outcome) = chain.instantiate(&Instantiate {
                value: 7,
                ..new(ALICE)
            });
            assert_eq!(
                (address, outcome.result, outcome.gas),
                (hers, CallResult::Revert, 0)
            );
            assert!(
                outcome
                    .failure
                    .is_some_and(|failure| failure.to_string().contains("at the address"))
            );
            assert_eq!(chain.state(), before);
        };
        again(chain);
        assert_eq!(chain.call(hers, &[]).result, CallResult::Success);
        assert!(chain.host.contracts().all(|(address, _)| *address != hers));
        again(chain);
        chain.assert_alive();
    });
    // Every part is bound, and what is hashed says what it is for: no key's
    // address is a contract's.
    let parts = [ALICE.0, [1; 32], [2; 32]];
    let base = contract_address(&Address(parts[0]), &Hash(parts[1]), &parts[2]);
    let mut seen = vec![base];
    for part in 0..3 {
        for byte in [0, 31] {
            let mut parts = parts;
            parts[part][byte] ^= 1;
            seen.push(contract_address(
                &Address(parts[0]),
                &Hash(parts[1]),
                &parts[2],
            ));
        }
    }
    seen.push(contract_address(
        &Address(parts[1]),
        &Hash(parts[0]),
        &parts[2],
    ));
    let key = [parts[0].as_slice(), &parts[1], &parts[2]].concat();
    for kind in [KeyKind::Secp256k1, KeyKind::Ed25519, KeyKind::Secp256r1] {
        seen.push(account_address(kind, &key));
        seen.push(account_address(kind, &key[..32]));
    }
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all);
}

/// One address has one text.
#[test]
fn case_55_aliases_of_an_address_by_case() {
    let address = Address([0xab; 32]);
    let text = address.to_text(DEFAULT_PREFIX).expect("the prefix is good");
    assert_eq!(Address::from_text(&text, DEFAULT_PREFIX), Ok(address));
    let refused = Err(AddressTextError::UpperCase);
    assert_eq!(
        Address::from_text(&text.to_uppercase(), DEFAULT_PREFIX),
        refused
    );
    // Every single letter, the prefix's too.
    for (at, letter) in text
        .char_indices()
        .filter(|(_, letter)| letter.is_ascii_lowercase())
    {
        let mut mixed = text.clone();
        mixed.replace_range(at..=at, &letter.to_uppercase().to_string());
        assert_eq!(
            Address::from_text(&mixed, DEFAULT_PREFIX),
            refused,
            "{mixed}"
        );
    }
    // Neither spaces, nor letters that look the same, nor another network.
    for odd in [
        format!(" {text}"),
        format!("{text} "),
        format!("{text}\n"),
        format!("{text}\0"),
        text.replace('1', "l"),
        text.replacen('h', "һ", 1),
        text[..text.len() - 1].to_owned(),
        format!("{text}q"),
        address.to_string(),
        String::new(),
    ] {
        assert!(Address::from_text(&odd, DEFAULT_PREFIX).is_err(), "{odd:?}");
    }
    assert!(Address::from_text(&text, "hul").is_err());
    assert!(Address::from_text(&text, "HULL").is_err());
    // On the chain an address is 32 bytes, and has no text.
    let sizes = HOST_FUNCTIONS.iter().flat_map(|spec| spec.params);
    assert!(
        !sizes
            .clone()
            .any(|(name, _)| ["callee_len", "to_len", "address_len"].contains(name))
    );
}

/// Sums and products of lengths, counts and offsets do not wrap.
#[test]
fn case_56_counters_near_four_billion() {
    use HostFunction as F;

    let near = [0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];
    let range = |kind| {
        matches!(
            kind,
            HaltKind::HostRange | HaltKind::Limit { .. } | HaltKind::OutOfGas
        )
    };
    for tiering in TIERS {
        let mut calls = HostCalls::on(tiering);
        let mut halts = |function, values: &[(usize, u64)]| {
            let mut args = Args::plain(function);
            values.iter().for_each(|(at, value)| args.0[*at] = *value);
            let CallResult::Halt(kind) = calls.call(function, &args).result else {
                panic!("{function:?} {values:x?} did not halt");
            };
            assert!(range(kind), "{function:?} {values:x?}: {kind:?}");
        };
        for a in near {
            for b in near {
                // Offset plus length, pointer plus length, in the input and in memory.
                halts(F::input, &[(1, a), (2, b)]);
                halts(F::returned, &[(1, a), (2, b)]);
                halts(F::storage_write, &[(0, a), (2, b)]);
                halts(F::return_data, &[(0, a), (1, b)]);
                halts(F::sha2_256, &[(0, a), (1, b)]);
            }
            // Counts that are 0 or 1 when they are multiplied by 32.
            for count in [1 << 27, (1 << 27) + 1, a] {
                halts(F::event, &[(1, count), (3, 0)]);
                halts(F::event, &[(1, count), (3, a)]);
                halts(F::instantiate, &[(6, count)]);
            }
        }
        calls.chain.assert_alive();
    }

    // In the contract: sizes of memory and of what is done to it.
    on_each_tier(|chain| {
        for (code, kind) in [
            (
                "(i32.store offset=0xffffffff (i32.const -1) (i32.const 0))",
                HaltKind::MemoryOutOfBounds,
            ),
            (
                "(i64.store offset=0xfffffff8 (i32.const 8) (i64.const 0))",
                HaltKind::MemoryOutOfBounds,
            ),
            (
                "(drop (i32.load8_u offset=0xffffffff (i32.const 1)))",
                HaltKind::MemoryOutOfBounds,
            ),
            (
                "(memory.fill (i32.const -1) (i32.const 0) (i32.const 1))",
                HaltKind::MemoryOutOfBounds,
            ),
            (
                "(memory.copy (i32.const -1) (i32.const 0) (i32.const 1))",
                HaltKind::MemoryOutOfBounds,
            ),
            // Paid before they are tried, as if they were possible.
            (
                "(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))",
                HaltKind::MemoryOutOfBounds,
            ),
            (
                "(memory.copy (i32.const 1) (i32.const 0) (i32.const -1))",
                HaltKind::OutOfGas,
            ),
            ("(drop (memory.grow (i32.const -1)))", HaltKind::OutOfGas),
        ] {
            let contract = chain.deploy(&format!(
                r#"(module (memory 1) (func (export "call") {code}))"#
            ));
            assert_eq!(chain.halt(contract), kind, "{code}");
        }
    });

    // Gas: the largest there is, and one more.
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module (import "hull" "gas_left" (func $left (result i64)))
              (import "hull" "return_data" (func $return (param i32 i32)))
              (memory 1)
              (func (export "call")
                (i64.store (i32.const 0) (call $left))
                (call $return (i32.const 0) (i32.const 8))))"#,
        );
        let most = Call {
            gas_limit: MAX_GAS_LIMIT,
            ..message(contract)
        };
        let outcome = chain.run(&most);
        assert_eq!(outcome.result, CallResult::Success);
        let left = number(&outcome.data);
        assert!(left < MAX_GAS_LIMIT && left + outcome.gas > MAX_GAS_LIMIT);
        for gas_limit in [MAX_GAS_LIMIT + 1, 1 << 63, u64::MAX] {
            let call = Call {
                gas_limit,
                ..most.clone()
            };
            let error = chain.try_run(&call).expect_err("an embedder's mistake");
            assert!(error.to_string().contains("a gas limit of"), "{error}");
        }
        // All of it at once, in a loop that never ends: too long to wait for, but
        // what an operator takes at once is taken.
        let contract = chain.deploy(
            r#"(module (memory 1) (func (export "call")
              (loop (drop (memory.grow (i32.const -1))) (br 0))))"#,
        );
        let call = Call {
            gas_limit: MAX_GAS_LIMIT,
            ..message(contract)
        };
        assert_eq!(chain.halts(&call), HaltKind::OutOfGas);
    });

    // Money and deposits of 128 bits.
    on_each_tier(|chain| {
        let contract = chain.deploy(ACTOR);
        let before = chain.state();
        let outcome = chain.run(&Call {
            value: u128::MAX,
            deposit_limit: u128::MAX,
            ..message(contract)
        });
        assert_eq!((outcome.result, outcome.gas), (CallResult::Revert, 0));
        assert_eq!(chain.state(), before);
        chain.assert_alive();
    });
}
