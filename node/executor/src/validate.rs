//! Whether a transaction may be in a block.
//!
//! A block is valid against the state before it: the nonces of each sender follow
//! each other, and what its transactions may take at most is covered by what it
//! had at the beginning. So validity does not depend on what the transactions do,
//! and every one that is included can pay.

use hull_host_api::{Gas, MAX_GAS_LIMIT, limits};
use hull_types::{MAX_VALIDATORS, Parameters, Payload, Transaction, VerifiedTransaction};

use crate::error::{InvalidTransaction, TransactionError};
use crate::journal::Journal;

/// What the transactions of a block took so far.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    gas: Gas,
    bytes: u64,
}

impl Room {
    /// Takes a transaction in.
    fn take(
        &mut self,
        parameters: &Parameters,
        transaction: &VerifiedTransaction,
    ) -> Result<(), InvalidTransaction> {
        let gas = transaction.transaction().gas_limit;
        let left = parameters.block_gas.saturating_sub(self.gas);
        if gas > left {
            return Err(InvalidTransaction::BlockFull { found: gas, left });
        }
        let bytes = self.bytes.saturating_add(u64::from(transaction.bytes()));
        at_most(
            "bytes of the block",
            bytes,
            u64::from(parameters.block_bytes),
        )?;
        (self.gas, self.bytes) = (self.gas.saturating_add(gas), bytes);
        Ok(())
    }
}

/// Everything that can be said of a transaction without a state.
///
/// # Errors
/// The first rule that it breaks.
pub(crate) fn check_form(
    parameters: &Parameters,
    transaction: &VerifiedTransaction,
) -> Result<(), InvalidTransaction> {
    let (bytes, transaction) = (transaction.bytes(), transaction.transaction());
    let most = parameters.transaction_bytes;
    at_most(
        "bytes of the transaction",
        u64::from(bytes),
        u64::from(most),
    )?;
    at_most("the gas limit", transaction.gas_limit, MAX_GAS_LIMIT)?;
    let needed = parameters.intrinsic_gas(bytes);
    if transaction.gas_limit < needed {
        return Err(InvalidTransaction::GasTooLow {
            found: transaction.gas_limit,
            needed,
        });
    }
    if transaction.gas_price < parameters.least_gas_price {
        return Err(InvalidTransaction::PriceTooLow {
            found: transaction.gas_price,
            least: parameters.least_gas_price,
        });
    }
    check_payload(&transaction.payload)
}

/// What the engine must not be asked for.
pub(crate) fn check_payload(payload: &Payload) -> Result<(), InvalidTransaction> {
    let (input, grants) = match payload {
        Payload::Instantiate { input, grants, .. } => (input.len(), grants.len()),
        Payload::Call { input, .. } | Payload::SetCode { input, .. } => (input.len(), 0),
        Payload::UpdateValidators { update } => {
            let (found, most) = (update.len() as u64, MAX_VALIDATORS as u64);
            return at_most("validators of an update", found, most);
        }
        Payload::Transfer { .. } | Payload::Upload { .. } | Payload::RemoveCode { .. } => (0, 0),
    };
    at_most(
        "bytes of input",
        input as u64,
        u64::from(limits::MAX_INPUT_LEN),
    )?;
    at_most(
        "granted addresses",
        grants as u64,
        u64::from(limits::MAX_GRANTS),
    )
}

/// Whether a transaction may come next in a block.
pub(crate) fn validate(
    journal: &mut Journal<'_>,
    room: &mut Room,
    parameters: &Parameters,
    transaction: &VerifiedTransaction,
) -> Result<(), TransactionError> {
    check_form(parameters, transaction)?;
    let mut taken = *room;
    taken.take(parameters, transaction)?;
    let body = transaction.transaction();
    let expected = journal.account(&body.sender)?.nonce;
    // The last number is never used, so that it can be counted on.
    if body.nonce != expected || body.nonce == u64::MAX {
        return Err(InvalidTransaction::Nonce {
            found: body.nonce,
            expected,
        }
        .into());
    }
    reserve(journal, body)?;
    *room = taken;
    Ok(())
}

/// Puts aside the most that the transaction may take.
fn reserve(journal: &mut Journal<'_>, body: &Transaction) -> Result<(), TransactionError> {
    let available = journal.available(&body.sender)?;
    let needed = body.most_spent();
    match needed.and_then(|needed| available.checked_sub(needed)) {
        Some(left) => Ok(journal.set_available(&body.sender, left)?),
        None => Err(InvalidTransaction::Funds { needed, available }.into()),
    }
}

pub(crate) fn at_most(
    what: &'static str,
    found: u64,
    limit: u64,
) -> Result<(), InvalidTransaction> {
    if found > limit {
        return Err(InvalidTransaction::OverLimit { what, found, limit });
    }
    Ok(())
}
