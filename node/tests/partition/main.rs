//! Validators whose network fails: each in a network namespace of its own, with links
//! that are cut and lose packets.
//!
//! It takes Linux, root, `ip` and `iptables`; where they are missing, the tests say so and
//! leave. `cargo xtask test --all` runs them, plain `cargo test` does not.

#![allow(
    clippy::disallowed_methods,
    reason = "tests give up after a while, and measure how long nodes take"
)]

#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/audit.rs"]
mod audit;
#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/client.rs"]
mod client;
#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/cluster.rs"]
mod cluster;
mod hosts;
#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/load.rs"]
mod load;
#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/random.rs"]
mod random;
#[allow(dead_code, reason = "shared with the tests of the network")]
#[path = "../network/support.rs"]
mod support;

use std::time::{Duration, Instant};

use cluster::{Cluster, any_of};
use hosts::{Hosts, alone};
use random::{Random, number};
use support::Homes;

const VALIDATORS: usize = 4;
const RPC: u16 = 4855;
/// So long nothing is decided where nobody can: dozens of blocks otherwise.
const IN_VAIN: Duration = Duration::from_secs(10);
/// A block that had all its votes when a link was cut is still committed.
const UNDER_WAY: u64 = 1;
/// Blocks that show that a chain goes on, and that it goes on in spite of something.
const FURTHER: u64 = 5;
const IN_SPITE: u64 = 30;
/// Of a hundred packets so many get lost.
const LOSS: u32 = 20;

/// Runs rounds of a test on four validators under load, as many as `HULL_ROUNDS` says,
/// and audits what is left. A round tells how long the network took to go on.
fn on_four_hosts(
    test: &str,
    what: &str,
    round: impl Fn(&Hosts, &Cluster, &mut Random) -> Duration,
) {
    alone(test, || {
        let hosts = Hosts::new(VALIDATORS);
        let mut cluster = cluster_on(&hosts);
        cluster.start_all(0..VALIDATORS);
        let (mut random, rounds) = (Random::new(), number("HULL_ROUNDS").unwrap_or(1));
        let (mut took, told) = cluster.under_load(|cluster| {
            let rounds = (0..rounds).map(|_| round(&hosts, cluster, &mut random));
            rounds.collect::<Vec<_>>()
        });
        let height = cluster.audit(&told);
        took.sort();
        println!(
            "partition: {what}: {rounds} rounds, {} transactions acknowledged in {height} \
             blocks, going on after {} ms in the median and {} ms at most",
            told.len(),
            took[took.len() / 2].as_millis(),
            took[took.len() - 1].as_millis(),
        );
        (0..VALIDATORS).for_each(|node| cluster.stop(node));
    });
}

/// A validator on each host, made as operators make a network of several machines.
fn cluster_on(hosts: &Hosts) -> Cluster {
    let names: Vec<_> = (0..VALIDATORS).map(|node| hosts.address(node)).collect();
    let names = names.join(",");
    let homes = Homes::with(VALIDATORS as u16, 0, &["--hosts", &names]);
    let mut cluster = Cluster::of(homes);
    for node in 0..VALIDATORS {
        let rpc = format!("{}:{RPC}", hosts.address(node));
        cluster.place(node, hosts.inside(node), &rpc);
    }
    cluster
}

/// All links are whole again. How long it takes until all nodes have further blocks.
fn heal(hosts: &Hosts, cluster: &Cluster) -> Duration {
    let lost = hosts.heal();
    assert!(lost > 0, "nothing was cut");
    let (began, head) = (Instant::now(), cluster.head());
    for client in &cluster.clients {
        client.reaches(head + FURTHER);
    }
    began.elapsed()
}

/// All but one.
fn others(victim: usize) -> Vec<usize> {
    (0..VALIDATORS).filter(|node| *node != victim).collect()
}

/// Nobody is held up by what fails now.
fn all_go_on(cluster: &Cluster) {
    let head = cluster.head();
    for client in &cluster.clients {
        client.reaches(head + IN_SPITE);
    }
}

/// Three go on while one hears nothing, or nobody hears it.
fn go_on_without(victim: usize, hears: bool, hosts: &Hosts, cluster: &Cluster) -> Duration {
    let head = cluster.head();
    for node in others(victim) {
        cluster.clients[node].reaches(head + FURTHER);
    }
    // Who is not heard still hears what is sent without waiting for its thanks.
    let left = cluster.clients[victim].height();
    let is_left = left <= head + UNDER_WAY;
    assert!(hears || is_left, "{left} with nobody, after {head}");
    heal(hosts, cluster)
}

#[test]
fn halves_decide_nothing_and_go_on_when_they_meet_again() {
    on_four_hosts(
        "halves_decide_nothing_and_go_on_when_they_meet_again",
        "two and two",
        |hosts, cluster, random| {
            let partner = 1 + any_of(VALIDATORS - 1, random);
            let is_one = |node: &usize| *node == 0 || *node == partner;
            let (one, other): (Vec<_>, Vec<_>) = (0..VALIDATORS).partition(is_one);
            hosts.cut(&one, &other);
            hosts.cut(&other, &one);
            let head = cluster.head();
            std::thread::sleep(IN_VAIN);
            let now = cluster.head();
            assert!(
                now <= head + UNDER_WAY,
                "two of four decided {head} to {now}"
            );
            heal(hosts, cluster)
        },
    );
}

#[test]
fn three_go_on_without_the_fourth_which_catches_up() {
    on_four_hosts(
        "three_go_on_without_the_fourth_which_catches_up",
        "three and one",
        |hosts, cluster, random| {
            let victim = any_of(VALIDATORS, random);
            hosts.cut(&[victim], &others(victim));
            hosts.cut(&others(victim), &[victim]);
            go_on_without(victim, false, hosts, cluster)
        },
    );
}

#[test]
fn who_hears_nobody_or_is_not_heard_catches_up() {
    on_four_hosts(
        "who_hears_nobody_or_is_not_heard_catches_up",
        "one way",
        |hosts, cluster, random| {
            let victim = any_of(VALIDATORS, random);
            let hears = random.below(2) == 1;
            match hears {
                false => hosts.cut(&others(victim), &[victim]),
                true => hosts.cut(&[victim], &others(victim)),
            }
            go_on_without(victim, hears, hosts, cluster)
        },
    );
}

#[test]
fn a_link_that_is_cut_one_way_stops_nobody() {
    on_four_hosts(
        "a_link_that_is_cut_one_way_stops_nobody",
        "one link one way",
        |hosts, cluster, random| {
            let from = any_of(VALIDATORS, random);
            let to = others(from)[any_of(VALIDATORS - 1, random)];
            hosts.cut(&[from], &[to]);
            all_go_on(cluster);
            heal(hosts, cluster)
        },
    );
}

#[test]
fn a_fifth_of_all_packets_may_get_lost() {
    on_four_hosts(
        "a_fifth_of_all_packets_may_get_lost",
        "a fifth lost",
        |hosts, cluster, _| {
            hosts.lose(LOSS);
            let began = Instant::now();
            all_go_on(cluster);
            println!("{IN_SPITE} blocks in {} ms", began.elapsed().as_millis());
            heal(hosts, cluster)
        },
    );
}
