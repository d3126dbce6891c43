//! Every payload, on the real Wasm.

mod support;

use hull_executor::{Cause, ContractState, Refusal, StateReader};
use hull_host_api::code_hash;
use hull_types::{Payload, ReceiptResult};
use support::{ALICE, BOB, Chain, FEES, GAS, WEALTH, with_constructor};

#[test]
fn a_transfer_moves_the_value_and_pays_for_its_gas() {
    let mut chain = Chain::new();
    let mut body = chain.body(ALICE, Payload::Transfer { to: BOB, value: 7 });
    (body.gas_price, body.tip) = (3, 11);
    let done = chain.run(body);
    assert_eq!(done.receipt.result, ReceiptResult::Success);
    let fee = u128::from(done.receipt.gas) * 3 + 11;
    assert_eq!(chain.balance(&ALICE), WEALTH - 7 - fee);
    assert_eq!(chain.balance(&BOB), WEALTH + 7);
    assert_eq!(chain.balance(&FEES), fee);
    assert_eq!(chain.nonce(&ALICE), 1);
}

#[test]
fn a_transfer_to_oneself_costs_the_fee_alone() {
    let mut chain = Chain::new();
    let done = chain.send(
        ALICE,
        Payload::Transfer {
            to: ALICE,
            value: 7,
        },
    );
    assert_eq!(chain.balance(&ALICE), WEALTH - u128::from(done.receipt.gas));
}

#[test]
fn a_token_is_uploaded_created_and_moved() {
    let mut chain = Chain::new();
    let token = chain.deploy("token", 1, 0, &1_000u64.to_le_bytes());
    let mut input = BOB.0.to_vec();
    input.extend(40u64.to_le_bytes());
    let done = chain.call(ALICE, token, &input);
    assert_eq!(done.receipt.result, ReceiptResult::Success);
    assert_eq!(done.receipt.events.len(), 1);
    let item = |who: &[u8]| chain.state.item(&token, who).unwrap().unwrap();
    assert_eq!(*item(&ALICE.0).value, 960u64.to_le_bytes());
    assert_eq!(*item(&BOB.0).value, 40u64.to_le_bytes());
    // A new item of 40 bytes at 10 each, and 1,000 for itself.
    assert_eq!(done.receipt.deposit, 1_400);
    assert_eq!(item(&BOB.0).deposit.payer, ALICE);

    input[32..].copy_from_slice(&2_000u64.to_le_bytes());
    let refused = chain.call(BOB, token, &input);
    assert_eq!(refused.receipt.result, ReceiptResult::Revert(vec![1]));
    assert!(refused.receipt.events.is_empty());
    assert!(matches!(refused.cause, Some(Cause::Contract(_))));
}

#[test]
fn a_halt_takes_all_gas_and_nothing_else() {
    let mut chain = Chain::new();
    let contract = chain.place("ends", 1);
    let before = chain.balance(&ALICE);
    let done = chain.call(ALICE, contract, &[3]);
    assert_eq!(done.receipt.result, ReceiptResult::Halt);
    assert_eq!(done.receipt.gas, GAS);
    assert_eq!(done.receipt.deposit, 0);
    assert_eq!(chain.balance(&ALICE), before - u128::from(GAS));
}

#[test]
fn code_is_uploaded_once_and_removed_when_nobody_uses_it() {
    let mut chain = Chain::new();
    let hash = code_hash(&with_constructor("wallet"));
    let again = Payload::Upload {
        code: with_constructor("wallet"),
    };
    let wallet = chain.place("wallet", 1);
    let record = chain.state.code(&hash).unwrap().unwrap();
    assert_eq!((record.users, record.uploader), (1, ALICE));

    let done = chain.send(BOB, again);
    assert_eq!(
        done.cause,
        Some(Cause::Refused(Refusal::AlreadyUploaded(hash)))
    );
    let remove = Payload::RemoveCode { code_hash: hash };
    let done = chain.send(ALICE, remove.clone());
    assert_eq!(
        done.cause,
        Some(Cause::Refused(Refusal::CodeInUse { users: 1 }))
    );

    // Removes the contract; what it held goes to Bob.
    let mut input = vec![3];
    input.extend(BOB.0);
    let done = chain.call(ALICE, wallet, &input);
    assert_eq!(done.receipt.result, ReceiptResult::Success, "{done:?}");
    assert_eq!(
        chain.state.contract(&wallet).unwrap(),
        Some(ContractState::Terminated)
    );

    let done = chain.send(BOB, remove.clone());
    assert_eq!(
        done.cause,
        Some(Cause::Refused(Refusal::NotUploader { uploader: ALICE }))
    );
    let done = chain.send(ALICE, remove);
    assert_eq!(done.receipt.result, ReceiptResult::Success);
    assert_eq!(
        done.receipt.deposit,
        -i128::try_from(record.deposit).unwrap()
    );
    assert_eq!(chain.state.code(&hash).unwrap(), None);
    assert_eq!(chain.state.code_bytes(&hash).unwrap(), None);

    // The engine still has it in its cache; the chain has not.
    let create = Payload::Instantiate {
        code_hash: hash,
        salt: [2; 32],
        grants: vec![],
        value: 0,
        input: vec![],
    };
    let done = chain.send(ALICE, create);
    assert_eq!(done.receipt.result, ReceiptResult::Revert(vec![]));
}
