//! What the macros' code calls. Not for people: no promise of stability.

pub use alloc::vec;
use alloc::vec::Vec;

use parity_scale_codec::Encode;

use crate::buffer::{self, Buffer, Reader};
pub use crate::decode::{Pick, PickAny};
pub use crate::event::Topics;
use crate::{fail, sys};

/// Bytes of a selector.
const SELECTOR_LEN: usize = 4;
/// SCALE of `Err(LangError::CouldNotReadInput)`.
const UNREADABLE: [u8; 2] = [1, 1];

/// The whole input; kept until the call ends.
#[inline(never)]
pub fn input() -> Reader<'static> {
    let mut bytes = Buffer::new();
    bytes.resize(sys::input_len());
    sys::input(bytes.as_mut_slice());
    Reader::new(bytes.leak())
}

/// Takes the selector off the input; `None` if it is shorter.
#[inline(never)]
pub fn selector(input: &mut Reader<'_>) -> Option<u32> {
    let selector = input.take(SELECTOR_LEN)?.first_chunk()?;
    Some(u32::from_le_bytes(*selector))
}

/// Refuses input after the last argument.
pub fn end(input: &Reader<'_>) {
    if !input.rest().is_empty() {
        unreadable();
    }
}

/// Everything that is left of the input.
pub fn rest(input: &Reader<'_>) -> Vec<u8> {
    buffer::to_vec(input.rest())
}

/// Reverts with `LangError::CouldNotReadInput`.
#[cold]
pub fn unreadable() -> ! {
    sys::revert(&UNREADABLE)
}

/// Refuses a value that the message would swallow.
#[inline(never)]
pub fn deny_payment() {
    if sys::value() != 0 {
        fail("this message takes no value");
    }
}

/// Ends a message: `failed` reverts.
pub fn reply<R: Encode>(result: &R, failed: bool) {
    let mut data = begin();
    result.encode_to(&mut data);
    finish(data, failed);
}

/// Data that begins with `Ok`.
#[inline(never)]
fn begin() -> Buffer {
    Buffer::of(&[0])
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
        sys::return_data(&self);
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
fn finish(data: Buffer, failed: bool) {
    let data = data.leak();
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
