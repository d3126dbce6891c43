//! What can go wrong.

use hull_executor::{InvalidTransaction, SetupError, TransactionError};
use hull_host_api::{Fatal, Height, Timestamp};
use hull_mempool::Rejected;
use hull_state::StateError;
use hull_types::{DecodeError, EvidenceError, MAX_EVIDENCE, SignatureError};

/// Why the chain cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The store does not have it, or failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// This node failed while it executed. It must not go on.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The executor does not start.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The block may not be. The same on every node.
    #[error(transparent)]
    Invalid(#[from] InvalidBlock),
    /// A transaction that was to be tried may not be.
    #[error(transparent)]
    Transaction(#[from] InvalidTransaction),
    /// A block cannot be at that time.
    #[error("a block at {found} ms would not be later than its parent at {parent} ms")]
    Time {
        /// The time asked for.
        found: Timestamp,
        /// That of the head.
        parent: Timestamp,
    },
    /// There is no block of that height yet, or the block of the genesis was asked for.
    #[error("there is no block {height}; the last one is {latest}")]
    NoBlock {
        /// The height.
        height: Height,
        /// That of the head.
        latest: Height,
    },
}

impl ChainError {
    /// Whether the node has to stop: it can no longer tell what is true.
    pub const fn is_fatal(&self) -> bool {
        matches!(
            self,
            Self::Fatal(_) | Self::State(StateError::Store(_) | StateError::Corrupt { .. })
        )
    }
}

impl From<TransactionError> for ChainError {
    fn from(error: TransactionError) -> Self {
        match error {
            TransactionError::Invalid(invalid) => Self::Transaction(invalid),
            TransactionError::Fatal(fatal) => Self::Fatal(fatal),
        }
    }
}

/// Why no node may accept a block.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidBlock {
    /// A field of the header does not follow from the chain.
    #[error("{what} of the header is {found}; it has to be {expected}")]
    Header {
        /// Which field.
        what: &'static str,
        /// What the block has.
        found: String,
        /// What has to be there.
        expected: String,
    },
    /// There is more evidence than may be in a block.
    #[error("{found} pieces of evidence; the limit is {MAX_EVIDENCE}")]
    TooMuchEvidence {
        /// How many.
        found: usize,
    },
    /// Evidence is not in the order of the keys, or against nobody who is a validator.
    #[error("evidence {index} is out of order, or against nobody who is a validator")]
    NeedlessEvidence {
        /// Its place in the block, from 0.
        index: usize,
    },
    /// Evidence proves nothing.
    #[error("evidence {index}: {error}")]
    Evidence {
        /// Its place in the block, from 0.
        index: usize,
        /// What is wrong.
        error: EvidenceError,
    },
    /// A signature does not count.
    #[error("transaction {index}: {error}")]
    Signature {
        /// Its place in the block, from 0.
        index: usize,
        /// What is wrong.
        error: SignatureError,
    },
    /// A transaction may not be in this block.
    #[error("transaction {index}: {error}")]
    Transaction {
        /// Its place in the block, from 0.
        index: usize,
        /// What is wrong.
        error: InvalidTransaction,
    },
}

/// Why a transaction was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The bytes are no transaction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// The signature does not count.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The chain cannot take it.
    #[error(transparent)]
    Invalid(#[from] InvalidTransaction),
    /// It is in a block already.
    #[error("the transaction is in block {height} already")]
    Included {
        /// The height of the block.
        height: Height,
    },
    /// The pool does not take it.
    #[error(transparent)]
    Rejected(#[from] Rejected),
    /// This node failed.
    #[error(transparent)]
    Node(#[from] ChainError),
}

impl From<StateError> for SubmitError {
    fn from(error: StateError) -> Self {
        Self::Node(error.into())
    }
}

impl From<Fatal> for SubmitError {
    fn from(error: Fatal) -> Self {
        Self::Node(error.into())
    }
}
