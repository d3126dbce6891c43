//! Why a call came to nothing.

use hull_executor::{HaltKind, InvalidTransaction, Reason, Refusal};
use hull_host_api::CallStatus;
use thiserror::Error;

/// Why there is nothing of the declared type. What the call did is undone.
///
/// An error that the contract declares is none of these: it is the `Err` of the
/// message's own `Result`.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let starved = chain.call(counter, messages::add(1)).gas_limit(230_000_000).run();
/// assert_eq!(starved.result, Err(Failed::Halted(HaltKind::OutOfGas)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Failed {
    /// The contract panicked or called `fail`.
    #[error("it aborted: {message}")]
    Aborted {
        /// The message; the SDK's begin with file, line and column.
        message: String,
    },
    /// The contract has no such message, or could not decode the arguments.
    #[error(
        "the contract could not read its input: no message has this selector, or the arguments are of other types"
    )]
    CouldNotReadInput,
    /// The contract reverted with data that the message does not declare.
    #[error("it reverted with {}", bytes(.data))]
    Reverted {
        /// The data.
        data: Vec<u8>,
    },
    /// The contract returned data that is not of the declared type.
    #[error("it returned {}, which is not of the declared type: were client and Wasm built from the same source?", bytes(.data))]
    BadReply {
        /// The data.
        data: Vec<u8>,
    },
    /// The contract broke a rule; all its gas is gone.
    #[error("it halted: {0}")]
    Halted(HaltKind),
    /// The contract was not called at all.
    #[error("it was not called: {}", Reason::Refused(*.0))]
    NotCalled(CallStatus),
    /// The chain did not do what the transaction asked for.
    #[error("the chain refused it: {0}")]
    Refused(Refusal),
    /// No block may hold the transaction; nothing was paid.
    #[error("the transaction is invalid: {0}")]
    Invalid(InvalidTransaction),
}

fn bytes(data: &[u8]) -> String {
    match data {
        [] => "no data".into(),
        data => format!("0x{}", hex::encode(data)),
    }
}
