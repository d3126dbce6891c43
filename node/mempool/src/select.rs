//! What goes into the next block.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hull_host_api::{Address, Balance, Gas};
use hull_types::VerifiedTransaction;

use crate::pool::{Entry, Mempool, Sender};

/// How much room there is in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Gas limits together.
    pub gas: Gas,
    /// Bytes of encoded transactions together.
    pub bytes: u64,
    /// Transactions.
    pub transactions: usize,
}

impl Room {
    /// No bounds.
    pub const MOST: Self = Self {
        gas: Gas::MAX,
        bytes: u64::MAX,
        transactions: usize::MAX,
    };

    /// What is left after a transaction; `None` if it does not fit.
    fn after(self, transaction: &VerifiedTransaction) -> Option<Self> {
        Some(Self {
            gas: self.gas.checked_sub(transaction.transaction().gas_limit)?,
            bytes: self.bytes.checked_sub(u64::from(transaction.bytes()))?,
            transactions: self.transactions.checked_sub(1)?,
        })
    }
}

/// The next transaction of a sender; the greatest is selected first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    price: Balance,
    arrival: Reverse<u64>,
    sender: Address,
    nonce: u64,
    /// What the sender has for this and later ones.
    left: Balance,
}

impl Head {
    fn new(sender: Address, nonce: u64, left: Balance, entry: &Entry) -> Self {
        Self {
            price: entry.price,
            arrival: Reverse(entry.arrival),
            sender,
            nonce,
            left,
        }
    }

    fn of(address: Address, sender: &Sender) -> Option<Self> {
        let nonce = sender.account.nonce;
        let entry = sender.waiting.get(&nonce)?;
        Some(Self::new(address, nonce, sender.account.balance, entry))
    }
}

impl Mempool {
    /// Transactions for a block, in an order in which they may be in it: the
    /// highest price first, then who came first; of each sender in the order of
    /// nonces without gaps, as far as its balance covers. What does not fit is
    /// passed over, with all that comes after it from the same sender.
    pub fn select(&self, mut room: Room) -> Vec<Arc<VerifiedTransaction>> {
        let heads = self.senders.iter();
        let mut heads: BinaryHeap<Head> = heads
            .filter_map(|(address, sender)| Head::of(*address, sender))
            .collect();
        let mut selected = Vec::new();
        while let Some(head) = heads.pop() {
            let Some(sender) = self.senders.get(&head.sender) else {
                continue;
            };
            let Some(entry) = sender.waiting.get(&head.nonce) else {
                continue;
            };
            let needed = entry.transaction.transaction().most_spent();
            let left = needed.and_then(|needed| head.left.checked_sub(needed));
            let (Some(left), Some(after)) = (left, room.after(&entry.transaction)) else {
                if room.transactions == 0 {
                    break;
                }
                continue;
            };
            room = after;
            selected.push(Arc::clone(&entry.transaction));
            let nonce = head.nonce.saturating_add(1);
            if let Some(next) = sender.waiting.get(&nonce) {
                heads.push(Head::new(head.sender, nonce, left, next));
            }
        }
        selected
    }
}
