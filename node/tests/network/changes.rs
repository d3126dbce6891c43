//! Nodes that come late, validators that come and go.

use hull_types::{Payload, Validator, dev};
use serde_json::{Value, json};

use crate::audit;
use crate::cluster::Cluster;
use crate::load::token;

/// The key of the validator of a home.
fn key_of(cluster: &Cluster, name: &str) -> [u8; 32] {
    let key = cluster.homes.node(name)["validator"].as_str().unwrap();
    hex::decode(key).unwrap().try_into().unwrap()
}

/// Who decides, as a node tells.
fn deciding(cluster: &Cluster, node: usize) -> Vec<Value> {
    let told = cluster.clients[node].ask("hull_validators", json!({}));
    let validators = told["validators"].as_array().unwrap().iter();
    let mut keys: Vec<_> = validators.map(|one| one["publicKey"].clone()).collect();
    keys.sort_by_key(Value::to_string);
    keys
}

#[test]
fn a_late_node_takes_the_place_of_a_validator() {
    let mut cluster = Cluster::new(4, 0);
    cluster.start_all(0..4);
    let chain_id = cluster.homes.chain_id();
    let (transactions, _) = token(&chain_id);
    let mut nonce = 0;
    for transaction in &transactions {
        cluster.clients[0].settle(transaction);
        nonce += 1;
    }

    // As an operator adds it: a home of its own, the addresses of others.
    cluster.homes.join("late", &["--validator"]);
    let peers = cluster.homes.peers_of("late");
    cluster.add("late", &peers);
    let late = 4;
    cluster.start(late);
    cluster.clients[late].reaches(cluster.clients[0].height());
    let power = deciding(&cluster, late);
    assert_eq!(power.len(), 4, "it only follows: {power:?}");

    let mut update = [("late", 1), ("validator-3", 0)].map(|(name, power)| Validator {
        public_key: key_of(&cluster, name),
        power,
    });
    update.sort_by_key(|one| one.public_key);
    let alice = &dev::accounts()[0];
    let change = Payload::UpdateValidators {
        update: update.into(),
    };
    let change = dev::transaction(alice.address, nonce, change);
    let receipt = cluster.clients[late].settle(&change.sign(&chain_id, &alice.key()));
    let height = receipt["height"].as_u64().unwrap();
    cluster.stop(3);
    for node in [0, 1, 2, late] {
        cluster.clients[node].reaches(height + 2);
        assert_eq!(deciding(&cluster, node), deciding(&cluster, 0));
    }
    let expected = hex::encode(key_of(&cluster, "late"));
    let has = |key: &Value| key.as_str().unwrap().ends_with(&expected);
    assert!(deciding(&cluster, 0).iter().any(has));

    // One more goes, and those that are left need the vote of the new one.
    cluster.kill(2);
    let transfer = cluster.homes.transfer(0, nonce + 1, 1, 1);
    cluster.clients[0].settle(&transfer);
    cluster.start(2);
    let height = cluster.meet();
    let nodes = [0, 1, 2, late].map(|node| audit::history(&cluster.clients[node], height));
    assert_eq!(audit::fork(&nodes), None);
}
