//! What goes wrong between contracts.

use core::fmt;

use hull_host_api::CallStatus;
use parity_scale_codec::{Decode, Encode};

/// Why a contract did not understand its input, as in ink!. What a message
/// returns is in a `Result` with it.
///
/// ```
/// use hull_sdk::LangError;
/// use hull_sdk::codec::Decode;
///
/// let refused = Result::<u64, LangError>::decode(&mut &[1, 1][..]).unwrap();
/// assert_eq!(refused, Err(LangError::CouldNotReadInput));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[non_exhaustive]
pub enum LangError {
    /// No message has the selector, or the arguments do not decode.
    #[codec(index = 1)]
    CouldNotReadInput,
}

impl fmt::Display for LangError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CallError::CouldNotReadInput.message())
    }
}

impl core::error::Error for LangError {}

/// Why a call of another contract came to nothing. Whatever the callee did is
/// undone.
///
/// An error that the callee declares is not one of these: it is the `Err` of
/// the message's own `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cfg_attr(
    not(target_family = "wasm"),
    derive(hull_abi::scale_info::TypeInfo),
    scale_info(crate = hull_abi::scale_info)
)]
#[non_exhaustive]
pub enum CallError {
    /// The callee gave up with a message for people: a panic, or [`fail`](crate::fail).
    Aborted,
    /// The callee has no such message, or could not decode the arguments.
    CouldNotReadInput,
    /// What the callee returned is not of the declared type.
    BadReply,
    /// The callee broke a rule (trap, gas, limit) and took the gas it was given.
    Halted,
    /// There is no contract at the address, or no code of that hash.
    NotFound,
    /// The balance does not cover the value.
    InsufficientBalance,
    /// The call would nest too deep.
    DepthExceeded,
    /// The callee is already running and did not allow to be entered again.
    ReentrancyDenied,
    /// This contract's capabilities do not cover it.
    NotPermitted,
    /// The storage deposit would exceed the limit or the origin's balance.
    DepositExceeded,
    /// There is, or was, a contract at the new address.
    AddressTaken,
    /// The code does not offer the entry point.
    NoEntryPoint,
}

impl CallError {
    /// The error of a status; `None` if the callee had something to say.
    pub(crate) fn of(status: CallStatus) -> Option<Self> {
        Some(match status {
            CallStatus::Success | CallStatus::Reverted => return None,
            CallStatus::NotFound => Self::NotFound,
            CallStatus::InsufficientBalance => Self::InsufficientBalance,
            CallStatus::DepthExceeded => Self::DepthExceeded,
            CallStatus::ReentrancyDenied => Self::ReentrancyDenied,
            CallStatus::NotPermitted => Self::NotPermitted,
            CallStatus::DepositExceeded => Self::DepositExceeded,
            CallStatus::AddressTaken => Self::AddressTaken,
            CallStatus::NoEntryPoint => Self::NoEntryPoint,
            // Statuses of later versions are failures like any other.
            _ => Self::Halted,
        })
    }

    // The examples are here: what is said of the type is part of the ABIs of all
    // contracts with it.
    /// What happened, for people.
    ///
    /// ```
    /// # use hull_sdk::CallError;
    /// let message = CallError::ReentrancyDenied.message();
    /// assert_eq!(message, "the called contract is running already");
    /// ```
    ///
    /// A contract tells the cases apart:
    ///
    /// ```
    /// # use hull_sdk as hull;
    /// # use hull::prelude::*;
    /// # use hull::{CallError, Message};
    /// # fn price() -> Message<u64> { loop {} }
    /// fn price_or_last(oracle: Address, last: u64) -> Result<u64, CallError> {
    ///     match price().to(oracle).gas(1_000_000_000).try_call() {
    ///         // It is there, and has a bad day.
    ///         Err(CallError::Aborted | CallError::Halted) => Ok(last),
    ///         answer => answer,
    ///     }
    /// }
    /// ```
    pub const fn message(self) -> &'static str {
        match self {
            Self::Aborted => "the called contract gave up",
            Self::CouldNotReadInput => {
                "the called contract could not read its input: check selector and arguments"
            }
            Self::BadReply => "the called contract returned another type than its ABI says",
            Self::Halted => "the called contract halted: a trap, or out of gas",
            Self::NotFound => "no contract at the called address, or no such code",
            Self::InsufficientBalance => "the balance does not cover the value of a call",
            Self::DepthExceeded => "calls are nested too deep",
            Self::ReentrancyDenied => "the called contract is running already",
            Self::NotPermitted => "not permitted: see the contract's capabilities and grants",
            Self::DepositExceeded => "the storage deposit is over its limit",
            Self::AddressTaken => "the new contract's address is taken: choose another salt",
            Self::NoEntryPoint => "the called code has no such entry point",
        }
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for CallError {}
