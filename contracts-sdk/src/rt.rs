//! What the macros' code calls. Not for people: no promise of stability.

pub use alloc::collections::{BTreeMap, BTreeSet};
pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;

use parity_scale_codec::Encode;

pub use crate::decode::{Pick, PickAny};
pub use crate::event::Topics;
use crate::sink::{self, Sink};
use crate::{fail, sys};

#[cfg(target_family = "wasm")]
pub use entry::*;

/// SCALE of `Err(LangError::CouldNotReadInput)`.
const UNREADABLE: [u8; 2] = [1, 1];

/// The way in: only the entry points use it.
#[cfg(target_family = "wasm")]
mod entry {
    use super::*;
    use crate::{cursor, heap};

    /// Brings the input over, and keeps it until the call ends.
    #[inline(never)]
    pub fn input() {
        sink::open();
        let len = sys::input_len();
        let start = sink::reserve(len);
        sys::input(sink::whole());
        sink::open();
        cursor::set(start, len);
    }

    /// Takes the selector off the input, which has to have one.
    #[inline(never)]
    pub fn selector() -> u32 {
        cursor::word()
    }

    /// Takes the selector off the input; `None` if it is shorter.
    pub fn selector_if_any() -> Option<u32> {
        (cursor::left() >= 4).then(cursor::word)
    }

    /// Refuses input after the last argument.
    #[inline(never)]
    pub fn end() {
        if cursor::left() != 0 {
            unreadable();
        }
        cursor::input_is_over();
    }

    /// The whole input once more.
    pub fn whole() -> Vec<u8> {
        let mut whole = heap::bytes(sys::input_len());
        sys::input(sys::into(&mut whole));
        cursor::input_is_over();
        whole
    }
}

/// Reverts with `LangError::CouldNotReadInput`.
#[cold]
pub fn unreadable() -> ! {
    sys::revert(sys::from(&UNREADABLE))
}

/// Refuses a value that the message would swallow.
#[inline(never)]
pub fn deny_payment() {
    if sys::value() != 0 {
        fail::without_place("this message takes no value");
    }
}

/// Ends a message: `failed` reverts.
#[inline(never)]
pub fn reply<R: Encode>(result: &R, failed: bool) {
    begin();
    result.encode_to(&mut Sink);
    finish(failed);
}

/// Data that begins with `Ok`.
#[inline(never)]
fn begin() {
    sink::open();
    sink::push(0);
}

/// Ends a fallback, whose data is not encoded.
pub fn reply_raw(result: impl FallbackReply) {
    result.reply();
}

/// What a fallback may return.
#[diagnostic::on_unimplemented(
    message = "a fallback returns `()`, `Vec<u8>`, or a `Result` with one of them",
    label = "not a fallback's result"
)]
pub trait FallbackReply {
    /// Ends the message.
    fn reply(self);
}

impl FallbackReply for () {
    fn reply(self) {}
}

impl FallbackReply for Vec<u8> {
    fn reply(self) {
        sys::return_data(sys::from(&self));
    }
}

impl<T: FallbackReply, E: Encode> FallbackReply for Result<T, E> {
    fn reply(self) {
        match self {
            Ok(data) => data.reply(),
            Err(error) => reply(&Err::<(), E>(error), true),
        }
    }
}

#[inline(never)]
fn finish(failed: bool) {
    let data = sink::whole();
    if failed {
        sys::revert(data);
    }
    sys::return_data(data);
}

/// Tells a `Result` from other types, without specialisation: the inherent
/// method is found first where it applies.
pub struct Probe<'a, T>(pub &'a T);

impl<T, E> Probe<'_, Result<T, E>> {
    /// It is a `Result`.
    pub const FALLIBLE: bool = true;

    /// Whether the result is an error.
    pub fn failed(&self) -> bool {
        self.0.is_err()
    }
}

/// For what is not a `Result`.
pub trait Infallible {
    /// It is not a `Result`.
    const FALLIBLE: bool = false;

    /// It never fails.
    fn failed(&self) -> bool {
        false
    }
}

impl<T> Infallible for Probe<'_, T> {}
