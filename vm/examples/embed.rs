//! A chain in sixty lines: upload a counter, create it, call it twice.

use hull_vm::host_api::{Address, Capabilities, Group};
use hull_vm::{Call, Config, Entry, Instantiate, MemoryHost, Vm};

/// Adds one to the number under the key "n" and returns it.
const COUNTER: &str = r#"(module
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "n")
  (func (export "instantiate"))
  (func (export "call")
    (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
    (call $write (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (call $return (i32.const 8) (i32.const 8))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut wasm = wat::parse_str(COUNTER)?;
    // The counter may keep up to a hundred bytes, and nothing else.
    let mut may = Capabilities::LEAST;
    may.groups = may.groups.with(Group::Storage);
    may.storage_quota = 100;
    declare(&mut wasm, &may);

    let vm = Vm::new(Config::default())?;
    let admission = vm.upload(&wasm)?;
    println!(
        "admitted   {} ({} bytes)",
        admission.code_hash, admission.code_len
    );

    let mut host = MemoryHost::default();
    let code_hash = host.put_code(&wasm);
    let alice = Address([1; 32]);
    let (gas_limit, deposit_limit, value, input) = (1_000_000_000, 0, 0, Vec::new());
    let (salt, grants) = ([0; 32], Vec::new());
    let new = Instantiate {
        origin: alice,
        code_hash,
        salt,
        grants,
        value,
        gas_limit,
        deposit_limit,
        input,
    };
    let (contract, outcome) = vm.instantiate(&mut host, &new)?;
    println!("created    {contract} for {} gas", outcome.gas);

    for _ in 0..2 {
        let (entry, input, read_only) = (Entry::Call, Vec::new(), false);
        let (origin, caller) = (alice, alice);
        let call = Call {
            origin,
            caller,
            contract,
            value,
            gas_limit,
            deposit_limit,
            read_only,
            entry,
            input,
        };
        let outcome = vm.call(&mut host, &call)?;
        println!(
            "called     {:?} for {} gas: {:?}",
            outcome.result, outcome.gas, outcome.data
        );
    }
    Ok(())
}

/// Appends the custom section that the SDK's macros write for you.
fn declare(wasm: &mut Vec<u8>, may: &Capabilities) {
    let name = hull_vm::host_api::CAPABILITIES_SECTION.as_bytes();
    let len = 1 + name.len() + Capabilities::ENCODED_LEN;
    wasm.extend([0, len as u8, name.len() as u8]);
    wasm.extend(name);
    wasm.extend(may.encode());
}
