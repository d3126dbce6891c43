//! What is left to do when a transaction has run.

use hull_host_api::{Balance, Fatal, Gas};
use hull_types::{Receipt, ReceiptResult, Transaction};

use crate::charge::fee;
use crate::execute::Done;
use crate::executor::Executed;
use crate::journal::Journal;

/// Gives back the fee of the gas that was not used, and writes the receipt. A halt
/// takes all the gas there was.
pub(crate) fn settle(
    journal: &mut Journal<'_>,
    transaction: &Transaction,
    intrinsic: Gas,
    done: Done,
) -> Result<(Executed, Balance), Fatal> {
    let (executed, gas) = describe(journal, intrinsic, done)?;
    let (most, due) = (
        fee(transaction, transaction.gas_limit)?,
        fee(transaction, gas)?,
    );
    let back = most
        .checked_sub(due)
        .ok_or_else(|| Fatal::new(format!("{gas} gas were used, more than there was")))?;
    journal.credit(&transaction.sender, back)?;
    Ok((executed, due))
}

/// The receipt, and what is beside it.
pub(crate) fn describe(
    journal: &Journal<'_>,
    intrinsic: Gas,
    done: Done,
) -> Result<(Executed, Gas), Fatal> {
    let gas = intrinsic
        .checked_add(done.gas)
        .ok_or_else(|| Fatal::new("the gas of a transaction does not add up"))?;
    let result = match done.result {
        ReceiptResult::Success => ReceiptResult::Success,
        ReceiptResult::Halt => ReceiptResult::Halt,
        ReceiptResult::Revert(_) => ReceiptResult::Revert(done.data.clone()),
    };
    let executed = Executed {
        receipt: Receipt {
            result,
            gas,
            events: done.events,
            deposit: journal.deposit_moved(),
        },
        data: done.data,
        contract: done.contract,
        cause: done.cause,
    };
    Ok((executed, gas))
}
