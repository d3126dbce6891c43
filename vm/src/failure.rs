//! Why a call did not succeed.

use std::fmt;

use hull_host_api::{Address, CallStatus, Hash};

use crate::outcome::HaltKind;

/// Bytes of revert data that are kept of each failed frame. An error with its
/// fields fits; the data of the outermost frame is whole in the outcome anyway.
const KEPT_DATA: usize = 4 * 1024;

/// Why a frame did not succeed, and which failure inside it came before: a chain
/// from the outermost frame inwards.
///
/// For people and tools: never part of a result, and a node may cut it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the frame came about, or would have.
    pub kind: FrameKind,
    /// The owner of storage and balance: the contract, also where other code ran
    /// on it.
    pub contract: Address,
    /// The code; `None` if the call was refused before it was looked up.
    pub code_hash: Option<Hash>,
    /// What was wrong.
    pub reason: Reason,
    /// The last call inside this frame that did not succeed either. Mostly it is
    /// the cause; a contract may also have gone on and failed for another reason.
    pub inner: Option<Box<Failure>>,
}

/// How a frame comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FrameKind {
    /// A message.
    Call,
    /// Other code on the caller's storage.
    DelegateCall,
    /// A constructor.
    Instantiate,
    /// The first run of new code on old storage.
    Migrate,
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Call => "call",
            Self::DelegateCall => "delegate call",
            Self::Instantiate => "instantiation",
            Self::Migrate => "migration",
        })
    }
}

/// What was wrong with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It did not come about, or its deposit was not paid.
    Refused(CallStatus),
    /// The contract gave up with data; at most 4 KiB of it are kept.
    Reverted(Vec<u8>),
    /// The contract gave up with a message: a panic of the SDK's.
    Aborted(String),
    /// The contract broke a rule.
    Halted(HaltKind),
}

impl Reason {
    pub(crate) fn reverted(data: &[u8]) -> Self {
        Self::Reverted(data[..data.len().min(KEPT_DATA)].to_vec())
    }
}

impl Failure {
    /// This failure and those inside it, from the outermost inwards.
    pub fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |failure| failure.inner.as_deref())
    }

    /// What the contract itself said when it aborted.
    pub fn message(&self) -> Option<&str> {
        match &self.reason {
            Reason::Aborted(message) => Some(message),
            _ => None,
        }
    }
}

/// The whole chain in one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, failure) in self.chain().enumerate() {
            if depth > 0 {
                f.write_str("; inside it, ")?;
            }
            write!(
                f,
                "{} of {}: {}",
                failure.kind, failure.contract, failure.reason
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => f.write_str(refusal(*status)),
            Self::Reverted(data) if data.is_empty() => f.write_str("reverted"),
            Self::Reverted(data) => {
                f.write_str("reverted with 0x")?;
                data.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Self::Aborted(message) => write!(f, "aborted: {message}"),
            Self::Halted(kind) => kind.fmt(f),
        }
    }
}

/// What a caller is told of a call that did not come about.
fn refusal(status: CallStatus) -> &'static str {
    match status {
        CallStatus::NotFound => "there is no such contract or code",
        CallStatus::InsufficientBalance => "the balance does not cover the value",
        CallStatus::DepositExceeded => "the storage deposit is over its limit or cannot be paid",
        CallStatus::AddressTaken => "there is, or was, a contract at the address",
        CallStatus::NoEntryPoint => "the code has no such entry point",
        CallStatus::DepthExceeded => "calls nest too deep",
        CallStatus::ReentrancyDenied => "the contract is running and may not be entered again",
        CallStatus::NotPermitted => "the caller's capabilities do not cover the call",
        _ => "the call was refused",
    }
}
