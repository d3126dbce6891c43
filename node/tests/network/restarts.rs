//! Nodes that are killed and come back at once, under the same name.
//!
//! Their peers may not have noticed that they were gone, and gossip is known to be heard
//! in one direction alone then.

use crate::cluster::Cluster;
use crate::support::Homes;

/// So often a node comes back.
const TIMES: u64 = 3;

#[test]
fn gossip_goes_both_ways_after_a_quick_restart() {
    let mut cluster = Cluster::of(Homes::new(1, 1));
    let [validator, full] = [0, 1];
    cluster.start(validator);
    cluster.start(full);
    let mut nonce = 0;
    for victim in [full, validator].repeat(TIMES as usize) {
        cluster.kill(victim);
        cluster.start(victim);
        // Nobody but the validator decides, so a transaction has to get there.
        let transaction = cluster.homes.transfer(0, nonce, 1, 1);
        cluster.clients[full].settle(&transaction);
        // And the other way, beside the block that it is in.
        let heard = || cluster.clients[full].metric("hull_net_transactions_total");
        let before = heard();
        for further in 1..=2 {
            let transaction = cluster.homes.transfer(0, nonce + further, 1, 1);
            cluster.clients[validator].settle(&transaction);
        }
        let is_heard = crate::client::within_a_minute(|| heard() >= before + 2.0);
        assert!(is_heard, "nothing comes: {}", cluster.log(full));
        nonce += 3;
    }
}

#[test]
fn a_validator_that_comes_back_at_once_hears_and_is_heard() {
    let mut cluster = Cluster::new(4, 0);
    cluster.start_all(0..4);
    cluster.clients[0].settle(&cluster.homes.transfer(0, 0, 1, 1));
    for victim in 0..4 {
        cluster.kill(victim);
        let height = cluster.start(victim);
        cluster.clients[victim].reaches(height + 1);
        // Of the three that are left now nobody can be spared.
        let other = (victim + 1) % 4;
        cluster.kill(other);
        let nonce = victim as u64 + 1;
        let transaction = cluster.homes.transfer(0, nonce, 1, 1);
        let receipt = cluster.clients[victim].settle(&transaction);
        let height = receipt["height"].as_u64().unwrap();
        // Votes of all three, for a block of each.
        cluster.clients[victim].reaches(height + 3);
        cluster.start(other);
        cluster.meet();
    }
}
