//! Calling other contracts.

use alloc::vec::Vec;

use hull_host_api::{Address, Balance, CallFlags, CallStatus, Gas, Hash};
use parity_scale_codec::Decode;

use crate::decode::bytes;
use crate::error::CallError;
use crate::fail;
use crate::message::Message;
use crate::reader::decode_all;
use crate::sys::{self, Terms};

/// A call in the making: who is called, with which message, on which terms.
///
/// Unless said otherwise the callee may use all the gas that may be given (a
/// 64th stays here), gets no value, and this contract cannot be entered again
/// while it runs.
///
/// Capability: `calls`, and `transfer` with a value. Gas: 20,000,000, 200 for
/// every byte of input, and what the callee uses.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// # use hull::{CallError, Message};
/// # fn pay(to: Address, amount: Balance) -> Message<Result<(), u8>> { loop {} }
/// fn settle(till: Address, to: Address) -> Result<(), u8> {
///     // Gives up if the till cannot be called; its own error arrives typed.
///     pay(to, 5).to(till).gas(1_000_000_000).call()
/// }
///
/// fn settle_if_possible(till: Address, to: Address) -> bool {
///     matches!(pay(to, 5).to(till).try_call(), Ok(Ok(())))
/// }
/// ```
#[must_use = "nothing is called before `call` or `try_call`"]
pub struct Call<T, R> {
    target: T,
    message: Message<R>,
    gas: Gas,
    value: Balance,
    deposit_limit: Option<Balance>,
    flags: CallFlags,
}

/// Whom a call goes to.
trait Target {
    fn run(&self, terms: &Terms<'_>) -> CallStatus;
}

impl Target for Address {
    fn run(&self, terms: &Terms<'_>) -> CallStatus {
        sys::call(self, terms)
    }
}

impl Target for Hash {
    fn run(&self, terms: &Terms<'_>) -> CallStatus {
        sys::delegate_call(self, terms)
    }
}

impl<T, R> Call<T, R> {
    pub(crate) fn new(target: T, message: Message<R>) -> Self {
        let flags = if message.view {
            CallFlags::READ_ONLY
        } else {
            CallFlags::empty()
        };
        Self {
            target,
            message,
            gas: 0,
            value: 0,
            deposit_limit: None,
            flags,
        }
    }

    /// Gives the callee at most this much gas; 0 is all that may be given.
    pub fn gas(mut self, gas: Gas) -> Self {
        self.gas = gas;
        self
    }

    /// Lets the callee change nothing, whatever it is.
    pub fn read_only(mut self) -> Self {
        self.flags = self.flags.union(CallFlags::READ_ONLY);
        self
    }

    /// Lets this contract be entered again while the callee runs. Storage may
    /// then be different afterwards.
    pub fn allow_reentry(mut self) -> Self {
        self.flags = self.flags.union(CallFlags::ALLOW_REENTRY);
        self
    }
}

impl<R> Call<Address, R> {
    /// Sends tokens along, in the smallest unit.
    pub fn value(mut self, value: Balance) -> Self {
        self.value = value;
        self
    }

    /// Limits the storage deposit that the callee may cause, in the smallest unit.
    pub fn deposit_limit(mut self, limit: Balance) -> Self {
        self.deposit_limit = Some(limit);
        self
    }
}

#[allow(private_bounds, reason = "an address or the hash of a code")]
impl<T: Target, R> Call<T, R> {
    fn run(&self) -> CallStatus {
        self.target.run(&Terms {
            value: self.value,
            gas: self.gas,
            deposit: self.deposit_limit,
            flags: self.flags.bits(),
            input: &self.message.input,
        })
    }

    /// Makes the call, and gives up with a message if it comes to nothing. The
    /// callee's declared error is the `Err` of `R`.
    #[track_caller]
    pub fn call(self) -> R
    where
        R: Decode,
    {
        match self.try_call() {
            Ok(value) => value,
            Err(error) => fail(error.message()),
        }
    }

    /// Makes the call.
    ///
    /// # Errors
    /// See [`CallError`]; what the callee did is undone then. It is undone as
    /// well when `R` is a `Result` and its `Err` comes back.
    ///
    /// An error that can be made of both takes one with each `?`:
    ///
    /// ```
    /// # use hull_sdk as hull;
    /// # use hull::prelude::*;
    /// # use hull::{CallError, Message};
    /// # mod till {
    /// #     #[hull_sdk::error]
    /// #     pub enum Error { Closed }
    /// #     pub fn pay(amount: u128) -> hull_sdk::Message<Result<u64, Error>> { loop {} }
    /// # }
    /// #[hull::error]
    /// pub enum Error {
    ///     Till(till::Error),
    ///     Unreachable(CallError),
    /// }
    ///
    /// impl From<till::Error> for Error {
    ///     fn from(error: till::Error) -> Self {
    ///         Self::Till(error)
    ///     }
    /// }
    ///
    /// impl From<CallError> for Error {
    ///     fn from(error: CallError) -> Self {
    ///         Self::Unreachable(error)
    ///     }
    /// }
    ///
    /// fn settle(till: Address) -> Result<u64, Error> {
    ///     Ok(till::pay(5).to(till).try_call()??)
    /// }
    /// ```
    pub fn try_call(self) -> Result<R, CallError>
    where
        R: Decode,
    {
        read_reply(self.run(), self.message.fallible)
    }

    /// Makes the call and returns how it ended, and the data as it came.
    ///
    /// ```
    /// # use hull_sdk as hull;
    /// # use hull::prelude::*;
    /// use hull::{CallStatus, Message};
    ///
    /// /// Hands on what somebody else has encoded.
    /// fn forward(to: Address, input: Vec<u8>) -> Option<Vec<u8>> {
    ///     let message = Message::<()>::from_parts(input, false, false, false);
    ///     match message.to(to).try_raw() {
    ///         (CallStatus::Success, data) => Some(data),
    ///         _ => None,
    ///     }
    /// }
    /// ```
    pub fn try_raw(self) -> (CallStatus, Vec<u8>) {
        let status = self.run();
        (status, returned())
    }
}

fn returned() -> Vec<u8> {
    let mut data = bytes(sys::returned_len());
    sys::returned(&mut data);
    data
}

/// First bytes of a reply: `Result::Err(LangError::CouldNotReadInput)`, and
/// `Result::Ok(Result::Err(..))`.
const UNREADABLE: [u8; 2] = [1, 1];
const DECLARED: [u8; 2] = [0, 1];

/// What a callee returned, or its declared error.
pub(crate) fn read_reply<R: Decode>(status: CallStatus, fallible: bool) -> Result<R, CallError> {
    let data = reply_data(status, fallible)?;
    let value = data.get(1..).and_then(decode_all);
    value.ok_or(CallError::BadReply)
}

#[inline(never)]
fn reply_data(status: CallStatus, fallible: bool) -> Result<Vec<u8>, CallError> {
    if let Some(error) = CallError::of(status) {
        return Err(error);
    }
    let data = returned();
    let start = data.as_slice();
    // A revert counts only as an error: a callee cannot pass off what was
    // undone as a success.
    match status {
        CallStatus::Success if start.first() == Some(&0) => Ok(data),
        CallStatus::Success => Err(CallError::BadReply),
        _ if fallible && start.starts_with(&DECLARED) => Ok(data),
        _ if start == UNREADABLE => Err(CallError::CouldNotReadInput),
        _ => Err(CallError::Aborted),
    }
}
