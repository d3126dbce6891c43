//! RocksDB on disks that forget, fill up and rot, in processes that are killed.

mod disk;

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use hull_state::{ChainStore, Rocks, StateError, Store, StoreError};

use self::disk::{Files, materialised, read};
use crate::kill::{self, AFTER, BEFORE, CHAIN, StoppingStore, options, sound, told, wait_for};
use crate::support::{Chain, Random, seeds, try_commit};

const SEED: u64 = 60;
/// The height whose commit is cut off.
const HEIGHT: u64 = 4;
/// Tell the test program to be the node: where its store is, what it does, and the step
/// outside the engine where it stops.
const STORE: &str = "HULL_TEST_ROCKS";
const WORK: &str = "HULL_TEST_WORK";
const STEP: &str = "HULL_TEST_STEP";

fn opened(folder: &Path) -> Result<ChainStore, StateError> {
    ChainStore::open(Arc::new(Rocks::open(folder)?), options())
}

/// The store is as after some block, which has to be one of these, and goes on.
fn verify(sound: &Chain, folder: &Path, heights: std::ops::RangeInclusive<u64>) -> u64 {
    let store = opened(folder).unwrap();
    let latest = store.latest().unwrap();
    assert!(heights.contains(&latest), "{latest}");
    sound.assert_is_at(&store, latest);
    latest
}

/// The node, in a process of its own. All of it is behind the library.
#[test]
fn node() {
    let Some(folder) = std::env::var_os(STORE) else {
        return;
    };
    let engine = |folder: &Path| -> Arc<dyn Store> { Arc::new(Rocks::open(folder).unwrap()) };
    let folder = Path::new(&folder);
    let sound = told(HEIGHT);
    match std::env::var(WORK).unwrap().as_str() {
        "commit" => {
            let store = Arc::new(StoppingStore::new(engine(folder)));
            let mut chain = Chain::new(store.clone(), options(), SEED);
            for diff in &sound.diffs[..HEIGHT as usize - 1] {
                chain.commit(diff.clone());
            }
            if let Ok(step) = std::env::var(STEP) {
                store.stop_at(&step);
            }
            println!("\narmed");
            try_commit(&chain.store, &sound.diffs[HEIGHT as usize - 1]).unwrap();
            println!("\ndisarmed");
        }
        "recover" => {
            println!("\narmed");
            let store = ChainStore::open(engine(folder), options()).unwrap();
            assert_eq!(store.latest().unwrap(), HEIGHT);
            try_commit(&store, &sound.diffs[HEIGHT as usize]).unwrap();
            println!("\ndisarmed");
        }
        "fill" => {
            println!("\narmed");
            kill::fill(engine(folder));
        }
        other => panic!("{other}"),
    }
    println!("\nfinished");
    // A power loss finds a store that nobody has closed.
    std::process::abort();
}

/// How a node's disk or its life fails.
#[derive(Clone, Copy, Default)]
struct Fault<'a> {
    seed: u64,
    stop: Option<usize>,
    step: Option<&'a str>,
    lies: bool,
    room: Option<u64>,
}

/// Runs the node until it stops or is finished, and kills it. Returns its last word.
fn run(files: &Files, work: &str, fault: Fault<'_>) -> String {
    let (said, complaint) = try_run(files, work, fault);
    said.unwrap_or_else(|| panic!("the node ended by itself: {complaint}"))
}

/// As [`run`]; a node that ended by itself has no last word, but may have complained.
fn try_run(files: &Files, work: &str, fault: Fault<'_>) -> (Option<String>, String) {
    let complaints = files.complaints();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["rocks::node", "--exact", "--nocapture", "--test-threads=1"])
        .env(STORE, files.store())
        .env(WORK, work)
        .env(CHAIN, fault.seed.to_string())
        .stdout(Stdio::piped())
        .stderr(File::create(&complaints).unwrap());
    files.watch(&mut command);
    if let Some(step) = fault.step {
        command.env(STEP, step);
    }
    if let Some(stop) = fault.stop {
        command.env("POWERLOSS_STOP", stop.to_string());
    }
    if let Some(room) = fault.room {
        command.env("POWERLOSS_ROOM", room.to_string());
    }
    if fault.lies {
        command.env("POWERLOSS_LIES", "1");
    }
    let mut child = command.spawn().unwrap();
    let said = wait_for(&mut child, &["stopped", "finished", "full"]);
    // It has ended by itself only if it had nothing to say.
    let _ = child.kill();
    child.wait().unwrap();
    let complaint = std::fs::read(complaints).unwrap();
    let complaint = String::from_utf8_lossy(&complaint).into_owned();
    ((!said.is_empty()).then_some(said), complaint)
}

/// What is left of a store whose node was stopped: after a kill, after a power loss, and
/// after one that left some of what was not synced.
fn verify_all(sound: &Chain, files: &Files, least: u64, most: u64, seen: &mut [u64; 2]) {
    let mut random = Random(files.unsynced() as u64);
    let mut left = vec![materialised(read(&files.store())), files.forgetful()];
    left.extend((0..3).map(|_| files.torn(&mut random)));
    for folder in left {
        let latest = verify(sound, folder.path(), least..=most);
        seen[usize::from(latest == most)] += 1;
    }
}

#[test]
fn a_commit_that_is_cut_off_leaves_a_block_boundary() {
    for seed in seeds(SEED) {
        cut_off(seed);
    }
}

fn cut_off(seed: u64) {
    let sound = sound(seed, HEIGHT);
    let mut seen = [0; 2];
    let mut operations = 0;
    let mut lost = 0;
    for step in [BEFORE, AFTER] {
        let files = Files::new();
        let fault = Fault {
            step: Some(step),
            seed,
            ..Fault::default()
        };
        assert_eq!(run(&files, "commit", fault), "stopped", "{step}");
        verify_all(&sound, &files, HEIGHT - 1, HEIGHT, &mut seen);
    }
    loop {
        let files = Files::new();
        let fault = Fault {
            stop: Some(operations),
            seed,
            ..Fault::default()
        };
        if run(&files, "commit", fault) == "finished" {
            break;
        }
        lost += files.unsynced();
        verify_all(&sound, &files, HEIGHT - 1, HEIGHT, &mut seen);
        operations += 1;
    }
    println!("{operations} operations, {lost} bytes not synced, {seen:?} before and at the block");
    assert!(operations >= 2 && lost > 0 && seen[0] > 0 && seen[1] > 0);
}

/// Opening after a crash writes much: what was in the log goes into files.
#[test]
fn a_recovery_that_is_cut_off_loses_nothing() {
    for seed in seeds(SEED) {
        recovery(seed);
    }
}

fn recovery(seed: u64) {
    let sound = sound(seed, HEIGHT);
    let crashed = Files::new();
    let none = Fault {
        seed,
        ..Fault::default()
    };
    assert_eq!(run(&crashed, "commit", none), "finished");
    let mut seen = [0; 2];
    let (mut operations, mut lost) = (0, 0);
    loop {
        let files = Files::copy(&crashed.store());
        let fault = Fault {
            stop: Some(operations),
            seed,
            ..Fault::default()
        };
        if run(&files, "recover", fault) == "finished" {
            break;
        }
        lost += files.unsynced();
        verify_recovered(&sound, &files, &mut seen);
        operations += 1;
    }
    println!("{operations} operations, {lost} bytes not synced, {seen:?} before and at the block");
    assert!(operations > 20 && lost > 0 && seen[0] > 0 && seen[1] > 0);
}

/// As [`verify_all`], of the block after, and of two ends alone: there are many steps.
fn verify_recovered(sound: &Chain, files: &Files, seen: &mut [u64; 2]) {
    let mut random = Random(files.unsynced() as u64);
    for folder in [files.forgetful(), files.torn(&mut random)] {
        let latest = verify(sound, folder.path(), HEIGHT..=HEIGHT + 1);
        seen[usize::from(latest > HEIGHT)] += 1;
    }
}

/// Whether a committed block is there when the power fails after the commit.
fn survives(seed: u64, lies: bool) -> bool {
    let files = Files::new();
    let fault = Fault {
        step: Some(AFTER),
        lies,
        seed,
        ..Fault::default()
    };
    assert_eq!(run(&files, "commit", fault), "stopped");
    match opened(files.forgetful().path()) {
        Ok(store) => store.latest().is_ok_and(|latest| latest == HEIGHT),
        Err(_) => false,
    }
}

#[test]
fn a_committed_block_is_there_after_a_power_loss() {
    for seed in seeds(SEED) {
        assert!(survives(seed, false));
    }
}

/// The disk does drop what was not synced: without syncs the promise breaks, and the
/// check of it sees that.
#[test]
fn without_syncs_a_committed_block_is_lost() {
    assert!(!survives(SEED, true));
}

#[test]
fn a_full_disk_is_a_clear_error_and_leaves_a_block_boundary() {
    let files = Files::new();
    let fault = Fault {
        room: Some(4 << 20),
        ..Fault::default()
    };
    let (said, complaint) = try_run(&files, "fill", fault);
    let store = opened(&files.store()).unwrap();
    let latest = store.latest().unwrap();
    assert!(latest > 10, "{latest}");
    match said {
        Some(said) => {
            let said = said.strip_prefix("full ").expect("it never was full");
            let (height, error) = said.split_once(' ').unwrap();
            assert!(error.contains("the disk is full"), "{error}");
            assert_eq!(latest.to_string(), height);
        }
        // A library with its assertions on ends the process after a failed write, before
        // anybody can say why.
        None => assert!(
            complaint.contains("WritableFileWriter") && complaint.contains("Assertion"),
            "{complaint}"
        ),
    }
    store.check().unwrap();
    try_commit(&store, &Default::default()).unwrap();
}

#[test]
fn a_flipped_byte_in_any_file_is_refused_or_goes_back_to_a_block() {
    for seed in seeds(SEED) {
        flipped_byte(&sound(seed, HEIGHT));
    }
}

fn flipped_byte(sound: &Chain) {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = Chain::new(
        Arc::new(Rocks::open(folder.path()).unwrap()),
        options(),
        SEED,
    );
    for diff in &sound.diffs[..HEIGHT as usize - 2] {
        chain.commit(diff.clone());
    }
    drop(chain);
    // What was in the log goes into files when it is opened again.
    let store = opened(folder.path()).unwrap();
    try_commit(&store, &sound.diffs[HEIGHT as usize - 2]).unwrap();
    drop(store);
    let files = read(folder.path());
    let mut random = Random(9);
    let (mut refused, mut back, mut same) = (0, 0, 0);
    for (name, bytes) in files.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        // Notes for people, which nothing reads.
        if name.starts_with("LOG") {
            continue;
        }
        let kind = name.split('-').next().unwrap();
        let whole = ["CURRENT", "IDENTITY"].contains(&kind);
        let places = match whole {
            true => (0..bytes.len()).collect::<Vec<_>>(),
            false => (0..24)
                .map(|_| random.below(bytes.len() as u64) as usize)
                .collect(),
        };
        for at in places {
            let mut flipped = files.clone();
            flipped.get_mut(name).unwrap()[at] ^= 1 << random.below(8);
            let flipped = materialised(flipped);
            let outcome = opened(flipped.path()).and_then(|store| {
                let latest = store.latest()?;
                store.check()?;
                Ok((store, latest))
            });
            match outcome {
                Err(error) => {
                    assert!(is_told(&error), "{name} byte {at}: {error}");
                    refused += 1;
                }
                Ok((store, latest)) => {
                    assert!(latest < HEIGHT, "{name} byte {at}: {latest}");
                    match latest == HEIGHT - 1 {
                        true => same += 1,
                        false => back += 1,
                    }
                    sound.assert_is_at(&store, latest);
                }
            }
        }
    }
    println!("{refused} refused, {back} back to an earlier block, {same} the same");
    assert!(
        refused > 50 && back > 0 && same > 10,
        "{refused} {back} {same}"
    );
}

/// Whether an operator learns that the files are not what they should be.
fn is_told(error: &StateError) -> bool {
    matches!(
        error,
        StateError::Store(StoreError::Corrupt { .. } | StoreError::Io { .. })
            | StateError::Corrupt { .. }
            | StateError::Empty
    )
}
