//! The ABI of a Hull contract.
mod builder;
mod hex_text;
mod model;
mod types;

use blake2::{Blake2b, Digest, digest::consts::U32};
use parity_scale_codec::{Decode, Encode};
use scale_info::TypeInfo;

pub use builder::{AbiBuilder, EventSpec, LayoutSpec, MessageSpec};
pub use model::{
    Abi, Arg, Event, EventField, Fallback, Layout, Message, Migration, StorageField, TypeId,
};
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
