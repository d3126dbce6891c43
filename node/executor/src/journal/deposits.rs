//! Storage deposits.
//!
//! Whatever a frame adds to the state is paid for when the frame ends, by the
//! origin of the transaction. What is held is recorded with the state that it
//! pays for: who paid, how much, and for how many bytes. It returns as recorded,
//! to whom it is recorded for, when that state is removed; today's price has no
//! say in it.
//!
//! | an item | what moves when the frame ends |
//! |---|---|
//! | is new | the origin pays for it |
//! | has more bytes than are paid for | its payer gets its deposit back, the origin pays for all of it at today's price; for an origin that is the payer only the difference in bytes is added |
//! | has as many or fewer | nothing: a number that is longer today and shorter tomorrow moves no tokens |
//! | is gone | its payer gets its deposit back |
//!
//! A contract's own record is paid for and returned like an item that never grows.

use hull_host_api::{Balance, Fatal, GuestError, HostError, HostResult};
use parity_scale_codec::Encode;

use super::cache::Presence;
use super::undo::Undo;
use super::{Journal, refuse};
use crate::state::Deposit;

/// Something whose deposit may no longer be what it should be.
#[derive(Clone, Copy)]
pub(super) enum Unsettled {
    Item(usize),
    Contract(usize),
}

impl Journal<'_> {
    /// Settles the deposits of the innermost checkpoint: what is returned first,
    /// so that it can pay for what is added.
    pub(super) fn settle_deposits(&mut self) -> HostResult<()> {
        let Some(checkpoint) = self.checkpoints.last_mut() else {
            return Ok(());
        };
        if checkpoint.unsettled.is_empty() {
            return Ok(());
        }
        let unsettled = std::mem::take(&mut checkpoint.unsettled);
        for one in &unsettled {
            self.give_back(*one)?;
        }
        for one in &unsettled {
            self.demand(*one)?;
        }
        match self.checkpoints.last() {
            Some(checkpoint) if checkpoint.deposit > checkpoint.deposit_limit => {
                Err(refuse(GuestError::DepositExceeded))
            }
            _ => Ok(()),
        }
    }

    /// Returns the deposit of what is gone.
    fn give_back(&mut self, one: Unsettled) -> Result<(), Fatal> {
        let gone = match one {
            Unsettled::Item(slot) => self.items[slot].now.is_none(),
            Unsettled::Contract(owner) => !matches!(self.owner_slots[owner].now, Presence::Live(_)),
        };
        if gone && let Some(deposit) = self.held(one) {
            self.record(one, None);
            self.refund(deposit)?;
        }
        Ok(())
    }

    /// Takes the deposit for what is there and not paid for.
    fn demand(&mut self, one: Unsettled) -> HostResult<()> {
        let Some(bytes) = self.size(one) else {
            return Ok(());
        };
        let held = self.held(one);
        if held.is_some_and(|held| bytes <= held.bytes) {
            return Ok(());
        }
        let amount = match held {
            Some(held) if held.payer == self.origin => {
                let more = Balance::from(bytes - held.bytes);
                let more = self.parameters.deposit_byte.saturating_mul(more);
                self.pay(more)?;
                held.amount.saturating_add(more)
            }
            held => {
                if let Some(held) = held {
                    self.refund(held)?;
                }
                let amount = self.parameters.item_deposit(u64::from(bytes));
                self.pay(amount)?;
                amount
            }
        };
        let payer = self.origin;
        self.record(
            one,
            Some(Deposit {
                payer,
                amount,
                bytes,
            }),
        );
        Ok(())
    }

    /// Bytes to be paid for; `None` if it is gone.
    fn size(&self, one: Unsettled) -> Option<u32> {
        let bytes = match one {
            Unsettled::Item(slot) => {
                let item = &self.items[slot];
                item.size(item.now.as_ref()?)
            }
            Unsettled::Contract(owner) => {
                let owner = &self.owner_slots[owner];
                match owner.now {
                    Presence::Live(_) => owner.state()?.encoded_size() as u64,
                    Presence::Absent | Presence::Terminated => return None,
                }
            }
        };
        // Keys, values and grants are bounded far below by the engine.
        Some(u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    fn held(&self, one: Unsettled) -> Option<Deposit> {
        match one {
            Unsettled::Item(slot) => self.items[slot].deposit,
            Unsettled::Contract(owner) => self.owner_slots[owner].deposit,
        }
    }

    fn record(&mut self, one: Unsettled, deposit: Option<Deposit>) {
        let undo = match one {
            Unsettled::Item(slot) => Undo::ItemDeposit {
                slot,
                old: std::mem::replace(&mut self.items[slot].deposit, deposit),
            },
            Unsettled::Contract(owner) => Undo::ContractDeposit {
                owner,
                old: std::mem::replace(&mut self.owner_slots[owner].deposit, deposit),
            },
        };
        self.undo.push(undo);
    }

    /// Takes a deposit from the origin.
    pub(crate) fn pay(&mut self, amount: Balance) -> HostResult<()> {
        let origin = self.origin;
        let signed = i128::try_from(amount).map_err(|_| refuse(GuestError::DepositExceeded))?;
        if !self.debit(&origin, amount).map_err(HostError::Fatal)? {
            return Err(refuse(GuestError::DepositExceeded));
        }
        self.moved(signed)
    }

    /// Returns a deposit to who paid it.
    pub(crate) fn refund(&mut self, deposit: Deposit) -> Result<(), Fatal> {
        self.credit(&deposit.payer, deposit.amount)?;
        if deposit.payer == self.origin {
            let signed = i128::try_from(deposit.amount).map_err(Fatal::new)?;
            self.moved(-signed)
                .map_err(|_| Fatal::new("deposits do not add up"))?;
        }
        Ok(())
    }

    fn moved(&mut self, amount: i128) -> HostResult<()> {
        if let Some(checkpoint) = self.checkpoints.last_mut() {
            let sum = checkpoint.deposit.checked_add(amount);
            checkpoint.deposit = sum.ok_or_else(|| refuse(GuestError::DepositExceeded))?;
        }
        Ok(())
    }
}
