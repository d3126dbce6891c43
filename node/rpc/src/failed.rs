//! Errors of the API.

use std::fmt::Display;

use hull_chain::{ChainError, SubmitError};
use hull_rpc_types::{ErrorCode, ErrorData};
use hull_state::StateError;
use jsonrpsee::types::ErrorObjectOwned;

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What kind of thing went wrong.
    pub code: ErrorCode,
    /// What, where, and what to do.
    pub data: ErrorData,
}

impl Failed {
    /// Of a kind, with what is wrong, where, and what to do.
    pub fn new(
        code: ErrorCode,
        what: impl Display,
        place: impl Display,
        remedy: impl Display,
    ) -> Self {
        Self {
            code,
            data: ErrorData {
                what: what.to_string(),
                place: place.to_string(),
                remedy: remedy.to_string(),
            },
        }
    }

    pub(crate) fn params(what: impl Display, place: impl Display, remedy: impl Display) -> Self {
        Self::new(ErrorCode::InvalidParams, what, place, remedy)
    }

    pub(crate) fn not_found(what: impl Display, place: impl Display) -> Self {
        let remedy = "check it, and that this node is of the chain you mean and has caught up";
        Self::new(ErrorCode::NotFound, what, place, remedy)
    }

    pub(crate) fn node(what: impl Display) -> Self {
        let remedy = "ask another node, and tell the operator of this one";
        Self::new(ErrorCode::NodeFailure, what, "this node", remedy)
    }
}

impl From<Failed> for ErrorObjectOwned {
    fn from(failed: Failed) -> Self {
        Self::owned(failed.code.code(), failed.code.message(), Some(failed.data))
    }
}

impl From<StateError> for Failed {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotRetained { height, latest, .. } if height <= latest => Self::new(
                ErrorCode::Pruned,
                &error,
                "block",
                "ask for a later block, or ask an archive node",
            ),
            StateError::TooFarBack { .. } => Self::new(
                ErrorCode::Pruned,
                &error,
                "block",
                "ask for a later block, or ask an archive node",
            ),
            StateError::NotRetained { .. } => Self::not_found(&error, "block"),
            error => {
                tracing::error!(%error, "the store failed");
                Self::node(&error)
            }
        }
    }
}

impl From<hull_host_api::Fatal> for Failed {
    fn from(fatal: hull_host_api::Fatal) -> Self {
        tracing::error!(error = %fatal, "reading the state failed");
        Self::node(&fatal)
    }
}

impl From<ChainError> for Failed {
    fn from(error: ChainError) -> Self {
        match error {
            ChainError::State(error) => error.into(),
            ChainError::Fatal(fatal) => fatal.into(),
            ChainError::NoBlock { .. } => Self::not_found(&error, "block"),
            ChainError::Time { .. } => {
                Self::params(&error, "time", "give a time later than the last block's")
            }
            ChainError::Transaction(invalid) => Self::new(
                ErrorCode::InvalidTransaction,
                invalid,
                "transaction",
                "stay within the limits that hull_parameters tells",
            ),
            ChainError::Setup(_) | ChainError::Invalid(_) => Self::node(&error),
        }
    }
}

impl From<SubmitError> for Failed {
    fn from(error: SubmitError) -> Self {
        let (code, remedy) = match error {
            SubmitError::Node(error) => return error.into(),
            SubmitError::Decode(_) => (
                ErrorCode::InvalidTransaction,
                "send the SCALE encoding of one signed transaction, in hexadecimal",
            ),
            SubmitError::Signature(_) => (
                ErrorCode::BadSignature,
                "sign with the sender's key, for the chain id that hull_status tells",
            ),
            SubmitError::Invalid(_) => (
                ErrorCode::InvalidTransaction,
                "ask hull_estimateGas for limits and hull_parameters for prices",
            ),
            SubmitError::Included { .. } => (
                ErrorCode::PoolRefused,
                "nothing: ask hull_receipt what became of it",
            ),
            SubmitError::Rejected(rejected) => (ErrorCode::PoolRefused, remedy(&rejected)),
        };
        Self::new(code, error, "transaction", remedy)
    }
}

fn remedy(rejected: &hull_mempool::Rejected) -> &'static str {
    use hull_mempool::Rejected;
    match rejected {
        Rejected::Known => "nothing: ask hull_receipt what becomes of it",
        Rejected::NonceUsed { .. } => "take nextNonce of hull_account, and sign again",
        Rejected::NonceTooFar { .. } => "send the transactions before it first",
        Rejected::Funds { .. } => {
            "lower gas limit, gas price, value or deposit limit, or wait until others are included"
        }
        Rejected::ReplacementUnderpriced { .. } => "raise the gas price, and sign again",
        Rejected::Full { .. } => "raise the gas price, or send it again later",
        Rejected::SenderLimit { .. } => "wait for a block, and send it again",
    }
}
