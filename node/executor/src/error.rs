//! Why something was not executed, or failed.

use std::fmt;

use hull_host_api::{Address, Balance, Fatal, Gas, Hash};
use hull_types::{ParametersError, ValidatorsError};
use hull_vm::{AdmissionError, Failure};

/// Why a block has no result.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// The block is invalid: one of its transactions may not be in it. The same on
    /// every node.
    #[error("transaction {index} is invalid: {error}")]
    Invalid {
        /// Its place in the block, from 0.
        index: usize,
        /// What is wrong with it.
        error: InvalidTransaction,
    },
    /// This node failed; the block may be valid.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

/// Why one transaction has no result.
#[derive(Debug, thiserror::Error)]
pub enum TransactionError {
    /// It may not be in the block. The same on every node.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// This node failed.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

/// Why a transaction may not be in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransaction {
    /// Something is larger than it may be.
    #[error("{what}: {found}, over the limit of {limit}")]
    OverLimit {
        /// What.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// How large it may be.
        limit: u64,
    },
    /// The gas does not even cover checking the transaction.
    #[error("a gas limit of {found}; the transaction itself takes {needed}")]
    GasTooLow {
        /// The gas limit.
        found: Gas,
        /// The gas of a transaction of its length.
        needed: Gas,
    },
    /// The block has no room for that much gas.
    #[error("a gas limit of {found}; the block has {left} left")]
    BlockFull {
        /// The gas limit.
        found: Gas,
        /// Gas that the block may still give out.
        left: Gas,
    },
    /// The gas price is below that of the chain.
    #[error("a gas price of {found}; the least is {least}")]
    PriceTooLow {
        /// The price.
        found: Balance,
        /// The least.
        least: Balance,
    },
    /// A transaction of the sender is missing before this one, or this one or
    /// another in its place was included already.
    #[error("nonce {found}; the next one of the sender is {expected}")]
    Nonce {
        /// That of the transaction.
        found: u64,
        /// The sender's next.
        expected: u64,
    },
    /// The balance does not cover the most that this and the sender's transactions
    /// before it in the block may take: fee of all gas, value and deposit limit.
    #[error("the transaction may take {needed:?}; the sender has {available} for it")]
    Funds {
        /// The most it may take; `None` if that is more than any balance.
        needed: Option<Balance>,
        /// The balance at the beginning of the block, less what the sender's
        /// transactions before may take.
        available: Balance,
    },
}

/// Why an executor cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The parameters name a gas schedule that this software does not have.
    #[error("gas schedule {version} is unknown; this software is too old for the chain")]
    UnknownSchedule {
        /// The version.
        version: u32,
    },
    /// See there.
    #[error(transparent)]
    Parameters(#[from] ParametersError),
    /// The engine does not start.
    #[error(transparent)]
    Fatal(#[from] Fatal),
}

/// Why an included transaction did not succeed: beside its receipt, for people
/// and tools, never part of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A contract failed: which, how, and what failed inside it before.
    Contract(Failure),
    /// The chain did not do what was asked.
    Refused(Refusal),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contract(failure) => failure.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
        }
    }
}

/// Why the chain did not do what a transaction asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The gas did not last for an upload of that size.
    #[error("the gas did not last: this takes {needed} more than the transaction itself")]
    OutOfGas {
        /// What it takes.
        needed: Gas,
    },
    /// The balance does not cover the value. Only a simulation meets this.
    #[error("the balance does not cover the value")]
    InsufficientBalance,
    /// The deposit is over its limit, or cannot be paid.
    #[error("the deposit of {needed} is over its limit or cannot be paid")]
    DepositExceeded {
        /// The deposit.
        needed: Balance,
    },
    /// The code is there already; nothing was done or charged for its bytes.
    #[error("code {0} is uploaded already")]
    AlreadyUploaded(Hash),
    /// The module may not be a contract.
    #[error(transparent)]
    NotAdmitted(#[from] AdmissionError),
    /// There is no such code.
    #[error("there is no code {0}")]
    NoCode(Hash),
    /// Somebody else uploaded the code.
    #[error("the code can be removed by its uploader {uploader} alone")]
    NotUploader {
        /// Who did.
        uploader: Address,
    },
    /// Contracts have the code.
    #[error("{users} contracts have the code")]
    CodeInUse {
        /// How many.
        users: u64,
    },
    /// There is no such contract.
    #[error("there is no contract {0}")]
    NoContract(Address),
    /// The contract's code is not the sender's to replace.
    #[error("the code can be replaced by the contract's creator {creator} alone")]
    NotCreator {
        /// Who created it.
        creator: Address,
    },
    /// The contract's capabilities keep its code as it is, or let the contract
    /// itself replace it and nobody else.
    #[error("the contract does not allow its creator to replace its code")]
    NotUpgradable,
    /// Validators are not the sender's to change.
    #[error("validators are changed by the authority of the chain alone: {}", named(.authority))]
    NotAuthority {
        /// Who may.
        authority: Option<Address>,
    },
    /// The validators cannot become these.
    #[error(transparent)]
    Validators(#[from] ValidatorsError),
}

fn named(authority: &Option<Address>) -> String {
    authority.map_or_else(|| "it has none".into(), |address| address.to_string())
}
