//! What every engine has to do, whichever it is.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use hull_state::{Batch, Order, Redb, Space, Store, View};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::chain;
use crate::support::{Chain, archive};

/// An engine: how it is opened, and whether it is still there when opened again.
pub(crate) struct Engine {
    pub(crate) name: &'static str,
    open: fn(&Path) -> Arc<dyn Store>,
    lasting: bool,
}

/// All engines of this build.
pub(crate) fn engines() -> Vec<Engine> {
    vec![
        Engine {
            name: "redb in memory",
            open: |_| Arc::new(Redb::in_memory().unwrap()),
            lasting: false,
        },
        Engine {
            name: "redb",
            open: |folder| Arc::new(Redb::open(folder.join("redb")).unwrap()),
            lasting: true,
        },
        #[cfg(feature = "rocksdb")]
        Engine {
            name: "RocksDB",
            open: |folder| Arc::new(hull_state::Rocks::open(folder.join("rocks")).unwrap()),
            lasting: true,
        },
    ]
}

fn on_each(check: impl Fn(&Engine, &Path)) {
    for engine in engines() {
        let folder = tempfile::tempdir().unwrap();
        println!("{}", engine.name);
        check(&engine, folder.path());
    }
}

pub(crate) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn range(view: &dyn View, space: Space, low: Bound<&[u8]>, high: Bound<&[u8]>) -> Entries {
    let entries = view.range(space, (low, high)).unwrap();
    entries.map(Result::unwrap).collect()
}

pub(crate) fn everything(view: &dyn View, space: Space) -> Entries {
    range(view, space, Bound::Unbounded, Bound::Unbounded)
}

/// Where, the key, and the value; `None` removes.
type Change<'a> = (Space, &'a [u8], Option<&'a [u8]>);

fn batch(writes: &[Change<'_>]) -> Batch {
    let mut batch = Batch::default();
    for (space, key, value) in writes {
        match value {
            Some(value) => batch.put(*space, key.to_vec(), value.to_vec()),
            None => batch.delete(*space, key.to_vec()),
        }
    }
    batch
}

#[test]
fn spaces_are_apart_and_batches_are_in_order() {
    on_each(|engine, folder| {
        let store = (engine.open)(folder);
        for (space, n) in Space::ALL.into_iter().zip(0u8..) {
            store.write(&batch(&[(space, b"key", Some(&[n]))])).unwrap();
        }
        let writes: [Change<'_>; 5] = [
            (Space::Meta, b"a", Some(b"1")),
            (Space::Meta, b"a", None),
            (Space::Code, b"a", None),
            (Space::Code, b"a", Some(b"2")),
            (Space::Meta, b"nothing", None),
        ];
        store.write(&batch(&writes)).unwrap();
        let view = store.view().unwrap();
        for (space, n) in Space::ALL.into_iter().zip(0u8..) {
            assert_eq!(view.get(space, b"key").unwrap(), Some(vec![n]));
        }
        assert_eq!(view.get(Space::Meta, b"a").unwrap(), None);
        assert_eq!(view.get(Space::Code, b"a").unwrap(), Some(b"2".to_vec()));
        assert_eq!(view.get(Space::Tree, b"a").unwrap(), None);
    });
}

#[test]
fn keys_and_values_may_be_empty_and_long() {
    on_each(|engine, folder| {
        let store = (engine.open)(folder);
        let long = vec![7; 1_100_000];
        let key = vec![255; 300];
        let writes: [Change<'_>; 3] = [
            (Space::State, b"", Some(b"")),
            (Space::State, &key, Some(b"")),
            (Space::State, b"long", Some(&long)),
        ];
        store.write(&batch(&writes)).unwrap();
        let view = store.view().unwrap();
        assert_eq!(view.get(Space::State, b"").unwrap(), Some(Vec::new()));
        assert_eq!(view.get(Space::State, &key).unwrap(), Some(Vec::new()));
        assert_eq!(view.get(Space::State, b"long").unwrap(), Some(long));
        assert_eq!(everything(&*view, Space::State).len(), 3);
    });
}

#[test]
fn a_view_does_not_change_and_outlives_the_store() {
    on_each(|engine, folder| {
        let store = (engine.open)(folder);
        store
            .write(&batch(&[(Space::State, b"k", Some(b"1"))]))
            .unwrap();
        let old = store.view().unwrap();
        store.write(&batch(&[(Space::State, b"k", None)])).unwrap();
        let new = store.view().unwrap();
        drop(store);
        assert_eq!(old.get(Space::State, b"k").unwrap(), Some(b"1".to_vec()));
        assert_eq!(everything(&*old, Space::State).len(), 1);
        assert_eq!(new.get(Space::State, b"k").unwrap(), None);
    });
}

#[test]
fn what_was_written_is_there_after_opening_again() {
    on_each(|engine, folder| {
        if !engine.lasting {
            return;
        }
        let store = (engine.open)(folder);
        store
            .write(&batch(&[(Space::Tree, b"k", Some(b"1"))]))
            .unwrap();
        drop(store);
        let view = (engine.open)(folder).view().unwrap();
        assert_eq!(view.get(Space::Tree, b"k").unwrap(), Some(b"1".to_vec()));
    });
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(0u8), Just(1), Just(254), Just(255)];
    proptest::collection::vec(byte, 0..4)
}

fn edge() -> impl Strategy<Value = Bound<Vec<u8>>> {
    prop_oneof![
        Just(Bound::Unbounded),
        key().prop_map(Bound::Included),
        key().prop_map(Bound::Excluded),
    ]
}

fn within(key: &Vec<u8>, low: &Bound<Vec<u8>>, high: &Bound<Vec<u8>>) -> bool {
    let above = match low {
        Bound::Unbounded => true,
        Bound::Included(low) => key >= low,
        Bound::Excluded(low) => key > low,
    };
    above
        && match high {
            Bound::Unbounded => true,
            Bound::Included(high) => key <= high,
            Bound::Excluded(high) => key < high,
        }
}

#[test]
fn ranges_are_what_a_sorted_map_has() {
    on_each(|engine, folder| {
        let store = (engine.open)(folder);
        let model = std::cell::RefCell::new(std::collections::BTreeMap::new());
        let writes = proptest::collection::vec((key(), any::<Option<u8>>()), 0..8);
        let ranges = proptest::collection::vec((edge(), edge()), 8);
        let config = Config {
            failure_persistence: None,
            ..Config::with_cases(40)
        };
        let outcome = TestRunner::new(config).run(&(writes, ranges), |(writes, ranges)| {
            let mut batch = Batch::default();
            let mut model = model.borrow_mut();
            for (key, value) in writes {
                match value {
                    Some(value) => {
                        batch.put(Space::State, key.clone(), vec![value]);
                        model.insert(key, vec![value]);
                    }
                    None => {
                        batch.delete(Space::State, key.clone());
                        model.remove(&key);
                    }
                }
            }
            store.write(&batch).unwrap();
            let view = store.view().unwrap();
            for (low, high) in &ranges {
                let expected = model.iter().filter(|(key, _)| within(key, low, high));
                let expected: Entries = expected.map(|(k, v)| (k.clone(), v.clone())).collect();
                let edges = (low.as_ref().map(|k| &**k), high.as_ref().map(|k| &**k));
                prop_assert_eq!(&range(&*view, Space::State, edges.0, edges.1), &expected);
                let next = |order| view.next_key(Space::State, edges, order).unwrap();
                let ends = (expected.first(), expected.last());
                let ends = (ends.0.map(|(key, _)| key), ends.1.map(|(key, _)| key));
                let (least, greatest) = (next(Order::Ascending), next(Order::Descending));
                prop_assert_eq!((least.as_ref(), greatest.as_ref()), ends);
            }
            Ok(())
        });
        outcome.unwrap();
    });
}

#[test]
fn chains_have_the_same_roots_and_entries_on_all_engines() {
    let mut first: Option<(Vec<_>, Vec<Entries>)> = None;
    for engine in engines() {
        let folder = tempfile::tempdir().unwrap();
        let store = (engine.open)(folder.path());
        let mut chain = Chain::new(store.clone(), archive(), 31);
        for _ in 0..30 {
            chain.grow();
        }
        let roots: Vec<_> = (0..=30)
            .map(|height| chain.store.root(height).unwrap())
            .collect();
        chain.store.check().unwrap();
        let view = store.view().unwrap();
        let entries: Vec<_> = Space::ALL.map(|space| everything(&*view, space)).into();
        match &first {
            None => first = Some((roots, entries)),
            Some(first) => assert!(*first == (roots, entries), "{}", engine.name),
        }
    }
}

#[test]
fn every_height_reads_as_it_was_on_all_engines() {
    on_each(|engine, folder| {
        chain::every_height((engine.open)(folder));
        let folder = folder.join("pruned");
        std::fs::create_dir(&folder).unwrap();
        chain::pruned((engine.open)(&folder), 5);
    });
}
