//! Transactions reach everybody once, and bad ones nobody.

use std::time::Duration;

use crate::support::{DEADLINE, Node, settings};
use hull_net::{Denied, Event, Limits, Settings};

/// Four nodes that all know each other.
async fn four() -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for _ in 0..4 {
        let known: Vec<&Node> = nodes.iter().collect();
        let settings = settings(&known);
        nodes.push(Node::start(settings).await);
    }
    for later in 1..4 {
        let (earlier, rest) = nodes.split_at_mut(later);
        for node in earlier {
            rest[0].until_connected(node).await;
            node.until_connected(&rest[0]).await;
        }
    }
    nodes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_reaches_everybody_once() {
    let mut nodes = four().await;
    nodes[0].publish(b"good");
    for node in &mut nodes[1..] {
        assert_eq!(node.next().await, b"good");
    }
    // What came twice would have come before this.
    nodes[1].publish(b"after");
    for node in [
        &mut nodes.remove(3),
        &mut nodes.remove(2),
        &mut nodes.remove(0),
    ] {
        assert_eq!(node.next().await, b"after");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_published_without_peers_goes_out_later() {
    let mut first = Node::start(settings(&[])).await;
    first.publish(b"early");
    first.publish(b"second");
    let mut late = Node::start(settings(&[&first])).await;
    assert_eq!(late.next().await, b"early");
    assert_eq!(late.next().await, b"second");
    late.publish(b"back");
    assert_eq!(first.next().await, b"back");
}

/// `far <── middle <── near`: far lets in middle alone.
async fn line(ban: Duration) -> [Node; 3] {
    let limits = Limits {
        ban,
        ..Limits::default()
    };
    let middle = Settings {
        limits,
        ..settings(&[])
    };
    let mut middle = Node::start(middle).await;
    let far = Settings {
        only_peers: true,
        ..settings(&[&middle])
    };
    let far = Node::start(far).await;
    let near = Node::start(settings(&[&middle])).await;
    middle.until_connected(&far).await;
    middle.until_connected(&near).await;
    [far, middle, near]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_ones_go_no_further_and_their_sender_is_thrown_out() {
    let [mut far, mut middle, mut near] = line(Duration::from_secs(3)).await;
    near.publish(b"i: not wanted, which is no fault");
    near.publish(b"x1");
    middle.next_until(b"x1").await;
    middle
        .until("a lower score", |event| {
            !matches!(event, Event::Banned { .. })
        })
        .await;
    near.publish(b"x2");
    near.publish(b"x3");
    near.publish(b"x4");
    let banned = |event: &Event| matches!(event, Event::Banned { .. });
    let event = middle.until("a ban", banned).await;
    let why = "it sent an invalid transaction: it begins with an x";
    assert_eq!(
        event,
        Event::Banned {
            peer: near.id(),
            why: why.into()
        }
    );
    let gone = Event::Disconnected(middle.id());
    near.until("the end", |event| *event == gone).await;
    let refused = Event::Refused(Denied::Banned);
    middle.until("a refusal", |event| *event == refused).await;
    assert!(!middle.has_peer(near.id()));

    middle.publish(b"after");
    assert_eq!(far.next().await, b"after", "and nothing before it");
    // A ban ends.
    middle.until_connected(&near).await;
    near.publish(b"better");
    assert_eq!(far.next().await, b"better");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_score_of_one_that_did_wrong_is_lower() {
    let [_far, mut middle, near] = line(Duration::from_secs(60)).await;
    near.publish(b"x1");
    middle.next_until(b"x1").await;
    let score = |middle: &Node| {
        let peers = middle.network.peers();
        let near = peers.iter().find(|peer| peer.id == near.id());
        near.expect("one is not yet too many").score
    };
    let seen = async {
        while score(&middle) > -20.0 {
            tokio::task::yield_now().await;
        }
    };
    let seen = tokio::time::timeout(DEADLINE, seen).await;
    seen.expect("the score falls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_of_another_chain_are_sent_away() {
    let mut ours = Node::start(settings(&[])).await;
    let theirs = Settings {
        chain_id: hull_types::host_api::Hash([2; 32]),
        ..settings(&[&ours])
    };
    let mut theirs = Node::start(theirs).await;
    let other = |event: &Event| matches!(event, Event::OtherChain { .. });
    ours.until("another chain", other).await;
    let event = theirs.until("another chain", other).await;
    let Event::OtherChain { peer, speaks } = event else {
        unreachable!()
    };
    assert_eq!(peer, ours.id());
    assert!(speaks.ends_with(&"01".repeat(32)), "{speaks}");
    assert!(ours.network.peers().is_empty() && theirs.network.peers().is_empty());

    theirs.publish(b"from elsewhere");
    let mine = Node::start(settings(&[&ours])).await;
    mine.publish(b"from here");
    assert_eq!(ours.next().await, b"from here");
}
