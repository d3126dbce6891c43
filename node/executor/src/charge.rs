//! What a transaction pays before it does anything.

use hull_host_api::{Balance, Fatal, Gas};
use hull_types::Transaction;

use crate::journal::Journal;

/// Takes the fee of all the gas from the sender, and counts the transaction. Its
/// validity says that the sender has it.
pub(crate) fn charge(journal: &mut Journal<'_>, transaction: &Transaction) -> Result<(), Fatal> {
    let most = fee(transaction, transaction.gas_limit)?;
    if !journal.debit(&transaction.sender, most)? {
        return Err(Fatal::new(format!(
            "{} cannot pay a fee that it was found able to pay",
            transaction.sender
        )));
    }
    journal.use_nonce(&transaction.sender)
}

/// The fee of so much gas.
pub(crate) fn fee(transaction: &Transaction, gas: Gas) -> Result<Balance, Fatal> {
    Balance::from(gas)
        .checked_mul(transaction.gas_price)
        .and_then(|fee| fee.checked_add(transaction.tip))
        .ok_or_else(|| Fatal::new("a fee that no balance covers was found valid"))
}
