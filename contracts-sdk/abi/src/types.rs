//! Looking at types of the registry.

use scale_info::form::PortableForm;
use scale_info::{PortableRegistry, Type, TypeDef};

use crate::TypeId;

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
