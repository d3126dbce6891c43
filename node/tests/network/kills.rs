//! Validators that are killed at any time, under load.

use std::thread;
use std::time::{Duration, Instant};

use hull_types::dev;
use serde_json::json;

use crate::cluster::{Cluster, any_of};
use crate::load::{give, text, token};
use crate::random::{Random, number};

const VALIDATORS: usize = 4;
/// The node that joins when all is over.
const LATE: usize = VALIDATORS;
/// Seconds with kills, unless `HULL_SECONDS` says otherwise.
const SECONDS: u64 = 60;
/// The next kill is no sooner after the victim is ready again, and up to
/// [`LONGER`] later.
const BETWEEN: Duration = Duration::from_secs(5);
const LONGER: Duration = Duration::from_secs(2);
/// A victim comes back at once, or after this time, or after as much again.
const AWAY: Duration = Duration::from_millis(1_500);

/// Kills a validator and takes it back. How long it took from its start to its first
/// block.
fn kill_one(cluster: &mut Cluster, random: &mut Random) -> Duration {
    // When it is, is the test's matter; what it waits for is below.
    thread::sleep(BETWEEN + random.up_to(LONGER));
    let victim = any_of(VALIDATORS, random);
    cluster.kill(victim);
    thread::sleep(AWAY * random.below(3) as u32);
    let began = Instant::now();
    let height = cluster.start(victim);
    cluster.clients[victim].reaches(height + 1);
    began.elapsed()
}

#[test]
fn killed_validators_lose_nothing_that_clients_were_told() {
    let mut random = Random::new();
    let time = Duration::from_secs(number("HULL_SECONDS").unwrap_or(SECONDS));
    let mut cluster = Cluster::new(VALIDATORS as u16, 1);
    cluster.start_all(0..VALIDATORS);
    let (mut returns, told) = cluster.under_load(|cluster| {
        let (began, mut returns) = (Instant::now(), Vec::new());
        while began.elapsed() < time {
            returns.push(kill_one(cluster, &mut random));
        }
        returns
    });
    // Blocks of before it was there, and the code in them.
    cluster.start(LATE);
    let height = cluster.audit(&told);
    runs_the_token(&cluster);
    returns.sort();
    println!(
        "kills: {} kills, {} transactions acknowledged in {height} blocks, from restart to \
         the first block {} ms in the median and {} ms at most",
        returns.len(),
        told.len(),
        returns[returns.len() / 2].as_millis(),
        returns[returns.len() - 1].as_millis(),
    );
    assert!(told.len() > 100, "only {}", told.len());
    (0..=LATE).for_each(|node| cluster.stop(node));
}

/// The late node runs a contract that was there before it.
fn runs_the_token(cluster: &Cluster) {
    let (_, token) = token(&cluster.homes.chain_id());
    let [_, bob, carol, ..] = dev::accounts();
    let hull_types::Payload::Call { input, .. } = give(token, &carol.address, 1) else {
        unreachable!("giving is a call")
    };
    let call = |sender| {
        let input = format!("0x{}", hex::encode(&input));
        let payload = json!({ "kind": "call", "contract": text(&token), "input": input });
        let transaction = json!({ "sender": text(sender), "payload": payload });
        let tried = json!({ "transaction": transaction });
        cluster.clients[LATE].ask("hull_simulate", tried)["result"].take()
    };
    assert_eq!(call(&bob.address), "success");
    let judy = &dev::accounts()[9];
    assert_eq!(call(&judy.address), "revert", "who has none gives none");
}
