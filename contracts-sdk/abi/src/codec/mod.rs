//! Inputs, outputs and events as JSON values, by the types of an ABI.

mod decode;
mod encode;
mod error;
mod storage;
mod text;

use parity_scale_codec::{Decode, Encode};
use scale_info::PortableRegistry;
use serde_json::{Map, Value};

use crate::{Abi, Event, LangError, Message, TypeId, hex_text};

pub use error::{ValueError, ValueErrorKind};
pub use storage::DecodedStorage;

/// Reads and writes values of a contract as JSON.
///
/// | Rust | JSON |
/// |---|---|
/// | integers | a number up to 2^53 - 1, decimal text beyond; both are read |
/// | `bool`, `char`, `String` | `true`, `"x"`, `"text"` |
/// | `Address` | bech32m text with the network's prefix; `0x` and 64 digits are read too |
/// | `Vec<u8>`, `[u8; N]`, `Hash` | `"0x…"`; a list of numbers is read too |
/// | `Vec<T>`, `[T; N]`, tuples | a list |
/// | `()`, structs without fields | `null` |
/// | structs | an object; one with a single unnamed field is that field |
/// | enums | `"Variant"`, or `{"Variant": payload}` |
/// | `Option<T>` | `null` or the value; `{"Some": value}` where `T` itself may be `null` |
/// | `Result<T, E>` | `{"Ok": value}` or `{"Err": error}` |
///
/// ```
/// use hull_abi::{AbiBuilder, MessageSpec};
/// use serde_json::json;
///
/// let abi = AbiBuilder::new("purse", "1.0.0")
///     .message(MessageSpec::new("pay").arg::<u128>("amount").arg::<Option<bool>>("twice"))
///     .build();
/// let pay = abi.message("pay").unwrap();
/// let input = abi.codec().encode_call(pay, &json!({"amount": "7", "twice": null}))?;
/// assert_eq!(input, [&pay.selector[..], &7u128.to_le_bytes(), &[0]].concat());
/// assert_eq!(abi.codec().encode_call_text(pay, ["amount=7", "twice=null"])?, input);
///
/// let wrong = abi.codec().encode_call_text(pay, ["amount=-7", "twice=null"]);
/// assert_eq!(
///     wrong.unwrap_err().to_string(),
///     "`amount`: expected u128, found \"-7\", which is out of range"
/// );
/// # Ok::<(), hull_abi::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Codec<'a> {
    abi: &'a Abi,
    prefix: &'a str,
}

/// A message or constructor with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedCall<'a> {
    /// Which one.
    pub message: &'a Message,
    /// The arguments by name, in their order.
    pub args: Vec<(&'a str, Value)>,
}

/// What a message gave back.
#[derive(Clone, Debug, PartialEq)]
pub enum DecodedOutput {
    /// The declared result; of a `Result<T, E>` the `T`.
    Value(Value),
    /// The `E` of a declared `Result<T, E>`. The message reverted.
    Error(Value),
    /// The message did not begin.
    Lang(LangError),
}

/// An event with its fields.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedEvent<'a> {
    /// Which one.
    pub event: &'a Event,
    /// The fields by name, in their order.
    pub fields: Vec<(&'a str, Value)>,
}

impl Abi {
    /// Reads and writes values with the prefix of addresses that networks use
    /// which have not chosen one.
    pub fn codec(&self) -> Codec<'_> {
        Codec {
            abi: self,
            prefix: hull_host_api::DEFAULT_PREFIX,
        }
    }
}

impl<'a> Codec<'a> {
    /// Takes the prefix of the network's addresses.
    #[must_use]
    pub fn with_prefix(self, prefix: &'a str) -> Self {
        Self { prefix, ..self }
    }

    /// The name of a type as one would write it in Rust.
    pub fn type_name(&self, ty: TypeId) -> String {
        crate::types::name(&self.abi.types, ty)
    }

    /// The SCALE encoding of one value.
    ///
    /// # Errors
    /// Which part of the value is not what its type expects.
    pub fn encode(&self, ty: TypeId, value: &Value) -> Result<Vec<u8>, ValueError> {
        encode::value(self, ty, value)
    }

    /// The value of one SCALE encoding, all of whose bytes belong to it.
    ///
    /// # Errors
    /// Which part of the type found no bytes that fit, or that bytes are left.
    pub fn decode(&self, ty: TypeId, bytes: &[u8]) -> Result<Value, ValueError> {
        let mut reader = decode::Reader::new(self, bytes);
        let value = reader.value(ty)?;
        reader.finish()?;
        Ok(value)
    }

    /// The input of a call: the selector and the arguments, which come as an
    /// object by name or as a list by position.
    ///
    /// # Errors
    /// Which argument is missing, unknown, or not what its type expects.
    pub fn encode_call(&self, message: &Message, args: &Value) -> Result<Vec<u8>, ValueError> {
        let mut input = message.selector.to_vec();
        match args {
            Value::Object(args) => self.args_by_name(message, args, &mut input)?,
            Value::Array(args) => {
                if args.len() != message.args.len() {
                    return Err(ValueErrorKind::ArgCount {
                        expected: message.args.len(),
                        found: args.len(),
                    }
                    .into());
                }
                for (arg, value) in message.args.iter().zip(args) {
                    let bytes = self.encode(arg.ty, value);
                    input.extend(bytes.map_err(|error| error.inside(&arg.name))?);
                }
            }
            _ => return Err(ValueErrorKind::ArgsShape.into()),
        }
        Ok(input)
    }

    fn args_by_name(
        &self,
        message: &Message,
        args: &Map<String, Value>,
        input: &mut Vec<u8>,
    ) -> Result<(), ValueError> {
        let unknown = |name: &&String| !message.args.iter().any(|arg| arg.name == **name);
        if let Some(name) = args.keys().find(unknown) {
            let known = message.args.iter().map(|arg| arg.name.clone());
            return Err(ValueErrorKind::UnknownArg {
                known: known.collect(),
            }
            .at(name));
        }
        for arg in &message.args {
            let expected = || self.type_name(arg.ty);
            let value = args.get(&arg.name);
            let value = value.ok_or_else(|| {
                let expected = expected();
                ValueErrorKind::Missing { expected }.at(&arg.name)
            })?;
            let bytes = self.encode(arg.ty, value);
            input.extend(bytes.map_err(|error| error.inside(&arg.name))?);
        }
        Ok(())
    }

    /// The input of a call whose arguments come as `name=value`, as typed at a
    /// terminal: numbers, text and addresses without quotes, the rest as JSON.
    ///
    /// # Errors
    /// Which argument is missing, given twice, unknown, without `=`, or not
    /// what its type expects.
    pub fn encode_call_text<'t>(
        &self,
        message: &Message,
        args: impl IntoIterator<Item = &'t str>,
    ) -> Result<Vec<u8>, ValueError> {
        let mut values = Map::new();
        for text in args {
            let Some((name, value)) = text.split_once('=') else {
                return Err(ValueErrorKind::NoEquals { text: text.into() }.into());
            };
            let arg = message.args.iter().find(|arg| arg.name == name);
            let value = match arg {
                Some(arg) => text::value(&self.abi.types, arg.ty, value),
                // Refused by its name below.
                None => Value::Null,
            };
            if values.insert(name.into(), value).is_some() {
                return Err(ValueErrorKind::Twice.at(name));
            }
        }
        self.encode_call(message, &Value::Object(values))
    }

    /// The message and arguments of an input to a created contract.
    ///
    /// # Errors
    /// If no message has the selector, or the arguments do not fit.
    pub fn decode_call(&self, input: &[u8]) -> Result<DecodedCall<'a>, ValueError> {
        self.decode_input(self.abi.message_of(input), input)
    }

    /// The constructor and arguments of an input that creates a contract.
    ///
    /// # Errors
    /// If no constructor has the selector, or the arguments do not fit.
    pub fn decode_constructor(&self, input: &[u8]) -> Result<DecodedCall<'a>, ValueError> {
        self.decode_input(self.abi.constructor_of(input), input)
    }

    fn decode_input(
        &self,
        message: Option<&'a Message>,
        input: &[u8],
    ) -> Result<DecodedCall<'a>, ValueError> {
        let message = message.ok_or_else(|| ValueErrorKind::Selector {
            found: hex_text::encode(input.get(..4).unwrap_or(input)),
        })?;
        let mut reader = decode::Reader::new(self, input.get(4..).unwrap_or_default());
        let mut args = Vec::new();
        for arg in &message.args {
            let value = reader.value(arg.ty);
            args.push((&*arg.name, value.map_err(|error| error.inside(&arg.name))?));
        }
        reader.finish()?;
        Ok(DecodedCall { message, args })
    }

    /// What a message or constructor gave back: the data of its success or of
    /// its revert.
    ///
    /// # Errors
    /// If the data does not fit the declared result. A panic, for one, leaves
    /// no data.
    pub fn decode_output(
        &self,
        message: &Message,
        data: &[u8],
    ) -> Result<DecodedOutput, ValueError> {
        let result = crate::types::result(&self.abi.types, message.returns);
        match (data, result) {
            ([0, 0, data @ ..], Some((ok, _))) => Ok(DecodedOutput::Value(self.decode(ok, data)?)),
            ([0, 1, data @ ..], Some((_, err))) => {
                Ok(DecodedOutput::Error(self.decode(err, data)?))
            }
            ([0, data @ ..], _) => Ok(DecodedOutput::Value(self.decode(message.returns, data)?)),
            ([1, code], _) if LangError::CouldNotReadInput.encode() == [*code] => {
                Ok(DecodedOutput::Lang(LangError::CouldNotReadInput))
            }
            _ => Err(ValueErrorKind::Output {
                found: data.len(),
                first: data.first().copied(),
            }
            .into()),
        }
    }

    /// The event of this topic 0 with its fields, all of which are in the data.
    ///
    /// # Errors
    /// If no event has the topic, or the data does not fit.
    pub fn decode_event(
        &self,
        signature_topic: &[u8; 32],
        data: &[u8],
    ) -> Result<DecodedEvent<'a>, ValueError> {
        let event = self.abi.event_of(signature_topic);
        let event = event.ok_or_else(|| ValueErrorKind::Topic {
            found: hex_text::encode(signature_topic),
        })?;
        let mut reader = decode::Reader::new(self, data);
        let mut fields = Vec::new();
        for field in &event.fields {
            let value = reader.value(field.ty);
            let value = value.map_err(|error| error.inside(&field.name))?;
            fields.push((&*field.name, value));
        }
        reader.finish()?;
        Ok(DecodedEvent { event, fields })
    }

    fn types(&self) -> &'a PortableRegistry {
        &self.abi.types
    }
}

/// A compact integer from the front of `bytes`.
fn compact(bytes: &mut &[u8]) -> Option<u128> {
    parity_scale_codec::Compact::<u128>::decode(bytes)
        .ok()
        .map(|it| it.0)
}
