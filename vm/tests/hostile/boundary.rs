//! Cases 40 to 57: what a contract may pass across the boundary, and what may
//! wait on the node's disk.

use std::fs;

use hull_vm::host_api::{
    Address, Event, HOST_FUNCTIONS, HostFunctionSpec, ValueType, contract_address, limits,
};
use hull_vm::{Call, CallResult, Config, DiskCacheConfig, HaltKind, Instantiate};
use parity_scale_codec::{Decode, DecodeAll};
use proptest::prelude::*;

use crate::support::{ALICE, BOB, Chain, GAS, TIERS, contract, message, on_each_tier};

/// Bytes of the memory of the contracts here: one page.
const PAGE: u32 = 65_536;

/// A contract that calls one host function with constants and returns the result.
fn calls(function: &str, arguments: &[i64]) -> String {
    let spec = HOST_FUNCTIONS
        .iter()
        .find(|spec| spec.name == function)
        .unwrap();
    let values: String = arguments
        .iter()
        .zip(spec.params)
        .map(|(value, (_, ty))| format!("({}.const {value})", wasm(*ty)))
        .collect();
    let call = format!("(call $f {values})");
    let store = match spec.result {
        None => call,
        Some(ValueType::U32) => format!("(i64.store (i32.const 8) (i64.extend_i32_u {call}))"),
        Some(_) => format!("(i64.store (i32.const 8) {call})"),
    };
    format!(
        r#"(module
  (import "hull" "{function}" (func $f {}))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory 1 1)
  (data (i32.const 0) "a key")
  (func (export "call") {store} (call $return (i32.const 8) (i32.const 8))))"#,
        signature(spec)
    )
}

fn signature(spec: &HostFunctionSpec) -> String {
    let params = spec
        .params
        .iter()
        .map(|(_, ty)| format!("(param {})", wasm(*ty)));
    let result = spec.result.map(|ty| format!("(result {})", wasm(ty)));
    params.chain(result).collect()
}

fn wasm(ty: ValueType) -> &'static str {
    match ty {
        ValueType::U32 => "i32",
        ValueType::U64 | ValueType::I64 => "i64",
    }
}

/// What a host function called with these arguments halts with.
fn halt(function: &str, arguments: &[i64]) -> HaltKind {
    on_each_tier(|chain| {
        let contract = chain.deploy(&calls(function, arguments));
        chain.halt(contract)
    })
}

/// What it returns.
fn result(function: &str, arguments: &[i64]) -> i64 {
    on_each_tier(|chain| {
        let contract = chain.deploy(&calls(function, arguments));
        let outcome = chain.call(contract, &[]);
        assert_eq!(
            outcome.result,
            CallResult::Success,
            "{function} {arguments:?}"
        );
        i64::from_le_bytes(outcome.data.try_into().unwrap())
    })
}

#[test]
fn case_40_pointer_and_length_overflow() {
    for (pointer, len) in [(-1, 1), (-1, 255), (i64::from(PAGE), 1), (-256, 256)] {
        assert_eq!(
            halt("storage_contains", &[pointer, len]),
            HaltKind::HostRange
        );
    }
    assert_eq!(halt("sha2_256", &[-16, 16_777_216, 0]), HaltKind::HostRange);
    assert_eq!(halt("caller", &[-1]), HaltKind::HostRange);
}

#[test]
fn case_41_out_of_bounds_by_one() {
    let last = i64::from(PAGE) - 32;
    assert_eq!(result("sha2_256", &[last, 32, last]), 0);
    assert_eq!(halt("sha2_256", &[last + 1, 32, 0]), HaltKind::HostRange);
    assert_eq!(halt("sha2_256", &[0, 32, last + 1]), HaltKind::HostRange);
    assert_eq!(halt("caller", &[last + 1]), HaltKind::HostRange);
}

#[test]
fn case_42_length_zero_at_the_end_of_memory() {
    let end = i64::from(PAGE);
    assert_eq!(result("storage_contains", &[end, 0]), -1);
    assert_eq!(result("sha2_256", &[end, 0, 100]), 0);
    assert_eq!(halt("storage_contains", &[end + 1, 0]), HaltKind::HostRange);
}

/// The digest is whole before it is written over its own input.
#[test]
fn case_43_overlapping_input_and_output() {
    let apart = r#"(module
      (import "hull" "keccak_256" (func $hash (param i32 i32 i32)))
      (import "hull" "return_data" (func $return (param i32 i32)))
      (memory 1) (data (i32.const 16) "some bytes to hash, more than thirty-two of them")
      (func (export "call")
        (call $hash (i32.const 16) (i32.const 48) (i32.const OUT))
        (call $return (i32.const OUT) (i32.const 32))))"#;
    let digest = |out: u32| {
        on_each_tier(|chain| {
            let contract = chain.deploy(&apart.replace("OUT", &out.to_string()));
            chain.call(contract, &[]).data
        })
    };
    for out in [0, 16, 20, 40] {
        assert_eq!(digest(out), digest(4_096), "output at {out}");
    }
}

/// There are no length pointers: every length is an argument or a result.
#[test]
fn case_44_length_pointer_inside_the_output() {
    for spec in HOST_FUNCTIONS {
        for (name, _) in spec.params {
            let is_length = name.ends_with("len") || name.ends_with("cap");
            assert!(
                !(is_length && name.ends_with("ptr")),
                "{}: {name}",
                spec.name
            );
        }
    }
    // What does not fit is cut, and the whole length returned.
    assert_eq!(result("storage_contains", &[0, 5]), -1);
}

/// There are no handles; what takes an offset checks it.
#[test]
fn case_45_forged_handles() {
    for spec in HOST_FUNCTIONS {
        let handles = spec.params.iter().filter(|(name, _)| {
            ["handle", "id", "iterator", "fd"].contains(name) || name.ends_with("_id")
        });
        assert_eq!(handles.count(), 0, "{}", spec.name);
    }
    for (offset, len) in [(0, 1), (-1, 1), (1, -1), (-1, -1)] {
        assert_eq!(halt("input", &[0, offset, len]), HaltKind::HostRange);
        assert_eq!(halt("returned", &[0, offset, len]), HaltKind::HostRange);
    }
    assert!(matches!(
        halt("storage_next", &[0, 0, 0, 0, 2, 0, 0]),
        HaltKind::UnknownCode { .. }
    ));
}

#[test]
fn case_46_key_or_value_one_byte_too_long() {
    let (key, value) = (
        i64::from(limits::MAX_KEY_LEN),
        i64::from(limits::MAX_VALUE_LEN),
    );
    result("storage_write", &[0, key, 0, value]);
    let limit = |kind| match kind {
        HaltKind::Limit { limit, .. } => limit as i64,
        other => panic!("{other:?}"),
    };
    assert_eq!(limit(halt("storage_write", &[0, key + 1, 0, 1])), key);
    assert_eq!(limit(halt("storage_write", &[0, key, 0, value + 1])), value);
    assert_eq!(limit(halt("storage_read", &[0, key + 1, 0, 1])), key);
    assert_eq!(limit(halt("storage_remove", &[0, key + 1])), key);
    assert_eq!(
        limit(halt("storage_next", &[0, key + 1, 0, 0, 0, 0, 0])),
        key
    );
}

/// Events are bounded for the whole call, and paid by the byte.
#[test]
fn case_48_event_bomb() {
    let bomb = r#"(module
      (import "hull" "event" (func $event (param i32 i32 i32 i32)))
      (memory 1)
      (func (export "call") (loop
        (call $event (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 16384)) (br 0))))"#;
    let kind = on_each_tier(|chain| {
        let contract = chain.deploy(bomb);
        chain.halt(contract)
    });
    let limit = limits::MAX_EVENT_BYTES_PER_CALL;
    assert_eq!(
        kind,
        HaltKind::Limit {
            what: "bytes of events",
            limit
        }
    );
    let too_long = i64::from(limits::MAX_EVENT_DATA) + 1;
    assert!(matches!(
        halt("event", &[0, 0, 0, too_long]),
        HaltKind::Limit { .. }
    ));
    assert!(matches!(
        halt("event", &[0, 5, 0, 0]),
        HaltKind::Limit { .. }
    ));
}

#[test]
fn case_49_return_data_over_the_limit() {
    let most = i64::from(limits::MAX_RETURN_LEN);
    for function in ["return_data", "revert"] {
        assert!(
            matches!(halt(function, &[0, most + 1]), HaltKind::Limit { .. }),
            "{function}"
        );
    }
}

#[test]
fn case_50_abort_text_that_is_long_or_not_utf8() {
    let text = r#"(module
      (import "hull" "abort" (func $abort (param i32 i32)))
      (memory 40)
      (func (export "call")
        (memory.fill (i32.const 0) (i32.const 0xff) (i32.const 2600000))
        (call $abort (i32.const 0) (i32.const 2500000))))"#;
    let outcome = on_each_tier(|chain| {
        let contract = chain.deploy(text);
        let before = chain.state();
        let outcome = chain.call(contract, &[]);
        assert_eq!(chain.state(), before);
        outcome
    });
    assert_eq!((outcome.result, outcome.data), (CallResult::Revert, vec![]));
    let message = outcome.message.unwrap();
    assert_eq!(message.chars().count(), limits::MAX_ABORT_LEN as usize);
    assert!(
        message
            .chars()
            .all(|letter| letter == char::REPLACEMENT_CHARACTER)
    );
}

/// A length that promises more than there is allocates nothing.
#[test]
fn case_51_scale_length_bombs() {
    let huge_length = [0x03, 0xFF, 0xFF, 0xFF, 0xFF];
    let event = [[7; 32].as_slice(), &huge_length].concat();
    assert!(Event::decode_all(&mut event.as_slice()).is_err());
    assert!(Vec::<u8>::decode(&mut huge_length.as_slice()).is_err());
    // A vector of nothing would be four billion elements for five bytes.
    for len in 0..64 {
        let _ = hull_vm::host_api::Capabilities::decode(&vec![0xFF; len]).unwrap_err();
    }
}

/// There are no batches: every signature is one call, paid before it is checked.
#[test]
fn case_53_oversized_batch_of_signatures() {
    for function in ["secp256k1_verify", "secp256r1_verify", "secp256k1_recover"] {
        let gas = on_each_tier(|chain| {
            let contract = chain.deploy(&calls(function, &[0, 100, 200]));
            chain.call(contract, &[]).gas
        });
        let spec = HOST_FUNCTIONS
            .iter()
            .find(|spec| spec.name == function)
            .unwrap();
        assert!(gas >= spec.cost.base, "{function}");
    }
    let endless = r#"(module
      (import "hull" "ed25519_verify" (func $verify (param i32 i32 i32 i32) (result i32)))
      (memory 1)
      (func (export "call") (loop
        (drop (call $verify (i32.const 0) (i32.const 9) (i32.const 0) (i32.const 0))) (br 0))))"#;
    let kind = on_each_tier(|chain| {
        let contract = chain.deploy(endless);
        chain.halts(&Call {
            gas_limit: 1_000_000_000,
            ..message(contract)
        })
    });
    assert_eq!(kind, HaltKind::OutOfGas);
}

/// Only the creator reaches an address, and nobody twice.
#[test]
fn case_54_squatting_a_predictable_address() {
    let code = contract("(module (func (export \"instantiate\")) (func (export \"call\")))");
    on_each_tier(|chain| {
        let code_hash = chain.upload(&code).code_hash;
        let salt = [9; 32];
        let new = |origin| Instantiate {
            origin,
            code_hash,
            salt,
            gas_limit: GAS,
            ..Default::default()
        };
        let (squatted, outcome) = chain.instantiate(&new(BOB));
        assert!(outcome.result.is_success());
        let (address, outcome) = chain.instantiate(&new(ALICE));
        assert!(outcome.result.is_success());
        assert_eq!(address, contract_address(&ALICE, &code_hash, &salt));
        assert_ne!(address, squatted);
        let before = chain.state();
        let (same, outcome) = chain.instantiate(&new(ALICE));
        assert_eq!((same, outcome.result), (address, CallResult::Revert));
        assert!(outcome.message.unwrap().contains("at the address"));
        assert_eq!(chain.state(), before);
    });
}

/// An address is 32 bytes here; its text has one form, which `hull-host-api` tests.
#[test]
fn case_55_aliases_of_an_address_by_case() {
    let text = Address([0xAB; 32]).to_text("hull").unwrap();
    assert_eq!(Address::from_text(&text, "hull"), Ok(Address([0xAB; 32])));
    assert!(Address::from_text(&text.to_uppercase(), "hull").is_err());
    let mut mixed = text.clone();
    mixed.replace_range(6..7, &text[6..7].to_uppercase());
    assert!(mixed == text || Address::from_text(&mixed, "hull").is_err());
}

/// Lengths and offsets near 2^32 are sums in 64 bits.
#[test]
fn case_56_counters_near_four_billion() {
    let near = [-1i64, -2, i64::from(i32::MIN), i64::from(i32::MAX)];
    for a in near {
        for b in near {
            let _ = halt("input", &[0, a, b]);
            let _ = halt("event", &[0, a, 0, b]);
            let _ = halt("storage_write", &[a, 1, b, 1]);
        }
    }
}

/// Compiled code that somebody touched is compiled again.
#[test]
fn case_57_tampered_artifact() {
    for secret in [None, Some([7; 32])] {
        let folder = tempfile::tempdir().unwrap();
        let config = || Config {
            disk_cache: Some(DiskCacheConfig {
                directory: folder.path().to_owned(),
                max_bytes: 1 << 30,
                secret,
            }),
            ..Config::default()
        };
        let run = || {
            let mut chain = Chain::with(config());
            let contract = chain.deploy(&calls("gas_left", &[]));
            chain.call(contract, &[])
        };
        let expected = run();
        let file = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let sound = fs::read(&file).unwrap();
        let mut damaged: Vec<Vec<u8>> = (0..sound.len())
            .step_by(sound.len() / 40)
            .map(|at| {
                let mut bytes = sound.clone();
                bytes[at] ^= 1;
                bytes
            })
            .collect();
        damaged.extend([0, 8, 39, 40, sound.len() - 1].map(|len| sound[..len].to_vec()));
        for bytes in damaged {
            fs::write(&file, &bytes).unwrap();
            assert_eq!(run(), expected);
            assert_eq!(
                fs::read(&file).unwrap().len(),
                sound.len(),
                "it was not rebuilt"
            );
        }
    }
}

/// With a secret, code that checks out under no secret is not run.
#[test]
fn case_57_artifact_of_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let upload = |secret| {
        let disk_cache = Some(DiskCacheConfig {
            directory: folder.path().to_owned(),
            max_bytes: 1 << 30,
            secret,
        });
        Chain::with(Config {
            disk_cache,
            ..Config::default()
        })
        .deploy(&calls("gas_left", &[]));
        let file = fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        fs::read(file).unwrap()[..40].to_vec()
    };
    let plain = upload(None);
    assert_ne!(upload(Some([1; 32])), plain, "the plain artifact was taken");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever a contract passes to whatever function, a call has an outcome,
    /// and the same on either tier.
    #[test]
    fn any_arguments_have_an_outcome(
        function in 0..HOST_FUNCTIONS.len(),
        arguments in proptest::collection::vec(argument(), 10),
    ) {
        let spec = &HOST_FUNCTIONS[function];
        let text = calls(spec.name, &arguments[..spec.params.len()]);
        let outcomes = TIERS.map(|tiering| {
            let mut chain = Chain::on(tiering);
            let contract = chain.deploy(&text);
            chain.call(contract, b"input")
        });
        prop_assert_eq!(&outcomes[0], &outcomes[1]);
        prop_assert!(outcomes[0].gas <= GAS);
    }
}

/// Small numbers, the edges of memory and of 32 bits, and anything.
fn argument() -> impl Strategy<Value = i64> {
    let page = i64::from(PAGE);
    prop_oneof![
        4 => 0..300i64,
        2 => (page - 40)..(page + 2),
        1 => -40..0i64,
        1 => any::<i32>().prop_map(i64::from),
    ]
}
