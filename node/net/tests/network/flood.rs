//! Who sends much waits for itself.

use crate::support::{DEADLINE, Node, settings};
use hull_net::{Event, Limits, Settings};

/// A node that is slow: nothing of a flood of `sent` goes through until `line` of it
/// wait and the rest was dropped.
async fn flooded(limits: Limits, sent: u32) -> [Node; 2] {
    let slow = Settings {
        limits,
        ..settings(&[])
    };
    let mut slow = Node::start(slow).await;
    slow.door.shut();
    let flooder = Node::start(settings(&[&slow])).await;
    slow.until_connected(&flooder).await;
    for number in 0..sent {
        flooder.publish(format!("flood {number}").as_bytes());
    }
    [slow, flooder]
}

async fn until_dropped(node: &Node, count: u64) {
    let waiting = async {
        while node.metrics.transactions("dropped") < count {
            tokio::task::yield_now().await;
        }
    };
    let dropped = tokio::time::timeout(DEADLINE, waiting).await;
    dropped.expect("a line is bounded");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_waits_for_itself_and_others_go_through() {
    let limits = Limits {
        queue: 50,
        workers: 1,
        ..Limits::default()
    };
    let [mut slow, _flooder] = flooded(limits, 2_000).await;
    // One is at the gate, and fifty are in its line.
    until_dropped(&slow, 2_000 - 51).await;
    let honest = Node::start(settings(&[&slow])).await;
    slow.until_connected(&honest).await;
    for number in 0..40 {
        honest.publish(format!("honest {number}").as_bytes());
    }
    honest.publish(b"the last");
    slow.door.open();
    let all = slow.next_until(b"the last").await;
    let honest = all.iter().filter(|it| it.starts_with(b"honest")).count();
    assert_eq!(honest, 40);
    assert!(all.len() - 41 <= 51, "{} of the flood", all.len() - 41);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_far_too_much_is_thrown_out() {
    let limits = Limits {
        transactions: 0,
        transactions_burst: 5,
        ..Limits::default()
    };
    let [mut slow, flooder] = flooded(limits, 3_000).await;
    slow.door.open();
    for number in 0..5 {
        assert_eq!(slow.next().await, format!("flood {number}").as_bytes());
    }
    until_dropped(&slow, 2_995).await;
    assert!(slow.has_peer(flooder.id()), "a burst is no crime");
    let mut sending = 3_000;
    let mut events = slow.network.events();
    let banned = async {
        loop {
            if let Event::Banned { why, .. } = events.recv().await.unwrap() {
                return why;
            }
        }
    };
    let flooding = async {
        loop {
            // Busy when it is faster than the network.
            let _ = flooder
                .network
                .publish(format!("flood {sending}").into_bytes());
            sending += 1;
            tokio::task::yield_now().await;
        }
    };
    let why = tokio::time::timeout(DEADLINE, async {
        tokio::select! { why = banned => why, () = flooding => unreachable!() }
    });
    let why = why.await.expect("it is thrown out");
    assert_eq!(why, "it sent far more transactions than it may");
}
