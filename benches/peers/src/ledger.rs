//! The chain around a contract: what the peers' host functions work on.

use std::collections::BTreeMap;
use std::ops::Range;
use std::{fmt, mem};

use bench_workloads::token::Address;
use hull_vm::host_api::{Address as Owner, Event, Hash};

use crate::{Answer, State};

/// Storage, context and results of one contract's calls.
///
/// The host functions are methods that take the contract's memory first and
/// then what the contract passed. They do what Hull's do, without its undo log,
/// its limits and its charges: whatever a chain adds comes on top for a peer.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    storage: BTreeMap<Vec<u8>, Vec<u8>>,
    caller: Address,
    input: Vec<u8>,
    answer: Answer,
}

/// Calls the macro `$with` with the signature of every host function.
macro_rules! for_each_import {
    ($with:ident) => {
        $with! {
            input_len() -> u32;
            input(out_ptr, offset, len) -> ();
            return_data(ptr, len) -> ();
            revert(ptr, len) -> ();
            caller(out_ptr) -> ();
            storage_read(key_ptr, key_len, out_ptr, out_cap) -> i64;
            storage_write(key_ptr, key_len, value_ptr, value_len) -> ();
            event(topics_ptr, topics_count, data_ptr, data_len) -> ();
        }
    };
}
pub(crate) use for_each_import;

impl Ledger {
    pub(crate) fn new(state: &State) -> Self {
        Self {
            storage: state.iter().cloned().collect(),
            ..Self::default()
        }
    }

    /// What `key` holds.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&Vec<u8>> {
        self.storage.get(key)
    }

    /// Begins a call.
    pub(crate) fn begin(&mut self, caller: &Address, input: &[u8]) {
        self.caller = *caller;
        self.input.clear();
        self.input.extend_from_slice(input);
    }

    /// Ends it.
    pub(crate) fn end(&mut self) -> Answer {
        mem::take(&mut self.answer)
    }

    pub(crate) fn input_len(&mut self, _: &mut [u8]) -> Result<u32, HostTrap> {
        Ok(self.input.len() as u32)
    }

    pub(crate) fn input(
        &mut self,
        memory: &mut [u8],
        out_ptr: u32,
        offset: u32,
        len: u32,
    ) -> Result<(), HostTrap> {
        let from = self
            .input
            .get(range(offset, len))
            .ok_or(HostTrap::OutOfBounds)?;
        slice_mut(memory, out_ptr, len)?.copy_from_slice(from);
        Ok(())
    }

    pub(crate) fn return_data(
        &mut self,
        memory: &mut [u8],
        ptr: u32,
        len: u32,
    ) -> Result<(), HostTrap> {
        self.answer.data = slice(memory, ptr, len)?.to_vec();
        Ok(())
    }

    pub(crate) fn revert(&mut self, memory: &mut [u8], ptr: u32, len: u32) -> Result<(), HostTrap> {
        Err(HostTrap::Revert(slice(memory, ptr, len)?.into()))
    }

    pub(crate) fn caller(&mut self, memory: &mut [u8], out_ptr: u32) -> Result<(), HostTrap> {
        slice_mut(memory, out_ptr, self.caller.len() as u32)?.copy_from_slice(&self.caller);
        Ok(())
    }

    pub(crate) fn storage_read(
        &mut self,
        memory: &mut [u8],
        key_ptr: u32,
        key_len: u32,
        out_ptr: u32,
        out_cap: u32,
    ) -> Result<i64, HostTrap> {
        let Some(value) = self.storage.get(slice(memory, key_ptr, key_len)?) else {
            return Ok(-1);
        };
        let copied = value.len().min(out_cap as usize);
        slice_mut(memory, out_ptr, copied as u32)?.copy_from_slice(&value[..copied]);
        Ok(value.len() as i64)
    }

    pub(crate) fn storage_write(
        &mut self,
        memory: &mut [u8],
        key_ptr: u32,
        key_len: u32,
        value_ptr: u32,
        value_len: u32,
    ) -> Result<(), HostTrap> {
        let key = slice(memory, key_ptr, key_len)?;
        let value = slice(memory, value_ptr, value_len)?;
        match self.storage.get_mut(key) {
            Some(old) => {
                old.clear();
                old.extend_from_slice(value);
            }
            None => {
                self.storage.insert(key.to_vec(), value.to_vec());
            }
        }
        Ok(())
    }

    pub(crate) fn event(
        &mut self,
        memory: &mut [u8],
        topics_ptr: u32,
        topics_count: u32,
        data_ptr: u32,
        data_len: u32,
    ) -> Result<(), HostTrap> {
        let topics = slice(memory, topics_ptr, topics_count.saturating_mul(32))?;
        let (topics, _) = topics.as_chunks::<32>();
        let data = slice(memory, data_ptr, data_len)?;
        self.answer.events.push(Event {
            contract: Owner::default(),
            topics: topics.iter().copied().map(Hash).collect(),
            data: data.to_vec(),
        });
        Ok(())
    }
}

/// Why a host function ends the call.
#[derive(Debug)]
pub(crate) enum HostTrap {
    /// A range outside the contract's memory or the input.
    OutOfBounds,
    /// The contract gave up.
    Revert(Box<[u8]>),
}

impl fmt::Display for HostTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfBounds => f.write_str("a range out of bounds"),
            Self::Revert(data) => write!(f, "reverted: {}", String::from_utf8_lossy(data)),
        }
    }
}

impl std::error::Error for HostTrap {}

fn range(start: u32, len: u32) -> Range<usize> {
    start as usize..start as usize + len as usize
}

fn slice(memory: &[u8], ptr: u32, len: u32) -> Result<&[u8], HostTrap> {
    memory.get(range(ptr, len)).ok_or(HostTrap::OutOfBounds)
}

fn slice_mut(memory: &mut [u8], ptr: u32, len: u32) -> Result<&mut [u8], HostTrap> {
    memory.get_mut(range(ptr, len)).ok_or(HostTrap::OutOfBounds)
}
