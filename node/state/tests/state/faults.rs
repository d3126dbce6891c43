//! Disks that forget, fail, fill up and rot.

use std::sync::Arc;

use hull_state::{ChainStore, Options, Redb, Retain, StateError, StoreError};

use crate::disk::{Disk, Faults};
use crate::support::{Chain, Random, seeds, try_commit};

const SEED: u64 = 40;
/// The height that things go wrong at.
const HEIGHT: u64 = 4;

fn options() -> Options {
    Options {
        retain: Retain::Last(2),
    }
}

/// A chain that nothing happened to, one block longer.
fn sound(seed: u64) -> Chain {
    let mut chain = Chain::new(Arc::new(Redb::in_memory().unwrap()), options(), seed);
    for _ in 0..=HEIGHT {
        chain.grow();
    }
    chain
}

/// A disk with all blocks before [`HEIGHT`], and the store on it.
fn before(sound: &Chain) -> (Disk, ChainStore) {
    let disk = Disk::default();
    let mut chain = Chain::new(Arc::new(disk.open().unwrap()), options(), SEED);
    for diff in &sound.diffs[..HEIGHT as usize - 1] {
        chain.commit(diff.clone());
    }
    (disk, chain.store)
}

fn reopen(bytes: Vec<u8>) -> Result<ChainStore, StateError> {
    ChainStore::open(Arc::new(Disk::with(bytes).open()?), options())
}

/// Whether a committed block is there when the power fails after the commit.
fn survives(sound: &Chain, faults: Faults) -> bool {
    let (disk, store) = before(sound);
    disk.fault(faults);
    try_commit(&store, &sound.diffs[HEIGHT as usize - 1]).unwrap();
    assert!(disk.syncs() > 0);
    let now = disk.crashes().pop().unwrap();
    match reopen(now.forgetful()) {
        Ok(store) => store.latest().unwrap() == HEIGHT,
        Err(_) => false,
    }
}

#[test]
fn a_power_loss_leaves_a_block_boundary() {
    for seed in seeds(SEED) {
        power_loss(&sound(seed));
    }
}

fn power_loss(sound: &Chain) {
    let (disk, store) = before(sound);
    disk.watch();
    try_commit(&store, &sound.diffs[HEIGHT as usize - 1]).unwrap();
    let crashes = disk.crashes();
    let (mut old, mut new, mut lost) = (0, 0, 0);
    let mut random = Random(7);
    for crash in &crashes {
        lost += crash.pending();
        let mut disks = vec![crash.forgetful(), crash.complete()];
        disks.extend((0..4).map(|_| crash.torn(&mut random)));
        for bytes in disks {
            let store = reopen(bytes).unwrap();
            let latest = store.latest().unwrap();
            match latest {
                HEIGHT => new += 1,
                _ => old += 1,
            }
            assert!((HEIGHT - 1..=HEIGHT).contains(&latest));
            sound.assert_is_at(&store, latest);
        }
    }
    assert!(crashes.len() > 5 && lost > 0, "{} {lost}", crashes.len());
    assert!(old > 0 && new > 0, "{old} {new}");
}

#[test]
fn a_committed_block_is_there_after_a_power_loss() {
    for seed in seeds(SEED) {
        assert!(survives(&sound(seed), Faults::default()));
    }
}

/// The disk does drop what was not synced: without syncs the promise breaks, and the
/// check of it sees that.
#[test]
fn without_syncs_a_committed_block_is_lost() {
    let lies = Faults {
        lies: true,
        ..Faults::default()
    };
    assert!(!survives(&sound(SEED), lies));
}

#[test]
fn a_disk_that_fails_leaves_a_block_boundary() {
    for seed in seeds(SEED) {
        failing_disk(&sound(seed));
    }
}

fn failing_disk(sound: &Chain) {
    let mut failed = 0;
    for at in 0.. {
        let (disk, store) = before(sound);
        disk.fault(Faults {
            fails_at: Some(at),
            ..Faults::default()
        });
        let outcome = try_commit(&store, &sound.diffs[HEIGHT as usize - 1]);
        let Err(error) = outcome else {
            break;
        };
        assert!(matches!(error, StateError::Store(_)), "{error}");
        failed += 1;
        // Until it is opened again nothing is written, whatever the disk does by then.
        disk.fault(Faults::default());
        let again = try_commit(&store, &sound.diffs[HEIGHT as usize - 1]);
        assert!(again.is_err() || store.latest().unwrap() == HEIGHT);
        drop(store);
        let store = reopen(disk.bytes()).unwrap();
        let latest = store.latest().unwrap();
        assert!((HEIGHT - 1..=HEIGHT).contains(&latest), "{at} {latest}");
        sound.assert_is_at(&store, latest);
    }
    assert!(failed > 3, "{failed}");
}

#[test]
fn a_full_disk_is_a_clear_error_and_leaves_a_block_boundary() {
    for seed in seeds(SEED) {
        full_disk(&sound(seed));
    }
}

fn full_disk(sound: &Chain) {
    let (disk, store) = before(sound);
    disk.fault(Faults {
        room: Some(disk.bytes().len() as u64),
        ..Faults::default()
    });
    let mut full = None;
    // Values so large that room runs out.
    let mut diff = sound.diffs[HEIGHT as usize - 1].clone();
    for height in HEIGHT..HEIGHT + 200 {
        let items = diff.storage.entry(crate::support::address(77)).or_default();
        let value = hull_executor::Bytes::from(vec![height as u8; 60_000].as_slice());
        let key = hull_executor::Bytes::from(height.to_be_bytes().as_slice());
        let item = hull_executor::Item {
            value,
            ..crate::support::item(1)
        };
        items.insert(key, Some(item));
        if let Err(error) = try_commit(&store, &diff) {
            full = Some((height, error));
            break;
        }
    }
    let (height, error) = full.unwrap();
    assert!(
        matches!(error, StateError::Store(StoreError::Full { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("make room"), "{error}");
    drop(store);
    let store = reopen(disk.bytes()).unwrap();
    assert_eq!(store.latest().unwrap(), height - 1);
    store.check().unwrap();
    try_commit(&store, &diff).unwrap();
}

#[test]
fn a_flipped_byte_is_refused_or_changes_nothing() {
    for seed in seeds(SEED) {
        flipped_byte(&sound(seed));
    }
}

fn flipped_byte(sound: &Chain) {
    let (disk, store) = before(sound);
    drop(store);
    let bytes = disk.bytes();
    // Most of the file is empty: half of the places are where something is.
    let full: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let mut random = Random(9);
    let header = 0..320usize;
    let anywhere = (0..250).map(|_| random.below(bytes.len() as u64) as usize);
    let anywhere: Vec<_> = anywhere.collect();
    let filled = (0..700).map(|_| full[random.below(full.len() as u64) as usize]);
    let places = header.chain(anywhere).chain(filled);

    let (mut refused, mut same, mut back) = (0, 0, 0);
    let silent = Silence::new();
    for at in places.collect::<Vec<_>>() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let outcome = reopen(flipped).and_then(|store| {
            let latest = store.latest()?;
            store.check()?;
            Ok((store, latest))
        });
        match outcome {
            Err(error) => {
                let told = matches!(
                    error,
                    StateError::Store(StoreError::Corrupt { .. } | StoreError::Io { .. })
                        | StateError::Corrupt { .. }
                        | StateError::Empty
                );
                assert!(told, "byte {at}: {error}");
                refused += 1;
            }
            Ok((store, latest)) => {
                match latest {
                    _ if latest == HEIGHT - 1 => same += 1,
                    _ => back += 1,
                }
                assert!((HEIGHT - 2..HEIGHT).contains(&latest), "byte {at}");
                sound.assert_is_at(&store, latest);
            }
        }
    }
    drop(silent);
    println!("{refused} refused, {same} the same, {back} one block back");
    assert!(refused > 100 && same > 100, "{refused} {same} {back}");
}

/// Keeps the messages of panics that are contained out of the output.
struct Silence;

impl Silence {
    fn new() -> Self {
        std::panic::set_hook(Box::new(|_| {}));
        Self
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = std::panic::take_hook();
    }
}
