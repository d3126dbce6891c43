//! Messages as values: encoded input that remembers what it returns.

use alloc::vec::Vec;
use core::marker::PhantomData;

use parity_scale_codec::{Encode, Output};

use crate::buffer::Buffer;

/// A message ready to be sent, made by the functions of a contract's module
/// `messages`.
///
/// `R` is the return type that the contract declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<R> {
    /// Selector and arguments.
    pub input: Vec<u8>,
    /// Whether it takes a value.
    pub payable: bool,
    /// Whether it only reads.
    pub view: bool,
    returns: PhantomData<fn() -> R>,
}

/// A constructor's call ready to be sent, made by the functions of a contract's
/// module `constructors`.
///
/// `R` is `()` or the `Result` that the constructor declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructor<R> {
    /// Selector and arguments.
    pub input: Vec<u8>,
    /// Whether it takes a value.
    pub payable: bool,
    returns: PhantomData<fn() -> R>,
}

/// An input in the making; used by generated code.
#[doc(hidden)]
pub struct Input(Buffer);

impl Input {
    #[must_use]
    pub fn new(selector: [u8; 4]) -> Self {
        let mut bytes = Buffer::new();
        bytes.write(&selector);
        Self(bytes)
    }

    #[must_use]
    pub fn with(mut self, argument: &impl Encode) -> Self {
        argument.encode_to(&mut self.0);
        self
    }

    #[must_use]
    pub fn message<R>(self, view: bool, payable: bool) -> Message<R> {
        Message {
            input: self.0.into_vec(),
            payable,
            view,
            returns: PhantomData,
        }
    }

    #[must_use]
    pub fn constructor<R>(self, payable: bool) -> Constructor<R> {
        Constructor {
            input: self.0.into_vec(),
            payable,
            returns: PhantomData,
        }
    }
}
