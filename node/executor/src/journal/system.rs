//! What the chain keeps of itself in its state.

use hull_host_api::Fatal;
use hull_types::{SYSTEM, ValidatorSets};
use parity_scale_codec::Encode;

use super::Journal;
use crate::state::{Bytes, Deposit, StateReader};

/// Who validates, as a state has it. A chain that began without validators has none.
///
/// # Errors
/// If the state cannot be read, or what it has is damaged.
pub fn validators(state: &dyn StateReader) -> Result<ValidatorSets, Fatal> {
    match state.item(&SYSTEM, ValidatorSets::KEY)? {
        None => Ok(ValidatorSets::default()),
        Some(item) => decode(&item.value),
    }
}

fn decode(bytes: &[u8]) -> Result<ValidatorSets, Fatal> {
    ValidatorSets::decode_bytes(bytes).map_err(|error| Fatal::new(format!("the state has {error}")))
}

impl Journal<'_> {
    /// Who validates, as it is now.
    pub(crate) fn validators(&mut self) -> Result<ValidatorSets, Fatal> {
        let owner = self.owner_slot(&SYSTEM)?;
        let slot = self.item_slot(owner, ValidatorSets::KEY)?;
        match &self.items[slot].now {
            None => Ok(ValidatorSets::default()),
            Some(bytes) => decode(bytes),
        }
    }

    /// Not undone by any checkpoint: to be called outside of them, when nothing can fail
    /// any more.
    pub(crate) fn put_validators(&mut self, sets: &ValidatorSets) -> Result<(), Fatal> {
        if !self.checkpoints.is_empty() {
            return Err(Fatal::new("validators are changed inside a checkpoint"));
        }
        let owner = self.owner_slot(&SYSTEM)?;
        let slot = self.item_slot(owner, ValidatorSets::KEY)?;
        let value = Bytes::from(sets.encode().as_slice());
        let item = &mut self.items[slot];
        item.deposit = Some(system_deposit(&value));
        item.now = Some(value);
        Ok(())
    }
}

/// Nobody pays for what the chain keeps of itself.
pub(crate) fn system_deposit(value: &[u8]) -> Deposit {
    Deposit {
        payer: SYSTEM,
        amount: 0,
        bytes: u32::try_from(ValidatorSets::KEY.len() + value.len()).unwrap_or(u32::MAX),
    }
}
