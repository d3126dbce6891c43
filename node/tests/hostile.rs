//! Hostile cases of a node: clocks that are wrong, and which test has which case.

use std::collections::BTreeMap;

use hull_chain::{Chain, Settings};
use hull_rpc::DevControl;
use hull_types::{Payload, dev};
use hulld::clock::Clock;
use hulld::seal::{Policy, Sealer};

const HOUR: u64 = 60 * 60 * 1_000;

/// Where each case of a chain on one node is tested. Those of a network of nodes are
/// with the consensus and the net.
const CASES: &[(&str, &str, &str)] = &[
    (
        "kill -9 at every commit point, redb",
        "state/tests/state/kill.rs",
        "a_killed_node_opens_at_a_block_boundary",
    ),
    (
        "kill -9 at every commit point, RocksDB",
        "state/tests/state/rocks.rs",
        "a_commit_that_is_cut_off_leaves_a_block_boundary",
    ),
    (
        "kill -9 while a crashed RocksDB is recovered",
        "state/tests/state/rocks.rs",
        "a_recovery_that_is_cut_off_loses_nothing",
    ),
    (
        "kill -9 of a development node",
        "tests/dev.rs",
        "a_folder_keeps_the_chain_also_when_the_process_is_killed",
    ),
    (
        "torn or lost writes, redb",
        "state/tests/state/faults.rs",
        "a_power_loss_leaves_a_block_boundary",
    ),
    (
        "a missing sync, redb",
        "state/tests/state/faults.rs",
        "without_syncs_a_committed_block_is_lost",
    ),
    (
        "a missing sync, RocksDB",
        "state/tests/state/rocks.rs",
        "without_syncs_a_committed_block_is_lost",
    ),
    (
        "a flipped byte in the file, redb",
        "state/tests/state/faults.rs",
        "a_flipped_byte_is_refused_or_changes_nothing",
    ),
    (
        "a flipped byte in every file, RocksDB",
        "state/tests/state/rocks.rs",
        "a_flipped_byte_in_any_file_is_refused_or_goes_back_to_a_block",
    ),
    (
        "an entry changed behind the engine's back",
        "state/tests/state/check.rs",
        "every_entry_that_is_missing_or_changed_is_noticed",
    ),
    (
        "disk full, redb",
        "state/tests/state/kill.rs",
        "a_node_whose_disk_is_full_says_so_and_opens_at_a_block_boundary",
    ),
    (
        "disk full, RocksDB",
        "state/tests/state/rocks.rs",
        "a_full_disk_is_a_clear_error_and_leaves_a_block_boundary",
    ),
    (
        "a disk that fails",
        "state/tests/state/faults.rs",
        "a_disk_that_fails_leaves_a_block_boundary",
    ),
    (
        "clock off by an hour, ahead",
        "tests/hostile.rs",
        "a_clock_an_hour_ahead_and_then_right_again",
    ),
    (
        "clock off by an hour, behind",
        "tests/hostile.rs",
        "a_clock_an_hour_behind_the_chain",
    ),
    (
        "clock that goes backwards",
        "tests/hostile.rs",
        "a_clock_that_goes_backwards_under_way",
    ),
    (
        "a block whose time is not later",
        "chain/tests/chain.rs",
        "time_only_goes_forward",
    ),
    (
        "a proposer that lies about the root",
        "chain/tests/chain.rs",
        "a_header_that_does_not_follow_is_refused_for_each_field",
    ),
    (
        "a proposer that includes invalid transactions",
        "chain/tests/chain.rs",
        "a_block_with_a_wrong_signature_or_nonce_is_refused",
    ),
    (
        "RPC: batch of 280,000 calls",
        "rpc/tests/sockets.rs",
        "a_batch_of_280_000_calls_is_refused_at_once",
    ),
    (
        "RPC: slowloris",
        "rpc/tests/sockets.rs",
        "slow_senders_are_cut_off_and_hold_up_nobody",
    ),
    (
        "RPC: deep JSON (case 52)",
        "rpc/tests/sockets.rs",
        "deep_json_and_large_bodies_are_refused",
    ),
    (
        "RPC: subscription churn",
        "rpc/tests/sockets.rs",
        "churn_of_subscriptions_leaves_nothing",
    ),
    (
        "RPC: slow readers",
        "rpc/tests/sockets.rs",
        "a_reader_that_takes_nothing_loses_its_subscriptions_and_no_memory_is_held",
    ),
    (
        "RPC: random input",
        "rpc/tests/hostile.rs",
        "random_input_makes_no_trouble",
    ),
    (
        "iteration over a million keys (case 47)",
        "rpc/tests/million.rs",
        "a_walk_over_a_million_keys_ends",
    ),
    (
        "mempool: nonce gaps, replacement, eviction",
        "mempool/tests/model.rs",
        "the_pool_does_what_the_model_does",
    ),
    (
        "replay across chains, and of a transaction",
        "chain/tests/chain.rs",
        "a_transaction_counts_on_its_own_chain_and_once",
    ),
    (
        "high-s signatures",
        "types/tests/transactions.rs",
        "a_high_s_is_refused",
    ),
];

#[test]
fn every_case_has_its_test() {
    let mut sources = BTreeMap::new();
    for (case, file, test) in CASES {
        let source = sources.entry(file).or_insert_with(|| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{case}: {file}: {error}"))
        });
        let (before, _) = source
            .split_once(&format!("fn {test}("))
            .unwrap_or_else(|| panic!("{case}: {file} has no {test}"));
        let attributes = before.rsplit("\n\n").next().unwrap_or_default();
        assert!(attributes.contains("test"), "{case}: {test} is not run");
        assert!(!attributes.contains("ignore"), "{case}: {test} is not run");
    }
}

/// A chain that is sealed on request, and its clock.
struct Node {
    chain: Chain,
    clock: Clock,
    sealer: Sealer,
    nonce: u64,
}

impl Node {
    fn new() -> Self {
        let chain = Chain::open(Settings::in_memory(dev::genesis("test"))).unwrap();
        let clock = Clock::default();
        let started = Sealer::start(chain.clone(), clock.clone(), Policy::Request, |_| ());
        Self {
            chain,
            clock,
            sealer: started.unwrap(),
            nonce: 0,
        }
    }

    /// Seals a transfer, which has to be in the block, and returns the block's time.
    fn seal(&mut self) -> u64 {
        let [alice, bob, ..] = dev::accounts();
        let body = dev::transaction(
            alice.address,
            self.nonce,
            Payload::Transfer {
                to: bob.address,
                value: 1,
            },
        );
        self.nonce += 1;
        let bytes = body
            .sign(&self.chain.chain_id(), &alice.key())
            .encode_bytes();
        self.chain.submit(&bytes, self.clock.now()).unwrap();
        let sealed = self.sealer.handle().seal(1).unwrap();
        assert_eq!(sealed.transactions, 1);
        self.chain.head().time
    }
}

impl Node {
    /// What others make of its blocks: times go up, whatever the clock did.
    fn stop(self) {
        self.sealer.stop().unwrap();
        let store = self.chain.store();
        let heights = 0..=self.chain.head().height;
        let times = heights.map(|height| store.header(height).unwrap().unwrap().time);
        assert!(times.is_sorted_by(|one, next| one < next));
        store.check().unwrap();
    }
}

#[test]
fn a_clock_an_hour_ahead_and_then_right_again() {
    let mut node = Node::new();
    let right = node.clock.now();
    node.clock.set(right + HOUR);
    let ahead = node.seal();
    assert!(ahead >= right + HOUR, "the clock was not ahead");
    node.clock.set(right);
    assert!(node.clock.now() < ahead, "the clock was not set back");
    // The chain does not go back with it, and goes on without waiting an hour.
    assert_eq!(node.seal(), ahead + 1);
    assert_eq!(node.seal(), ahead + 2);
    node.stop();
}

#[test]
fn a_clock_an_hour_behind_the_chain() {
    let mut node = Node::new();
    let first = node.seal();
    node.clock.set(first - HOUR);
    assert!(node.clock.now() < first, "the clock was not behind");
    assert_eq!(node.seal(), first + 1);
    node.clock.set(first + HOUR);
    assert!(node.seal() >= first + HOUR);
    node.stop();
}

#[test]
fn a_clock_that_goes_backwards_under_way() {
    let mut node = Node::new();
    let (begin, mut back, mut last) = (node.clock.now(), 0, 0);
    for step in 0..20u64 {
        // Further back each time, with leaps forward between.
        let time = match step % 2 {
            0 => begin + step * 1_000,
            _ => begin - step * HOUR,
        };
        node.clock.set(time);
        back += u64::from(node.clock.now() < last);
        let sealed = node.seal();
        assert!(sealed > last);
        last = sealed;
    }
    assert!(back >= 10, "{back}");
    node.stop();
}
