//! What may be in a block, and what happens at the edges of it.

mod support;

use hull_executor::{
    BlockError, Cause, ContractState, HaltKind, InvalidTransaction, Refusal, StateReader,
    TransactionError, View,
};
use hull_host_api::{Address, CallStatus, MAX_GAS_LIMIT, code_hash, limits};
use hull_types::{Payload, ReceiptResult, Transaction, VerifiedTransaction};
use hull_vm::CallResult;
use support::{
    ALICE, BOB, Chain, GAS, WEALTH, contract, instantiate, parameters, with_constructor,
};

const NOBODY: Address = Address([0x0B; 32]);

fn to_bob(value: u128) -> Payload {
    Payload::Transfer { to: BOB, value }
}

/// Why a block of these is invalid, and at which of them.
fn invalid(chain: &Chain, bodies: &[Transaction]) -> (usize, InvalidTransaction) {
    match chain.try_block(bodies) {
        Err(BlockError::Invalid { index, error }) => (index, error),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nonces_follow_each_other() {
    let mut chain = Chain::new();
    let body = |nonce| Transaction {
        nonce,
        ..chain.body(ALICE, to_bob(1))
    };
    let nonce = |found, expected| InvalidTransaction::Nonce { found, expected };
    assert_eq!(invalid(&chain, &[body(1)]), (0, nonce(1, 0)));
    assert_eq!(invalid(&chain, &[body(0), body(0)]), (1, nonce(0, 1)));
    assert_eq!(invalid(&chain, &[body(0), body(2)]), (1, nonce(2, 1)));
    let both = [body(0), body(1)];
    chain.block(&both);
    assert_eq!(invalid(&chain, &both[1..]), (0, nonce(1, 2)));
}

#[test]
fn gas_is_bounded_by_the_block_and_by_the_transaction_itself() {
    let chain = Chain::new();
    let limit = parameters().block_gas;
    let body = |nonce, gas_limit| Transaction {
        nonce,
        gas_limit,
        ..chain.body(ALICE, to_bob(1))
    };
    let full = |found, left| InvalidTransaction::BlockFull { found, left };
    assert_eq!(
        invalid(&chain, &[body(0, limit + 1)]),
        (0, full(limit + 1, limit))
    );
    let two = [body(0, limit - GAS), body(1, GAS + 1)];
    assert_eq!(invalid(&chain, &two), (1, full(GAS + 1, GAS)));
    assert!(
        chain
            .try_block(&[body(0, limit - GAS), body(1, GAS)])
            .is_ok()
    );
    let (_, error) = invalid(&chain, &[body(0, MAX_GAS_LIMIT + 1)]);
    assert!(matches!(error, InvalidTransaction::OverLimit { .. }));

    let bytes = VerifiedTransaction::assume(body(0, 0)).bytes();
    let needed = parameters().intrinsic_gas(bytes);
    let low = InvalidTransaction::GasTooLow {
        found: needed - 1,
        needed,
    };
    assert_eq!(invalid(&chain, &[body(0, needed - 1)]), (0, low));
    let output = chain.try_block(&[body(0, needed)]).unwrap();
    assert_eq!(output.executed[0].receipt.gas, needed);
}

#[test]
fn the_balance_at_the_beginning_covers_the_most_of_everything() {
    let mut chain = Chain::new();
    let mut body = chain.body(ALICE, to_bob(5));
    (body.gas_price, body.tip) = (2, 3);
    let rest = u128::from(GAS) * 2 + 3 + 5;
    body.deposit_limit = WEALTH - rest + 1;
    let funds = |needed, available| InvalidTransaction::Funds { needed, available };
    assert_eq!(
        invalid(&chain, &[body.clone()]),
        (0, funds(Some(WEALTH + 1), WEALTH))
    );
    body.deposit_limit -= 1;
    assert!(chain.try_block(&[body.clone()]).is_ok());
    let next = Transaction {
        nonce: 1,
        deposit_limit: 0,
        ..chain.body(ALICE, to_bob(0))
    };
    assert_eq!(
        invalid(&chain, &[body.clone(), next]),
        (1, funds(Some(u128::from(GAS)), 0))
    );
    body.gas_price = u128::MAX;
    assert_eq!(invalid(&chain, &[body]), (0, funds(None, WEALTH)));

    // What arrives in a block can be spent in the next one.
    let gift = chain.body(
        ALICE,
        Payload::Transfer {
            to: NOBODY,
            value: WEALTH / 2,
        },
    );
    let mut spend = chain.body(NOBODY, to_bob(1));
    spend.deposit_limit = 0;
    let needed = Some(u128::from(GAS) + 1);
    assert_eq!(
        invalid(&chain, &[gift.clone(), spend.clone()]),
        (1, funds(needed, 0))
    );
    chain.block(&[gift]);
    chain.block(&[spend]);
}

#[test]
fn shapes_and_prices_are_bounded() {
    let chain = Chain::new();
    let input = vec![0; limits::MAX_INPUT_LEN as usize + 1];
    let long = Payload::Call {
        contract: BOB,
        value: 0,
        input,
    };
    let (_, error) = invalid(&chain, &[chain.body(ALICE, long)]);
    assert!(matches!(
        error,
        InvalidTransaction::OverLimit {
            what: "bytes of input",
            ..
        }
    ));
    let mut many = instantiate(code_hash(b""), 1, 0, &[]);
    if let Payload::Instantiate { grants, .. } = &mut many {
        *grants = vec![BOB; limits::MAX_GRANTS as usize + 1];
    }
    let (_, error) = invalid(&chain, &[chain.body(ALICE, many)]);
    assert!(matches!(
        error,
        InvalidTransaction::OverLimit {
            what: "granted addresses",
            ..
        }
    ));
    let mut cheap = chain.body(ALICE, to_bob(1));
    cheap.gas_price = 0;
    let price = InvalidTransaction::PriceTooLow { found: 0, least: 1 };
    assert_eq!(invalid(&chain, &[cheap]), (0, price));
}

#[test]
fn a_run_goes_on_after_an_invalid_transaction() {
    let chain = Chain::new();
    let verified = |body| VerifiedTransaction::assume(body);
    let good = verified(chain.body(ALICE, to_bob(1)));
    let mut gap = chain.body(ALICE, to_bob(1));
    gap.nonce = 7;
    gap.gas_limit = parameters().block_gas;
    let mut run = chain.executor.begin(&chain.state, chain.block);
    let error = run.execute(&verified(gap)).unwrap_err();
    assert!(matches!(
        error,
        TransactionError::Invalid(InvalidTransaction::Nonce { .. })
    ));
    run.execute(&good).unwrap();
    let output = run.finish().unwrap();
    let alone = chain
        .executor
        .execute_block(&chain.state, chain.block, &[], &[good]);
    assert_eq!(output, alone.unwrap());
}

/// Whatever its callee does, it reverts.
const UNDO: &str = r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "revert" (func $revert (param i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "instantiate"))
  (func (export "call")
    (call $input (i32.const 0) (i32.const 0) (call $input_len))
    (i32.store (i32.const 1024)
      (call $call (i32.const 0) (i32.const 512) (i64.const 0) (i32.const 0)
        (i32.const 0) (i32.const 32) (i32.sub (call $input_len) (i32.const 32))))
    (call $revert (i32.const 1024) (i32.const 4))))"#;

#[test]
fn a_contract_that_is_removed_and_brought_back_is_what_it_was() {
    let mut chain = Chain::new();
    let undo = chain.create(contract(UNDO), 1);
    let wallet = chain.place("wallet", 1);
    chain.send(
        ALICE,
        Payload::Call {
            contract: wallet,
            value: 77,
            input: route(2, NOBODY),
        },
    );
    let before = chain.state.contract(&wallet).unwrap();
    let input = [wallet.0.as_slice(), &route(3, BOB)].concat();
    let done = chain.call(ALICE, undo, &input);
    // The callee succeeded, and then it was undone.
    let success = (CallStatus::Success as u32).to_le_bytes().to_vec();
    assert_eq!(done.receipt.result, ReceiptResult::Revert(success));
    assert_eq!(chain.state.contract(&wallet).unwrap(), before);
    assert_eq!(chain.balance(&wallet), 77 - 3);

    let done = chain.call(ALICE, wallet, &route(3, NOBODY));
    assert!(done.receipt.result.is_success());
    assert_eq!(
        chain.state.contract(&wallet).unwrap(),
        Some(ContractState::Terminated)
    );
    assert_eq!((chain.balance(&wallet), chain.balance(&NOBODY)), (0, 77));
    assert!(done.receipt.deposit < 0, "{done:?}");
    let hash = code_hash(&with_constructor("wallet"));
    let done = chain.send(ALICE, instantiate(hash, 1, 0, &[]));
    assert_eq!(
        done.receipt.result,
        ReceiptResult::Revert(vec![]),
        "used again"
    );
    assert!(done.cause.unwrap().to_string().contains("there is, or was"));
}

/// The input of the wallet.
fn route(op: u8, address: Address) -> Vec<u8> {
    [&[op], address.0.as_slice()].concat()
}

#[test]
fn a_nested_frame_over_the_deposit_limit_is_undone_alone() {
    let mut chain = Chain::new();
    let router = chain.place("router", 1);
    let ends = chain.place("ends", 1);
    let mut input = ends.0.to_vec();
    input.extend([0; 28]);
    input.push(0);
    let call = Payload::Call {
        contract: router,
        value: 0,
        input,
    };
    // An item of two bytes: 1,000 and 2 * 10.
    for (limit, status) in [
        (1_019, CallStatus::DepositExceeded),
        (1_020, CallStatus::Success),
    ] {
        let mut body = chain.body(ALICE, call.clone());
        body.deposit_limit = limit;
        let done = chain.run(body);
        assert_eq!(done.receipt.result, ReceiptResult::Success);
        assert_eq!(done.data[..4], (status as u32).to_le_bytes());
        let written = status == CallStatus::Success;
        assert_eq!(chain.state.item(&ends, b"w").unwrap().is_some(), written);
        assert_eq!(done.receipt.deposit, if written { 1_020 } else { 0 });
        let events = if written { 2 } else { 1 };
        assert_eq!(done.receipt.events.len(), events);
    }
}

#[test]
fn an_upload_that_is_refused_costs_its_gas_and_leaves_nothing() {
    let mut chain = Chain::new();
    let code = b"not a module".to_vec();
    let hash = code_hash(&code);
    let done = chain.send(ALICE, Payload::Upload { code });
    assert!(matches!(
        done.cause,
        Some(Cause::Refused(Refusal::NotAdmitted(_)))
    ));
    assert_eq!(done.receipt.result, ReceiptResult::Revert(vec![]));
    assert_eq!(done.receipt.deposit, 0);
    assert_eq!(chain.state.code(&hash).unwrap(), None);

    let code = with_constructor("ends");
    let hash = code_hash(&code);
    let deposit = parameters().code_deposit(code.len() as u64);
    let mut poor = chain.body(ALICE, Payload::Upload { code });
    poor.deposit_limit = deposit - 1;
    let done = chain.run(poor.clone());
    let refusal = Refusal::DepositExceeded { needed: deposit };
    assert_eq!(done.cause, Some(Cause::Refused(refusal)));
    assert_eq!(chain.state.code(&hash).unwrap(), None);
    (poor.nonce, poor.deposit_limit) = (poor.nonce + 1, deposit);
    poor.gas_limit = 500_000_000;
    let done = chain.run(poor.clone());
    assert_eq!(
        (done.receipt.result, done.receipt.gas),
        (ReceiptResult::Halt, 500_000_000)
    );
    (poor.nonce, poor.gas_limit) = (poor.nonce + 1, GAS);
    let done = chain.run(poor);
    assert_eq!(done.receipt.deposit, deposit as i128);
    assert!(done.receipt.result.is_success());
}

#[test]
fn code_that_was_only_tried_is_not_there() {
    let mut chain = Chain::new();
    let code = with_constructor("ends");
    let hash = code_hash(&code);
    let upload = chain.body(ALICE, Payload::Upload { code });
    let tried = chain
        .executor
        .simulate(&chain.state, chain.block, &upload, None);
    assert!(tried.unwrap().diff.codes.contains_key(&hash));
    let done = chain.send(ALICE, instantiate(hash, 1, 0, &[]));
    assert_eq!(done.receipt.result, ReceiptResult::Revert(vec![]));
}

#[test]
fn a_simulation_is_what_an_included_transaction_does_but_for_the_fee() {
    let mut chain = Chain::new();
    let ends = chain.place("ends", 1);
    let call = Payload::Call {
        contract: ends,
        value: 0,
        input: vec![0, 1, 2],
    };
    let body = chain.body(BOB, call);
    let simulated = chain
        .executor
        .simulate(&chain.state, chain.block, &body, None)
        .unwrap();
    let included = chain.try_block(&[body]).unwrap();
    assert_eq!(simulated.executed, included.executed[0]);
    assert_eq!(simulated.diff.storage, included.diff.storage);
    assert_eq!(simulated.diff.accounts[&BOB].nonce, 0);
    assert_eq!(
        simulated.diff.accounts[&BOB].balance,
        included.diff.accounts[&BOB].balance + u128::from(included.executed[0].receipt.gas)
    );
}

#[test]
fn a_view_answers_within_its_limits_and_writes_nothing() {
    let mut chain = Chain::new();
    let counter = chain.deploy("counter", 1, 0, &[]);
    let view = |gas_limit, input| View {
        caller: NOBODY,
        contract: counter,
        input,
        gas_limit,
    };
    let ask = |view| chain.executor.view(&chain.state, chain.block, &view, None);
    // The counter writes, which a view may not.
    let outcome = ask(view(GAS, vec![])).unwrap();
    assert_eq!(outcome.result, CallResult::Halt(HaltKind::ReadOnly));
    for (gas, input) in [
        (parameters().block_gas + 1, vec![]),
        (GAS, vec![0; limits::MAX_INPUT_LEN as usize + 1]),
    ] {
        let error = ask(view(gas, input)).unwrap_err();
        assert!(matches!(error, TransactionError::Invalid(_)), "{error}");
    }
}
