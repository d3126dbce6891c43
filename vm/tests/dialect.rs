//! A second dialect on the same engine and the same host: the seam is real.
//!
//! It is as unlike the native one as CosmWasm is: input arrives as an argument
//! that points into memory which the contract allocates, results leave as a
//! pointer to a region, and imports have other names and another module.

mod support;

use std::sync::Arc;

use hull_vm::dialect::{Import, Signature};
use hull_vm::host_api::{Capabilities, ContractInfo, Cost, Group};
use hull_vm::{
    CallResult, Config, Context, Dialect, Entry, Exit, HaltKind, Linker, MemoryHost, Rule, Vm,
};
use support::{message, wasm};
use wasmer::{FunctionType, Type, Value};
use wasmparser::ValType;

/// Where the contract expects its input: offset, and length before it.
const INPUT_AT: u32 = 1024;

struct Regions;

impl Dialect for Regions {
    fn name(&self) -> &'static str {
        "regions-1"
    }

    fn import(&self, module: &str, name: &str) -> Option<Import> {
        (module == "env" && name == "db_set").then(|| Import {
            params: vec![ValType::I32, ValType::I32],
            results: vec![],
            group: Group::Base,
        })
    }

    fn entry_of(&self, export: &str) -> Option<Entry> {
        (export == "execute").then_some(Entry::Call)
    }

    fn entry_export(&self, _entry: Entry) -> &'static str {
        "execute"
    }

    fn entry_signature(&self, _entry: Entry) -> Signature {
        Signature {
            params: vec![ValType::I32],
            results: vec![ValType::I32],
        }
    }

    fn link(&self, linker: &mut Linker<'_>) {
        let ty = FunctionType::new([Type::I32, Type::I32], []);
        let cost = Cost {
            base: 1_000_000,
            per_byte: 0,
        };
        linker.define(
            ("env", "db_set"),
            ty,
            (Group::Base, cost),
            |context, arguments| {
                context.permit_write()?;
                let (key, value) = (
                    region(context, &arguments[0])?,
                    region(context, &arguments[1])?,
                );
                let owner = context.owner();
                let answer = context.host().storage_write(&owner, &key, &value);
                context.value(answer)?;
                Ok(vec![])
            },
        );
    }

    fn arguments(&self, context: &mut Context<'_>, _entry: Entry) -> Result<Vec<Value>, Exit> {
        let input = context.input().to_vec();
        context.charge(10 * input.len() as u64)?;
        context.write(INPUT_AT, &(input.len() as u32).to_le_bytes())?;
        context.write(INPUT_AT + 4, &input)?;
        Ok(vec![Value::I32(INPUT_AT as i32)])
    }

    fn conclude(&self, context: &mut Context<'_>, results: &[Value]) -> Result<(), Exit> {
        let data = region(context, &results[0])?;
        context.set_output(data);
        Ok(())
    }
}

/// The bytes of a region: a length, and as many bytes.
fn region(context: &Context<'_>, pointer: &Value) -> Result<Vec<u8>, Exit> {
    let pointer = pointer.i32().ok_or(HaltKind::HostRange)? as u32;
    let len = u32::from_le_bytes(context.read_array(pointer)?);
    let bytes = pointer.checked_add(4).ok_or(HaltKind::HostRange)?;
    Ok(context.read(bytes, len)?.to_vec())
}

/// Stores its input under "k" and returns the input.
const ECHO: &str = r#"(module
  (import "env" "db_set" (func $set (param i32 i32)))
  (memory 1)
  (data (i32.const 16) "\01\00\00\00k")
  (func (export "execute") (param $input i32) (result i32)
    (call $set (i32.const 16) (local.get $input))
    (local.get $input)))"#;

fn engine() -> Vm {
    Vm::with_dialects(Config::default(), vec![Arc::new(Regions)]).unwrap()
}

#[test]
fn a_foreign_contract_runs_beside_a_native_one() {
    let vm = engine();
    let mut host = MemoryHost::default();
    let mut outcomes = Vec::new();
    let native = support::contract("(module (func (export \"call\")))");
    for (number, code) in [wasm(ECHO), native].into_iter().enumerate() {
        let admission = vm.upload(&code).unwrap();
        let address = hull_vm::host_api::Address([number as u8 + 1; 32]);
        host.put_code(&code);
        let capabilities = Capabilities::ALL;
        host.put_contract(
            address,
            ContractInfo {
                code_hash: admission.code_hash,
                capabilities,
            },
        );
        let call = hull_vm::Call {
            input: b"abc".to_vec(),
            ..message(address)
        };
        outcomes.push(vm.call(&mut host, &call).unwrap());
        if number == 0 {
            let stored: Vec<_> = host.storage(&address).collect();
            assert_eq!(stored, [(&b"k"[..], &b"abc"[..])]);
            // A view of the same contract halts in the dialect's own function.
            let view = hull_vm::Call {
                read_only: true,
                ..call
            };
            let halted = vm.call(&mut host, &view).unwrap().result;
            assert_eq!(halted, CallResult::Halt(HaltKind::ReadOnly));
        }
    }
    assert_eq!(outcomes[0].data, b"abc");
    assert!(outcomes[0].gas > 1_000_000, "its functions cost gas");
    assert!(outcomes[1].data.is_empty() && outcomes[1].result.is_success());
}

#[test]
fn dialects_do_not_mix() {
    let mixed = r#"(module
      (import "env" "db_set" (func (param i32 i32)))
      (import "hull" "caller" (func (param i32)))
      (memory 1)
      (func (export "execute") (param i32) (result i32) (i32.const 0))
      (func (export "call")))"#;
    let error = engine().admit(&wasm(mixed)).unwrap_err();
    assert_eq!(error.rule, Rule::Imports, "{error}");
    let native_only = Vm::new(Config::default()).unwrap();
    assert!(native_only.admit(&wasm(ECHO)).is_err());
}

/// The reason is that of the dialect which the module was made for, also if what
/// is wrong is known only by the last of its names.
#[test]
fn a_refusal_speaks_the_dialect_of_the_module() {
    let refusal = |wat: &str| {
        let error = engine().admit(&wasm(wat)).unwrap_err();
        (error.rule, error.found)
    };
    let set = r#"(import "env" "db_set" (func (param i32 i32)))"#;
    let no_entry = format!("(module {set} (func (export \"run\")))");
    let mistyped = format!("(module {set} (func (export \"execute\")))");
    let unknown = format!(
        r#"(module {set} (import "env" "db_get" (func))
          (func (export "execute") (param i32) (result i32) local.get 0))"#
    );
    let (rule, found) = refusal(&no_entry);
    assert_eq!(rule, Rule::EntryPoint, "{found}");
    let (rule, found) = refusal(&mistyped);
    assert_eq!(rule, Rule::Exports, "{found}");
    assert!(found.contains("execute must be"), "{found}");
    let (rule, found) = refusal(&unknown);
    assert_eq!(
        (rule, &*found),
        (Rule::Imports, "env.db_get is no host function")
    );

    // Entry points alone say enough, and of nothing the native reason is given.
    let bare = r#"(module (func (export "execute")))"#;
    assert!(refusal(bare).1.contains("execute must be"));
    let native = r#"(module (import "hull" "caller" (func)) (func (export "call")))"#;
    let (rule, found) = refusal(native);
    assert_eq!(rule, Rule::Imports);
    assert!(found.contains("hull.caller is imported as"), "{found}");
    let neither = r#"(module (import "seal0" "input" (func)))"#;
    assert_eq!(refusal(neither).1, "seal0.input is no host function");
    assert_eq!(refusal("(module)").0, Rule::EntryPoint);
}
