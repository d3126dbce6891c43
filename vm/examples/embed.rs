//! A chain in sixty lines: upload a counter, create it, call it twice.

use hull_vm::host_api::{Address, Capabilities, Group};
use hull_vm::{Call, Config, Instantiate, MemoryHost, Vm};

/// Adds one to the number under the key "n" and returns it.
const COUNTER: &str = r#"(module
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory 1)
  (data (i32.const 0) "n")
  (func (export "instantiate"))
  (func (export "call")
    (drop (call $read (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8)))
    (i64.store (i32.const 8) (i64.add (i64.load (i32.const 8)) (i64.const 1)))
    (call $write (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 8))
    (call $return (i32.const 8) (i32.const 8))))"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vm = Vm::new(Config::default())?;
    let mut host = MemoryHost::default();

    let wasm = declare(wat::parse_str(COUNTER)?);
    let admission = vm.upload(&wasm)?;
    let code_hash = host.put_code(&wasm);
    println!("admitted {code_hash}, {} bytes", admission.code_len);

    let mut new = Instantiate::default();
    (new.origin, new.code_hash, new.gas_limit) = (Address([1; 32]), code_hash, 1_000_000_000);
    let (contract, outcome) = vm.instantiate(&mut host, &new)?;
    println!("created  {contract} for {} gas", outcome.gas);

    let mut call = Call::default();
    (call.origin, call.caller) = (new.origin, new.origin);
    (call.contract, call.gas_limit) = (contract, 1_000_000_000);
    for _ in 0..2 {
        let outcome = vm.call(&mut host, &call)?;
        let (result, data, gas) = (outcome.result, outcome.data, outcome.gas);
        println!("called   {result:?} {data:?} for {gas} gas");
    }
    Ok(())
}

/// Appends the section with what the counter may do: keep a hundred bytes, and
/// nothing else. The SDK's macros write it for you.
fn declare(mut wasm: Vec<u8>) -> Vec<u8> {
    let mut may = Capabilities::LEAST;
    may.groups = may.groups.with(Group::Storage);
    may.storage_quota = 100;
    wasm.extend(may.section());
    wasm
}
