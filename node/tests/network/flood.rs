//! A peer that sends more than anybody wants, and honest senders beside it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hull_net::{Event, Gate, Keypair, Metrics, Network, Settings, Verdict};
use hull_types::host_api::Hash;

use crate::support::{Homes, Running};

/// Blocks within which an honest transaction has to be in one.
const BLOCKS: u64 = 5;
/// Honest transactions.
const HONEST: u64 = 30;
/// Kilobytes that a node may take under a flood: its engine, its pool and its lines.
const MEMORY: u64 = 1_500_000;

struct Careless;

impl Gate for Careless {
    fn transaction(&self, _: &[u8]) -> Verdict {
        Verdict::Ignore
    }

    fn code(&self, _: &Hash) -> Option<Vec<u8>> {
        None
    }
}

/// Connects to a node as a peer that does what it wants.
async fn attacker(homes: &Homes, node: &str) -> Network {
    let address = homes.node(node)["network"].as_str().unwrap();
    let settings = Settings {
        peers: vec![address.parse().unwrap()],
        ..Settings::new(Keypair::generate_ed25519(), homes.chain_id())
    };
    let started = Network::start(settings, Careless, Metrics::default()).await;
    let (network, _) = started.unwrap();
    let mut events = network.events();
    while network.peers().is_empty() {
        events.recv().await.unwrap();
    }
    network
}

/// Sends honest transactions through a node one after another, and counts those that
/// were in a block of the validator in time.
fn honest_ones(homes: &Homes, node: &Running, validator: &Running) -> u64 {
    let mut in_time = 0;
    for nonce in 0..HONEST {
        let id = node.send(&homes.transfer(0, nonce, 1_000, 1));
        let before = validator.height();
        let receipt = validator.receipt(&id);
        let height = receipt["height"].as_u64().unwrap_or(u64::MAX);
        in_time += u64::from(height <= before + BLOCKS);
    }
    in_time
}

/// Signed, paid for and cheap: of eight senders in turn, as many as the pool takes of each,
/// and then ever more that want the same places for the same price. Just below the rate at
/// which a peer is thrown out.
async fn flood(homes: &Homes, network: Network, is_over: &AtomicBool) -> u64 {
    const AT_ONCE: u64 = 35;
    let mut pause = tokio::time::interval(Duration::from_millis(10));
    let mut sent = 0;
    while !is_over.load(Ordering::Relaxed) {
        pause.tick().await;
        for number in sent..sent + AT_ONCE {
            let (sender, nonce) = (1 + number % 8, number / 8 % 1_024);
            let cheap = homes.transfer(sender as usize, nonce, 1, number.into());
            // Busy when it is faster than the network.
            let _ = network.publish(cheap.encode_bytes());
        }
        sent += AT_ONCE;
    }
    sent
}

fn kilobytes(node: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", node.child.id())).unwrap();
    let most = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = most.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[test]
fn honest_transactions_get_in_beside_a_flood_of_valid_ones() {
    let homes = Homes::new(1, 1);
    let validator = homes.run("validator-0", &[]);
    let full = homes.run("full-0", &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let network = runtime.block_on(attacker(&homes, "validator-0"));
    let is_over = AtomicBool::new(false);
    let (in_time, sent) = std::thread::scope(|scope| {
        let flooding = scope.spawn(|| runtime.block_on(flood(&homes, network, &is_over)));
        let in_time = honest_ones(&homes, &full, &validator);
        is_over.store(true, Ordering::Relaxed);
        (in_time, flooding.join().unwrap())
    });
    let most = kilobytes(&validator);
    println!("{in_time} of {HONEST} in time, {sent} of the flood, {most} kB at most");
    assert!(in_time * 10 >= HONEST * 9, "{in_time} of {HONEST}");
    assert!(sent > HONEST * 100, "{sent} of the flood");
    assert!(most < MEMORY, "{most} kB");
    let metrics = validator.metrics();
    assert!(
        metrics.contains("hull_net_banned_total 0"),
        "the flood went on to the end"
    );
}

#[test]
fn a_flood_of_invalid_ones_ends_with_a_ban() {
    let homes = Homes::new(1, 0);
    let validator = homes.run("validator-0", &[]);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let network = runtime.block_on(attacker(&homes, "validator-0"));
    let mut events = network.events();
    runtime.block_on(async {
        for number in 0..1_000_u32 {
            let garbage = number.to_le_bytes().repeat(30);
            // Busy when it is faster than the network.
            let _ = network.publish(garbage);
        }
        let gone = async { while !matches!(events.recv().await, Ok(Event::Disconnected(_))) {} };
        let gone = tokio::time::timeout(Duration::from_secs(60), gone).await;
        gone.expect("the flooder is thrown out");
    });
    assert_eq!(validator.metric("hull_net_banned_total"), 1.0);
    // The flooder hears of its end before the validator's list does.
    validator.eventually("nobody is a peer", || validator.peers().is_empty());
    assert_eq!(honest_ones(&homes, &validator, &validator), HONEST);
}
