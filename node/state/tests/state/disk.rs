//! A disk in memory that forgets, fails and fills up.

use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};

use hull_state::{Redb, StoreError};
use redb::StorageBackend;

use crate::support::Random;

/// Bytes that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// A disk. Clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What the program reads.
    seen: Vec<u8>,
    /// What is on the platter.
    durable: Vec<u8>,
    /// What was written since the last sync.
    pending: Vec<Pending>,
    /// Writes, changes of length and syncs since `watch`.
    operations: u64,
    syncs: u64,
    watching: bool,
    crashes: Vec<Crash>,
    faults: Faults,
}

/// How a disk misbehaves from now on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    /// Syncs return without having done anything.
    pub(crate) lies: bool,
    /// This operation and all later ones fail.
    pub(crate) fails_at: Option<u64>,
    /// There is no room beyond so many bytes.
    pub(crate) room: Option<u64>,
}

#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Len(usize),
}

/// A disk as it was before an operation.
#[derive(Clone, Debug)]
pub(crate) struct Crash {
    durable: Vec<u8>,
    pending: Vec<Pending>,
}

impl Crash {
    /// What is on the disk after the power came back, if nothing was that was not synced.
    pub(crate) fn forgetful(&self) -> Vec<u8> {
        self.durable.clone()
    }

    /// What is, if everything was that was written.
    pub(crate) fn complete(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for pending in &self.pending {
            pending.apply(&mut bytes);
        }
        bytes
    }

    /// What is, if each write is there, is not, or is there up to some sector.
    pub(crate) fn torn(&self, random: &mut Random) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for pending in &self.pending {
            match (pending, random.below(3)) {
                (Pending::Write(at, data), 0) => {
                    let sectors = data.len().div_ceil(SECTOR) as u64;
                    let len = random.below(sectors + 1) as usize * SECTOR;
                    let data = data[..len.min(data.len())].to_vec();
                    Pending::Write(*at, data).apply(&mut bytes);
                }
                (_, 1) => {}
                _ => pending.apply(&mut bytes),
            }
        }
        bytes
    }

    pub(crate) fn pending(&self) -> usize {
        self.pending.len()
    }
}

impl Pending {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write(at, data) => {
                let end = at + data.len();
                bytes.resize(bytes.len().max(end), 0);
                bytes[*at..end].copy_from_slice(data);
            }
            Self::Len(len) => bytes.resize(*len, 0),
        }
    }
}

impl Disk {
    pub(crate) fn with(bytes: Vec<u8>) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.0.lock().unwrap();
            state.seen.clone_from(&bytes);
            state.durable = bytes;
        }
        disk
    }

    pub(crate) fn open(&self) -> Result<Redb, StoreError> {
        Redb::with_backend(self.clone())
    }

    /// What the disk has, without regard to syncs.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().seen.clone()
    }

    /// Misbehaves from now on, counting operations from here.
    pub(crate) fn fault(&self, faults: Faults) {
        let mut state = self.0.lock().unwrap();
        (state.faults, state.operations, state.syncs) = (faults, 0, 0);
    }

    /// Remembers from now on how the disk was before each operation.
    pub(crate) fn watch(&self) {
        self.0.lock().unwrap().watching = true;
    }

    /// How the disk was before each operation, and is now.
    pub(crate) fn crashes(&self) -> Vec<Crash> {
        let mut state = self.0.lock().unwrap();
        let now = state.crash();
        let mut crashes = std::mem::take(&mut state.crashes);
        crashes.push(now);
        crashes
    }

    /// Syncs since the last call of [`fault`](Self::fault).
    pub(crate) fn syncs(&self) -> u64 {
        self.0.lock().unwrap().syncs
    }

    fn change(&self, pending: Pending) -> Result<(), Error> {
        let mut state = self.0.lock().unwrap();
        state.operation()?;
        let end = match &pending {
            Pending::Write(at, data) => at + data.len(),
            Pending::Len(len) => *len,
        };
        if state.faults.room.is_some_and(|room| end as u64 > room) {
            return Err(ErrorKind::StorageFull.into());
        }
        pending.apply(&mut state.seen);
        state.pending.push(pending);
        Ok(())
    }
}

impl State {
    fn crash(&self) -> Crash {
        Crash {
            durable: self.durable.clone(),
            pending: self.pending.clone(),
        }
    }

    fn operation(&mut self) -> Result<(), Error> {
        if self.watching {
            let crash = self.crash();
            self.crashes.push(crash);
        }
        let number = self.operations;
        self.operations += 1;
        match self.faults.fails_at {
            Some(at) if number >= at => Err(Error::other("the disk is gone")),
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.0.lock().unwrap().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.0.lock().unwrap();
        let at = offset as usize;
        let bytes = state.seen.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.change(Pending::Len(len as usize))
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        self.change(Pending::Write(offset as usize, data.to_vec()))
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut state = self.0.lock().unwrap();
        state.operation()?;
        state.syncs += 1;
        if !state.faults.lies {
            let pending = std::mem::take(&mut state.pending);
            for pending in pending {
                pending.apply(&mut state.durable);
            }
        }
        Ok(())
    }
}
