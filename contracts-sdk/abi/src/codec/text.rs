//! Values as one types them at a terminal.

use scale_info::{PortableRegistry, TypeDef, TypeDefPrimitive};
use serde_json::Value;

use crate::TypeId;
use crate::limits::MAX_VALUE_DEPTH;
use crate::types::{self, Kind};

/// The JSON that a text stands for: itself where the type wants text or a
/// number, else what it is as JSON, else itself.
pub(super) fn value(types: &PortableRegistry, ty: TypeId, text: &str) -> Value {
    if is_text(types, ty) {
        return text.into();
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// Whether the values are text or numbers. Numbers stay text, because JSON
/// loses digits beyond 64 bits.
fn is_text(types: &PortableRegistry, ty: TypeId) -> bool {
    let mut ty = ty;
    for _ in 0..MAX_VALUE_DEPTH {
        let Some(found) = types.resolve(ty) else {
            return false;
        };
        match (types::kind(found), &found.type_def) {
            (Kind::Address, _) => return true,
            (_, TypeDef::Primitive(it)) => return *it != TypeDefPrimitive::Bool,
            (_, TypeDef::Compact(_)) => return true,
            (_, TypeDef::Composite(def)) => match def.fields.as_slice() {
                [field] if field.name.is_none() => ty = field.ty.id,
                _ => return false,
            },
            _ => return false,
        }
    }
    false
}
