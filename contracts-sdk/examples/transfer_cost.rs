//! What a transfer costs in the SDK's token and in one that is written on the
//! raw host functions:
//! `cargo run --release -p hull-sdk --example transfer_cost -- token.wasm raw.wasm`.
//!
//! The raw one is the module `token` of `benches/workloads`. It does less: it
//! has one message, no selector, no `Option` in its event and shorter topics.

#![allow(clippy::disallowed_methods, reason = "it measures")]

use std::time::Instant;

use hull_sdk::{Address, Balance};
use hull_vm::host_api::{Capabilities, ContractInfo};
use hull_vm::{Call, CallResult, Config, Instantiate, MemoryHost, Outcome, Tiering, Vm};
use token::token::{About, constructors, messages};

const ALICE: Address = Address([0xA1; 32]);
const BOB: Address = Address([0xB0; 32]);
const GAS: u64 = 100_000_000_000;
const ROUNDS: u32 = 20_000;

fn main() {
    let mut paths = std::env::args().skip(1);
    let mut read = |what: &str| {
        let path = paths.next().unwrap_or_else(|| panic!("which {what}?"));
        std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    let (with_sdk, raw) = (read("token of the SDK"), read("raw token"));
    let config = Config {
        tiering: Tiering::BaselineOnly,
        ..Config::default()
    };
    let vm = Vm::new(config).expect("an engine");
    let input = messages::transfer(BOB, 1_u128).input;
    measure("SDK", &vm, &mut of_sdk(&vm, &with_sdk), input);
    let input = [&BOB.0[..], &1_u128.to_le_bytes()].concat();
    measure("raw", &vm, &mut of_raw(&vm, &raw), input);
}

fn of_sdk(vm: &Vm, wasm: &[u8]) -> (MemoryHost, Address) {
    let mut host = MemoryHost::default();
    host.set_balance(ALICE, Balance::MAX);
    vm.upload(wasm).expect("the code is admitted");
    let mut new = Instantiate::default();
    (new.origin, new.code_hash) = (ALICE, host.put_code(wasm));
    (new.gas_limit, new.deposit_limit) = (GAS, Balance::MAX);
    let about = About {
        name: "Hull".into(),
        symbol: "HUL".into(),
        decimals: 6,
    };
    new.input = constructors::new(about, 1_000_000_u128).input;
    let (address, outcome) = vm.instantiate(&mut host, &new).expect("a node");
    assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
    println!("SDK: instantiate {} gas", outcome.gas);
    (host, address)
}

fn of_raw(vm: &Vm, wasm: &[u8]) -> (MemoryHost, Address) {
    let mut host = MemoryHost::default();
    vm.upload(wasm).expect("the code is admitted");
    let address = Address([9; 32]);
    let code_hash = host.put_code(wasm);
    host.put_contract(
        address,
        ContractInfo {
            code_hash,
            capabilities: Capabilities::ALL,
        },
    );
    let key = [&b"b"[..], &ALICE.0].concat();
    host.set_storage(address, &key, &1_000_000_u128.to_le_bytes());
    (host, address)
}

fn measure(name: &str, vm: &Vm, (host, contract): &mut (MemoryHost, Address), input: Vec<u8>) {
    let mut call = Call::default();
    (call.origin, call.caller, call.contract) = (ALICE, ALICE, *contract);
    (call.gas_limit, call.deposit_limit, call.input) = (GAS, Balance::MAX, input);
    let mut run = || -> Outcome { vm.call(host, &call).expect("a node") };
    // The first transfer creates the receiver's entry.
    run();
    let start = Instant::now();
    let mut gas = 0;
    for _ in 0..ROUNDS {
        let outcome = run();
        assert_eq!(outcome.result, CallResult::Success, "{outcome:?}");
        gas = outcome.gas;
    }
    let each = start.elapsed() / ROUNDS;
    println!("{name}: transfer {gas} gas, {each:?}");
}
