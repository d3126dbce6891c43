//! Ordered scans over a state and what was changed of it.
//!
//! The state knows its keys in order and the journal knows its own. A scan must
//! find the next of both, however many keys of the state were removed in between,
//! and without asking the state again for what it said before. So the keys that
//! are there are kept in order, together with the stretches in which they are
//! known to be complete; a scan that leaves such a stretch asks the state for one
//! more key and makes the stretch longer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use hull_host_api::{Fatal, Scan, ScanOrder};

use super::Journal;
use crate::state::Bytes;

/// The keys of one owner.
#[derive(Default)]
pub(super) struct Order {
    /// Keys that are there: all that were written, and all of the state's within
    /// the known stretches.
    present: BTreeSet<Bytes>,
    /// Stretches from edge to edge, both included, that do not touch each other.
    known: BTreeMap<Edge, Edge>,
}

/// A key, or one of the ends that no key reaches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Edge {
    Begin,
    Key(Bytes),
    End,
}

impl Edge {
    fn key(&self) -> Option<&[u8]> {
        match self {
            Self::Key(key) => Some(key),
            Self::Begin | Self::End => None,
        }
    }

    /// Whether this is at `key` or above it.
    fn reaches(&self, key: &[u8]) -> bool {
        match self {
            Self::Begin => false,
            Self::Key(own) => **own >= *key,
            Self::End => true,
        }
    }

    /// Whether this is at `key` or below it.
    fn falls_to(&self, key: &[u8]) -> bool {
        match self {
            Self::Begin => true,
            Self::Key(own) => **own <= *key,
            Self::End => false,
        }
    }
}

impl Order {
    /// A key came or went.
    pub(super) fn set(&mut self, key: &Bytes, present: bool) {
        if present {
            self.present.insert(key.clone());
        } else {
            self.present.remove(&**key);
        }
    }

    /// The stretch that an edge lies in.
    fn stretch(&self, edge: &Edge) -> Option<(Edge, Edge)> {
        let (low, high) = self.known.range(..=edge).next_back()?;
        (high >= edge).then(|| (low.clone(), high.clone()))
    }

    /// Adds a stretch and joins it with those that it meets.
    fn learn(&mut self, mut low: Edge, mut high: Edge) {
        while let Some((other, end)) = self.known.range(..=&high).next_back() {
            if *end < low {
                break;
            }
            let other = other.clone();
            if let Some(end) = self.known.remove(&other) {
                high = high.max(end);
            }
            low = low.min(other);
        }
        self.known.insert(low, high);
    }

    /// The next key that is there, as far as is known.
    fn next(&self, scan: &Scan<'_>) -> Option<&Bytes> {
        let after = scan.after.map_or(Bound::Unbounded, Bound::Excluded);
        match scan.order {
            ScanOrder::Ascending => self
                .present
                .range::<[u8], _>((after, Bound::Unbounded))
                .next(),
            ScanOrder::Descending => self
                .present
                .range::<[u8], _>((Bound::Unbounded, after))
                .next_back(),
        }
    }
}

impl Journal<'_> {
    /// The next key of a scan.
    pub(super) fn scan(&mut self, owner: usize, scan: &Scan<'_>) -> Result<Option<Vec<u8>>, Fatal> {
        let mut order = self.order_of(owner);
        let found = self.scan_in(&mut order, owner, scan);
        self.owner_slots[owner].order = Some(order);
        found
    }

    fn order_of(&mut self, owner: usize) -> Box<Order> {
        if let Some(order) = self.owner_slots[owner].order.take() {
            return order;
        }
        let mut order = Box::<Order>::default();
        for (key, slot) in &self.owner_slots[owner].items {
            if self.items[*slot as usize].now.is_some() {
                order.present.insert(key.clone());
            }
        }
        order
    }

    fn scan_in(
        &mut self,
        order: &mut Order,
        owner: usize,
        scan: &Scan<'_>,
    ) -> Result<Option<Vec<u8>>, Fatal> {
        let ascending = scan.order == ScanOrder::Ascending;
        let start = match scan.after {
            Some(key) => Edge::Key(key.into()),
            None if ascending => Edge::Begin,
            None => Edge::End,
        };
        loop {
            let (low, high) = match order.stretch(&start) {
                Some(stretch) => stretch,
                None => {
                    // The key itself may be the state's, which a later scan that
                    // comes from elsewhere must find.
                    if let Edge::Key(key) = &start {
                        let slot = self.item_slot(owner, key)?;
                        order.set(key, self.items[slot].now.is_some());
                    }
                    order.learn(start.clone(), start.clone());
                    (start.clone(), start.clone())
                }
            };
            let edge = if ascending { &high } else { &low };
            let next = order.next(scan);
            let within = |key: &Bytes| match ascending {
                true => edge.reaches(key),
                false => edge.falls_to(key),
            };
            if let Some(key) = next.filter(|key| within(key)) {
                let in_bound = scan.bound.is_none_or(|bound| match ascending {
                    true => **key < *bound,
                    false => **key > *bound,
                });
                return Ok(in_bound.then(|| key.to_vec()));
            }
            let at_bound = scan.bound.is_some_and(|bound| match ascending {
                true => edge.reaches(bound),
                false => edge.falls_to(bound),
            });
            let at_end = *edge == if ascending { Edge::End } else { Edge::Begin };
            if at_bound || at_end {
                return Ok(None);
            }
            let further = self.ask(order, owner, edge.key(), scan.order)?;
            match ascending {
                true => order.learn(low, further),
                false => order.learn(further, high),
            }
        }
    }

    /// Asks the state for its next key beyond `after` and notes whether it is
    /// still there. Returns how far the keys are known now.
    fn ask(
        &self,
        order: &mut Order,
        owner: usize,
        after: Option<&[u8]>,
        direction: ScanOrder,
    ) -> Result<Edge, Fatal> {
        let owner = &self.owner_slots[owner];
        let scan = Scan {
            after,
            bound: None,
            order: direction,
        };
        let Some(key) = self.state.next_key(&owner.address, scan)? else {
            return Ok(match direction {
                ScanOrder::Ascending => Edge::End,
                ScanOrder::Descending => Edge::Begin,
            });
        };
        let key = Bytes::from(key.as_slice());
        let slot = owner.items.get(&*key);
        order.set(
            &key,
            slot.is_none_or(|slot| self.items[*slot as usize].now.is_some()),
        );
        Ok(Edge::Key(key))
    }
}
