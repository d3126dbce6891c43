//! What of a node survives a crash: its signing record, undecided blocks, and the
//! flushed part of its write-ahead log. The chain's own store is the world's matter.

use std::collections::BTreeMap;
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hull_types::host_api::Hash;
use hull_types::{Block, decode_bounded};
use malachitebft_app::engine::wal::{decode_entry, encode_entry};
use malachitebft_core_consensus::Input;

use super::options::Plant;
use super::random::Random;
use crate::codec::Scale;
use crate::context::Hull;
use crate::guard::Slots;
use crate::part::SignedHeader;
use crate::undecided::Place;

/// A node's disk.
#[derive(Default)]
pub(super) struct Disk {
    pub(super) slots: Slots,
    pub(super) files: Files,
    pub(super) log: Log,
}

impl Disk {
    /// The node crashes: of what was not flushed, some is there and some is not.
    pub(super) fn crash(&mut self, random: &mut Random, plant: Option<Plant>) {
        let unflushed = self.log.entries.len().saturating_sub(self.log.flushed);
        let kept = self.log.flushed + random.index(unflushed.saturating_add(1));
        self.log.entries.truncate(kept);
        self.log.flushed = kept;
        match plant {
            Some(Plant::ForgottenSignatures) => {
                self.slots = Slots::default();
                self.log = Log::default();
            }
            Some(Plant::ForgottenBlocks) => self.files.all().clear(),
            _ => (),
        }
    }
}

/// The write-ahead log, of one height at a time.
#[derive(Default)]
pub(super) struct Log {
    height: u64,
    entries: Vec<Vec<u8>>,
    flushed: usize,
}

impl Log {
    /// What there is of a height; the log is of that height then.
    pub(super) fn open(&mut self, height: u64) -> io::Result<Vec<Input<Hull>>> {
        if self.height != height {
            self.reset(height);
        }
        self.read()
    }

    /// Everything in the log.
    pub(super) fn read(&self) -> io::Result<Vec<Input<Hull>>> {
        let entries = self.entries.iter();
        entries
            .map(|bytes| decode_entry(&Scale, Cursor::new(bytes)))
            .collect()
    }

    pub(super) fn reset(&mut self, height: u64) {
        *self = Self {
            height,
            ..Self::default()
        };
    }

    pub(super) fn append(&mut self, height: u64, entry: Input<Hull>) -> io::Result<()> {
        if height == self.height {
            let mut bytes = Vec::new();
            encode_entry(entry, &Scale, &mut bytes)?;
            self.entries.push(bytes);
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) {
        self.flushed = self.entries.len();
    }
}

/// A folder in memory. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Files(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Files {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An undecided block, by its hash.
    pub(super) fn block(&self, hash: &Hash) -> Option<Block> {
        let files = self.all();
        let mut files = files.values();
        files.find_map(|bytes| {
            let file: (Option<SignedHeader>, Vec<u8>) =
                decode_bounded("an undecided block", bytes, bytes.len()).ok()?;
            let block = Block::decode_bytes(&file.1).ok()?;
            (block.header.hash() == *hash).then_some(block)
        })
    }
}

impl Place for Files {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.all().keys().cloned().collect())
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let found = self.all().get(name).cloned();
        found.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn write(&self, name: &str, pieces: &[&[u8]]) -> io::Result<()> {
        self.all().insert(name.into(), pieces.concat());
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.all().remove(name);
        Ok(())
    }
}
