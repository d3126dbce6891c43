//! Looking at types of the registry.

use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, Type, TypeDef, TypeDefPrimitive};

use crate::TypeId;
use crate::limits::{MAX_TYPE_NAME_LEN, MAX_VALUE_DEPTH};

/// `T` and `E` of a type that is a `Result<T, E>`.
pub(crate) fn result(types: &PortableRegistry, ty: TypeId) -> Option<(TypeId, TypeId)> {
    let ty = types.resolve(ty)?;
    let TypeDef::Variant(def) = &ty.type_def else {
        return None;
    };
    let [ok, err] = def.variants.as_slice() else {
        return None;
    };
    let is_result = ty.path.segments == ["Result"] && ok.name == "Ok" && err.name == "Err";
    let (of_ok, of_err) = (ok.fields.first()?, err.fields.first()?);
    is_result.then_some((of_ok.ty.id, of_err.ty.id))
}

/// Takes off what only people read.
pub(crate) fn clear_docs(ty: &mut Type<PortableForm>) {
    ty.docs.clear();
    match &mut ty.type_def {
        TypeDef::Composite(def) => def.fields.iter_mut().for_each(clear_field),
        TypeDef::Variant(def) => {
            for variant in &mut def.variants {
                variant.docs.clear();
                variant.fields.iter_mut().for_each(clear_field);
            }
        }
        _ => {}
    }
}

fn clear_field(field: &mut scale_info::Field<PortableForm>) {
    field.docs.clear();
    field.type_name = None;
}

/// Whether a value of this type is always written as `null`, or may be: such a
/// type inside an `Option` needs the written-out form.
pub(crate) fn nullable(types: &PortableRegistry, ty: TypeId) -> bool {
    let mut ty = ty;
    // As long as one unnamed field wraps the next; a type that wraps itself
    // has no values.
    for _ in 0..MAX_VALUE_DEPTH {
        let Some(found) = types.resolve(ty) else {
            return false;
        };
        match &found.type_def {
            TypeDef::Tuple(def) => return def.fields.is_empty(),
            TypeDef::Variant(_) => return kind(found) == Kind::Option,
            TypeDef::Composite(def) => match def.fields.as_slice() {
                [] => return true,
                [field] if field.name.is_none() => ty = field.ty.id,
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}

/// Types that are written in a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// bech32m text.
    Address,
    /// `null` or the value.
    Option,
    /// As its structure says.
    Plain,
}

pub(crate) fn kind(ty: &Type<PortableForm>) -> Kind {
    let path: Vec<&str> = ty.path.segments.iter().map(String::as_str).collect();
    match (path.as_slice(), &ty.type_def) {
        (["hull_host_api", "types", "Address"], _) => Kind::Address,
        (["ink_primitives", "types", "AccountId"], _) => Kind::Address,
        (["Option"], TypeDef::Variant(def)) => match def.variants.as_slice() {
            [none, some] if none.fields.is_empty() && some.fields.len() == 1 => Kind::Option,
            _ => Kind::Plain,
        },
        _ => Kind::Plain,
    }
}

/// The type as one would write it in Rust, cut off after
/// [`MAX_TYPE_NAME_LEN`] bytes.
pub(crate) fn name(types: &PortableRegistry, ty: TypeId) -> String {
    let mut out = String::new();
    write_name(types, ty, &mut out, 0);
    if out.len() > MAX_TYPE_NAME_LEN {
        let end = (0..=MAX_TYPE_NAME_LEN)
            .rev()
            .find(|at| out.is_char_boundary(*at));
        out.truncate(end.unwrap_or(0));
        out.push('…');
    }
    out
}

fn write_name(types: &PortableRegistry, ty: TypeId, out: &mut String, depth: usize) {
    if out.len() > MAX_TYPE_NAME_LEN || depth > MAX_VALUE_DEPTH {
        return;
    }
    let Some(ty) = types.resolve(ty) else {
        return out.push('?');
    };
    if let Some(last) = ty.path.segments.last() {
        out.push_str(last);
        let params = ty.type_params.iter().filter_map(|it| it.ty).map(|it| it.id);
        return write_list(types, params, ["<", ">"], out, depth, false);
    }
    let wrapped = |open: &str, inner: TypeId, close: &str, out: &mut String| {
        out.push_str(open);
        write_name(types, inner, out, depth + 1);
        out.push_str(close);
    };
    match &ty.type_def {
        TypeDef::Primitive(it) => out.push_str(primitive(it)),
        TypeDef::Sequence(it) => wrapped("Vec<", it.type_param.id, ">", out),
        TypeDef::Array(it) => wrapped("[", it.type_param.id, &format!("; {}]", it.len), out),
        TypeDef::Compact(it) => wrapped("Compact<", it.type_param.id, ">", out),
        TypeDef::Tuple(it) => {
            let fields = it.fields.iter().map(|it| it.id);
            write_list(types, fields, ["(", ")"], out, depth, true);
        }
        TypeDef::BitSequence(_) => out.push_str("bits"),
        TypeDef::Composite(_) => out.push_str("struct"),
        TypeDef::Variant(_) => out.push_str("enum"),
    }
}

fn write_list(
    types: &PortableRegistry,
    list: impl Iterator<Item = TypeId>,
    [open, close]: [&str; 2],
    out: &mut String,
    depth: usize,
    even_if_empty: bool,
) {
    let mut list = list.peekable();
    if list.peek().is_none() && !even_if_empty {
        return;
    }
    out.push_str(open);
    for (index, ty) in list.enumerate() {
        if out.len() > MAX_TYPE_NAME_LEN {
            return;
        }
        out.push_str(if index > 0 { ", " } else { "" });
        write_name(types, ty, out, depth + 1);
    }
    out.push_str(close);
}

/// A primitive's name in Rust.
pub(crate) fn primitive(it: &TypeDefPrimitive) -> &'static str {
    match it {
        TypeDefPrimitive::Bool => "bool",
        TypeDefPrimitive::Char => "char",
        TypeDefPrimitive::Str => "String",
        TypeDefPrimitive::U8 => "u8",
        TypeDefPrimitive::U16 => "u16",
        TypeDefPrimitive::U32 => "u32",
        TypeDefPrimitive::U64 => "u64",
        TypeDefPrimitive::U128 => "u128",
        TypeDefPrimitive::U256 => "u256",
        TypeDefPrimitive::I8 => "i8",
        TypeDefPrimitive::I16 => "i16",
        TypeDefPrimitive::I32 => "i32",
        TypeDefPrimitive::I64 => "i64",
        TypeDefPrimitive::I128 => "i128",
        TypeDefPrimitive::I256 => "i256",
    }
}
