//! What the journal keeps of each record: as it was, and as it is.

use std::sync::Arc;

use hull_host_api::{Address, Balance, ContractInfo};

use super::scan::Order;
use crate::state::{Account, Bytes, CodeRecord, ContractRecord, ContractState, Deposit, Item};

/// Finds, and is never walked through where the order could be seen. Seeded, so
/// that nobody can choose keys that collide.
#[expect(
    clippy::disallowed_types,
    reason = "its order never leaves: diffs are sorted"
)]
pub(super) type Map<K, V> = std::collections::HashMap<K, V>;

pub(super) struct AccountSlot {
    pub(super) address: Address,
    pub(super) base: Option<Account>,
    pub(super) now: Account,
    /// What it had at the beginning, less what was put aside for its transactions.
    pub(super) available: Balance,
}

pub(super) struct CodeSlot {
    pub(super) base: Option<CodeRecord>,
    pub(super) now: Option<CodeRecord>,
    /// Those of an upload, or read when they were first asked for.
    pub(super) bytes: Option<Bytes>,
}

pub(super) struct ItemSlot {
    pub(super) owner: u32,
    pub(super) key: Bytes,
    pub(super) base: Option<Item>,
    pub(super) now: Option<Bytes>,
    pub(super) deposit: Option<Deposit>,
}

impl ItemSlot {
    /// Bytes of key and value.
    pub(super) fn size(&self, value: &[u8]) -> u64 {
        (self.key.len() + value.len()) as u64
    }
}

/// An address that has, had or may get a contract, and its storage.
pub(super) struct Owner {
    pub(super) address: Address,
    pub(super) base: Option<ContractState>,
    pub(super) now: Presence,
    pub(super) deposit: Option<Deposit>,
    pub(super) bytes: u64,
    pub(super) count: u64,
    pub(super) items: Map<Bytes, u32>,
    /// The keys in order; made at the first scan.
    pub(super) order: Option<Box<Order>>,
}

/// What there is at an address.
#[derive(Clone)]
pub(super) enum Presence {
    Absent,
    Live(Live),
    Terminated,
}

/// The part of a contract's record that calls do not change.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) info: ContractInfo,
    pub(crate) creator: Address,
    pub(crate) grants: Arc<Vec<Address>>,
}

impl Owner {
    pub(super) fn new(address: Address, base: Option<ContractState>) -> Self {
        let mut owner = Self {
            address,
            base: None,
            now: Presence::Absent,
            deposit: None,
            bytes: 0,
            count: 0,
            items: Map::default(),
            order: None,
        };
        match &base {
            None => {}
            Some(ContractState::Terminated) => owner.now = Presence::Terminated,
            Some(ContractState::Live(record)) => {
                owner.now = Presence::Live(Live {
                    info: record.info,
                    creator: record.creator,
                    grants: Arc::clone(&record.grants),
                });
                owner.deposit = Some(record.deposit);
                (owner.bytes, owner.count) = (record.bytes, record.items);
            }
        }
        owner.base = base;
        owner
    }

    /// What goes into the state; `None` if there is and was nothing.
    pub(super) fn state(&self) -> Option<ContractState> {
        match &self.now {
            Presence::Absent => None,
            Presence::Terminated => Some(ContractState::Terminated),
            Presence::Live(live) => Some(ContractState::Live(ContractRecord {
                info: live.info,
                creator: live.creator,
                grants: Arc::clone(&live.grants),
                // Settled when the frame that created it ended.
                deposit: self.deposit.unwrap_or(Deposit {
                    payer: live.creator,
                    amount: 0,
                    bytes: 0,
                }),
                bytes: self.bytes,
                items: self.count,
            })),
        }
    }
}
