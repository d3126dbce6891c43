//! JSON to SCALE.

use hull_host_api::Address;
use parity_scale_codec::{Compact, Encode};
use scale_info::form::PortableForm;
use scale_info::{Field, Type, TypeDef, TypeDefPrimitive, TypeDefVariant};
use serde_json::Value;

use super::error::shown;
use super::{Codec, ValueError, ValueErrorKind};
use crate::limits::MAX_VALUE_DEPTH;
use crate::types::{self, Kind};
use crate::{TypeId, hex_text};

type Result<T> = std::result::Result<T, ValueError>;

pub(super) fn value(codec: &Codec<'_>, ty: TypeId, value: &Value) -> Result<Vec<u8>> {
    let mut writer = Writer {
        codec,
        out: Vec::new(),
        depth: 0,
    };
    writer.value(ty, value)?;
    Ok(writer.out)
}

struct Writer<'a> {
    codec: &'a Codec<'a>,
    out: Vec<u8>,
    depth: usize,
}

impl<'a> Writer<'a> {
    fn value(&mut self, id: TypeId, value: &Value) -> Result<()> {
        let Some(ty) = self.codec.types().resolve(id) else {
            return Err(self.unsupported(id));
        };
        if self.depth == MAX_VALUE_DEPTH {
            return Err(ValueErrorKind::Depth.into());
        }
        self.depth += 1;
        match types::kind(ty) {
            Kind::Address => self.address(id, value)?,
            Kind::Option => self.option(id, ty, value)?,
            Kind::Plain => self.plain(id, ty, value)?,
        }
        self.depth -= 1;
        Ok(())
    }

    fn plain(&mut self, id: TypeId, ty: &'a Type<PortableForm>, value: &Value) -> Result<()> {
        match &ty.type_def {
            TypeDef::Primitive(primitive) => self.primitive(id, primitive, value),
            TypeDef::Composite(def) => self.fields(id, &def.fields, value),
            TypeDef::Variant(def) => self.variant(id, def, value),
            TypeDef::Sequence(def) => {
                let element = def.type_param.id;
                if let Some(bytes) = self.bytes(id, element, value)? {
                    bytes.encode_to(&mut self.out);
                    return Ok(());
                }
                let list = self.list(id, value)?;
                let len = u32::try_from(list.len()).map_err(|_| ValueErrorKind::Parts)?;
                Compact(len).encode_to(&mut self.out);
                self.elements(list, std::iter::repeat(element))
            }
            TypeDef::Array(def) => {
                let element = def.type_param.id;
                let bytes = self.bytes(id, element, value)?;
                let found = match &bytes {
                    Some(bytes) => bytes.len(),
                    None => self.list(id, value)?.len(),
                };
                expect_len(usize::try_from(def.len).unwrap_or(usize::MAX), found)?;
                if let Some(bytes) = bytes {
                    self.out.extend(bytes);
                    return Ok(());
                }
                self.elements(self.list(id, value)?, std::iter::repeat(element))
            }
            TypeDef::Tuple(def) if def.fields.is_empty() && value.is_null() => Ok(()),
            TypeDef::Tuple(def) => {
                let list = self.list(id, value)?;
                expect_len(def.fields.len(), list.len())?;
                self.elements(list, def.fields.iter().map(|field| field.id))
            }
            TypeDef::Compact(def) => self.compact(id, def.type_param.id, value),
            TypeDef::BitSequence(_) => Err(self.unsupported(id)),
        }
    }

    fn address(&mut self, id: TypeId, value: &Value) -> Result<()> {
        let Value::String(text) = value else {
            return Err(self.unexpected(id, value, Some("addresses are text")));
        };
        if text.starts_with("0x") {
            let bytes = hex_text::decode(text).unwrap_or_default();
            let bytes: [u8; 32] = bytes
                .try_into()
                .map_err(|_| self.unexpected(id, value, Some("0x is followed by 64 digits")))?;
            self.out.extend(bytes);
            return Ok(());
        }
        let address = Address::from_text(text, self.codec.prefix);
        self.out.extend(address.map_err(ValueErrorKind::Address)?.0);
        Ok(())
    }

    fn option(&mut self, id: TypeId, ty: &'a Type<PortableForm>, value: &Value) -> Result<()> {
        let TypeDef::Variant(def) = &ty.type_def else {
            return Err(self.unsupported(id));
        };
        let some = def.variants.get(1).and_then(|it| it.fields.first());
        let Some(inner) = some.map(|field| field.ty.id) else {
            return Err(self.unsupported(id));
        };
        if value.is_null() {
            self.out.push(0);
            return Ok(());
        }
        let value = match types::nullable(self.codec.types(), inner) {
            false => value,
            true => match value.as_object().map(|it| (it.len(), it.get("Some"))) {
                Some((1, Some(value))) => value,
                _ => {
                    return Err(self.unexpected(
                        id,
                        value,
                        Some(r#"it is null or {"Some": value}"#),
                    ));
                }
            },
        };
        self.out.push(1);
        self.value(inner, value)
    }

    fn variant(
        &mut self,
        id: TypeId,
        def: &'a TypeDefVariant<PortableForm>,
        value: &Value,
    ) -> Result<()> {
        let (name, payload) = match value {
            Value::String(name) => (name, &Value::Null),
            Value::Object(map) => match (map.len(), map.iter().next()) {
                (1, Some((name, payload))) => (name, payload),
                _ => return Err(self.unexpected(id, value, Some("it has one variant"))),
            },
            _ => return Err(self.unexpected(id, value, None)),
        };
        let Some(variant) = def.variants.iter().find(|it| it.name == *name) else {
            return Err(ValueErrorKind::UnknownVariant {
                expected: self.codec.type_name(id),
                found: name.chars().take(60).collect(),
                known: def.variants.iter().map(|it| it.name.clone()).collect(),
            }
            .into());
        };
        self.out.push(variant.index);
        let fields = self.fields(id, &variant.fields, payload);
        fields.map_err(|error| error.inside(name))
    }

    fn fields(
        &mut self,
        id: TypeId,
        fields: &'a [Field<PortableForm>],
        value: &Value,
    ) -> Result<()> {
        match fields {
            [] => match value {
                Value::Null => Ok(()),
                Value::Object(map) if map.is_empty() => Ok(()),
                Value::Array(list) if list.is_empty() => Ok(()),
                _ => Err(self.unexpected(id, value, Some("it has no fields"))),
            },
            [field] if field.name.is_none() => self.value(field.ty.id, value),
            [field, ..] if field.name.is_none() => {
                let list = self.list(id, value)?;
                expect_len(fields.len(), list.len())?;
                self.elements(list, fields.iter().map(|field| field.ty.id))
            }
            _ => self.named_fields(id, fields, value),
        }
    }

    fn named_fields(
        &mut self,
        id: TypeId,
        fields: &'a [Field<PortableForm>],
        value: &Value,
    ) -> Result<()> {
        let Value::Object(map) = value else {
            return Err(self.unexpected(id, value, Some("its fields come as an object")));
        };
        let names = || fields.iter().filter_map(|field| field.name.as_ref());
        if let Some(name) = map.keys().find(|key| !names().any(|name| name == *key)) {
            let known = names().cloned().collect();
            return Err(ValueErrorKind::UnknownArg { known }.at(name));
        }
        for field in fields {
            let name = field.name.as_deref().unwrap_or_default();
            let Some(value) = map.get(name) else {
                let expected = self.codec.type_name(field.ty.id);
                return Err(ValueErrorKind::Missing { expected }.at(name));
            };
            let written = self.value(field.ty.id, value);
            written.map_err(|error| error.inside(name))?;
        }
        Ok(())
    }

    /// Elements of a list by their types.
    fn elements(&mut self, list: &[Value], types: impl Iterator<Item = TypeId>) -> Result<()> {
        for (index, (value, ty)) in list.iter().zip(types).enumerate() {
            let written = self.value(ty, value);
            written.map_err(|error| error.inside(&index.to_string()))?;
        }
        Ok(())
    }

    /// The bytes of a list of `u8` that is written as text.
    fn bytes(&self, id: TypeId, element: TypeId, value: &Value) -> Result<Option<Vec<u8>>> {
        let element = self.codec.types().resolve(element).map(|it| &it.type_def);
        let is_bytes = matches!(element, Some(TypeDef::Primitive(TypeDefPrimitive::U8)));
        match value {
            Value::String(text) if is_bytes => match hex_text::decode(text) {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => Err(self.unexpected(
                    id,
                    value,
                    Some("bytes are 0x and an even number of hexadecimal digits"),
                )),
            },
            _ => Ok(None),
        }
    }

    fn list<'v>(&self, id: TypeId, value: &'v Value) -> Result<&'v [Value]> {
        match value {
            Value::Array(list) => Ok(list),
            _ => Err(self.unexpected(id, value, Some("its elements come as a list"))),
        }
    }

    fn primitive(&mut self, id: TypeId, primitive: &TypeDefPrimitive, value: &Value) -> Result<()> {
        macro_rules! integer {
            ($ty:ty, $kind:ty) => {{
                let number: $kind = self.number(id, value)?;
                match <$ty>::try_from(number) {
                    Ok(number) => number.encode_to(&mut self.out),
                    Err(_) => return Err(self.unexpected(id, value, Some(OUT_OF_RANGE))),
                }
            }};
        }
        match (primitive, value) {
            (TypeDefPrimitive::Bool, Value::Bool(it)) => it.encode_to(&mut self.out),
            (TypeDefPrimitive::Str, Value::String(it)) => it.encode_to(&mut self.out),
            (TypeDefPrimitive::Char, Value::String(it)) => {
                let mut chars = it.chars();
                let (Some(it), None) = (chars.next(), chars.next()) else {
                    return Err(self.unexpected(id, value, Some("it is one character")));
                };
                u32::from(it).encode_to(&mut self.out);
            }
            (TypeDefPrimitive::U8, _) => integer!(u8, u128),
            (TypeDefPrimitive::U16, _) => integer!(u16, u128),
            (TypeDefPrimitive::U32, _) => integer!(u32, u128),
            (TypeDefPrimitive::U64, _) => integer!(u64, u128),
            (TypeDefPrimitive::U128, _) => integer!(u128, u128),
            (TypeDefPrimitive::I8, _) => integer!(i8, i128),
            (TypeDefPrimitive::I16, _) => integer!(i16, i128),
            (TypeDefPrimitive::I32, _) => integer!(i32, i128),
            (TypeDefPrimitive::I64, _) => integer!(i64, i128),
            (TypeDefPrimitive::I128, _) => integer!(i128, i128),
            (TypeDefPrimitive::U256 | TypeDefPrimitive::I256, _) => {
                return Err(self.unsupported(id));
            }
            _ => return Err(self.unexpected(id, value, None)),
        }
        Ok(())
    }

    /// An integer as a JSON number or as decimal text.
    fn number<N: std::str::FromStr>(&self, id: TypeId, value: &Value) -> Result<N> {
        let text = match value {
            Value::String(text) => text.clone(),
            // Beyond 64 bits a JSON number has been rounded already.
            Value::Number(number) if number.is_f64() => {
                let reason = "numbers beyond 64 bits are written as text";
                return Err(self.unexpected(id, value, Some(reason)));
            }
            Value::Number(number) => number.to_string(),
            _ => return Err(self.unexpected(id, value, None)),
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
            return Err(self.unexpected(id, value, Some("which is no decimal number")));
        }
        let number = text.parse();
        number.map_err(|_| self.unexpected(id, value, Some(OUT_OF_RANGE)))
    }

    /// A compact integer: of the type, or of the type that it wraps.
    fn compact(&mut self, id: TypeId, inner: TypeId, value: &Value) -> Result<()> {
        let Some(limit) = compact_limit(self.codec, inner) else {
            return Err(self.unsupported(id));
        };
        let number: u128 = self.number(id, value)?;
        if number > limit {
            return Err(self.unexpected(id, value, Some(OUT_OF_RANGE)));
        }
        Compact(number).encode_to(&mut self.out);
        Ok(())
    }

    fn unexpected(&self, id: TypeId, found: &Value, reason: Option<&'static str>) -> ValueError {
        ValueErrorKind::Unexpected {
            expected: self.codec.type_name(id),
            found: shown(found),
            reason,
        }
        .into()
    }

    fn unsupported(&self, id: TypeId) -> ValueError {
        let expected = self.codec.type_name(id);
        ValueErrorKind::Unsupported { expected }.into()
    }
}

const OUT_OF_RANGE: &str = "which is out of range";

fn expect_len(expected: usize, found: usize) -> Result<()> {
    if expected == found {
        return Ok(());
    }
    Err(ValueErrorKind::Length { expected, found }.into())
}

/// The largest value of a compact integer of this type; 0 for `()`.
pub(super) fn compact_limit(codec: &Codec<'_>, ty: TypeId) -> Option<u128> {
    let mut ty = ty;
    for _ in 0..MAX_VALUE_DEPTH {
        match &codec.types().resolve(ty)?.type_def {
            TypeDef::Primitive(TypeDefPrimitive::U8) => return Some(u8::MAX.into()),
            TypeDef::Primitive(TypeDefPrimitive::U16) => return Some(u16::MAX.into()),
            TypeDef::Primitive(TypeDefPrimitive::U32) => return Some(u32::MAX.into()),
            TypeDef::Primitive(TypeDefPrimitive::U64) => return Some(u64::MAX.into()),
            TypeDef::Primitive(TypeDefPrimitive::U128) => return Some(u128::MAX),
            TypeDef::Composite(def) => match def.fields.as_slice() {
                [field] => ty = field.ty.id,
                _ => return None,
            },
            _ => return None,
        }
    }
    None
}
