//! Messages as values: encoded input that remembers what it returns.

use alloc::vec::Vec;
use core::marker::PhantomData;

use hull_host_api::{Address, Hash};
use parity_scale_codec::Encode;

use crate::call::Call;
use crate::create::Create;
use crate::sink::{self, Sink};

/// A message ready to be sent, made by the functions of a contract's module
/// `messages`.
///
/// `R` is the return type that the contract declares. From a contract it is sent
/// with [`to`](Self::to); a test or a tool takes the [`input`](Self::input).
///
/// ```
/// # #[hull_sdk::contract(capabilities(storage = "100 B"))]
/// # pub mod counter {
/// #     use hull_sdk::prelude::*;
/// #     #[hull_sdk::storage]
/// #     pub struct Counter { count: Value<u64> }
/// #     impl Counter {
/// #         #[hull_sdk::constructor]
/// #         pub fn new(&mut self, start: u64) {}
/// #         #[hull_sdk::message]
/// #         pub fn add(&mut self, amount: u64) -> u64 { amount }
/// #     }
/// # }
/// use hull_sdk::{Address, Message};
///
/// let add: Message<u64> = messages::add(5_u64);
/// assert_eq!(add.input[4..], 5_u64.to_le_bytes());
///
/// fn add_there(counter: Address) -> u64 {
///     messages::add(5_u64).to(counter).call()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<R> {
    /// Selector and arguments.
    pub input: Vec<u8>,
    /// Whether it takes a value.
    pub payable: bool,
    /// Whether it only reads.
    pub view: bool,
    /// Whether `R` is a `Result`, whose `Err` comes with a revert.
    pub fallible: bool,
    returns: PhantomData<fn() -> R>,
}

/// A constructor's call ready to be sent, made by the functions of a contract's
/// module `constructors`.
///
/// `R` is `()` or the `Result` that the constructor declares. A contract creates
/// another one with [`of_code`](Self::of_code).
///
/// ```
/// # #[hull_sdk::contract(capabilities(storage = "100 B"))]
/// # pub mod counter {
/// #     use hull_sdk::prelude::*;
/// #     #[hull_sdk::storage]
/// #     pub struct Counter { count: Value<u64> }
/// #     impl Counter {
/// #         #[hull_sdk::constructor]
/// #         pub fn new(&mut self, start: u64) {}
/// #         #[hull_sdk::message]
/// #         pub fn add(&mut self, amount: u64) -> u64 { amount }
/// #     }
/// # }
/// use hull_sdk::{Address, Hash};
///
/// fn another(code: Hash) -> Address {
///     constructors::new(40_u64).of_code(code).create()
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constructor<R> {
    /// Selector and arguments.
    pub input: Vec<u8>,
    /// Whether it takes a value.
    pub payable: bool,
    /// Whether `R` is a `Result`, whose `Err` comes with a revert.
    pub fallible: bool,
    /// The folder of the contract's crate, for tests that have to build it.
    #[cfg(not(target_family = "wasm"))]
    pub crate_folder: Option<&'static str>,
    returns: PhantomData<fn() -> R>,
}

impl<R> Message<R> {
    /// A message from its parts: the whole input, and whether it only reads. For
    /// what has no ABI; a `fallible` one returns a `Result`.
    ///
    /// ```
    /// use hull_sdk::{Address, Message};
    ///
    /// fn total_supply(token: Address) -> u128 {
    ///     let selector = vec![0xDB, 0x63, 0x75, 0xA8];
    ///     Message::from_parts(selector, true, false, false).to(token).call()
    /// }
    /// ```
    pub const fn from_parts(input: Vec<u8>, view: bool, payable: bool, fallible: bool) -> Self {
        Self {
            input,
            payable,
            view,
            fallible,
            returns: PhantomData,
        }
    }

    /// The call of a contract with this message. A view is called read-only.
    pub fn to(self, contract: Address) -> Call<Address, R> {
        Call::new(contract, self)
    }

    /// A call that runs other code on this contract's storage, with this
    /// contract's caller and value, under the capabilities that both have.
    ///
    /// Capability: `delegate`. Gas: as a [`Call`].
    ///
    /// ```
    /// use hull_sdk::{Hash, Message};
    ///
    /// fn run_here(code: Hash, message: Message<u64>) -> u64 {
    ///     message.delegate(code).call()
    /// }
    /// ```
    pub fn delegate(self, code_hash: Hash) -> Call<Hash, R> {
        Call::new(code_hash, self)
    }
}

impl<R> Constructor<R> {
    /// A constructor's call from its whole input. For what has no ABI; a
    /// `fallible` one returns a `Result`.
    pub const fn from_parts(input: Vec<u8>, payable: bool, fallible: bool) -> Self {
        Self {
            input,
            payable,
            fallible,
            #[cfg(not(target_family = "wasm"))]
            crate_folder: None,
            returns: PhantomData,
        }
    }

    /// The same with the folder that the contract's crate is built from.
    #[cfg(not(target_family = "wasm"))]
    #[doc(hidden)]
    #[must_use]
    pub fn of_crate(self, folder: &'static str) -> Self {
        Self {
            crate_folder: Some(folder),
            ..self
        }
    }

    /// The creation of a contract from uploaded code.
    ///
    /// Capability: `instantiate`.
    pub fn of_code<'a>(self, code_hash: Hash) -> Create<'a, R> {
        Create::new(code_hash, self)
    }
}

/// An input in the making; used by generated code.
#[doc(hidden)]
pub struct Input(());

impl Input {
    #[must_use]
    pub fn new(selector: [u8; 4]) -> Self {
        sink::open();
        sink::write(&selector);
        Self(())
    }

    #[must_use]
    pub fn with(self, argument: &impl Encode) -> Self {
        argument.encode_to(&mut Sink);
        self
    }

    #[must_use]
    pub fn message<R>(self, view: bool, payable: bool, fallible: bool) -> Message<R> {
        Message::from_parts(sink::take(), view, payable, fallible)
    }

    #[must_use]
    pub fn constructor<R>(self, payable: bool, fallible: bool) -> Constructor<R> {
        Constructor::from_parts(sink::take(), payable, fallible)
    }
}
