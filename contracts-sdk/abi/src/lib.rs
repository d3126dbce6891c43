//! The ABI of a Hull contract: what a caller has to know to talk to it.
//!
//! The same ABI has four forms:
//!
//! | form | docs | made by | for |
//! |---|---|---|---|
//! | [`Abi`] | yes | [`AbiBuilder`], in code that the SDK's macros generate | programs |
//! | JSON, [`Abi::to_json`] | yes | the build, beside the Wasm | tools, people |
//! | section [`ABI_SECTION`], [`Abi::to_section`] | no | the build, in the Wasm | everybody who has the code |
//! | ink! 5 metadata, [`Abi::to_ink_metadata`] | yes | on demand | `polkadot.js` and what is built on it |
//!
//! A [`Codec`] reads and writes inputs, results and events as JSON values.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | message | a function of a contract that can be called; a *constructor* is one that creates it |
//! | selector | the first four bytes of an input; they name the message |
//! | signature topic | topic 0 of an event; it names the event |
//! | registry | the list of types; the rest of the ABI names a type by its position there |
//! | layout | where in its storage the contract keeps what |
//!
//! # On the wire
//!
//! An input is the selector and the SCALE encoding of the arguments. A result
//! is the SCALE encoding of `Result<R, LangError>`, where `R` is the declared
//! type and may itself be a `Result<T, E>`: a message that returns its `Err`
//! reverts with that data. An event's data is the SCALE encoding of its fields.
//!
//! ```
//! use hull_abi::{Abi, AbiBuilder, DecodedOutput, DecodedStorage, MessageSpec};
//! use serde_json::json;
//!
//! let abi = AbiBuilder::new("counter", "1.0.0")
//!     .message(MessageSpec::new("add").arg::<u32>("by").returns::<u32>().mutates())
//!     .build();
//! assert_eq!(Abi::from_json(&abi.to_json())?, abi);
//! assert_eq!(Abi::from_section(&abi.to_section(), abi.capabilities)?, abi);
//!
//! let add = abi.message("add").unwrap();
//! let input = abi.codec().encode_call(add, &json!({"by": 3}))?;
//! let call = abi.codec().decode_call(&input)?;
//! assert_eq!((call.message, &call.args[0]), (add, &("by", json!(3))));
//!
//! let output = abi.codec().decode_output(add, &[0, 45, 0, 0, 0])?;
//! assert_eq!(output, DecodedOutput::Value(json!(45)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
mod check;
mod codec;
mod error;
mod hex_text;
mod ink;
mod json;
pub mod limits;
mod model;
mod section;
mod types;
mod wasm;

use blake2::{Blake2b, Digest, digest::consts::U32};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

pub use builder::{AbiBuilder, EventSpec, LayoutSpec, MessageSpec};
pub use codec::{
    Codec, DecodedCall, DecodedEvent, DecodedOutput, DecodedStorage, ValueError, ValueErrorKind,
};
pub use error::AbiError;
pub use ink::InkSource;
pub use json::JSON_VERSION;
pub use model::{
    Abi, Arg, Event, EventField, Fallback, Layout, Message, Migration, StorageField, TypeId,
};
pub use section::{ABI_SECTION, SECTION_VERSION};

/// The crate whose types describe types, for code that is generated.
pub use scale_info;

/// The selector of the message or constructor of this name: the first four
/// bytes of the name's blake2b-256 digest.
///
/// ```
/// assert_eq!(hull_abi::selector("flip"), [0x63, 0x3a, 0xa5, 0x51]);
/// ```
pub fn selector(name: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = blake2b_256(name.as_bytes());
    [a, b, c, d]
}

/// Topic 0 of the event with this signature, `Name(Type,Type)`.
pub fn signature_topic(signature: &str) -> [u8; 32] {
    blake2b_256(signature.as_bytes())
}

fn blake2b_256(bytes: &[u8]) -> [u8; 32] {
    Blake2b::<U32>::digest(bytes).into()
}

/// Why a contract could not even begin with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum LangError {
    /// No message has the selector, or the arguments do not decode.
    #[codec(index = 1)]
    CouldNotReadInput,
}
