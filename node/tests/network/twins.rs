//! An operator's mistake: one validator in two places, each with a record of its own.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use crate::support::{Homes, Running, hulld};

/// A second process with the key of a validator. Killed when dropped.
struct Twin(Child);

impl Drop for Twin {
    fn drop(&mut self) {
        // One that has ended is no error.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Twin {
    /// A home with the same key and another everything else, and the promise that the
    /// key never signed, which is a lie.
    fn of(homes: &Homes, name: &str) -> Self {
        let net = homes.folder.path().join("net");
        let (from, to) = (net.join(name), net.join("twin"));
        fs::create_dir(&to).unwrap();
        for file in ["genesis.json", "config.toml", "validator.key"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
        run(&["keys", "generate"], &to);
        run(&["signing", "create", "--never-signed"], &to);
        let mut command = hulld();
        command.args(["run", "--json", "--home"]).arg(&to);
        for listen in ["rpc", "consensus", "network"] {
            command.args(["--set", &format!("{listen}.listen=127.0.0.1:0")]);
        }
        let log = fs::File::create(to.join("node.log")).unwrap();
        let child = command.stdout(Stdio::null()).stderr(log).spawn();
        Self(child.unwrap())
    }
}

fn run(what: &[&str], home: &PathBuf) {
    let output = hulld().args(what).arg("--home").arg(home).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what:?}: {said}");
}

fn validators(node: &Running) -> Vec<Value> {
    let answer = node.ask("hull_validators", json!({}));
    answer["validators"].as_array().unwrap().clone()
}

#[test]
fn a_validator_in_two_places_is_caught_and_loses_its_power() {
    let homes = Homes::new(4, 0);
    let names = ["validator-0", "validator-1", "validator-2", "validator-3"];
    // Blocks come whether or not there is anything in them.
    let busy = ["consensus.heartbeat_ms=100"];
    let nodes = names.map(|name| homes.run(name, &busy));
    let _twin = Twin::of(&homes, names[3]);
    nodes[0].eventually("one of four is caught", || validators(&nodes[0]).len() == 3);

    // Three go on, without a fork, and what they decide counts.
    let transfer = homes.transfer(0, 0, 1, 7);
    let id = nodes[0].send(&transfer);
    assert_eq!(nodes[0].receipt(&id)["result"], "success");
    let now = nodes[0].height();
    for node in &nodes[1..3] {
        node.eventually("all three go on", || node.height() >= now + 2);
    }
    let mut evidence = Vec::new();
    for height in 1..=now {
        let block = |node: &Running| node.ask("hull_block", json!({ "block": height }));
        let [one, other] = [block(&nodes[0]), block(&nodes[1])];
        assert_eq!(one["hash"], other["hash"], "a fork at {height}");
        // Absent where there is none.
        let told = one["evidence"].as_array();
        evidence.extend(told.into_iter().flatten().cloned());
    }
    assert_eq!(evidence.len(), 1, "{evidence:?}");
    let caught = homes.node(names[3])["validator"].as_str().unwrap();
    assert!(evidence[0].to_string().contains(caught), "{evidence:?}");
    let left = validators(&nodes[0]);
    assert!(left.iter().all(|one| !one.to_string().contains(caught)));
}
