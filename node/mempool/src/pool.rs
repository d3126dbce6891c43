//! What is held, and the order in which it is given up.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hull_executor::Account;
use hull_host_api::{Address, Balance, Hash, Timestamp};
use hull_types::VerifiedTransaction;

use crate::limits::Limits;

/// Transactions that wait for a block. See the crate's page.
#[derive(Clone, Debug, Default)]
pub struct Mempool {
    pub(crate) limits: Limits,
    pub(crate) senders: BTreeMap<Address, Sender>,
    places: BTreeMap<Hash, (Address, u64)>,
    /// The tail of each sender, the least worth first.
    tails: BTreeSet<(Worth, Address)>,
    pub(crate) size: Size,
    arrivals: u64,
}

/// How much a pool holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Transactions.
    pub transactions: usize,
    /// Bytes of them, encoded.
    pub bytes: usize,
}

/// What is held of one sender.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sender {
    /// As of the last block.
    pub(crate) account: Account,
    /// By nonce; none is below the account's.
    pub(crate) waiting: BTreeMap<u64, Entry>,
    pub(crate) bytes: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) transaction: Arc<VerifiedTransaction>,
    pub(crate) price: Balance,
    /// The number of transactions that arrived before.
    pub(crate) arrival: u64,
    pub(crate) since: Timestamp,
}

/// What decides who goes first when there is no room: gapped before ready, then
/// the lower price, then the later arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Worth {
    pub(crate) ready: bool,
    pub(crate) price: Balance,
    pub(crate) arrival: Reverse<u64>,
}

impl Sender {
    /// The first nonce from the account's on that is missing.
    pub(crate) fn next_missing(&self) -> u64 {
        let held = self.waiting.keys();
        let next = self.account.nonce;
        held.zip(next..)
            .find(|(found, wanted)| *found != wanted)
            .map_or(
                next.saturating_add(self.waiting.len() as u64),
                |(_, wanted)| wanted,
            )
    }

    fn tail(&self) -> Option<Worth> {
        let (nonce, entry) = self.waiting.last_key_value()?;
        // Nonces are different and none is below the account's.
        let distance = nonce.saturating_sub(self.account.nonce);
        Some(Worth {
            ready: distance < self.waiting.len() as u64,
            price: entry.price,
            arrival: Reverse(entry.arrival),
        })
    }
}

impl Mempool {
    /// An empty pool.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// How much it holds.
    pub fn size(&self) -> Size {
        self.size
    }

    /// What it may hold.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// A transaction that waits.
    pub fn get(&self, id: &Hash) -> Option<&Arc<VerifiedTransaction>> {
        let (sender, nonce) = self.places.get(id)?;
        let sender = self.senders.get(sender)?;
        Some(&sender.waiting.get(nonce)?.transaction)
    }

    /// The transactions of a sender, in the order of their nonces.
    pub fn of(&self, sender: &Address) -> impl Iterator<Item = &Arc<VerifiedTransaction>> {
        let waiting = self.senders.get(sender).into_iter();
        waiting.flat_map(|sender| sender.waiting.values().map(|entry| &entry.transaction))
    }

    /// The nonce that a sender's next transaction should have: after all that are
    /// ready. `None` if the pool holds nothing of the sender.
    pub fn next_nonce(&self, sender: &Address) -> Option<u64> {
        self.senders.get(sender).map(Sender::next_missing)
    }

    /// Learns what accounts are like after a block, and drops what was included or
    /// can no longer be. Accounts of which nothing is held are passed over.
    /// Returns the ids of what was dropped.
    pub fn committed<'a>(
        &mut self,
        accounts: impl IntoIterator<Item = (&'a Address, &'a Account)>,
    ) -> Vec<Hash> {
        let mut dropped = Vec::new();
        for (address, account) in accounts {
            if self.senders.contains_key(address) {
                self.refresh(address, *account, &mut dropped);
            }
        }
        dropped
    }

    /// Gives up what has waited for longer than [`Limits::lifetime`]. Returns the ids.
    pub fn expire(&mut self, now: Timestamp) -> Vec<Hash> {
        let lifetime = self.limits.lifetime;
        let old = |entry: &&Entry| now.saturating_sub(entry.since) > lifetime;
        let entries = self.senders.values().flat_map(|one| one.waiting.values());
        let ids: Vec<Hash> = entries
            .filter(old)
            .map(|one| one.transaction.id())
            .collect();
        ids.iter().for_each(|id| drop(self.remove(id)));
        ids
    }

    /// Drops one transaction. What comes after it waits behind a gap.
    pub fn remove(&mut self, id: &Hash) -> Option<Arc<VerifiedTransaction>> {
        let (sender, nonce) = self.places.get(id).copied()?;
        self.take(&sender, nonce).map(|entry| entry.transaction)
    }

    /// Sets what is known of a sender's account.
    pub(crate) fn refresh(&mut self, address: &Address, account: Account, dropped: &mut Vec<Hash>) {
        let Some(sender) = self.senders.get(address) else {
            return;
        };
        let stale: Vec<u64> = sender
            .waiting
            .range(..account.nonce)
            .map(|(nonce, _)| *nonce)
            .collect();
        for nonce in stale {
            dropped.extend(
                self.take(address, nonce)
                    .map(|entry| entry.transaction.id()),
            );
        }
        self.reorder(address, |sender| sender.account = account);
    }

    /// The number of the next arrival.
    pub(crate) fn arrive(&mut self) -> u64 {
        self.arrivals = self.arrivals.saturating_add(1);
        self.arrivals
    }

    /// The tail that goes first when there is no room.
    pub(crate) fn least(&self) -> Option<(Worth, Address)> {
        self.tails.first().copied()
    }

    pub(crate) fn put(&mut self, account: Account, entry: Entry) {
        let body = entry.transaction.transaction();
        let (address, nonce) = (body.sender, body.nonce);
        let (id, bytes) = (entry.transaction.id(), entry.transaction.bytes() as usize);
        self.places.insert(id, (address, nonce));
        self.size.transactions += 1;
        self.size.bytes += bytes;
        self.senders.entry(address).or_default();
        self.reorder(&address, |sender| {
            sender.account = account;
            sender.bytes += bytes;
            sender.waiting.insert(nonce, entry);
        });
    }

    pub(crate) fn take(&mut self, address: &Address, nonce: u64) -> Option<Entry> {
        let mut taken = None;
        self.reorder(address, |sender| {
            taken = sender.waiting.remove(&nonce);
            let bytes = taken.as_ref().map_or(0, |entry| entry.transaction.bytes());
            sender.bytes = sender.bytes.saturating_sub(bytes as usize);
        });
        let entry = taken?;
        self.places.remove(&entry.transaction.id());
        let bytes = entry.transaction.bytes() as usize;
        self.size.transactions = self.size.transactions.saturating_sub(1);
        self.size.bytes = self.size.bytes.saturating_sub(bytes);
        Some(entry)
    }

    /// Changes a sender, and keeps the order of tails.
    fn reorder(&mut self, address: &Address, change: impl FnOnce(&mut Sender)) {
        let Some(sender) = self.senders.get_mut(address) else {
            return;
        };
        if let Some(worth) = sender.tail() {
            self.tails.remove(&(worth, *address));
        }
        change(sender);
        match sender.tail() {
            Some(worth) => {
                self.tails.insert((worth, *address));
            }
            None => {
                self.senders.remove(address);
            }
        }
    }
}
