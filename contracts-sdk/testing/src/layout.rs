//! What a storage key stands for, by the layout of the contract.

use hull_abi::scale_info::{TypeDef, TypeDefPrimitive};
use hull_abi::{Abi, Layout, StorageField, TypeId};
use serde_json::Value;

use crate::known::Known;

/// A place in the storage of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// As one would write it: `balances[alice]`.
    pub(crate) name: String,
    /// What lies there.
    content: Content,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// A value of a type of the ABI.
    Value(TypeId),
    /// How many elements a list has.
    Length,
}

/// The place that a key belongs to; `None` if the ABI does not say.
pub(crate) fn place(known: &Known, abi: &Abi, key: &[u8]) -> Option<Place> {
    let walk = Walk { known, abi };
    walk.fields(&abi.storage, key, "")
}

impl Place {
    /// The value of an item at this place.
    pub(crate) fn value(&self, abi: &Abi, bytes: &[u8]) -> Option<Value> {
        match self.content {
            Content::Value(ty) => abi.codec().decode(ty, bytes).ok(),
            Content::Length => Some(u32::from_le_bytes(bytes.try_into().ok()?).into()),
        }
    }
}

/// From a key to its place. Layouts nest no deeper than the ABI's own limit.
struct Walk<'a> {
    known: &'a Known,
    abi: &'a Abi,
}

impl Walk<'_> {
    fn fields(&self, fields: &[StorageField], key: &[u8], before: &str) -> Option<Place> {
        fields.iter().find_map(|field| {
            let rest = key.strip_prefix(&*field.key)?;
            let name = match before.is_empty() {
                true => field.name.clone(),
                false => format!("{before}.{}", field.name),
            };
            self.layout(&field.layout, rest, name)
        })
    }

    fn layout(&self, layout: &Layout, key: &[u8], name: String) -> Option<Place> {
        match layout {
            Layout::Value(ty) => key.is_empty().then_some(Place {
                name,
                content: Content::Value(*ty),
            }),
            Layout::Map { key: ty, value } => {
                let (entry, rest) = self.abi.codec().decode_first(*ty, key).ok()?;
                self.layout(value, rest, self.entry(&name, &entry))
            }
            Layout::OrderedMap { key: ty, value } => {
                let mut rest = key;
                let scale = self.ordered(*ty, &mut rest)?;
                let entry = self.abi.codec().decode(*ty, &scale).ok()?;
                self.layout(value, rest, self.entry(&name, &entry))
            }
            Layout::List(_) if key.is_empty() => Some(Place {
                name: format!("{name}.len()"),
                content: Content::Length,
            }),
            Layout::List(element) => {
                let (index, rest) = key.split_first_chunk()?;
                let index = u32::from_be_bytes(*index);
                self.layout(element, rest, format!("{name}[{index}]"))
            }
            Layout::Group(fields) => self.fields(fields, key, &name),
        }
    }

    fn entry(&self, name: &str, entry: &Value) -> String {
        let entry = match entry {
            Value::Array(parts) => {
                let parts: Vec<_> = parts.iter().map(|it| self.known.value(it)).collect();
                parts.join(", ")
            }
            entry => self.known.value(entry),
        };
        format!("{name}[{entry}]")
    }

    /// Takes the ordered encoding of a key from the front, and returns its SCALE
    /// encoding: see the SDK's `OrderedKey` for both.
    fn ordered(&self, ty: TypeId, key: &mut &[u8]) -> Option<Vec<u8>> {
        match &self.abi.types.resolve(ty)?.type_def {
            TypeDef::Primitive(primitive) => primitive_key(primitive, key),
            TypeDef::Array(def) => Some(take(key, usize::try_from(def.len).ok()?)?.to_vec()),
            TypeDef::Sequence(_) => text_key(key),
            // `Address` and `Hash` are arrays in a struct.
            TypeDef::Composite(def) => match def.fields.as_slice() {
                [field] => self.ordered(field.ty.id, key),
                _ => None,
            },
            TypeDef::Tuple(def) => {
                let parts = def.fields.iter().map(|field| self.ordered(field.id, key));
                Some(parts.collect::<Option<Vec<_>>>()?.concat())
            }
            _ => None,
        }
    }
}

/// Integers are big-endian, signed ones with their sign bit turned over.
fn primitive_key(primitive: &TypeDefPrimitive, key: &mut &[u8]) -> Option<Vec<u8>> {
    use TypeDefPrimitive as P;

    let (len, signed) = match primitive {
        P::Bool | P::U8 => (1, false),
        P::U16 => (2, false),
        P::U32 => (4, false),
        P::U64 => (8, false),
        P::U128 => (16, false),
        P::I8 => (1, true),
        P::I16 => (2, true),
        P::I32 => (4, true),
        P::I64 => (8, true),
        P::I128 => (16, true),
        P::Str => return text_key(key),
        P::Char | P::U256 | P::I256 => return None,
    };
    let mut bytes = take(key, len)?.to_vec();
    if let Some(first) = bytes.first_mut().filter(|_| signed) {
        *first ^= 0x80;
    }
    bytes.reverse();
    Some(bytes)
}

/// Bytes with `00` written `00 FF`, and `00 00` at the end.
fn text_key(key: &mut &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    loop {
        match take(key, 1)? {
            [0] => match take(key, 1)? {
                [0] => return Some(parity_scale_codec::Encode::encode(&text)),
                [0xFF] => text.push(0),
                _ => return None,
            },
            other => text.extend(other),
        }
    }
}

fn take<'k>(key: &mut &'k [u8], len: usize) -> Option<&'k [u8]> {
    let (taken, rest) = key.split_at_checked(len)?;
    *key = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hull_abi::{AbiBuilder, LayoutSpec};
    use serde_json::json;

    fn abi() -> Abi {
        let group = LayoutSpec::Group(vec![("low", vec![0], LayoutSpec::value::<u8>())]);
        AbiBuilder::new("layout", "1.0.0")
            .storage("count", &[0], LayoutSpec::value::<u64>())
            .storage(
                "book",
                &[1],
                LayoutSpec::map::<(u8, u8)>(LayoutSpec::list(group)),
            )
            .storage(
                "by_time",
                &[2],
                LayoutSpec::ordered_map::<(i16, String)>(LayoutSpec::value::<bool>()),
            )
            .build()
    }

    #[test]
    fn keys_have_names() {
        let (abi, known) = (abi(), Known::default());
        let cases: [(&[u8], &[u8], &str, Value); 5] = [
            (&[0], &7_u64.to_le_bytes(), "count", json!(7)),
            (
                &[1, 3, 4],
                &2_u32.to_le_bytes(),
                "book[3, 4].len()",
                json!(2),
            ),
            (
                &[1, 3, 4, 0, 0, 1, 0, 0],
                &[9],
                "book[3, 4][256].low",
                json!(9),
            ),
            // -2 and "a\0".
            (
                &[2, 0x7F, 0xFE, b'a', 0, 0xFF, 0, 0],
                &[1],
                "by_time[-2, \"a\\0\"]",
                json!(true),
            ),
            (
                &[2, 0x80, 0x01, 0, 0],
                &[0],
                "by_time[1, \"\"]",
                json!(false),
            ),
        ];
        for (key, bytes, name, value) in cases {
            let place = place(&known, &abi, key).unwrap_or_else(|| panic!("{key:?}"));
            assert_eq!(place.name, name);
            assert_eq!(place.value(&abi, bytes), Some(value));
        }
        for key in [
            &[][..],
            &[0, 0],
            &[1, 3],
            &[2, 0x80, 0x01, 0, 1],
            &[3],
            &[1, 3, 4, 0],
        ] {
            assert_eq!(place(&known, &abi, key), None, "{key:?}");
        }
    }
}
