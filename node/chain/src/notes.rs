//! What a node remembers of transactions beside their receipts.

use std::collections::{BTreeMap, VecDeque};

use hull_executor::Cause;
use hull_host_api::Hash;

/// What a node remembers of a transaction. It is no part of the state, and other nodes
/// may not have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it returned or reverted with.
    pub data: Vec<u8>,
    /// Why it did not succeed.
    pub cause: Option<Cause>,
}

/// The notes of the last transactions that have something to say.
#[derive(Default)]
pub(crate) struct Notes {
    notes: BTreeMap<Hash, Note>,
    order: VecDeque<Hash>,
    bytes: usize,
}

/// Most transactions remembered.
const MOST: usize = 100_000;
/// Most bytes remembered, about.
const MOST_BYTES: usize = 64 * 1024 * 1024;
/// About what a note takes besides its data; failures are cut to some kilobytes.
const OVERHEAD: usize = 512;

impl Notes {
    pub(crate) fn put(&mut self, id: Hash, note: Note) {
        if note.data.is_empty() && note.cause.is_none() {
            return;
        }
        self.bytes = self.bytes.saturating_add(size(&note));
        if self.notes.insert(id, note).is_none() {
            self.order.push_back(id);
        }
        while self.order.len() > MOST || self.bytes > MOST_BYTES {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            let bytes = self.notes.remove(&oldest).as_ref().map_or(0, size);
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }

    pub(crate) fn get(&self, id: &Hash) -> Option<&Note> {
        self.notes.get(id)
    }
}

fn size(note: &Note) -> usize {
    note.data.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten() {
        let mut notes = Notes::default();
        let note = Note {
            data: vec![0; MOST_BYTES / 4],
            cause: None,
        };
        for id in 0..5 {
            notes.put(Hash([id; 32]), note.clone());
        }
        assert!(notes.get(&Hash([0; 32])).is_none());
        assert!(notes.get(&Hash([4; 32])).is_some());
        assert!(notes.bytes <= MOST_BYTES);
    }

    #[test]
    fn nothing_to_say_is_not_kept() {
        let mut notes = Notes::default();
        let note = Note {
            data: Vec::new(),
            cause: None,
        };
        notes.put(Hash([1; 32]), note);
        assert!(notes.get(&Hash([1; 32])).is_none());
    }
}
