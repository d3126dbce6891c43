//! A real process that is killed (`kill -9`) at every step of a commit.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use hull_state::{Batch, ChainStore, Options, Redb, Retain, Store, StoreError, View};
use redb::StorageBackend;
use redb::backends::FileBackend;

use crate::support::{Chain, seeds, try_commit};

const SEED: u64 = 50;
/// The height whose commit is cut off.
const HEIGHT: u64 = 3;
/// Tell the test program to be the node, where its store is, and where it stops.
const STORE: &str = "HULL_TEST_STORE";
const STOP: &str = "HULL_TEST_STOP";
/// The seed of its chain.
pub(crate) const CHAIN: &str = "HULL_TEST_CHAIN";

/// Steps outside the engine.
pub(crate) const BEFORE: &str = "before the batch";
pub(crate) const AFTER: &str = "after the batch";

pub(crate) fn options() -> Options {
    Options {
        retain: Retain::Last(2),
    }
}

/// A chain that nothing happened to, one block longer than the one that is cut off.
pub(crate) fn sound(seed: u64, height: u64) -> Chain {
    let mut chain = Chain::new(Arc::new(Redb::in_memory().unwrap()), options(), seed);
    for _ in 0..=height {
        chain.grow();
    }
    chain
}

/// In the process of the node: the chain that it was told.
pub(crate) fn told(height: u64) -> Chain {
    sound(std::env::var(CHAIN).unwrap().parse().unwrap(), height)
}

/// Says that the step is reached, and waits for the end.
fn stop() {
    println!("\nstopped");
    std::io::stdout().flush().unwrap();
    loop {
        std::thread::park();
    }
}

/// A file that stops the process before an operation.
#[derive(Debug)]
struct StoppingFile {
    file: FileBackend,
    /// Operations until the stop; below zero there is none.
    left: Arc<AtomicI64>,
}

impl StoppingFile {
    fn step(&self) {
        if self.left.load(Ordering::SeqCst) >= 0 && self.left.fetch_sub(1, Ordering::SeqCst) == 0 {
            stop();
        }
    }
}

type Io<T> = Result<T, std::io::Error>;

impl StorageBackend for StoppingFile {
    fn len(&self) -> Io<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Io<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Io<()> {
        self.step();
        self.file.set_len(len)
    }

    fn sync_data(&self) -> Io<()> {
        self.step();
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Io<()> {
        self.step();
        self.file.write(offset, data)
    }

    fn close(&self) -> Io<()> {
        self.file.close()
    }
}

/// A store that stops the process before or after a batch.
pub(crate) struct StoppingStore {
    store: Arc<dyn Store>,
    stop_at: OnceLock<String>,
}

impl StoppingStore {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let stop_at = OnceLock::new();
        Self { store, stop_at }
    }

    pub(crate) fn stop_at(&self, step: &str) {
        self.stop_at.set(step.into()).unwrap();
    }

    fn step(&self, step: &str) {
        if self.stop_at.get().is_some_and(|at| at == step) {
            stop();
        }
    }
}

impl Store for StoppingStore {
    fn view(&self) -> Result<Box<dyn View>, StoreError> {
        self.store.view()
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        self.step(BEFORE);
        self.store.write(batch)?;
        self.step(AFTER);
        Ok(())
    }
}

/// The node: commits blocks, and stops where it is told.
fn node(store: &Path, stop_at: &str) {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(store)
        .unwrap();
    let left = Arc::new(AtomicI64::new(-1));
    let file = StoppingFile {
        file: FileBackend::new(file).unwrap(),
        left: Arc::clone(&left),
    };
    let store = Redb::with_backend(file).unwrap();
    let engine = Arc::new(StoppingStore::new(Arc::new(store)));
    let sound = told(HEIGHT);
    let mut chain = Chain::new(engine.clone(), options(), SEED);
    for diff in &sound.diffs[..HEIGHT as usize - 1] {
        chain.commit(diff.clone());
    }
    match stop_at.parse() {
        Ok(operations) => left.store(operations, Ordering::SeqCst),
        Err(_) => engine.stop_at(stop_at),
    }
    try_commit(&chain.store, &sound.diffs[HEIGHT as usize - 1]).unwrap();
    // Closing the store comes after, and is no part of the commit.
    left.store(-1, Ordering::SeqCst);
    println!("\nfinished");
}

/// Starts the node in a process of its own.
fn start(store: &Path, stop_at: &str, seed: u64, limit: Option<u32>) -> Child {
    let exe = std::env::current_exe().unwrap();
    let test = "kill::a_killed_node_opens_at_a_block_boundary";
    let mut command = match limit {
        None => Command::new(exe),
        Some(blocks) => {
            let script = "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"";
            let mut shell = Command::new("sh");
            shell.args(["-c", script, "sh", &blocks.to_string()]);
            shell.arg(exe);
            shell
        }
    };
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(STORE, store)
        .env(STOP, stop_at)
        .env(CHAIN, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads what the node says until it says one of these.
pub(crate) fn wait_for(child: &mut Child, words: &[&str]) -> String {
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().map(Result::unwrap);
    let mut said = lines.filter(|line| words.iter().any(|word| line.starts_with(word)));
    said.next().unwrap_or_default()
}

/// Runs the node up to a stop and kills it there. `None` if it came to its end.
fn killed_at(folder: &Path, stop_at: &str, seed: u64) -> Option<PathBuf> {
    let store = folder.join(stop_at.replace(|c: char| !c.is_alphanumeric(), "-"));
    let mut child = start(&store, stop_at, seed, None);
    let said = wait_for(&mut child, &["stopped", "finished"]);
    if said == "stopped" {
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    match said.as_str() {
        "stopped" => {
            assert!(!status.success(), "{stop_at}: it was not killed");
            Some(store)
        }
        "finished" => None,
        _ => panic!("{stop_at}: the node ended by itself: {status}"),
    }
}

fn reopened(store: &Path) -> ChainStore {
    ChainStore::open(Arc::new(Redb::open(store).unwrap()), options()).unwrap()
}

#[test]
fn a_killed_node_opens_at_a_block_boundary() {
    if let Some(store) = std::env::var_os(STORE) {
        let stop_at = std::env::var(STOP).unwrap();
        return match stop_at.as_str() {
            "full" => fill(Arc::new(Redb::open(Path::new(&store)).unwrap())),
            _ => node(Path::new(&store), &stop_at),
        };
    }
    for seed in seeds(SEED) {
        killed(seed);
    }
}

fn killed(seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let sound = sound(seed, HEIGHT);
    let (mut old, mut new) = (0, 0);
    let mut verify = |store: &Path| {
        let store = reopened(store);
        let latest = store.latest().unwrap();
        match latest {
            HEIGHT => new += 1,
            _ => old += 1,
        }
        assert!((HEIGHT - 1..=HEIGHT).contains(&latest));
        sound.assert_is_at(&store, latest);
    };
    for step in [BEFORE, AFTER] {
        let store = killed_at(folder.path(), step, seed);
        verify(&store.expect("the node never came to the step"));
    }
    // Every write, sync and change of length of the engine.
    let mut operations = 0;
    while let Some(store) = killed_at(folder.path(), &operations.to_string(), seed) {
        verify(&store);
        operations += 1;
    }
    println!("{operations} operations; {old} at the block before, {new} at the block");
    assert!(
        operations > 5 && old > 0 && new > 0,
        "{operations} {old} {new}"
    );
}

/// A node that commits blocks until it cannot.
pub(crate) fn fill(store: Arc<dyn Store>) {
    let mut chain = Chain::new(store, options(), SEED);
    let owner = crate::support::address(77);
    for n in 0..10_000u64 {
        let mut diff = hull_executor::StateDiff::default();
        let items = diff.storage.entry(owner).or_default();
        let item = hull_executor::Item {
            value: vec![n as u8; 60_000].as_slice().into(),
            ..crate::support::item(1)
        };
        items.insert(n.to_be_bytes().as_slice().into(), Some(item));
        if let Err(error) = try_commit(&chain.store, &diff) {
            println!("\nfull {} {error}", chain.states.len() - 1);
            return;
        }
        chain.states.push(Default::default());
    }
}

/// A real limit of the system on the length of files.
#[test]
fn a_node_whose_disk_is_full_says_so_and_opens_at_a_block_boundary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    // In blocks of 512 bytes: 12 MiB.
    let mut child = start(&path, "full", SEED, Some(24 * 1024));
    let said = wait_for(&mut child, &["full"]);
    child.wait().unwrap();
    let said = said.strip_prefix("full ").expect("it never was full");
    let (height, error) = said.split_once(' ').unwrap();
    assert!(error.contains("the disk is full"), "{error}");
    let store = reopened(&path);
    let latest = store.latest().unwrap();
    assert_eq!(latest.to_string(), height);
    assert!(latest > 10, "{latest}");
    store.check().unwrap();
    try_commit(&store, &Default::default()).unwrap();
}
