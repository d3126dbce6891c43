//! The chain as consensus sees it.

use hull_chain::{Chain, Settings};
use hull_consensus::{Application, Pace, Verdict};
use hull_state::{Options, Retain};
use hull_types::host_api::Hash;
use hull_types::{Block, Payload, dev};
use hulld::agreement::Agreement;
use hulld::clock::Clock;
use parity_scale_codec::{Decode, Encode};

/// More than any clock may be ahead.
const FAR: u64 = 3_600_000;

struct Node {
    agreement: Agreement,
    chain: Chain,
    clock: Clock,
}

impl std::ops::Deref for Node {
    type Target = Agreement;

    fn deref(&self) -> &Agreement {
        &self.agreement
    }
}

fn node() -> Node {
    node_that_retains(Retain::All)
}

fn node_that_retains(retain: Retain) -> Node {
    let settings = Settings::in_memory(dev::genesis("agreement"));
    let chain = Chain::open(Settings {
        options: Options { retain },
        ..settings
    });
    let chain = chain.unwrap();
    let clock = Clock::default();
    Node {
        agreement: Agreement::new(chain.clone(), clock.clone()),
        chain,
        clock,
    }
}

fn submit(node: &Node, nonce: u64) {
    let [alice, bob, ..] = dev::accounts();
    let transfer = dev::transaction(
        alice.address,
        nonce,
        Payload::Transfer {
            to: bob.address,
            value: 7,
        },
    );
    let envelope = transfer.sign(&node.chain.chain_id(), &alice.key());
    node.chain.submit(&envelope.encode_bytes(), 0).unwrap();
}

#[test]
fn a_block_goes_from_one_node_to_another() {
    let (one, other) = (node(), node());
    submit(&one, 0);
    let block = one.propose(1, 0).unwrap();
    assert_eq!(block.transactions.len(), 1);
    assert_eq!(other.validate(&block).unwrap(), Verdict::Valid);
    for node in [&one, &other] {
        node.commit(&block, b"proof").unwrap();
    }
    assert_eq!(one.chain.head(), other.chain.head());
    let decided = other.decided(1).unwrap().unwrap();
    assert_eq!(
        (decided.block, decided.certificate),
        (block.encode(), b"proof".to_vec())
    );
    assert_eq!(other.decided(2).unwrap(), None);
    assert_eq!(other.decided(0).unwrap(), None);
}

/// Who comes late gets every block from a node that keeps little of the past.
#[test]
fn a_node_that_forgets_states_hands_out_every_block() {
    let (one, late) = (node_that_retains(Retain::Last(2)), node());
    for height in 1..=20 {
        submit(&one, height - 1);
        let block = one.propose(height, 0).unwrap();
        one.commit(&block, b"proof").unwrap();
    }
    assert!(one.chain.store().oldest().unwrap() > 10);
    assert_eq!(one.oldest().unwrap(), 1);
    for height in one.oldest().unwrap()..=20 {
        assert_eq!(one.validators(height).unwrap(), []);
        let decided = one.decided(height).unwrap().unwrap();
        let block = Block::decode(&mut decided.block.as_slice()).unwrap();
        late.commit(&block, &decided.certificate).unwrap();
    }
    assert_eq!(late.chain.head(), one.chain.head());
}

#[test]
fn a_block_that_was_not_judged_here_is_committed_too() {
    let (one, other) = (node(), node());
    submit(&one, 0);
    let block = one.propose(1, 0).unwrap();
    other.commit(&block, b"proof").unwrap();
    assert_eq!(other.chain.head().height, 1);
}

#[test]
fn what_this_node_cannot_follow_is_nil_before_and_an_end_after_the_decision() {
    let (one, other) = (node(), node());
    let mut block = one.propose(1, 0).unwrap();
    block.header.state_root = Hash([9; 32]);
    let verdict = other.validate(&block).unwrap();
    assert!(matches!(&verdict, Verdict::Invalid(why) if why.contains("the state root")));
    let end = other.commit(&block, b"proof").unwrap_err().to_string();
    assert!(end.contains(&Hash([9; 32]).to_string()), "{end}");
    assert!(
        end.contains(&other.chain.head().state_root.to_string()),
        "{end}"
    );
    assert_eq!(other.chain.head().height, 0);
}

#[test]
fn a_block_of_the_future_is_refused() {
    let (one, other) = (node(), node());
    one.clock.advance(FAR);
    let block = one.propose(1, 0).unwrap();
    let verdict = other.validate(&block).unwrap();
    assert!(matches!(&verdict, Verdict::Invalid(why) if why.contains("ahead of the clock")));
}

#[test]
fn a_change_is_followed_by_one_empty_block() {
    let node = node();
    assert_eq!(node.pace().unwrap(), Pace::Idle);
    submit(&node, 0);
    // A transaction that cannot be included waits without asking for blocks.
    submit(&node, 5);
    for (height, pace) in [(1, Pace::Now), (2, Pace::Now)] {
        assert_eq!(node.pace().unwrap(), pace);
        let block = node.propose(height, 0).unwrap();
        assert_eq!(block.transactions.is_empty(), height == 2);
        node.commit(&block, b"").unwrap();
    }
    assert_eq!(node.pace().unwrap(), Pace::Idle);
}
