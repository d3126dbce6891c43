//! Write Hull contracts in Rust.
#![no_std]
#![allow(dead_code)]
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
mod buffer;
mod call;
mod create;
pub mod crypto;
pub mod env;
mod error;
mod event;
mod fail;
#[cfg(target_family = "wasm")]
mod heap;
mod message;
#[cfg(target_family = "wasm")]
mod panic;
#[doc(hidden)]
pub mod rt;
pub mod storage;
mod sys;

pub use hull_host_api::{Address, Balance, CallStatus, Gas, Hash, Height, Timestamp};
pub use buffer::Reader;
pub use call::Call;
pub use create::{ConstructorReturn, Create};
pub use error::{CallError, LangError};
pub use event::{Event, MAX_TOPICS, Topic};
pub use fail::fail;
pub use hull_sdk_macros::{
    constructor, contract, error, event, fallback, message, migrate, scale, storage,
};
#[doc(hidden)]
pub use message::Input;
pub use message::{Constructor, Message};
#[doc(hidden)]
pub use parity_scale_codec as codec;

/// What a contract's module usually needs: `use hull::prelude::*;`.
pub mod prelude {
    pub use alloc::string::String;
    pub use alloc::vec::Vec;

    pub use crate::env;
    pub use crate::storage::{List, Map, OrderedMap, Value};
    pub use crate::{Address, Balance, Hash, crypto, ensure, fail};
}
