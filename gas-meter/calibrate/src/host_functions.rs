//! A workload for every host function.

use hull_host_api::{HostFunction, HostFunctionSpec, ValueType};

use crate::measure::Workload;

/// Calls in a contract.
const CALLS: usize = 500;
/// Where things are in memory.
const OUT: u32 = 60_000;

/// Arguments of a function, and the text that makes other arguments for the
/// workload without it. Functions that never return are measured by a caller.
fn arguments(function: HostFunction) -> Option<&'static str> {
    use HostFunction as F;

    Some(match function {
        F::input_len | F::block_height | F::block_time | F::gas_left | F::returned_len => "",
        F::input => "40000 0 64",
        F::return_data => "0 64",
        F::caller | F::callee | F::origin | F::value | F::chain_id => "60000",
        F::balance | F::code_hash => "0 60000",
        F::storage_read => "0 32 60000 64",
        F::storage_write => "0 32 0 64",
        F::storage_remove => "64 32",
        F::storage_contains => "0 32",
        F::storage_next => "0 0 0 0 0 60000 32",
        F::transfer => "0 40000",
        F::call => "0 40000 0 0 2 0 0",
        F::set_code => "0",
        F::returned => "60000 0 0",
        F::event => "0 4 0 64",
        F::debug_log => "0 64",
        F::sha2_256 | F::keccak_256 | F::sha3_256 | F::blake2b_256 | F::blake3 => "0 64 60000",
        F::secp256k1_recover => "1000 1032 60000",
        F::secp256k1_verify => "1000 1032 1128",
        F::secp256r1_verify => "1000 1200 1264",
        F::ed25519_verify => "1400 4 1404 1468",
        // These end the frame, or need a code that is there; see `nested`.
        F::revert | F::abort | F::terminate | F::delegate_call | F::instantiate => return None,
    })
}

/// Functions whose cost grows with the bytes they are given: argument that is
/// the length, and by how much it grows.
const BYTES: &[(HostFunction, usize, u64)] = &[
    (HostFunction::input, 2, 10_000),
    (HostFunction::return_data, 1, 10_000),
    (HostFunction::storage_write, 3, 10_000),
    (HostFunction::event, 3, 1_000),
    (HostFunction::debug_log, 1, 3_000),
    (HostFunction::sha2_256, 1, 10_000),
    (HostFunction::keccak_256, 1, 10_000),
    (HostFunction::sha3_256, 1, 10_000),
    (HostFunction::blake2b_256, 1, 10_000),
    (HostFunction::blake3, 1, 10_000),
    (HostFunction::ed25519_verify, 1, 10_000),
];

pub(crate) fn workloads() -> Vec<Workload> {
    let calls = HostFunction::ALL.iter().filter_map(|function| {
        let arguments = arguments(*function)?;
        let with = contract(*function, arguments, CALLS);
        let without = contract(*function, arguments, 0);
        Some(workload(function.spec().name, with, without, CALLS as u64))
    });
    let bytes = BYTES.iter().filter_map(|(function, at, more)| {
        let short = arguments(*function)?;
        let mut long: Vec<_> = short.split(' ').map(str::to_owned).collect();
        long[*at] = (long[*at].parse::<u64>().unwrap_or(0) + more).to_string();
        let with = contract(*function, &long.join(" "), CALLS);
        let without = contract(*function, short, CALLS);
        let name = format!("{}, byte", function.spec().name);
        Some(workload(&name, with, without, CALLS as u64 * more))
    });
    calls.chain(bytes).chain(nested()).collect()
}

/// Ends of a nested frame, each the callee of a loop of calls: a return, a
/// revert, an abort, and a trap, after which the instance is thrown away.
fn nested() -> Vec<Workload> {
    let ends = [
        ("call that returns", "nop"),
        (
            "call that reverts",
            "(call $revert (i32.const 0) (i32.const 0))",
        ),
        (
            "call that aborts",
            "(call $abort (i32.const 0) (i32.const 0))",
        ),
        ("call that traps", "unreachable"),
    ];
    ends.map(|(name, end)| {
        let contract = |calls: usize| {
            format!(
                r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "callee" (func $callee (param i32)))
  (import "hull" "revert" (func $revert (param i32 i32)))
  (import "hull" "abort" (func $abort (param i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory 1)
  (func (export "call") (local $n i32)
    (if (i32.eqz (call $input_len)) (then {end} (return)))
    (call $callee (i32.const 0))
    (block $done (loop $round
      (br_if $done (i32.ge_u (local.get $n) (i32.const {calls})))
      (drop (call $call (i32.const 0) (i32.const 64) (i64.const 40000000) (i32.const 0) (i32.const 2)
        (i32.const 0) (i32.const 0)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $round)))))"#
            )
        };
        workload(name, contract(CALLS), contract(0), CALLS as u64)
    })
    .into()
}

fn workload(name: &str, with: String, without: String, count: u64) -> Workload {
    let (name, input) = (name.to_owned(), vec![7; 20_000]);
    Workload {
        name,
        with,
        without,
        count,
        input,
        fresh_state: true,
    }
}

/// A contract that calls the function `calls` times with constant arguments.
fn contract(function: HostFunction, arguments: &str, calls: usize) -> String {
    let spec = function.spec();
    let arguments: String = arguments
        .split_whitespace()
        .zip(spec.params)
        .map(|(value, (_, ty))| format!("({}.const {value})", wasm(*ty)))
        .collect();
    let drop = if spec.result.is_some() { "drop" } else { "" };
    format!(
        r#"(module
  (import "hull" "{name}" (func $f {ty}))
  (memory 1)
  (data (i32.const 0) "a key of thirty-two bytes, padded")
  (data (i32.const 1000) "{hash}{signature}\00{key}")
  (data (i32.const 1200) "{r1}")
  (data (i32.const 1400) "hull{ed}")
  (func (export "call") (local $n i32)
    (block $done (loop $round
      (br_if $done (i32.ge_u (local.get $n) (i32.const {calls})))
      (call $f {arguments}) {drop}
      (i32.store (i32.const {OUT}) (i32.load (i32.const {OUT})))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br $round)))))"#,
        name = spec.name,
        ty = signature(spec),
        hash = escaped(HASH),
        signature = escaped(SECP256K1_SIGNATURE),
        key = "\\00".repeat(31) + &escaped(SECP256K1_KEY),
        r1 = escaped(SECP256R1_SIGNATURE_AND_KEY),
        ed = escaped(ED25519_SIGNATURE_AND_KEY),
    )
}

fn signature(spec: &HostFunctionSpec) -> String {
    let mut text: String = spec
        .params
        .iter()
        .map(|(_, ty)| format!("(param {})", wasm(*ty)))
        .collect();
    if let Some(ty) = spec.result {
        text.push_str(&format!("(result {})", wasm(ty)));
    }
    text
}

fn wasm(ty: ValueType) -> &'static str {
    match ty {
        ValueType::U32 => "i32",
        ValueType::U64 | ValueType::I64 => "i64",
    }
}

/// Hexadecimal as the text format wants it.
fn escaped(hex: &str) -> String {
    hex.as_bytes()
        .chunks(2)
        .map(|pair| format!("\\{}", String::from_utf8_lossy(pair)))
        .collect()
}

// Valid signatures, as in the test vectors: an invalid one is cheaper.
const HASH: &str = "c078daca096bf04759f366a9b0d58914435a334496bafd07af9f22229f673243";
const SECP256K1_SIGNATURE: &str = "530ec1e1dfb32079bccfaf20c7dd575c01ded7f05693d74cd4066ac8ed6baea1\
    5639a26f838ed5c1b561fd447d0b28c86561eecf999c7732e23d1947307f4c3a";
const SECP256K1_KEY: &str = "02989c0b76cb563971fdc9bef31ec06c3560f3249d6ee9e5d83c57625596e05f6f";
const SECP256R1_SIGNATURE_AND_KEY: &str = "c02a9d421010346e06946da6799dce53b4d51d1989a85ff46c2c450eb912c2c3\
    182e82d16edd721d403ae79939f16fabe8a433033ed78f7d2de57701552ef7d1\
    027135fa4fd93a09dce98bbf681b4bfcf50e7c0d6354e62afb0bff2a3429617865";
const ED25519_SIGNATURE_AND_KEY: &str = "0337ca112906d5d6e12b4f9456a176879b5b677064dc288de00a11b5ccbb1a3a\
    7d0367e0e22e8dcc21b5f5f3575c2615fa2313220c33702daa4333577399e006\
    66be7e332c7a453332bd9d0a7f7db055f5c5ef1a06ada66d98b39fb6810c473a";
