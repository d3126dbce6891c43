//! The check finds whatever is changed behind the store's back.

use std::ops::Bound;
use std::sync::Arc;

use hull_state::{Batch, Options, Redb, Retain, Space, StateError, Store};

use crate::support::Chain;

/// So many blocks, and old heights are in the middle of being dropped; one more, and
/// they are gone.
const SWEEPING: u64 = 29;

/// A store with something in every space.
fn store(blocks: u64) -> (Arc<Redb>, Chain) {
    let engine = Arc::new(Redb::in_memory().unwrap());
    let options = Options {
        retain: Retain::Last(16),
    };
    let mut chain = Chain::new(engine.clone(), options, 21);
    for _ in 0..blocks {
        chain.grow();
    }
    let sweep = engine.view().unwrap().get(Space::Meta, b"sweep").unwrap();
    assert_eq!(sweep.is_some(), blocks == SWEEPING);
    (engine, chain)
}

fn entries(engine: &Redb, space: Space) -> Vec<(Vec<u8>, Vec<u8>)> {
    let view = engine.view().unwrap();
    let all = view
        .range(space, (Bound::Unbounded, Bound::Unbounded))
        .unwrap();
    all.map(Result::unwrap).collect()
}

/// Whether the check refuses the store after a change; the change is taken back.
fn notices(engine: &Redb, chain: &Chain, change: Batch) -> bool {
    let view = engine.view().unwrap();
    let mut back = Batch::default();
    for write in change.writes() {
        match view.get(write.space, &write.key).unwrap() {
            Some(value) => back.put(write.space, write.key.clone(), value),
            None => back.delete(write.space, write.key.clone()),
        }
    }
    engine.write(&change).unwrap();
    let outcome = chain.store.check();
    engine.write(&back).unwrap();
    matches!(outcome, Err(StateError::Corrupt { .. } | StateError::Empty))
}

#[test]
fn every_entry_that_is_missing_or_changed_is_noticed() {
    for blocks in [SWEEPING, SWEEPING + 1] {
        every_entry(blocks);
    }
}

fn every_entry(blocks: u64) {
    let (engine, chain) = store(blocks);
    chain.store.check().unwrap();
    for space in Space::ALL {
        let entries = entries(&engine, space);
        assert!(!entries.is_empty(), "{space:?}");
        let step = entries.len().div_ceil(60);
        for (key, value) in entries.iter().step_by(step) {
            // Whatever they say, another format, later heights and signatures are not
            // told from what was written by anything in the store.
            if key == b"format" || space == Space::Certificates {
                continue;
            }
            let mut missing = Batch::default();
            missing.delete(space, key.clone());
            assert!(
                notices(&engine, &chain, missing),
                "{space:?} {key:x?} missing"
            );
            // What is in a node that is to be dropped, and in a list of what was, nobody
            // reads any more.
            let dropped = [Space::Tree, Space::Stale].contains(&space);
            if value.is_empty() || (dropped && blocks == SWEEPING) {
                continue;
            }
            for at in [0, value.len() / 2, value.len() - 1] {
                let mut changed = Batch::default();
                let mut value = value.clone();
                value[at] ^= 1;
                changed.put(space, key.clone(), value);
                let noticed = notices(&engine, &chain, changed);
                assert!(noticed, "{space:?} {key:x?} byte {at}");
            }
        }
    }
    chain.store.check().unwrap();
}

#[test]
fn entries_that_nothing_needs_are_noticed() {
    let (engine, chain) = store(SWEEPING);
    for space in Space::ALL.into_iter().filter(|space| *space != Space::Meta) {
        let (mut key, value) = entries(&engine, space).pop().unwrap();
        if let Some(byte) = key.last_mut() {
            *byte ^= 0x55;
        }
        let mut extra = Batch::default();
        extra.put(space, key, value);
        assert!(notices(&engine, &chain, extra), "{space:?}");
    }
}
