//! A chain from transactions to receipts, and what it does not accept.

mod support;

use std::sync::{Arc, Mutex};

use hull_chain::{
    Candidate, Chain, ChainError, Committed, InvalidBlock, Settings, SubmitError, Trial,
};
use hull_executor::StateReader;
use hull_mempool::Rejected;
use hull_types::host_api::{Address, Hash};
use hull_types::{Payload, ReceiptResult, SignatureError, SignedTransaction, dev};
use support::{ABORT, COUNT, REVERT, Signer, TRAP, call};

fn chain() -> Chain {
    Chain::open(Settings::in_memory(dev::genesis("test"))).unwrap()
}

fn submit(chain: &Chain, transaction: &SignedTransaction) {
    chain.submit(&transaction.encode_bytes(), 0).unwrap();
}

fn propose(chain: &Chain) -> Candidate {
    chain.propose(chain.head().time + 1_000).unwrap()
}

fn seal(chain: &Chain) -> Arc<Committed> {
    chain.commit(propose(chain), b"certificate").unwrap()
}

/// A chain with the fixture on it.
fn deployed() -> (Chain, Signer, Address) {
    let chain = chain();
    let mut alice = Signer::new(0, chain.chain_id());
    let (transactions, contract) = alice.deploy();
    transactions.iter().for_each(|one| submit(&chain, one));
    let committed = seal(&chain);
    assert!(committed.receipts.iter().all(|one| one.result.is_success()));
    (chain, alice, contract)
}

#[test]
fn blocks_follow_each_other_on_two_nodes() {
    let (one, other) = (chain(), chain());
    let mut alice = Signer::new(0, one.chain_id());
    let mut bob = Signer::new(1, one.chain_id());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&seen);
    one.on_commit(move |block| listener.lock().unwrap().push(block.block.header.height));
    for round in 0..3 {
        submit(&one, &alice.transfer(bob.address, 5 + round));
        let common = bob.transfer(alice.address, 1);
        submit(&one, &common);
        // The other node knows one of the two.
        submit(&other, &common);
        let proposed = propose(&one);
        let checked = other.validate(proposed.block().clone()).unwrap();
        assert_eq!(proposed.state_root(), checked.state_root());
        assert_eq!(proposed.tally(), checked.tally());
        assert_eq!(proposed.tally().transactions, 2);
        one.commit(proposed, b"c").unwrap();
        other.commit(checked, b"c").unwrap();
        assert_eq!(one.head(), other.head());
        assert_eq!(other.with_pool(|pool| pool.size().transactions), 0);
    }
    assert_eq!(*seen.lock().unwrap(), [1, 2, 3]);
    // An empty block changes nothing, so nothing is owed after it.
    let empty = propose(&one);
    assert_eq!(
        (empty.tally().transactions, empty.tally().changes),
        (0, false)
    );
    assert_eq!(empty.state_root(), one.head().state_root);
}

/// What makes a block a wrong one.
type Change = fn(&mut hull_types::Block, Hash);

#[test]
fn a_header_that_does_not_follow_is_refused_for_each_field() {
    let chain = chain();
    let mut alice = Signer::new(0, chain.chain_id());
    submit(&chain, &alice.transfer(Address([9; 32]), 5));
    let good = propose(&chain).block().clone();
    assert!(chain.validate(good.clone()).is_ok());
    let wrong = Hash([9; 32]);
    let changes: [(&str, Change); 8] = [
        ("the height", |block, _| block.header.height = 2),
        ("the parent", |block, wrong| block.header.parent = wrong),
        ("the state root", |block, wrong| {
            block.header.state_root = wrong
        }),
        ("the receipts root", |block, wrong| {
            block.header.receipts_root = wrong
        }),
        ("the hash of validators", |block, wrong| {
            block.header.validators_hash = wrong
        }),
        ("the transactions root", |block, wrong| {
            block.header.transactions_root = wrong
        }),
        ("the transactions root", |block, _| {
            block.transactions.clear()
        }),
        ("the time", |block, _| block.header.time = dev::GENESIS_TIME),
    ];
    for (field, change) in changes {
        let mut block = good.clone();
        change(&mut block, wrong);
        match chain.validate(block) {
            Err(ChainError::Invalid(InvalidBlock::Header { what, .. })) => assert_eq!(what, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn a_block_with_a_wrong_signature_or_nonce_is_refused() {
    let chain = chain();
    let mut alice = Signer::new(0, chain.chain_id());
    let rebuild = |transactions: Vec<SignedTransaction>| {
        let mut block = propose(&chain).block().clone();
        block.header.transactions_root = hull_types::transactions_root(&transactions);
        block.transactions = transactions;
        chain.validate(block)
    };
    let good = alice.transfer(Address([9; 32]), 5);
    let mut forged = good.clone();
    forged.transaction.payload = Payload::Transfer {
        to: Address([9; 32]),
        value: 6,
    };
    assert!(rebuild(vec![good.clone()]).is_ok());
    let refused = rebuild(vec![good.clone(), forged]);
    let forged = matches!(
        refused,
        Err(ChainError::Invalid(InvalidBlock::Signature {
            index: 1,
            ..
        }))
    );
    assert!(forged, "{refused:?}");
    let refused = rebuild(vec![good.clone(), good]);
    let twice = matches!(
        refused,
        Err(ChainError::Invalid(InvalidBlock::Transaction {
            index: 1,
            ..
        }))
    );
    assert!(twice, "{refused:?}");
}

#[test]
fn a_transaction_counts_on_its_own_chain_and_once() {
    let chain = chain();
    let mut alice = Signer::new(0, chain.chain_id());
    let mut elsewhere = Signer::new(0, Hash([7; 32]));
    let foreign = elsewhere.transfer(Address([9; 32]), 5).encode_bytes();
    let refused = chain.submit(&foreign, 0);
    let replayed = matches!(
        refused,
        Err(SubmitError::Signature(SignatureError::NotTheSender { .. }))
    );
    assert!(replayed, "{refused:?}");
    let own = alice.transfer(Address([9; 32]), 5).encode_bytes();
    chain.submit(&own, 0).unwrap();
    let again = chain.submit(&own, 0);
    assert!(matches!(again, Err(SubmitError::Rejected(Rejected::Known))));
    seal(&chain);
    let later = chain.submit(&own, 0);
    assert!(matches!(later, Err(SubmitError::Included { height: 1 })));
    // The same nonce in another transaction.
    alice.nonce = 0;
    let other = alice.transfer(Address([9; 32]), 6).encode_bytes();
    let used = chain.submit(&other, 0);
    assert!(matches!(
        used,
        Err(SubmitError::Rejected(Rejected::NonceUsed {
            expected: 1,
            ..
        }))
    ));
    assert!(matches!(
        chain.submit(b"nonsense", 0),
        Err(SubmitError::Decode(_))
    ));
}

/// Many at once come to what one after the other do.
#[test]
fn a_batch_is_taken_as_its_transactions_are() {
    let (one, other) = (chain(), chain());
    let mut alice = Signer::new(0, one.chain_id());
    let mut bob = Signer::new(1, one.chain_id());
    let mut foreign = Signer::new(2, Hash([7; 32]));
    let included = alice.transfer(bob.address, 1).encode_bytes();
    for chain in [&one, &other] {
        chain.submit(&included, 0).unwrap();
        seal(chain);
    }
    let mut all = vec![included, b"nonsense".to_vec()];
    for _ in 0..20 {
        all.push(alice.transfer(bob.address, 5).encode_bytes());
        all.push(bob.transfer(alice.address, 6).encode_bytes());
    }
    all.push(all[2].clone());
    all.push(foreign.transfer(alice.address, 5).encode_bytes());
    let together = one.submit_all(&all, 3);
    let apart = all.iter().map(|bytes| other.submit(bytes, 3));
    let mut taken = 0;
    for (at, (found, expected)) in together.into_iter().zip(apart).enumerate() {
        match (found, expected) {
            (Ok(found), Ok(expected)) => {
                assert_eq!(found, expected);
                taken += 1;
            }
            (Err(found), Err(expected)) => assert_eq!(found.to_string(), expected.to_string()),
            differ => panic!("{at}: {differ:?}"),
        }
    }
    assert_eq!(taken, 40);
    assert_eq!(propose(&one).block(), propose(&other).block());
}

/// While signatures are checked a block may be committed: the pool goes by the state
/// after it.
#[test]
fn a_batch_beside_blocks_loses_nothing_and_takes_nothing_twice() {
    let chain = chain();
    let mut alice = Signer::new(0, chain.chain_id());
    let all: Vec<_> = (0..120)
        .map(|_| alice.transfer(Address([9; 32]), 5).encode_bytes())
        .collect();
    let taken: usize = std::thread::scope(|scope| {
        let submitter = |all| {
            let chain = &chain;
            move || {
                let parts = <[Vec<u8>]>::chunks(all, 7);
                let parts = parts.map(|part| {
                    let answers = chain.submit_all(part, chain.head().time);
                    for answer in answers.iter().filter_map(|one| one.as_ref().err()) {
                        let told = matches!(
                            answer,
                            SubmitError::Included { .. }
                                | SubmitError::Rejected(
                                    Rejected::Known | Rejected::NonceUsed { .. }
                                )
                        );
                        assert!(told, "{answer}");
                    }
                    answers.iter().filter(|one| one.is_ok()).count()
                });
                parts.sum::<usize>()
            }
        };
        let submitters = [(); 2].map(|()| scope.spawn(submitter(&all[..])));
        while submitters.iter().any(|one| !one.is_finished()) {
            seal(&chain);
        }
        submitters.map(|one| one.join().unwrap()).iter().sum()
    });
    seal(&chain);
    assert_eq!(taken, all.len());
    let account = chain.state_at(chain.head().height).unwrap();
    let account = account.account(&alice.address).unwrap().unwrap();
    assert_eq!(account.nonce, all.len() as u64);
}

#[test]
fn what_can_never_fit_a_block_is_not_taken() {
    let chain = chain();
    let alice = Signer::new(0, chain.chain_id());
    let mut body = alice.body(call(Address([9; 32]), COUNT));
    body.gas_limit = chain.genesis().parameters.block_gas + 1;
    let envelope = body.sign(&chain.chain_id(), &alice.key);
    let refused = chain.submit(&envelope.encode_bytes(), 0);
    assert!(
        matches!(refused, Err(SubmitError::Invalid(_))),
        "{refused:?}"
    );
}

/// What is simulated is what happens: outcome, gas, events, deposit, for each way in
/// which a call ends.
#[test]
fn simulation_and_estimate_are_what_happens_later() {
    let (chain, mut alice, contract) = deployed();
    let inputs: [&[u8]; 5] = [COUNT, REVERT, TRAP, ABORT, &[4, 1, 2, 3, 4]];
    for input in inputs {
        let trial = Trial {
            height: chain.head().height,
            time: chain.head().time + 1_000,
        };
        let body = alice.body(call(contract, input));
        let simulated = chain.simulate(trial, &body).unwrap();
        let (traced, trace) = chain.simulate_traced(trial, &body).unwrap();
        assert_eq!(simulated, traced);
        let estimated = chain.estimate(trial, &body).unwrap();
        let envelope = alice.call(contract, input);
        submit(&chain, &envelope);
        let committed = seal(&chain);
        assert_eq!(
            committed.receipts[0], simulated.executed.receipt,
            "{input:?}"
        );
        let note = chain.note_of(&envelope.id());
        assert_eq!(
            note.clone().and_then(|note| note.cause),
            simulated.executed.cause
        );
        let (again, executed) = chain.trace(&envelope.id()).unwrap().unwrap();
        assert_eq!(
            (again, &executed),
            (trace, &simulated.executed),
            "{input:?}"
        );

        if committed.receipts[0].result == ReceiptResult::Halt {
            continue;
        }
        // With the estimated limit the same happens, with less it does not.
        let used = estimated.simulated.executed.receipt.gas;
        assert!(estimated.gas_limit >= used && estimated.gas_limit <= used + used / 50);
        let mut less = body.clone();
        less.gas_limit = used - 1;
        let trial = Trial {
            height: committed.block.header.height - 1,
            ..trial
        };
        let starved = chain.simulate(trial, &less).unwrap();
        assert_ne!(
            starved.executed.receipt.result,
            committed.receipts[0].result
        );
    }
}

#[test]
fn the_past_can_be_asked_and_a_reopened_chain_goes_on() {
    let store: Arc<dyn hull_state::Store> = Arc::new(hull_state::Redb::in_memory().unwrap());
    let open = || Chain::open(Settings::new(dev::genesis("test"), Arc::clone(&store))).unwrap();
    let chain = open();
    let mut alice = Signer::new(0, chain.chain_id());
    for value in 1..4 {
        submit(&chain, &alice.transfer(Address([9; 32]), value));
        seal(&chain);
    }
    let balance = |chain: &Chain, height| {
        let account = chain.state_at(height).unwrap().account(&Address([9; 32]));
        account.unwrap().unwrap_or_default().balance
    };
    let balances: Vec<u128> = (0..4).map(|height| balance(&chain, height)).collect();
    assert_eq!(balances, [0, 1, 3, 6]);
    let head = chain.head();
    drop(chain);
    let chain = open();
    assert_eq!(chain.head(), head);
    let first = chain.committed(1).unwrap();
    assert_eq!(
        (first.receipts.len(), &first.certificate[..]),
        (1, &b"certificate"[..])
    );
    assert_eq!(
        first.state_root,
        chain.committed(2).unwrap().block.header.state_root
    );
    submit(&chain, &alice.transfer(Address([9; 32]), 4));
    assert_eq!(seal(&chain).block.header.height, 4);
    let other = Settings::new(dev::genesis("other"), Arc::clone(&store));
    assert!(Chain::open(other).is_err());
}

#[test]
fn time_only_goes_forward() {
    let chain = chain();
    let now = chain.head().time;
    assert!(matches!(chain.propose(now), Err(ChainError::Time { .. })));
    let (one, other) = (propose(&chain), propose(&chain));
    chain.commit(one, &[]).unwrap();
    assert!(
        chain.commit(other, &[]).is_err(),
        "it follows the genesis, not block 1"
    );
    assert_eq!(chain.head().height, 1);
}
