//! Agreement, and what comes in its way.

use std::time::Duration;

use hull_types::MAX_TRANSACTION_BYTES;

use super::toy::Town;
use crate::Position;
use crate::context::Address;
use crate::engine::log_position;

#[tokio::test(flavor = "multi_thread")]
async fn four_agree_one_leaves_and_comes_back_and_a_late_one_catches_up() {
    // Three validators and a half would not do: one of five is not needed.
    let mut town = Town::with_power(&[1, 1, 1, 1, 0]);
    for node in 0..4 {
        town.start(node).await;
    }
    for node in 0..4 {
        town.reaches(node, 10).await;
    }
    town.agrees();
    let figures = crate::metrics();
    assert!(figures.contains("moniker=\"node-0\"") && !figures.contains("# EOF"));

    town.halt(3).await;
    let left_at = town.height(3);
    for node in 0..3 {
        town.reaches(node, left_at + 8).await;
    }
    town.start(4).await;
    town.reaches(4, left_at + 8).await;

    // A quick restart with the same name and address.
    town.start(3).await;
    let now = town.height(0);
    for node in 0..5 {
        town.reaches(node, now + 8).await;
    }
    town.agrees();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_of_many_pieces_are_agreed_on() {
    let mut town = Town::new(4);
    for node in 0..4 {
        *town.chain(node).bytes.lock().unwrap() = MAX_TRANSACTION_BYTES;
        town.start(node).await;
    }
    for node in 0..4 {
        town.reaches(node, 5).await;
    }
    town.agrees();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_stop_and_go_on() {
    let mut town = Town::new(4);
    for _ in 0..2 {
        for node in 0..4 {
            town.start(node).await;
        }
        let now = (0..4).map(|node| town.height(node)).max().unwrap();
        for node in 0..4 {
            town.reaches(node, now + 5).await;
        }
        for node in 0..4 {
            town.halt(node).await;
        }
    }
    town.agrees();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_diverged_stops_and_says_why() {
    let mut town = Town::new(4);
    for node in 0..4 {
        town.start(node).await;
    }
    for node in 0..4 {
        town.reaches(node, 3).await;
    }
    *town.chain(3).diverged.lock().unwrap() = true;
    let why = town.failure(3).await;
    assert!(why.contains("the state root here is another"), "{why}");
    let now = town.height(0);
    for node in 0..3 {
        town.reaches(node, now + 4).await;
    }
    assert!(town.height(3) < town.height(0));
    town.agrees();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_liar_proposes_is_not_decided() {
    let mut town = Town::new(4);
    *town.chain(2).lies.lock().unwrap() = true;
    for node in 0..4 {
        town.start(node).await;
    }
    // Three turns of the liar.
    for node in 0..4 {
        town.reaches(node, 12).await;
    }
    town.agrees();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_decided_while_nothing_waits_and_at_once_when_something_does() {
    let mut town = Town::new(4);
    town.heartbeat = Duration::from_secs(3600);
    for node in 0..4 {
        *town.chain(node).idle.lock().unwrap() = true;
        town.start(node).await;
    }
    // The first height begins by itself; for each further one something comes to the
    // node whose turn it is, and the others follow its proposal.
    for height in 1..6 {
        for node in 0..4 {
            town.reaches(node, height).await;
        }
        let turn = (height as usize + 1) % 4;
        *town.chain(turn).idle.lock().unwrap() = false;
        town.wake(turn);
        town.reaches(turn, height + 1).await;
        *town.chain(turn).idle.lock().unwrap() = true;
    }
    town.agrees();
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_lost_its_data_catches_up_and_signs_nothing_twice() {
    let mut town = Town::new(4);
    for node in 0..4 {
        town.start(node).await;
    }
    for node in 0..4 {
        town.reaches(node, 6).await;
    }
    town.halt(3).await;
    std::fs::remove_dir_all(town.folder(3).join("data")).unwrap();
    town.forget(3);
    town.start(3).await;
    let now = town.height(0);
    for node in 0..4 {
        town.reaches(node, now + 6).await;
    }
    town.agrees();
    assert_eq!(town.evidence(), []);
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signing_record_that_is_older_than_the_log_is_refused() {
    let mut town = Town::new(1);
    town.start(0).await;
    town.reaches(0, 2).await;
    let record = town.folder(0).join("signing").join("record");
    let old = std::fs::read(&record).unwrap();
    // At the beginning of a height the log is empty for a moment.
    loop {
        let now = town.height(0);
        town.reaches(0, now + 4).await;
        town.halt(0).await;
        let validator = Address(town.public_key(0));
        let log = log_position(&town.folder(0).join("data"), &validator).unwrap();
        if log > Position::default() {
            break;
        }
        town.start(0).await;
    }
    let new = std::fs::read(&record).unwrap();
    std::fs::write(&record, old).unwrap();
    let refused = town.try_start(0).await.err().map(|error| error.to_string());
    assert!(refused.is_some_and(|why| why.contains("the record is old")));
    std::fs::write(&record, new).unwrap();
    let now = town.height(0);
    town.start(0).await;
    town.reaches(0, now + 2).await;
    town.stop().await;
}
