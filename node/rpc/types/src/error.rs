//! Errors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What went wrong. Codes never change their meaning.
///
/// Codes of the JSON-RPC specification (`-32700` to `-32600`) and of the server's
/// limits (`-32099` to `-32000`) are beside these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorCode {
    /// A parameter is missing, of the wrong form, or out of range.
    InvalidParams,
    /// There is no such method on this node.
    UnknownMethod,
    /// There is no such block, contract or code.
    NotFound,
    /// There was one, but this node no longer keeps the state of that height.
    Pruned,
    /// The next block, whose header would have the root, is not there yet.
    NotProvable,
    /// The bytes are no transaction, or the chain cannot take it, now or ever.
    InvalidTransaction,
    /// The signature is not the sender's for this chain.
    BadSignature,
    /// The pool does not take the transaction.
    PoolRefused,
    /// The caller asks more often than it may.
    RateLimited,
    /// The node has too much to execute at once.
    Busy,
    /// The answer would be larger than the node sends.
    TooLarge,
    /// The node itself failed.
    NodeFailure,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 12] = [
        Self::InvalidParams,
        Self::UnknownMethod,
        Self::NotFound,
        Self::Pruned,
        Self::NotProvable,
        Self::InvalidTransaction,
        Self::BadSignature,
        Self::PoolRefused,
        Self::RateLimited,
        Self::Busy,
        Self::TooLarge,
        Self::NodeFailure,
    ];

    /// The number on the wire.
    pub const fn code(self) -> i32 {
        match self {
            Self::InvalidParams => -32602,
            Self::UnknownMethod => -32601,
            Self::NotFound => 1001,
            Self::Pruned => 1002,
            Self::NotProvable => 1003,
            Self::InvalidTransaction => 1004,
            Self::BadSignature => 1005,
            Self::PoolRefused => 1006,
            Self::RateLimited => 1007,
            Self::Busy => 1008,
            Self::TooLarge => 1009,
            Self::NodeFailure => 1010,
        }
    }

    /// The code of a number on the wire.
    pub fn from_code(code: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }

    /// What is said with it.
    pub const fn message(self) -> &'static str {
        match self {
            Self::InvalidParams => "invalid parameters",
            Self::UnknownMethod => "no such method",
            Self::NotFound => "not found",
            Self::Pruned => "no longer kept",
            Self::NotProvable => "not provable yet",
            Self::InvalidTransaction => "invalid transaction",
            Self::BadSignature => "bad signature",
            Self::PoolRefused => "not taken into the pool",
            Self::RateLimited => "too many requests",
            Self::Busy => "too much to execute at once",
            Self::TooLarge => "the answer is too large",
            Self::NodeFailure => "the node failed",
        }
    }

    /// Whether the same request may succeed later.
    pub const fn is_for_now(self) -> bool {
        matches!(
            self,
            Self::NotProvable | Self::PoolRefused | Self::RateLimited | Self::Busy
        )
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// The data of an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorData {
    /// What is wrong.
    pub what: String,
    /// Where: the parameter, or what was looked for.
    #[serde(rename = "where")]
    pub place: String,
    /// What to do about it.
    pub remedy: String,
}
