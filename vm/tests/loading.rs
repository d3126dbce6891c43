//! Loading code at a call: what it costs, and that what a node happens to hold
//! decides nothing.

mod support;

use hull_vm::host_api::{CallStatus, Capabilities, ContractInfo, Gas, Hash};
use hull_vm::{Call, CallResult, HaltKind, Instantiate, Schedule};
use support::{ALICE, Chain, GAS, TIERS, contract, message, on_each_tier};

/// Does something with the code whose hash is its input, and returns the status
/// and the gas before and after.
fn naming(declaration: &str, attempt: &str) -> String {
    format!(
        r#"(module
          (import "hull" "input" (func $input (param i32 i32 i32)))
          (import "hull" "gas_left" (func $gas_left (result i64)))
          (import "hull" "return_data" (func $return (param i32 i32)))
          {declaration}
          (memory 1)
          (func (export "call")
            (call $input (i32.const 0) (i32.const 0) (i32.const 32))
            (i64.store (i32.const 1008) (call $gas_left))
            (i64.store (i32.const 1000) (i64.extend_i32_u {attempt}))
            (i64.store (i32.const 1016) (call $gas_left))
            (call $return (i32.const 1000) (i32.const 24))))"#
    )
}

/// Everything by which a contract names a code. Gas for the nested call is in
/// `GAS`, 0 for all there is.
fn namers(gas: Gas) -> [(&'static str, String); 3] {
    let delegate = r#"(import "hull" "delegate_call"
        (func $do (param i32 i64 i32 i32 i32) (result i32)))"#;
    let instantiate = r#"(import "hull" "instantiate"
        (func $do (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32)))"#;
    let set_code = r#"(import "hull" "set_code" (func $do (param i32) (result i32)))"#;
    let zeros = |count: usize| "(i32.const 100)".to_owned() + &"(i32.const 0)".repeat(count - 1);
    let delegated = format!(
        "(call $do (i32.const 0) (i64.const {gas}) {})",
        "(i32.const 0)".repeat(3)
    );
    let instantiated = format!(
        "(call $do (i32.const 0) (i32.const 100) (i64.const {gas}) (i32.const 0) {} (i32.const 200))",
        zeros(5)
    );
    [
        ("delegate_call", naming(delegate, &delegated)),
        ("instantiate", naming(instantiate, &instantiated)),
        ("set_code", naming(set_code, "(call $do (i32.const 0))")),
    ]
}

/// The status and the gas that a [`naming`] contract reports.
fn report(data: &[u8]) -> (CallStatus, Gas) {
    let number = |at: usize| u64::from_le_bytes(data[at..at + 8].try_into().unwrap());
    let status = CallStatus::from_code(number(0) as u32).unwrap();
    (status, number(8) - number(16))
}

/// Runs a namer on a code. Under `set_code` a contract may take any code.
fn name(chain: &mut Chain, namer: &str, code: Hash) -> (CallStatus, Gas) {
    let namer = chain.deploy(namer);
    let call = Call {
        input: code.0.to_vec(),
        ..message(namer)
    };
    let outcome = chain.run(&call);
    assert_eq!(outcome.result, CallResult::Success);
    report(&outcome.data)
}

const EMPTY: &str = r#"(module (func (export "call")) (func (export "instantiate")))"#;

/// A block that uploaded the code may have been undone, or this node has judged
/// a transaction that never got into one.
#[test]
fn code_that_only_the_engine_knows_is_not_there() {
    on_each_tier(|chain| {
        let wasm = contract(EMPTY);
        let hash = chain.vm.upload(&wasm).unwrap().code_hash;
        let unseen = namers(0).map(|(what, namer)| {
            let (status, gas) = name(chain, &namer, hash);
            assert_eq!(status, CallStatus::NotFound, "{what}");
            gas
        });
        let new = Instantiate {
            origin: ALICE,
            code_hash: hash,
            gas_limit: GAS,
            ..Instantiate::default()
        };
        let (_, outcome) = chain.instantiate(&new);
        assert_eq!(outcome.result, CallResult::Revert);
        // A node that never saw it says the same for the same gas.
        let mut fresh = Chain::on(TIERS[0]);
        let never = namers(0).map(|(_, namer)| name(&mut fresh, &namer, hash).1);
        assert_eq!(unseen, never);

        chain.host.put_code(&wasm);
        for (what, namer) in namers(0) {
            assert_eq!(name(chain, &namer, hash).0, CallStatus::Success, "{what}");
        }
        assert!(chain.instantiate(&new).1.result.is_success());
    });
}

#[test]
fn loading_is_paid_before_it_is_done() {
    let wasm = contract(EMPTY);
    let price = Schedule::V1.load_base + Schedule::V1.load_byte * wasm.len() as u64;
    for (gas_limit, modules) in [(price - 1, 0), (price, 1)] {
        let mut chain = Chain::on(TIERS[0]);
        let code_hash = chain.host.put_code(&wasm);
        let capabilities = Capabilities::ALL;
        let info = ContractInfo {
            code_hash,
            capabilities,
        };
        let contract = support::BOB;
        chain.host.put_contract(contract, info);
        // The frame of the entry point is not covered either way.
        for _ in 0..2 {
            let outcome = chain.call_with_gas(contract, gas_limit);
            assert_eq!(outcome.result, CallResult::Halt(HaltKind::OutOfGas));
            assert_eq!(outcome.gas, gas_limit);
            assert_eq!(chain.vm.stats().modules, modules);
        }
    }
}

/// Nested calls get their share of the gas, and what they name is loaded out of
/// that share or not at all.
#[test]
fn a_nested_call_pays_for_loading() {
    on_each_tier(|chain| {
        let wasm = contract(EMPTY);
        let price = Schedule::V1.load_base + Schedule::V1.load_byte * wasm.len() as u64;
        let hash = chain.host.put_code(&wasm);
        for (what, namer) in &namers(price - 1)[..2] {
            let before = chain.vm.stats().modules;
            let (status, gas) = name(chain, namer, hash);
            assert_eq!(status, CallStatus::Halted, "{what}");
            assert!(gas > price - 1, "{what} took {gas}");
            assert_eq!(chain.vm.stats().modules, before + 1, "the namer alone");
        }
        let (status, gas) = name(chain, &namers(0)[2].1, hash);
        assert_eq!(status, CallStatus::Success);
        assert!(gas > price, "set_code took {gas}");
    });
}

/// Code without the entry point is loaded all the same.
#[test]
fn a_call_without_an_entry_point_pays_for_loading() {
    let wasm = contract(r#"(module (func (export "instantiate")))"#);
    let price = Schedule::V1.load_base + Schedule::V1.load_byte * wasm.len() as u64;
    let outcome = on_each_tier(|chain| {
        let contract = chain.deploy_wasm(&wasm);
        chain.run(&message(contract))
    });
    assert_eq!(outcome.result, CallResult::Revert);
    assert_eq!(outcome.gas, price);
}

/// An instance keeps four pages from call to call; the system gives it the
/// others again at every call, as if they were grown, and elements are written
/// to its table as if by `table.init`.
#[test]
fn memory_and_table_are_part_of_the_price() {
    let gas = |fields: &str| {
        on_each_tier(|chain| {
            let wasm = contract(&format!(r#"(module {fields} (func $f (export "call")))"#));
            let contract = chain.deploy_wasm(&wasm);
            let gas = chain.call(contract, &[]).gas;
            gas - Schedule::V1.load_byte * wasm.len() as u64
        })
    };
    let none = gas("");
    let page = Schedule::V1.memory_page;
    for (pages, paid) in [(1, 0), (4, 0), (5, 1), (17, 13), (256, 252)] {
        assert_eq!(gas(&format!("(memory {pages})")), none + paid * page);
    }
    let element = Schedule::V1.table_element;
    let table = "(table 100 funcref) (elem (i32.const 3) $f $f $f)";
    assert_eq!(gas(table), none + 3 * element);
    let twice = format!("{table} (elem (i32.const 0) funcref (ref.func $f) (ref.null func))");
    assert_eq!(gas(&twice), none + 5 * element);
    let passive = format!("{table} (elem func $f $f)");
    assert_eq!(gas(&passive), none + 3 * element);
}
