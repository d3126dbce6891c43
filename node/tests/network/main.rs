//! Real processes that agree and pass transactions on, also while some of them fail.

#![allow(
    clippy::disallowed_methods,
    reason = "tests give up after a while, and measure how long nodes take"
)]

mod audit;
mod changes;
mod client;
mod cluster;
mod flood;
mod kills;
mod load;
mod random;
mod restarts;
mod support;
mod twins;

use serde_json::Value;
use support::{Homes, hulld};

#[test]
fn what_a_full_node_takes_gets_into_a_block_of_a_validator() {
    let homes = Homes::new(1, 1);
    let validator = homes.run("validator-0", &[]);
    let full = homes.run("full-0", &[]);
    for nonce in 0..3 {
        let id = full.send(&homes.transfer(0, nonce, 1, 7));
        let receipt = full.receipt(&id);
        assert_eq!(receipt["result"], "success", "{}", full.log());
        assert_eq!(validator.receipt(&id)["height"], receipt["height"]);
    }
    // And the other way round: what waits at one waits at the other.
    let peers = validator.peers();
    assert_eq!(peers.len(), 1);
    assert_eq!(peers[0]["id"], homes.node("full-0")["peer"]);
    assert!(
        full.metrics()
            .contains("hull_net_published_total{outcome=\"sent\"} 3")
    );
    assert!(
        validator
            .metrics()
            .contains("hull_net_transactions_total{outcome=\"accepted\"} 3")
    );

    let home = homes.folder.path().join("net/full-0");
    let mut ask = hulld();
    let output = ask
        .args(["peers", "--json", "--home"])
        .arg(home)
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told[0]["id"], homes.node("validator-0")["peer"]);
    assert_eq!(
        told[0]["agent"],
        format!("hulld/{}", env!("CARGO_PKG_VERSION"))
    );
    full.stop();
    validator.stop();
}
