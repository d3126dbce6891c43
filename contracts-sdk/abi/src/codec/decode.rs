//! SCALE to JSON.

use hull_host_api::Address;
use scale_info::form::PortableForm;
use scale_info::{Field, Type, TypeDef, TypeDefPrimitive};
use serde_json::{Map, Value};

use super::encode::compact_limit;
use super::{Codec, ValueError, ValueErrorKind, compact};
use crate::limits::{MAX_VALUE_DEPTH, MAX_VALUE_PARTS};
use crate::types::{self, Kind};
use crate::{TypeId, hex_text};

type Result<T> = std::result::Result<T, ValueError>;

/// Integers beyond this do not survive a reader whose numbers are doubles.
const MAX_SAFE_INTEGER: u128 = (1 << 53) - 1;

pub(super) struct Reader<'a> {
    codec: Codec<'a>,
    bytes: &'a [u8],
    depth: usize,
    parts: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new<'b: 'a>(codec: &Codec<'b>, bytes: &'a [u8]) -> Self {
        Self {
            codec: *codec,
            bytes,
            depth: 0,
            parts: 0,
        }
    }

    /// What was not read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    /// Holds that every byte was read.
    pub(super) fn finish(self) -> Result<()> {
        match self.bytes.len() {
            0 => Ok(()),
            count => Err(ValueErrorKind::Trailing { count }.into()),
        }
    }

    pub(super) fn value(&mut self, id: TypeId) -> Result<Value> {
        let Some(ty) = self.codec.types().resolve(id) else {
            return Err(self.unsupported(id));
        };
        if self.depth == MAX_VALUE_DEPTH {
            return Err(ValueErrorKind::Depth.into());
        }
        if self.parts == MAX_VALUE_PARTS {
            return Err(ValueErrorKind::Parts.into());
        }
        self.depth += 1;
        self.parts += 1;
        let value = match types::kind(ty) {
            Kind::Address => self.address(id)?,
            Kind::Option => self.option(id, ty)?,
            Kind::Plain => self.plain(id, ty)?,
        };
        self.depth -= 1;
        Ok(value)
    }

    fn plain(&mut self, id: TypeId, ty: &'a Type<PortableForm>) -> Result<Value> {
        match &ty.type_def {
            TypeDef::Primitive(primitive) => self.primitive(id, primitive),
            TypeDef::Composite(def) => self.fields(&def.fields),
            TypeDef::Variant(def) => {
                let [index] = self.array(id)?;
                let Some(variant) = def.variants.iter().find(|it| it.index == index) else {
                    return Err(self.malformed(id, "it has no variant of this index"));
                };
                if variant.fields.is_empty() {
                    return Ok(variant.name.clone().into());
                }
                let payload = self.fields(&variant.fields);
                let payload = payload.map_err(|error| error.inside(&variant.name))?;
                Ok(object(&variant.name, payload))
            }
            TypeDef::Sequence(def) => {
                let len = self.len(id)?;
                self.elements(id, def.type_param.id, len)
            }
            TypeDef::Array(def) => {
                let len = usize::try_from(def.len).map_err(|_| ValueErrorKind::Parts)?;
                self.elements(id, def.type_param.id, len)
            }
            TypeDef::Tuple(def) if def.fields.is_empty() => Ok(Value::Null),
            TypeDef::Tuple(def) => self.list(def.fields.iter().map(|field| field.id)),
            TypeDef::Compact(def) => {
                let Some(limit) = compact_limit(&self.codec, def.type_param.id) else {
                    return Err(self.unsupported(id));
                };
                let number = compact(&mut self.bytes).filter(|it| *it <= limit);
                let number = number.ok_or_else(|| self.malformed(id, "no compact integer"))?;
                Ok(unsigned(number))
            }
            TypeDef::BitSequence(_) => Err(self.unsupported(id)),
        }
    }

    fn address(&mut self, id: TypeId) -> Result<Value> {
        let address = Address(self.array(id)?);
        let text = address.to_text(self.codec.prefix);
        Ok(text.map_err(ValueErrorKind::Address)?.into())
    }

    fn option(&mut self, id: TypeId, ty: &'a Type<PortableForm>) -> Result<Value> {
        let inner = match &ty.type_def {
            TypeDef::Variant(def) => def.variants.get(1).and_then(|it| it.fields.first()),
            _ => None,
        };
        let Some(inner) = inner.map(|field| field.ty.id) else {
            return Err(self.unsupported(id));
        };
        match self.array(id)? {
            [0] => Ok(Value::Null),
            [1] => {
                let value = self.value(inner)?;
                let written_out = types::nullable(self.codec.types(), inner);
                Ok(if written_out {
                    object("Some", value)
                } else {
                    value
                })
            }
            _ => Err(self.malformed(id, "it begins with neither 0 nor 1")),
        }
    }

    fn fields(&mut self, fields: &'a [Field<PortableForm>]) -> Result<Value> {
        match fields {
            [] => Ok(Value::Null),
            [field] if field.name.is_none() => self.value(field.ty.id),
            [field, ..] if field.name.is_none() => {
                self.list(fields.iter().map(|field| field.ty.id))
            }
            _ => {
                let mut map = Map::new();
                for field in fields {
                    let name = field.name.as_deref().unwrap_or_default();
                    let value = self.value(field.ty.id);
                    map.insert(name.into(), value.map_err(|error| error.inside(name))?);
                }
                Ok(Value::Object(map))
            }
        }
    }

    fn list(&mut self, types: impl Iterator<Item = TypeId>) -> Result<Value> {
        let mut list = Vec::new();
        for (index, ty) in types.enumerate() {
            let value = self.value(ty);
            list.push(value.map_err(|error| error.inside(&index.to_string()))?);
        }
        Ok(Value::Array(list))
    }

    fn elements(&mut self, id: TypeId, element: TypeId, len: usize) -> Result<Value> {
        let resolved = self.codec.types().resolve(element).map(|it| &it.type_def);
        if let Some(TypeDef::Primitive(TypeDefPrimitive::U8)) = resolved {
            return Ok(hex_text::encode(self.take(id, len)?).into());
        }
        self.list(std::iter::repeat_n(element, len))
    }

    fn primitive(&mut self, id: TypeId, primitive: &TypeDefPrimitive) -> Result<Value> {
        Ok(match primitive {
            TypeDefPrimitive::Bool => match self.array(id)? {
                [0] => false.into(),
                [1] => true.into(),
                _ => return Err(self.malformed(id, "it is neither 0 nor 1")),
            },
            TypeDefPrimitive::Char => {
                let it = char::from_u32(u32::from_le_bytes(self.array(id)?));
                let it = it.ok_or_else(|| self.malformed(id, "no Unicode character"))?;
                it.to_string().into()
            }
            TypeDefPrimitive::Str => {
                let len = self.len(id)?;
                let text = str::from_utf8(self.take(id, len)?);
                text.map_err(|_| self.malformed(id, "no UTF-8"))?.into()
            }
            TypeDefPrimitive::U8 => u8::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::U16 => u16::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::U32 => u32::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::U64 => unsigned(u64::from_le_bytes(self.array(id)?).into()),
            TypeDefPrimitive::U128 => unsigned(u128::from_le_bytes(self.array(id)?)),
            TypeDefPrimitive::I8 => i8::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::I16 => i16::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::I32 => i32::from_le_bytes(self.array(id)?).into(),
            TypeDefPrimitive::I64 => signed(i64::from_le_bytes(self.array(id)?).into()),
            TypeDefPrimitive::I128 => signed(i128::from_le_bytes(self.array(id)?)),
            TypeDefPrimitive::U256 | TypeDefPrimitive::I256 => return Err(self.unsupported(id)),
        })
    }

    fn len(&mut self, id: TypeId) -> Result<usize> {
        compact(&mut self.bytes)
            .and_then(|len| u32::try_from(len).ok())
            .and_then(|len| usize::try_from(len).ok())
            .ok_or_else(|| self.malformed(id, "it does not begin with a length"))
    }

    fn take(&mut self, id: TypeId, len: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(len) else {
            let expected = self.codec.type_name(id);
            return Err(ValueErrorKind::Truncated { expected }.into());
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, id: TypeId) -> Result<[u8; N]> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(id, N)?);
        Ok(array)
    }

    fn malformed(&self, id: TypeId, reason: &'static str) -> ValueError {
        let expected = self.codec.type_name(id);
        ValueErrorKind::Malformed { expected, reason }.into()
    }

    fn unsupported(&self, id: TypeId) -> ValueError {
        let expected = self.codec.type_name(id);
        ValueErrorKind::Unsupported { expected }.into()
    }
}

fn object(name: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

fn unsigned(number: u128) -> Value {
    match u64::try_from(number) {
        Ok(small) if number <= MAX_SAFE_INTEGER => small.into(),
        _ => number.to_string().into(),
    }
}

fn signed(number: i128) -> Value {
    match i64::try_from(number) {
        Ok(small) if number.unsigned_abs() <= MAX_SAFE_INTEGER => small.into(),
        _ => number.to_string().into(),
    }
}
