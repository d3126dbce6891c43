//! Keys and values of the storage, by the layout.

use parity_scale_codec::{Compact, Encode};
use scale_info::{TypeDef, TypeDefPrimitive};
use serde_json::Value;

use super::decode::Reader;
use super::{Codec, ValueError, ValueErrorKind};
use crate::limits::MAX_VALUE_DEPTH;
use crate::{Layout, StorageField, TypeId, hex_text};

type Result<T> = std::result::Result<T, ValueError>;

/// A key of the storage as the source would write it, and what lies there.
#[derive(Clone, Debug, PartialEq)]
pub struct DecodedStorage {
    /// `supply`, `balances[hull1…]`, `orders[7][0]`, `orders[7].len`.
    pub place: String,
    /// What lies there; `None` if nothing was given.
    pub value: Option<Value>,
}

impl Codec<'_> {
    /// Where a key of the contract's storage belongs, and the value there.
    ///
    /// Keys are composed as the SDK does: the bytes of the field, then for a
    /// map the SCALE encoding of the key, for an ordered map its
    /// order-preserving encoding, for a list nothing (its length) or the
    /// position as four bytes big-endian; in a group the bytes of the inner field.
    ///
    /// # Errors
    /// If no field has the key, or key or value do not fit their types.
    pub fn decode_storage(&self, key: &[u8], value: Option<&[u8]>) -> Result<DecodedStorage> {
        let unknown = || -> ValueError {
            let found = hex_text::encode(key);
            ValueErrorKind::StorageKey { found }.into()
        };
        let field = field_of(&self.abi.storage, key).ok_or_else(unknown)?;
        let mut place = field.name.clone();
        let mut rest = key.get(field.key.len()..).unwrap_or_default();
        let mut layout = &field.layout;
        let decoded = loop {
            match layout {
                Layout::Value(ty) if rest.is_empty() => {
                    break value.map(|bytes| self.decode(*ty, bytes)).transpose()?;
                }
                Layout::List(_) if rest.is_empty() => {
                    place.push_str(".len");
                    let len = value.map(|it| <[u8; 4]>::try_from(it).map(u32::from_le_bytes));
                    break len.transpose().map_err(|_| unknown())?.map(Value::from);
                }
                Layout::Value(_) => return Err(unknown()),
                Layout::List(element) => {
                    let (index, after) = rest.split_first_chunk().ok_or_else(unknown)?;
                    place.push_str(&format!("[{}]", u32::from_be_bytes(*index)));
                    (rest, layout) = (after, element);
                }
                Layout::Map { key, value } => {
                    let mut reader = Reader::new(self, rest);
                    place.push_str(&shown(&reader.value(*key)?));
                    (rest, layout) = (reader.rest(), value);
                }
                Layout::OrderedMap { key, value } => {
                    let mut ordered = Ordered { codec: self, rest };
                    let mut scale = Vec::new();
                    ordered.transcode(*key, &mut scale, 0)?;
                    place.push_str(&shown(&self.decode(*key, &scale)?));
                    (rest, layout) = (ordered.rest, value);
                }
                Layout::Group(fields) => {
                    let field = field_of(fields, rest).ok_or_else(unknown)?;
                    place.push('.');
                    place.push_str(&field.name);
                    rest = rest.get(field.key.len()..).unwrap_or_default();
                    layout = &field.layout;
                }
            }
        };
        let value = decoded;
        Ok(DecodedStorage { place, value })
    }
}

/// The field with the longest key that this one begins with.
fn field_of<'a>(fields: &'a [StorageField], key: &[u8]) -> Option<&'a StorageField> {
    let fields = fields.iter().filter(|field| key.starts_with(&field.key));
    fields.max_by_key(|field| field.key.len())
}

fn shown(key: &Value) -> String {
    match key {
        Value::String(text) => format!("[{text}]"),
        other => format!("[{other}]"),
    }
}

/// Reads keys whose bytes have the order of their values, and writes the SCALE
/// encoding of the same values.
struct Ordered<'a> {
    codec: &'a Codec<'a>,
    rest: &'a [u8],
}

impl Ordered<'_> {
    fn transcode(&mut self, id: TypeId, out: &mut Vec<u8>, depth: usize) -> Result<()> {
        let unsupported = || -> ValueError {
            let expected = self.codec.type_name(id);
            ValueErrorKind::Unsupported { expected }.into()
        };
        let ty = self.codec.types().resolve(id).ok_or_else(unsupported)?;
        if depth == MAX_VALUE_DEPTH {
            return Err(ValueErrorKind::Depth.into());
        }
        match &ty.type_def {
            TypeDef::Primitive(primitive) => self.primitive(id, primitive, out),
            TypeDef::Composite(def) => {
                let mut fields = def.fields.iter();
                fields.try_for_each(|field| self.transcode(field.ty.id, out, depth + 1))
            }
            TypeDef::Tuple(def) => {
                let mut fields = def.fields.iter();
                fields.try_for_each(|field| self.transcode(field.id, out, depth + 1))
            }
            TypeDef::Array(def) if self.is_byte(def.type_param.id) => {
                let len = usize::try_from(def.len).unwrap_or(usize::MAX);
                out.extend(self.take(id, len)?);
                Ok(())
            }
            TypeDef::Sequence(def) if self.is_byte(def.type_param.id) => self.text(id, out),
            _ => Err(unsupported()),
        }
    }

    fn primitive(
        &mut self,
        id: TypeId,
        primitive: &TypeDefPrimitive,
        out: &mut Vec<u8>,
    ) -> Result<()> {
        use TypeDefPrimitive as P;
        let (len, signed) = match primitive {
            P::Str => return self.text(id, out),
            P::Bool | P::U8 => (1, false),
            P::U16 => (2, false),
            P::U32 | P::Char => (4, false),
            P::U64 => (8, false),
            P::U128 => (16, false),
            P::U256 => (32, false),
            P::I8 => (1, true),
            P::I16 => (2, true),
            P::I32 => (4, true),
            P::I64 => (8, true),
            P::I128 => (16, true),
            P::I256 => (32, true),
        };
        let at = out.len();
        out.extend(self.take(id, len)?.iter().rev());
        // The sign bit is turned over, so that negative numbers come first.
        if let Some(highest) = out
            .get_mut(at..)
            .and_then(<[u8]>::last_mut)
            .filter(|_| signed)
        {
            *highest ^= 0x80;
        }
        Ok(())
    }

    /// Bytes in which a zero is followed by what it means.
    fn text(&mut self, id: TypeId, out: &mut Vec<u8>) -> Result<()> {
        const ESCAPED: u8 = 0xFF;
        let mut bytes = Vec::new();
        loop {
            match *self.take(id, 1)? {
                [0] => match *self.take(id, 1)? {
                    [0] => break,
                    [ESCAPED] => bytes.push(0),
                    _ => {
                        let expected = self.codec.type_name(id);
                        let reason = "a zero is followed by neither 0 nor 255";
                        return Err(ValueErrorKind::Malformed { expected, reason }.into());
                    }
                },
                ref other => bytes.extend(other),
            }
        }
        let len = u32::try_from(bytes.len()).map_err(|_| ValueErrorKind::Parts)?;
        Compact(len).encode_to(out);
        out.extend(bytes);
        Ok(())
    }

    fn take(&mut self, id: TypeId, len: usize) -> Result<&[u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            let expected = self.codec.type_name(id);
            return Err(ValueErrorKind::Truncated { expected }.into());
        };
        self.rest = rest;
        Ok(taken)
    }

    fn is_byte(&self, id: TypeId) -> bool {
        let ty = self.codec.types().resolve(id).map(|it| &it.type_def);
        matches!(ty, Some(TypeDef::Primitive(TypeDefPrimitive::U8)))
    }
}
