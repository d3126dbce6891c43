//! Dropping the state of old heights.
//!
//! Heights are dropped many at a time, in *sweeps*: from the first block of a sweep on
//! its heights cannot be read any more, and each block of it deletes a part of the tree
//! nodes that only they have, in the order of the keys. Nodes that lie on one page of
//! the engine go together, so that the page is written once and not once for each of
//! them.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Bound;

use hull_host_api::Height;

use crate::chain::{decode, meta, oldest, put_meta};
use crate::error::StateError;
use crate::layout::{META_OLDEST, META_SWEEP, code_of, escaped_end, height_key, removed_key};
use crate::prepared::Records;
use crate::records::{Stale, Sweep};
use crate::store::{Batch, Order, Space, View};

/// Most heights of a sweep in the steady state. With more of them a page has more that
/// goes, but there is little to win beyond: by then most pages of a tree with a million
/// records are written once a sweep.
const MAX_HEIGHTS: u64 = 64;

/// The part of the retained heights by which a store may have more of them.
const SLACK: u64 = 4;

/// How many times faster heights go when many more than the retained ones are there,
/// after an operator has chosen to retain less: without a long pause or a large batch.
pub(crate) const CATCHING_UP: u64 = 4;

/// Nodes of a sweep, unless a single height has more: some 30 MB of keys in memory.
const MAX_NODES: u64 = 500_000;

/// What is dropped with a block.
pub(crate) struct Prune<'a> {
    /// The store before the block.
    pub(crate) view: &'a dyn View,
    /// What the block changes.
    pub(crate) records: &'a Records,
}

/// What is left of a sweep.
pub(crate) struct Pending {
    /// As the store has it.
    sweep: Sweep,
    /// The lists of nodes, each in the order of the keys, and the next key of each.
    lists: Vec<std::vec::IntoIter<Vec<u8>>>,
    next: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    /// Keys that were removed, by height.
    removals: VecDeque<Vec<Vec<u8>>>,
}

impl Prune<'_> {
    /// Adds to a batch its part of dropping what is older than `least`, if that many
    /// heights are to be `retained`. `pending` is what the last block left.
    pub(crate) fn part(
        &self,
        batch: &mut Batch,
        pending: Option<Pending>,
        least: Height,
        retained: u64,
    ) -> Result<Option<Pending>, StateError> {
        let stored: Option<Sweep> = meta(self.view, META_SWEEP)?;
        let pending = match (stored, pending) {
            (Some(stored), Some(pending)) if pending.sweep == stored => pending,
            (Some(stored), _) => Pending::load(self.view, stored)?,
            (None, _) => match self.begin(least, retained)? {
                Some(pending) => {
                    put_meta(batch, META_OLDEST, &pending.sweep.last);
                    pending
                }
                None => return Ok(None),
            },
        };
        self.advance(batch, pending)
    }

    /// The next sweep, if enough heights are too old. The block itself never is.
    fn begin(&self, least: Height, retained: u64) -> Result<Option<Pending>, StateError> {
        let after = oldest(self.view)?;
        let old = least.saturating_sub(after);
        let usual = (retained / SLACK).clamp(1, MAX_HEIGHTS);
        if old < usual {
            return Ok(None);
        }
        let pace = if old >= 2 * usual { CATCHING_UP } else { 1 };
        let sweep = Sweep {
            after,
            last: after + old.min(usual * pace),
            removals: after,
            nodes: Vec::new(),
            part: 0,
            heights: pace,
        };
        Pending::begin(self.view, sweep).map(Some)
    }

    /// Deletes a part.
    fn advance(
        &self,
        batch: &mut Batch,
        mut pending: Pending,
    ) -> Result<Option<Pending>, StateError> {
        for _ in 0..pending.sweep.part {
            let Some(key) = pending.next_node() else {
                break;
            };
            pending.sweep.nodes.clone_from(&key);
            batch.delete(Space::Tree, key);
        }
        for _ in 0..pending.sweep.heights {
            let Some(removed) = pending.removals.pop_front() else {
                break;
            };
            pending.sweep.removals += 1;
            let height = pending.sweep.removals;
            for key in removed {
                self.drop_code(batch, &key, height)?;
                batch.delete(Space::Removed, removed_key(&key, height));
            }
        }
        if !pending.next.is_empty() || !pending.removals.is_empty() {
            put_meta(batch, META_SWEEP, &pending.sweep);
            return Ok(Some(pending));
        }
        for height in pending.sweep.after + 1..=pending.sweep.last {
            batch.delete(Space::Stale, height_key(height));
        }
        batch.delete(Space::Meta, META_SWEEP.to_vec());
        Ok(None)
    }

    /// The bytes of a code go with the last height that has it: unless it is back, or
    /// was back and was removed again.
    fn drop_code(&self, batch: &mut Batch, key: &[u8], height: Height) -> Result<(), StateError> {
        let Some(hash) = code_of(key) else {
            return Ok(());
        };
        let changes = self
            .records
            .binary_search_by(|(changed, _)| (**changed).cmp(key));
        if changes.is_ok() || self.view.get(Space::State, key)?.is_some() {
            return Ok(());
        }
        let (removal, end) = (removed_key(key, height), escaped_end(key));
        let later = (Bound::Excluded(&*removal), Bound::Excluded(&*end));
        let later = self
            .view
            .next_key(Space::Removed, later, Order::Ascending)?;
        if later.is_none() {
            batch.delete(Space::Code, hash.to_vec());
        }
        Ok(())
    }
}

impl Pending {
    fn empty(sweep: Sweep) -> Self {
        Self {
            sweep,
            lists: Vec::new(),
            next: BinaryHeap::new(),
            removals: VecDeque::new(),
        }
    }

    /// All of a sweep; its last height comes nearer if it has too many nodes.
    fn begin(view: &dyn View, sweep: Sweep) -> Result<Self, StateError> {
        let heights = sweep.after + 1..=sweep.last;
        let mut pending = Self::empty(sweep);
        let mut nodes = 0u64;
        for height in heights {
            let stale = stale_at(view, height)?;
            let more = nodes.saturating_add(stale.nodes.len() as u64);
            if more > MAX_NODES && nodes > 0 {
                break;
            }
            nodes = more;
            pending.sweep.last = height;
            pending.add(stale);
        }
        pending.sweep.part = pending.sweep.part_of(nodes);
        Ok(pending)
    }

    /// What is left of a sweep that an earlier process began.
    fn load(view: &dyn View, sweep: Sweep) -> Result<Self, StateError> {
        let heights = sweep.after + 1..=sweep.last;
        let mut pending = Self::empty(sweep);
        for height in heights {
            let mut stale = stale_at(view, height)?;
            stale.nodes.retain(|key| pending.sweep.has_node(key));
            if height <= pending.sweep.removals {
                pending.add_nodes(stale.nodes);
            } else {
                pending.add(stale);
            }
        }
        Ok(pending)
    }

    fn add(&mut self, stale: Stale) {
        self.add_nodes(stale.nodes);
        self.removals.push_back(stale.removed);
    }

    fn add_nodes(&mut self, mut nodes: Vec<Vec<u8>>) {
        nodes.sort_unstable();
        self.lists.push(nodes.into_iter());
        self.queue(self.lists.len() - 1);
    }

    /// The least key that is left.
    fn next_node(&mut self) -> Option<Vec<u8>> {
        let Reverse((key, list)) = self.next.pop()?;
        self.queue(list);
        Some(key)
    }

    fn queue(&mut self, list: usize) {
        let key = self.lists.get_mut(list).and_then(Iterator::next);
        self.next.extend(key.map(|key| Reverse((key, list))));
    }
}

fn stale_at(view: &dyn View, height: Height) -> Result<Stale, StateError> {
    let found = view.get(Space::Stale, &height_key(height))?;
    let found = found.ok_or_else(|| {
        StateError::corrupt(format!(
            "the list of what height {height} replaced is missing"
        ))
    })?;
    decode("the list of what a height replaced", &found)
}
