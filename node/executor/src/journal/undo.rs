//! How to take changes back.

use hull_host_api::Hash;

use super::Journal;
use super::cache::Presence;
use crate::state::{Account, Bytes, CodeRecord, Deposit};

/// How to take one change back. Places are those of the journal's vectors, which
/// only grow.
pub(super) enum Undo {
    Account {
        slot: usize,
        old: Account,
    },
    Value {
        slot: usize,
        old: Option<Bytes>,
    },
    ItemDeposit {
        slot: usize,
        old: Option<Deposit>,
    },
    Contract {
        owner: usize,
        old: Presence,
    },
    ContractDeposit {
        owner: usize,
        old: Option<Deposit>,
    },
    Code {
        code_hash: Hash,
        old: Option<CodeRecord>,
    },
}

impl Journal<'_> {
    /// Takes back everything after the first `len` changes.
    pub(super) fn roll_back(&mut self, len: usize) {
        while self.undo.len() > len {
            let Some(undo) = self.undo.pop() else { break };
            self.take_back(undo);
        }
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Account { slot, old } => self.account_slots[slot].now = old,
            Undo::Value { slot, old } => {
                self.put_value(slot, old);
            }
            Undo::ItemDeposit { slot, old } => self.items[slot].deposit = old,
            Undo::Contract { owner, old } => self.owner_slots[owner].now = old,
            Undo::ContractDeposit { owner, old } => self.owner_slots[owner].deposit = old,
            Undo::Code { code_hash, old } => {
                if let Some(slot) = self.codes.get_mut(&code_hash) {
                    slot.now = old;
                }
            }
        }
    }

    /// Puts a value in place, counts it, and returns the one before.
    pub(super) fn put_value(&mut self, slot: usize, value: Option<Bytes>) -> Option<Bytes> {
        let item = &mut self.items[slot];
        let after = value.as_ref().map_or(0, |value| item.size(value));
        let present = value.is_some();
        let old = std::mem::replace(&mut item.now, value);
        let before = old.as_ref().map_or(0, |value| item.size(value));
        let owner = &mut self.owner_slots[item.owner as usize];
        owner.bytes = owner.bytes + after - before;
        owner.count = owner.count + u64::from(present) - u64::from(old.is_some());
        if present != old.is_some()
            && let Some(order) = &mut owner.order
        {
            order.set(&item.key, present);
        }
        old
    }
}
