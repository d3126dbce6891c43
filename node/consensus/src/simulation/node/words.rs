//! What the worker says without being asked.

use std::sync::{Arc, Mutex, PoisonError};

use malachitebft_app::streaming::StreamMessage;
use malachitebft_core_consensus::ProposedValue;

use crate::context::Hull;
use crate::part::Part;
use crate::worker::Outlet;

/// Its words since they were last taken. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct Words(Arc<Mutex<Vec<Word>>>);

pub(super) enum Word {
    Piece(StreamMessage<Part>),
    Judged(ProposedValue<Hull>),
}

impl Words {
    fn say(&self, word: Word) {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        words.push(word);
    }

    pub(super) fn take(&self) -> Vec<Word> {
        let mut words = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *words)
    }
}

impl Outlet for Words {
    fn publish(&self, piece: StreamMessage<Part>) {
        self.say(Word::Piece(piece));
    }

    fn judged(&self, value: ProposedValue<Hull>) {
        self.say(Word::Judged(value));
    }
}
