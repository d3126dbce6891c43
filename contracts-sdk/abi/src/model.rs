//! The ABI as data.

use hull_host_api::Capabilities;
use parity_scale_codec::{Decode, Encode};
use scale_info::PortableRegistry;
use serde::{Deserialize, Serialize};

use crate::hex_text;

/// The index of a type in [`Abi::types`].
pub type TypeId = u32;

/// Everything a caller has to know about a contract.
///
/// Made by an [`AbiBuilder`](crate::AbiBuilder), read from JSON
/// ([`from_json`](Abi::from_json)) or from the Wasm ([`from_wasm`](Abi::from_wasm)).
#[derive(Clone, Debug, PartialEq)]
pub struct Abi {
    /// The contract's name.
    pub name: String,
    /// The contract's version, as in its manifest.
    pub version: String,
    /// Lines of documentation.
    pub docs: Vec<String>,
    /// What the contract may do.
    pub capabilities: Capabilities,
    /// The ways to create the contract.
    pub constructors: Vec<Message>,
    /// What a created contract answers to.
    pub messages: Vec<Message>,
    /// What takes an input that no message matches, if anything does.
    pub fallback: Option<Fallback>,
    /// What runs once after the code was replaced, if anything does.
    pub migration: Option<Migration>,
    /// What the contract tells the outside world.
    pub events: Vec<Event>,
    /// The types of errors with which messages revert.
    pub errors: Vec<TypeId>,
    /// Where the contract keeps what.
    pub storage: Vec<StorageField>,
    /// Every type that the rest names by its index.
    pub types: PortableRegistry,
}

/// A constructor or a message.
///
/// Its input is the selector followed by the SCALE encoding of the arguments;
/// its output is the SCALE encoding of `Result<R, LangError>`, where `R` is
/// [`returns`](Self::returns).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Message {
    /// The name in the source.
    pub name: String,
    /// The first four bytes of the input.
    #[serde(with = "hex_text::array")]
    pub selector: [u8; 4],
    /// The arguments in their order.
    pub args: Vec<Arg>,
    /// The declared type of the result.
    pub returns: TypeId,
    /// Whether it may change state. A constructor always does.
    pub mutates: bool,
    /// Whether it takes native tokens.
    pub payable: bool,
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// An argument of a message.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Arg {
    /// The name in the source.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: TypeId,
}

/// The handler of inputs that no message matches.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fallback {
    /// Whether it takes native tokens.
    pub payable: bool,
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// What runs once after the code was replaced.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Migration {
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// An event. Its data is the SCALE encoding of all fields in their order;
/// topic 0 is the signature topic, the indexed fields are further topics.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Event {
    /// The name in the source.
    pub name: String,
    /// Topic 0.
    #[serde(with = "hex_text::array")]
    pub signature_topic: [u8; 32],
    /// The fields in their order.
    pub fields: Vec<EventField>,
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// A field of an event.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventField {
    /// The name in the source.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub ty: TypeId,
    /// Whether it is a topic too.
    pub indexed: bool,
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// A named place in the contract's storage.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageField {
    /// The name in the source.
    pub name: String,
    /// What the keys of the field begin with.
    #[serde(with = "hex_text::bytes")]
    pub key: Vec<u8>,
    /// What lies there.
    pub layout: Layout,
    /// Lines of documentation.
    #[serde(default)]
    pub docs: Vec<String>,
}

/// What lies under a key or a prefix of keys.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Layout {
    /// One value under exactly the key.
    Value(TypeId),
    /// Values by key, without an order.
    Map {
        /// The type of the keys.
        key: TypeId,
        /// What lies under each.
        value: Box<Layout>,
    },
    /// Values by position.
    List(Box<Layout>),
    /// Values by key, in the order of the keys.
    OrderedMap {
        /// The type of the keys.
        key: TypeId,
        /// What lies under each.
        value: Box<Layout>,
    },
    /// Several fields together; their keys follow the prefix.
    Group(Vec<StorageField>),
}

impl Abi {
    /// The constructor of this name.
    pub fn constructor(&self, name: &str) -> Option<&Message> {
        self.constructors.iter().find(|it| it.name == name)
    }

    /// The message of this name.
    pub fn message(&self, name: &str) -> Option<&Message> {
        self.messages.iter().find(|it| it.name == name)
    }

    /// The event of this name.
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events.iter().find(|it| it.name == name)
    }

    /// The constructor whose selector an input begins with.
    pub fn constructor_of(&self, input: &[u8]) -> Option<&Message> {
        by_selector(&self.constructors, input)
    }

    /// The message whose selector an input begins with.
    pub fn message_of(&self, input: &[u8]) -> Option<&Message> {
        by_selector(&self.messages, input)
    }

    /// The event that has this signature as topic 0.
    pub fn event_of(&self, signature_topic: &[u8; 32]) -> Option<&Event> {
        self.events
            .iter()
            .find(|it| it.signature_topic == *signature_topic)
    }

    /// The same ABI without any documentation, and without the names under
    /// which fields mention their types: what the section in the Wasm holds.
    #[must_use]
    pub fn without_docs(&self) -> Self {
        let mut bare = self.clone();
        bare.docs.clear();
        let messages = bare.constructors.iter_mut().chain(&mut bare.messages);
        messages.for_each(|message| message.docs.clear());
        bare.fallback.iter_mut().for_each(|it| it.docs.clear());
        bare.migration.iter_mut().for_each(|it| it.docs.clear());
        for event in &mut bare.events {
            event.docs.clear();
            event.fields.iter_mut().for_each(|it| it.docs.clear());
        }
        bare.storage.iter_mut().for_each(StorageField::clear_docs);
        for entry in &mut bare.types.types {
            crate::types::clear_docs(&mut entry.ty);
        }
        bare
    }
}

fn by_selector<'a>(messages: &'a [Message], input: &[u8]) -> Option<&'a Message> {
    let selector = input.first_chunk::<4>()?;
    messages.iter().find(|it| it.selector == *selector)
}

impl StorageField {
    fn clear_docs(&mut self) {
        self.docs.clear();
        let mut layout = &mut self.layout;
        loop {
            match layout {
                Layout::Value(_) => return,
                Layout::Map { value, .. } | Layout::OrderedMap { value, .. } => layout = value,
                Layout::List(value) => layout = value,
                Layout::Group(fields) => return fields.iter_mut().for_each(Self::clear_docs),
            }
        }
    }
}
