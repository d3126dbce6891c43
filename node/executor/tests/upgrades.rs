//! New code for contracts, and new parameters for chains.

mod support;

use hull_executor::{Cause, ContractState, Refusal, StateReader};
use hull_host_api::{Capabilities, Group, Groups, Upgrade, code_hash};
use hull_types::{Activation, Parameters, ParametersHistory, Payload, ReceiptResult};
use hull_vm::Tiering;
use support::{ALICE, BOB, Chain, instantiate, parameters};

/// Input: 0 and a key writes the key as its own value, 1 and a key removes it,
/// 2 and an address removes the contract. The migration writes its input as a key.
const STORE: &str = r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "storage_remove" (func $remove (param i32 i32) (result i32)))
  (import "hull" "terminate" (func $terminate (param i32)))
  (memory (export "memory") 1)
  (func (export "instantiate"))
  (func $read (result i32)
    (call $input (i32.const 0) (i32.const 0) (call $input_len))
    (i32.sub (call $input_len) (i32.const 1)))
  (func (export "migrate") (local $len i32)
    (local.set $len (call $read))
    (if (i32.eqz (i32.load8_u (i32.const 0))) (then (unreachable)))
    (call $write (i32.const 1) (local.get $len) (i32.const 1) (local.get $len)))
  (func (export "call") (local $len i32)
    (local.set $len (call $read))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 0))
      (then (call $write (i32.const 1) (local.get $len) (i32.const 1) (local.get $len))))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 1))
      (then (drop (call $remove (i32.const 1) (local.get $len)))))
    (if (i32.eq (i32.load8_u (i32.const 0)) (i32.const 2))
      (then (call $terminate (i32.const 1))))))"#;

fn store(groups: Groups, upgrade: Upgrade) -> Vec<u8> {
    let mut wasm = wat::parse_str(STORE).unwrap();
    let may = Capabilities {
        groups,
        upgrade,
        ..Capabilities::ALL
    };
    wasm.extend(may.section());
    wasm
}

const USUAL: Groups = Groups::BASE.with(Group::Storage).with(Group::Terminate);

fn message(op: u8, rest: &[u8]) -> Vec<u8> {
    [&[op], rest].concat()
}

#[test]
fn deposits_return_as_recorded_to_whom_they_are_recorded_for() {
    let dearer = Parameters {
        deposit_item: 50_000,
        deposit_byte: 700,
        ..parameters()
    };
    let history = ParametersHistory::new(vec![
        Activation {
            height: 0,
            parameters: parameters(),
        },
        Activation {
            height: 4,
            parameters: dearer.clone(),
        },
    ]);
    let mut chain = Chain::with_history(history.unwrap(), Tiering::BaselineOnly);
    let contract = chain.create(store(USUAL, Upgrade::Never), 1);
    // Height 3, the old price: Bob pays for an item of four bytes, 1,000 + 4 * 10.
    assert_eq!(chain.block.height, 3);
    let done = chain.call(BOB, contract, &message(0, b"kk"));
    assert_eq!(done.receipt.deposit, 1_040);
    // Height 4, the new price: Alice pays for hers.
    let done = chain.call(ALICE, contract, &message(0, b"mmm"));
    assert_eq!(done.receipt.deposit, 50_000 + 6 * 700);
    // Alice removes Bob's: it is his deposit, at his price.
    let before = chain.balance(&BOB);
    let done = chain.call(ALICE, contract, &message(1, b"kk"));
    assert_eq!(done.receipt.deposit, 0);
    assert_eq!(chain.balance(&BOB), before + 1_040);
    // Bob removes the contract: Alice gets what she paid for item and contract.
    let Some(ContractState::Live(record)) = chain.state.contract(&contract).unwrap() else {
        panic!("it is there")
    };
    assert_eq!(record.deposit.payer, ALICE);
    assert_eq!((record.items, record.bytes), (1, 6));
    let before = chain.balance(&ALICE);
    let done = chain.call(BOB, contract, &message(2, &BOB.0));
    assert!(done.receipt.result.is_success(), "{done:?}");
    let back = record.deposit.amount + 50_000 + 6 * 700;
    assert_eq!(chain.balance(&ALICE), before + back);
}

#[test]
fn an_item_that_grows_passes_to_who_makes_it_grow() {
    let mut chain = Chain::new();
    // Sets the item "k" to its input.
    let contract = chain.create(
        support::contract(
            r#"(module
              (import "hull" "input_len" (func $input_len (result i32)))
              (import "hull" "input" (func $input (param i32 i32 i32)))
              (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
              (memory (export "memory") 1)
              (data (i32.const 1000) "k")
              (func (export "instantiate"))
              (func (export "call")
                (call $input (i32.const 0) (i32.const 0) (call $input_len))
                (call $write (i32.const 1000) (i32.const 1) (i32.const 0) (call $input_len))))"#,
        ),
        1,
    );
    let mut paid = |who, len: usize| {
        let bob = chain.balance(&BOB);
        let done = chain.call(who, contract, &vec![0; len]);
        let fee = if who == BOB {
            u128::from(done.receipt.gas)
        } else {
            0
        };
        (
            done.receipt.deposit,
            (chain.balance(&BOB) + fee) as i128 - bob as i128,
        )
    };
    assert_eq!(paid(BOB, 9), (1_100, -1_100));
    assert_eq!(paid(BOB, 19), (100, -100), "only the difference");
    assert_eq!(paid(ALICE, 3), (0, 0), "shorter");
    assert_eq!(paid(ALICE, 19), (0, 0), "as long as is paid for");
    assert_eq!(paid(ALICE, 20), (1_210, 1_200), "hers from now on");
}

#[test]
fn the_creator_replaces_code_where_the_contract_leaves_it_to_it() {
    let mut chain = Chain::new();
    let old = store(USUAL, Upgrade::Narrowing);
    let wider = store(USUAL.with(Group::Crypto), Upgrade::Widening);
    let new = code_hash(&wider);
    let contract = chain.create(old.clone(), 1);
    chain.create(wider, 2);
    let set = |input: &[u8]| Payload::SetCode {
        contract,
        code_hash: new,
        input: input.to_vec(),
    };

    let done = chain.send(BOB, set(b"\x01x"));
    let refusal = Refusal::NotCreator { creator: ALICE };
    assert_eq!(done.cause, Some(Cause::Refused(refusal)));
    // A migration that fails takes the new code with it.
    let before = chain.state.contract(&contract).unwrap();
    let done = chain.send(ALICE, set(b"\x00x"));
    assert_eq!(done.receipt.result, ReceiptResult::Halt);
    assert_eq!(chain.state.contract(&contract).unwrap(), before);
    let done = chain.send(ALICE, set(b"\x01x"));
    assert_eq!(done.receipt.result, ReceiptResult::Success, "{done:?}");
    assert_eq!(done.receipt.deposit, 1_020);
    let Some(ContractState::Live(record)) = chain.state.contract(&contract).unwrap() else {
        panic!("it is there")
    };
    assert_eq!(record.info.code_hash, new);
    // Narrowing: what the new code wants beyond the old is not granted.
    assert!(!record.info.capabilities.groups.contains(Group::Crypto));
    let users = |chain: &Chain, hash| chain.state.code(&hash).unwrap().unwrap().users;
    assert_eq!(users(&chain, code_hash(&old)), 0);
    assert_eq!(users(&chain, new), 2);
}

#[test]
fn nobody_goes_around_a_contract_that_decides_itself() {
    let mut chain = Chain::new();
    let codes = [
        store(USUAL.with(Group::Upgrade), Upgrade::Widening),
        store(USUAL, Upgrade::Never),
    ];
    for (salt, code) in codes.into_iter().enumerate() {
        let hash = code_hash(&code);
        let contract = chain.create(code, salt as u8);
        let set = Payload::SetCode {
            contract,
            code_hash: hash,
            input: vec![1],
        };
        let done = chain.send(ALICE, set);
        assert_eq!(done.cause, Some(Cause::Refused(Refusal::NotUpgradable)));
    }
    let done = chain.send(ALICE, instantiate(code_hash(b"nothing"), 1, 0, &[]));
    assert_eq!(done.receipt.result, ReceiptResult::Revert(vec![]));
}

#[test]
fn the_parameters_are_those_of_the_height() {
    let dear = Parameters {
        least_gas_price: 5,
        ..parameters()
    };
    let history = ParametersHistory::new(vec![
        Activation {
            height: 0,
            parameters: parameters(),
        },
        Activation {
            height: 2,
            parameters: dear,
        },
    ]);
    let mut chain = Chain::with_history(history.unwrap(), Tiering::BaselineOnly);
    let mut body = chain.body(ALICE, Payload::Transfer { to: BOB, value: 1 });
    chain.block(&[body.clone()]);
    body.nonce = 1;
    assert!(chain.try_block(&[body.clone()]).is_err());
    chain.block.height = 1;
    assert!(chain.try_block(&[body]).is_ok());
}
