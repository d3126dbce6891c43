//! Write Hull contracts in Rust.
//!
//! A contract is a module. Its storage is a struct of collections; its messages
//! are methods of that struct. This is a whole one:
//!
//! ```
//! #[hull_sdk::contract(capabilities(storage = "64 KiB", events))]
//! pub mod purse {
//!     use hull_sdk::prelude::*;
//!
//!     #[hull_sdk::storage]
//!     pub struct Purse {
//!         owner: Value<Address>,
//!         saved: Map<Address, Balance>,
//!     }
//!
//!     #[hull_sdk::event]
//!     pub struct Saved {
//!         #[topic]
//!         pub by: Address,
//!         pub amount: Balance,
//!     }
//!
//!     #[hull_sdk::error]
//!     #[derive(Debug, PartialEq)]
//!     pub enum Error {
//!         TooLittle { least: Balance },
//!     }
//!
//!     impl Purse {
//!         /// Creates the contract.
//!         #[hull_sdk::constructor]
//!         pub fn new(&mut self) {
//!             self.owner.set(&env::caller());
//!         }
//!
//!         /// Keeps the tokens that come along.
//!         #[hull_sdk::message(payable)]
//!         pub fn save(&mut self) -> Result<Balance, Error> {
//!             let (by, amount) = (env::caller(), env::value());
//!             ensure!(amount >= 10, Error::TooLittle { least: 10 });
//!             let saved = self.saved.get_or_default(&by) + amount;
//!             self.saved.insert(&by, &saved);
//!             env::emit(&Saved { by, amount });
//!             Ok(saved)
//!         }
//!
//!         /// What an account has saved.
//!         #[hull_sdk::message]
//!         pub fn saved(&self, by: Address) -> Balance {
//!             self.saved.get_or_default(&by)
//!         }
//!     }
//! }
//!
//! // What callers, tests and tools get besides the Wasm:
//! let input = messages::saved(hull_sdk::Address([7; 32])).input;
//! assert_eq!(input.len(), 4 + 32);
//! assert!(purse::abi().message("save").unwrap().payable);
//! ```
//!
//! The crate is `#![no_std]` and depends on this one, under any name:
//! `hull = { package = "hull-sdk", .. }` makes it `#[hull::contract]`. It is a plain
//! library: `cargo hull build` asks the compiler for a module by itself.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | view | a message with `&self`: it only reads |
//! | message | a method with `#[message]`; with `&mut self` it may change state |
//! | payable | takes tokens; every other message refuses them |
//! | revert | the call is undone, its remaining gas goes back: a returned `Err`, a panic, [`fail`] |
//! | place | the bytes with which the storage keys of a collection begin; see [`storage`](mod@storage) |
//!
//! # Entry points
//!
//! | attribute | method | runs |
//! |---|---|---|
//! | [`constructor`] | `(&mut self, ..)`, returns nothing or `Result<(), E>` | once |
//! | [`message`] | `(&self, ..)` or `(&mut self, ..)` | when called with its selector |
//! | [`fallback`] | `(&mut self, input: Vec<u8>)`, returns nothing, bytes, or a `Result` | when no selector fits |
//! | [`migrate`] | `(&mut self, ..)` | when the chain has replaced the code |
//!
//! `constructor`, `message` and `fallback` take `payable`; the first two take
//! `selector = 0x01020304` in place of the first four bytes of BLAKE2b-256 of the
//! name.
//!
//! # Capabilities
//!
//! A contract may do what it declares, nothing else: `storage = "64 KiB"`,
//! `events`, `transfer`, `calls = "granted"` (or `"any"`), `delegate`,
//! `instantiate`, `upgrade = "narrowing"` (or `"widening"`), `set_code`,
//! `terminate`, `crypto`, `debug`. A contract with `upgrade` is upgraded by its
//! creator, one with `set_code` besides by itself alone. The macro refuses a contract
//! with fields but no storage, or with events but no `events`; the rest is compared
//! with what the Wasm imports when the contract is built.
//!
//! # Other contracts
//!
//! A contract that calls another one needs its messages as types. They come with
//! its crate, as a dependency with the feature `library`, or out of the file with
//! its ABI alone, with the feature `import-abi` of this crate:
//!
//! ```text
//! /// The path starts at the folder with Cargo.toml.
//! mod token {
//!     hull::import_abi!("abi/token.abi.json");
//! }
//!
//! token::messages::transfer(to, 5_u128).to(address).call()?;
//! ```
//!
//! Both give the modules `messages` and `constructors` and the types they name;
//! see [`Message`], [`Call`] and [`Create`].
//!
//! # What is small
//!
//! Panics carry their place and, if it has no arguments, their message;
//! formatting is in the feature `fmt` and costs some kilobytes. Texts and bytes
//! as fields and arguments decode in less code than inside other types.
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
// The macros say `::hull_sdk`, also in this crate's own tests.
#[cfg(test)]
extern crate self as hull_sdk;
// A contract's library is also built natively, where something has to bring
// the panic handler.
#[cfg(not(target_family = "wasm"))]
extern crate std;

#[cfg(not(target_family = "wasm"))]
pub mod abi;
mod call;
mod create;
pub mod crypto;
mod cursor;
mod decode;
pub mod env;
mod error;
mod event;
mod fail;
#[cfg(target_family = "wasm")]
mod heap;
pub mod math;
mod message;
#[cfg(target_family = "wasm")]
mod panic;
mod reader;
#[doc(hidden)]
pub mod rt;
mod sink;
pub mod storage;
mod sys;

pub use call::Call;
pub use create::{ConstructorReturn, Create};
pub use error::{CallError, LangError};
pub use event::{Event, MAX_TOPICS, Topic};
pub use fail::fail;
pub use hull_host_api::{Address, Balance, CallStatus, Gas, Hash, Height, Timestamp};
/// A typed client of a contract out of the file with its ABI.
///
/// The path is a literal and starts at the folder with Cargo.toml. The macro
/// gives the modules `messages` and `constructors` and the types they name, so it
/// belongs into a module of its own. What cannot be read, or has no counterpart in
/// Rust, is a compile error. Takes the feature `import-abi`.
///
/// ```text
/// mod token {
///     hull::import_abi!("abi/token.abi.json");
/// }
///
/// token::messages::transfer(to, 5_u128).to(address).call()?;
/// ```
#[cfg(feature = "import-abi")]
pub use hull_sdk_macros::import_abi;
pub use hull_sdk_macros::{
    constructor, contract, error, event, fallback, message, migrate, scale, storage,
};
#[doc(hidden)]
pub use message::Input;
pub use message::{Constructor, Message};
#[doc(hidden)]
pub use parity_scale_codec as codec;
pub use reader::Reader;

/// What a contract's module usually needs: `use hull::prelude::*;`.
pub mod prelude {
    pub use alloc::string::String;
    pub use alloc::vec::Vec;

    pub use crate::env;
    pub use crate::storage::{List, Map, OrderedMap, Value};
    pub use crate::{Address, Balance, Hash, crypto, ensure, fail};
}
