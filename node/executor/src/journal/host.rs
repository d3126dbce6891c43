//! The engine's questions and orders.

use std::sync::Arc;

use hull_host_api::{
    Address, Balance, BlockInfo, ContractInfo, Fatal, GuestError, Hash, Host, HostResult,
    NewContract, Scan, ScanOrder,
};

use super::cache::{Live, Presence};
use super::deposits::Unsettled;
use super::undo::Undo;
use super::{Checkpoint, Journal, refuse, shared};
use crate::state::Bytes;

/// Messages of the debug log that are kept until they are taken: they
/// are for people, and nobody pays to have them kept.
const MAX_DEBUG_LOG: usize = 1024;

impl Journal<'_> {
    /// Writes or removes an item, and remembers what for a rollback and the
    /// settlement of deposits.
    fn write(&mut self, slot: usize, value: Option<Bytes>) {
        let old = self.put_value(slot, value);
        let item = &self.items[slot];
        let paid = item.deposit.map(|deposit| u64::from(deposit.bytes));
        let settled = match (&item.now, paid) {
            (None, None) => true,
            (Some(value), Some(paid)) => item.size(value) <= paid,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if let Some(checkpoint) = self.checkpoints.last_mut() {
            self.undo.push(Undo::Value { slot, old });
            if !settled {
                checkpoint.unsettled.push(Unsettled::Item(slot));
            }
        }
    }

    fn put_contract(&mut self, owner: usize, now: Presence) {
        let old = std::mem::replace(&mut self.owner_slots[owner].now, now);
        self.undo.push(Undo::Contract { owner, old });
    }

    fn unsettled(&mut self, owner: usize) {
        if let Some(checkpoint) = self.checkpoints.last_mut() {
            checkpoint.unsettled.push(Unsettled::Contract(owner));
        }
    }
}

impl Host for Journal<'_> {
    fn block(&self) -> BlockInfo {
        self.block
    }

    fn storage_read(&mut self, owner: &Address, key: &[u8]) -> HostResult<Option<&[u8]>> {
        let owner = self.owner_slot(owner)?;
        let slot = self.item_slot(owner, key)?;
        Ok(self.items[slot].now.as_deref())
    }

    fn storage_write(&mut self, owner: &Address, key: &[u8], value: &[u8]) -> HostResult<u64> {
        let owner = self.owner_slot(owner)?;
        let slot = self.item_slot(owner, key)?;
        self.write(slot, Some(value.into()));
        Ok(self.owner_slots[owner].bytes)
    }

    fn storage_remove(&mut self, owner: &Address, key: &[u8]) -> HostResult<bool> {
        let owner = self.owner_slot(owner)?;
        let slot = self.item_slot(owner, key)?;
        let found = self.items[slot].now.is_some();
        if found {
            self.write(slot, None);
        }
        Ok(found)
    }

    fn storage_next(&mut self, owner: &Address, scan: Scan<'_>) -> HostResult<Option<Vec<u8>>> {
        let owner = self.owner_slot(owner)?;
        Ok(self.scan(owner, &scan)?)
    }

    fn balance(&mut self, address: &Address) -> HostResult<Balance> {
        Ok(self.account(address)?.balance)
    }

    fn transfer(&mut self, from: &Address, to: &Address, amount: Balance) -> HostResult<()> {
        if !self.debit(from, amount)? {
            return Err(refuse(GuestError::InsufficientBalance));
        }
        Ok(self.credit(to, amount)?)
    }

    fn contract(&mut self, address: &Address) -> HostResult<Option<ContractInfo>> {
        Ok(self.live(address)?.map(|live| live.info))
    }

    fn is_granted(&mut self, contract: &Address, callee: &Address) -> HostResult<bool> {
        let live = self.live(contract)?;
        Ok(live.is_some_and(|live| live.grants.contains(callee)))
    }

    fn code(&mut self, code_hash: &Hash) -> HostResult<Option<Arc<[u8]>>> {
        let slot = self.code_slot(code_hash)?;
        if slot.now.is_none() {
            return Ok(None);
        }
        if let Some(bytes) = &slot.bytes {
            return Ok(Some(shared(bytes.clone())));
        }
        let bytes = self.state.code_bytes(code_hash)?;
        let bytes =
            bytes.ok_or_else(|| Fatal::new(format!("the state has no bytes of {code_hash}")))?;
        self.code_slot(code_hash)?.bytes = Some(bytes.clone());
        Ok(Some(shared(bytes)))
    }

    fn has_code(&mut self, code_hash: &Hash) -> HostResult<bool> {
        Ok(self.code_record(code_hash)?.is_some())
    }

    fn storage_items(&mut self, owner: &Address) -> HostResult<u64> {
        let owner = self.owner_slot(owner)?;
        Ok(self.owner_slots[owner].count)
    }

    fn create_contract(&mut self, address: &Address, new: NewContract<'_>) -> HostResult<()> {
        let owner = self.owner_slot(address)?;
        if !matches!(self.owner_slots[owner].now, Presence::Absent) {
            return Err(refuse(GuestError::AddressTaken));
        }
        self.put_contract(
            owner,
            Presence::Live(Live {
                info: new.info,
                creator: new.creator,
                grants: Arc::new(new.grants.to_vec()),
            }),
        );
        self.unsettled(owner);
        Ok(self.count_user(&new.info.code_hash, true)?)
    }

    fn set_contract(&mut self, address: &Address, info: ContractInfo) -> HostResult<()> {
        let owner = self.owner_slot(address)?;
        let Presence::Live(live) = &self.owner_slots[owner].now else {
            return Err(Fatal::new(format!("there is no contract {address} to change")).into());
        };
        let (mut live, old) = (live.clone(), live.info.code_hash);
        live.info = info;
        self.put_contract(owner, Presence::Live(live));
        self.count_user(&info.code_hash, true)?;
        Ok(self.count_user(&old, false)?)
    }

    fn terminate(&mut self, address: &Address, beneficiary: &Address) -> HostResult<()> {
        let balance = self.account(address)?.balance;
        self.transfer(address, beneficiary, balance)?;
        let owner = self.owner_slot(address)?;
        let Presence::Live(live) = &self.owner_slots[owner].now else {
            return Err(Fatal::new(format!("there is no contract {address} to remove")).into());
        };
        let code_hash = live.info.code_hash;
        let mut after = None;
        while let Some(key) = self.scan(
            owner,
            &Scan {
                after: after.as_deref(),
                bound: None,
                order: ScanOrder::Ascending,
            },
        )? {
            let slot = self.item_slot(owner, &key)?;
            self.write(slot, None);
            after = Some(key);
        }
        self.put_contract(owner, Presence::Terminated);
        self.unsettled(owner);
        Ok(self.count_user(&code_hash, false)?)
    }

    fn enter(&mut self, deposit_limit: Balance) -> HostResult<()> {
        let own = i128::try_from(deposit_limit).unwrap_or(i128::MAX);
        // Nested, no more than what the outer one has left.
        let left = self
            .checkpoints
            .last()
            .map(|outer| outer.deposit_limit.saturating_sub(outer.deposit).max(0));
        self.checkpoints.push(Checkpoint {
            undo_len: self.undo.len(),
            deposit_limit: left.map_or(own, |left| own.min(left)),
            deposit: 0,
            unsettled: Vec::new(),
        });
        Ok(())
    }

    fn exit(&mut self, commit: bool) -> HostResult<()> {
        if commit {
            self.settle_deposits()?;
        }
        let Some(checkpoint) = self.checkpoints.pop() else {
            return Err(Fatal::new("a checkpoint was closed that was never opened").into());
        };
        if !commit {
            self.roll_back(checkpoint.undo_len);
            return Ok(());
        }
        match self.checkpoints.last_mut() {
            Some(outer) => outer.deposit = outer.deposit.saturating_add(checkpoint.deposit),
            None => {
                self.undo.clear();
                self.deposit_moved = self.deposit_moved.saturating_add(checkpoint.deposit);
            }
        }
        Ok(())
    }

    fn debug(&mut self, contract: &Address, message: &[u8]) {
        if self.debug_log.len() < MAX_DEBUG_LOG {
            self.debug_log.push((*contract, message.to_vec()));
        }
    }
}
