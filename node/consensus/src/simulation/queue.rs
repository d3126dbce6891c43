//! Time that passes when nothing more happens before.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::worker::Clock;

/// What is to happen, by time; at one time in the order in which it was said.
pub(super) struct Queue<E> {
    events: BTreeMap<(Duration, u64), E>,
    said: u64,
}

impl<E> Queue<E> {
    pub(super) fn new() -> Self {
        Self {
            events: BTreeMap::new(),
            said: 0,
        }
    }

    pub(super) fn push(&mut self, at: Duration, event: E) {
        self.events.insert((at, self.said), event);
        self.said += 1;
    }

    pub(super) fn pop(&mut self) -> Option<(Duration, E)> {
        let ((at, _), event) = self.events.pop_first()?;
        Some((at, event))
    }
}

/// What time it is since the beginning. Clones are the same clock.
#[derive(Clone, Default)]
pub(super) struct Now(Arc<AtomicU64>);

impl Now {
    pub(super) fn get(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    pub(super) fn set(&self, now: Duration) {
        // Half a million years fit.
        let micros = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        self.0.store(micros, Ordering::Relaxed);
    }

    /// The same for a worker.
    pub(super) fn clock(&self) -> Clock {
        let now = self.clone();
        Box::new(move || now.get())
    }
}
