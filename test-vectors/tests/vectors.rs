//! Holds the engine to the committed vectors.

use std::sync::Arc;

use hull_state::{ChainStore, Options, Redb, Retain};
use hull_test_vectors::play::{self, Player};
use hull_test_vectors::{chain, check, encodings, programs, run};
use hull_vm::Tiering;

#[test]
fn every_vector_holds_on_both_tiers() {
    let files = run::files().unwrap();
    assert!(files.len() >= 10, "vectors are missing: {files:?}");
    for file in files {
        check(&file).unwrap();
    }
}

#[test]
fn every_chain_holds_on_both_tiers() {
    let files = chain::files().unwrap();
    assert!(!files.is_empty(), "chains are missing");
    for file in files {
        chain::check(&file).unwrap();
    }
}

/// From the genesis, on a store in a file that forgets old heights and is closed and
/// opened again after every block.
#[test]
fn a_chain_that_is_replayed_has_the_same_roots() {
    for file in chain::files().unwrap() {
        let vector = chain::read(&file).unwrap();
        let first = play::in_memory().unwrap();
        let player = Player::new(&vector, Tiering::OptimizedOnly).unwrap();
        let expected = player.play(&first).unwrap();

        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            retain: Retain::Last(2),
        };
        let last = first.latest().unwrap();
        for height in 1..=last {
            let engine = Redb::open(folder.path().join("store")).unwrap();
            let store = ChainStore::open(Arc::new(engine), options).unwrap();
            let player = Player::new(&vector, Tiering::BaselineOnly).unwrap();
            player.replay(&first, &store, height).unwrap();
            let root = store.root(height).unwrap().unwrap();
            assert_eq!(root.to_string(), expected[height as usize - 1].state_root);
            assert_eq!(store.check().unwrap().latest, height);
        }
    }
}

/// The same call costs more from the activation on, and not a block earlier.
#[test]
fn a_schedule_activates_at_its_height() {
    let file = hull_test_vectors::root().join("chains/repricing.json");
    let vector = chain::read(&file).unwrap();
    let from = vector.activations[0].height as usize;
    let gas = |height: usize| {
        let expected = vector.blocks[height - 1].expect.as_ref().unwrap();
        let call = expected.transactions.last().unwrap();
        assert_eq!(call.result, "success");
        call.gas.parse::<u64>().unwrap()
    };
    assert_eq!(gas(from - 2), gas(from - 1));
    assert!(gas(from) > gas(from - 1));
    assert_eq!(gas(from), gas(from + 1));
}

#[test]
fn every_encoding_holds() {
    encodings::check().unwrap();
}

#[test]
fn the_committed_programs_are_what_their_texts_assemble_to() {
    for name in programs::names().unwrap() {
        assert_eq!(
            programs::load(&name).unwrap(),
            programs::assemble(&name).unwrap(),
            "{name}: bless, if this was meant"
        );
    }
}
