//! A chain in a store: every height reads as what was committed.

use std::sync::Arc;

use crate::support::{Chain, address, archive, assert_same, block_of, genesis, next_block};
use hull_executor::{Item, StateDiff};
use hull_state::{ChainStore, Options, Redb, Retain, Space, StateError, Store};
use hull_types::{Genesis, SYSTEM, Validator, ValidatorSets};
use parity_scale_codec::Encode;

use crate::store::{Entries, everything};

fn memory() -> Arc<Redb> {
    Arc::new(Redb::in_memory().unwrap())
}

/// For the suite of engines.
pub(crate) fn every_height(store: Arc<dyn Store>) {
    let mut chain = Chain::new(store, archive(), 1);
    for _ in 0..60 {
        chain.grow();
    }
    for (height, state) in (0..).zip(&chain.states) {
        assert_same(&chain.store.at(height).unwrap(), state);
    }
    assert_eq!(chain.store.oldest().unwrap(), 0);
    let checked = chain.store.check().unwrap();
    assert_eq!((checked.latest, checked.transactions), (60, 120));
}

/// For the suite of engines.
pub(crate) fn pruned(store: Arc<dyn Store>, retain: u64) {
    let options = Options {
        retain: Retain::Last(retain),
    };
    let mut chain = Chain::new(store, options, 2 + retain);
    for _ in 0..60 {
        chain.grow();
    }
    let oldest = chain.store.oldest().unwrap();
    assert_eq!(oldest, 60 - retain.max(2) + 1);
    for height in oldest..=60 {
        let snapshot = chain.store.at(height).unwrap();
        assert_same(&snapshot, &chain.states[height as usize]);
    }
    chain.store.check().unwrap();
    let refused = chain.store.at(oldest - 1).map(|_| ()).unwrap_err();
    assert!(
        matches!(refused, StateError::NotRetained { .. }),
        "{refused}"
    );
    assert!(chain.store.root(oldest - 1).unwrap().is_some());
}

#[test]
fn heights_that_are_not_retained_are_refused_and_the_rest_reads_as_it_was() {
    for retain in [0, 2, 3] {
        pruned(memory(), retain);
    }
}

fn validator(seed: u8) -> Validator {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]);
    Validator {
        public_key: key.verifying_key().to_bytes(),
        power: 1,
    }
}

/// Whoever comes late has to be told who decided the blocks of long ago.
#[test]
fn who_decided_a_block_is_kept_longer_than_the_state() {
    let options = Options {
        retain: Retain::Last(2),
    };
    let (first, mut second) = (vec![validator(1)], vec![validator(1), validator(2)]);
    second.sort_by_key(|one| one.public_key);
    let store = ChainStore::open(memory(), options).unwrap();
    let genesis = Genesis {
        validators: first.clone(),
        ..genesis()
    };
    store.begin(&genesis).unwrap();
    let mut sets = ValidatorSets::new(first.clone());
    sets.update(5, &[validator(2)]).unwrap();
    for height in 1..=40 {
        let mut diff = StateDiff::default();
        if height == 5 {
            let item = Item {
                value: sets.encode().as_slice().into(),
                ..crate::support::item(0)
            };
            let items = [(ValidatorSets::KEY.into(), Some(item))];
            diff.storage.insert(SYSTEM, items.into_iter().collect());
        }
        let deciding = if height < 7 { &first } else { &second };
        let (block, receipts) = block_of(&store, 0, deciding);
        let prepared = store.prepare(height - 1, &diff).unwrap();
        store.commit(&block, &receipts, prepared, b"").unwrap();
    }
    assert!(store.oldest().unwrap() > 7);
    assert_eq!(store.validators(0).unwrap(), None);
    for (height, expected) in [(1, &first), (6, &first), (7, &second), (40, &second)] {
        let found = store.validators(height).unwrap();
        assert_eq!(found.as_ref(), Some(expected), "{height}");
    }
    assert_eq!(store.validators(41).unwrap(), None);
    store.check().unwrap();
}

/// An archive becomes a store that retains little: some heights a block go, and what
/// is left is whole at every step.
#[test]
fn retaining_less_drops_heights_bit_by_bit() {
    let engine = memory();
    let mut chain = Chain::new(engine.clone(), archive(), 8);
    for _ in 0..30 {
        chain.grow();
    }
    let options = Options {
        retain: Retain::Last(3),
    };
    chain.store = ChainStore::open(engine, options).unwrap();
    let mut oldest = vec![0];
    for _ in 0..12 {
        chain.grow();
        chain.store.check().unwrap();
        oldest.push(chain.store.oldest().unwrap());
    }
    assert!(
        oldest.windows(2).all(|pair| pair[1] - pair[0] <= 4),
        "{oldest:?}"
    );
    assert_eq!(oldest.last(), Some(&40));
    for height in 40..=42 {
        let snapshot = chain.store.at(height).unwrap();
        assert_same(&snapshot, &chain.states[height as usize]);
    }
}

fn entries(engine: &Redb) -> Vec<Entries> {
    let view = engine.view().unwrap();
    Space::ALL.map(|space| everything(&*view, space)).into()
}

/// Old heights go in sweeps of some blocks: what is retained is whole at every step, and
/// a process that begins in the middle of one goes on as the other would have.
#[test]
fn a_sweep_goes_on_after_a_restart_where_it_was() {
    let retain = 16;
    let options = Options {
        retain: Retain::Last(retain),
    };
    let (steady, restarted) = (memory(), memory());
    let mut chain = Chain::new(steady.clone(), options, 9);
    let mut other = Chain::new(restarted.clone(), options, 9);
    let mut underway = 0;
    for _ in 0..70 {
        let height = chain.grow();
        other.store = ChainStore::open(restarted.clone(), options).unwrap();
        other.grow();
        assert!(entries(&steady) == entries(&restarted), "{height}");
        chain.store.check().unwrap();
        let oldest = chain.store.oldest().unwrap();
        let kept = height - oldest + 1;
        let most = (height + 1).min(retain + retain / 4);
        assert!((retain.min(height + 1)..=most).contains(&kept), "{kept}");
        for height in [oldest, (oldest + height) / 2] {
            let snapshot = chain.store.at(height).unwrap();
            assert_same(&snapshot, &chain.states[height as usize]);
        }
        let view = steady.view().unwrap();
        underway += u64::from(view.get(Space::Meta, b"sweep").unwrap().is_some());
    }
    assert!((30..50).contains(&underway), "{underway}");
}

#[test]
fn a_snapshot_outlives_the_height_that_it_is_of() {
    let options = Options {
        retain: Retain::Last(2),
    };
    let mut chain = Chain::new(memory(), options, 3);
    chain.grow();
    let snapshots = [0, 1].map(|height| chain.store.at(height).unwrap());
    for _ in 0..20 {
        chain.grow();
    }
    for (snapshot, state) in snapshots.iter().zip(&chain.states) {
        assert_same(snapshot, state);
    }
}

#[test]
fn blocks_receipts_and_places_come_back() {
    let mut chain = Chain::new(memory(), archive(), 4);
    let (block, receipts) = next_block(&chain.store, 2);
    chain.grow();
    let store = &chain.store;
    assert_eq!(store.block(1).unwrap().as_ref(), Some(&block));
    assert_eq!(store.header(1).unwrap().as_ref(), Some(&block.header));
    assert_eq!(store.hash(1).unwrap(), Some(block.header.hash()));
    assert_eq!(store.receipts(1).unwrap(), Some(receipts));
    assert_eq!(store.certificate(1).unwrap(), Some(vec![0; 3]));
    assert_eq!(store.height_of(&block.header.hash()).unwrap(), Some(1));
    assert_eq!(store.height_of(&genesis().chain_id()).unwrap(), Some(0));
    for (signed, index) in block.transactions.iter().zip(0u32..) {
        let place = store.transaction(&signed.id()).unwrap();
        assert_eq!(place, Some((1, index)));
    }
    assert_eq!(store.block(2).unwrap(), None);
    assert_eq!(store.header(0).unwrap().unwrap().time, 7);
}

#[test]
fn only_what_follows_is_committed() {
    let chain = Chain::new(memory(), archive(), 5);
    let store = &chain.store;
    let (block, receipts) = next_block(store, 1);
    let prepare = || store.prepare(0, &Default::default()).unwrap();
    let refused = |change: &dyn Fn(&mut hull_types::Block), what: &str| {
        let mut other = block.clone();
        change(&mut other);
        let error = store.commit(&other, &receipts, prepare(), &[]).unwrap_err();
        let is = matches!(error, StateError::NotNext { what: found, .. } if found == what);
        assert!(is, "{error}");
    };
    refused(&|block| block.header.height = 2, "height");
    refused(&|block| block.header.parent.0[0] ^= 1, "parent");
    refused(&|block| block.header.state_root.0[0] ^= 1, "state root");
    refused(
        &|block| block.header.receipts_root.0[0] ^= 1,
        "receipts root",
    );
    refused(
        &|block| block.transactions[0].transaction.nonce += 1,
        "transactions root",
    );
    let error = store.commit(&block, &[], prepare(), &[]).unwrap_err();
    assert!(matches!(
        error,
        StateError::NotNext {
            what: "receipts",
            ..
        }
    ));
    assert_eq!(store.latest().unwrap(), 0);

    let late = prepare();
    store.commit(&block, &receipts, prepare(), &[]).unwrap();
    let (next, receipts) = next_block(store, 0);
    let error = store.commit(&next, &receipts, late, &[]).unwrap_err();
    assert!(matches!(
        error,
        StateError::NotLatest {
            parent: 0,
            latest: 1
        }
    ));
}

#[test]
fn a_store_is_of_one_chain_and_one_format() {
    let engine = memory();
    let open = || ChainStore::open(engine.clone(), Options::default());
    assert!(matches!(open().unwrap().latest(), Err(StateError::Empty)));
    let id = open().unwrap().begin(&genesis()).unwrap();
    assert_eq!(open().unwrap().begin(&genesis()).unwrap(), id);
    assert_eq!(open().unwrap().genesis().unwrap(), genesis());
    let other = Genesis {
        name: "other".into(),
        ..genesis()
    };
    let refused = open().unwrap().begin(&other).unwrap_err();
    assert!(
        matches!(refused, StateError::OtherChain { .. }),
        "{refused}"
    );

    let mut batch = hull_state::Batch::default();
    batch.put(
        hull_state::Space::Meta,
        b"format".to_vec(),
        vec![9, 0, 0, 0],
    );
    hull_state::Store::write(&*engine, &batch).unwrap();
    let refused = open().map(|_| ()).unwrap_err();
    let expected = hull_state::layout::FORMAT;
    assert!(
        matches!(refused, StateError::Format { found: 9, expected: e } if e == expected),
        "{refused}"
    );
}

/// The root is that of the records, whatever blocks led to them.
#[test]
fn the_root_does_not_depend_on_the_way() {
    let mut chain = Chain::new(memory(), archive(), 6);
    for _ in 0..40 {
        chain.grow();
    }
    let state = chain.states.last().unwrap();
    let mut all = StateDiff {
        accounts: state
            .accounts()
            .map(|(key, value)| (*key, *value))
            .collect(),
        contracts: state
            .contracts()
            .map(|(key, value)| (*key, value.clone()))
            .collect(),
        ..StateDiff::default()
    };
    for (hash, record) in state.codes() {
        all.codes.insert(*hash, Some(*record));
    }
    for owner in [9, 10, 255].map(address) {
        let items = state.storage(&owner);
        let items = items.map(|(key, item)| (key.into(), Some(item.clone())));
        all.storage.insert(owner, items.collect());
    }
    let at_once = Chain::new(memory(), archive(), 0);
    let prepared = at_once.store.prepare(0, &all).unwrap();
    let latest = chain.store.latest().unwrap();
    assert_eq!(Some(prepared.root()), chain.store.root(latest).unwrap());
}
