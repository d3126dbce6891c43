//! Holding an ABI to its rules, wherever it comes from.

use std::collections::BTreeSet;

use scale_info::form::PortableForm;
use scale_info::{Field, Type, TypeDef};

use crate::limits::{MAX_ITEMS, MAX_LAYOUT_DEPTH, MAX_NAME_LEN, MAX_TYPES};
use crate::{Abi, AbiError, Layout, Message, StorageField, TypeId, hex_text};

impl Abi {
    /// Checks what the types alone do not hold: that every type that is named
    /// is there, that names and selectors are unique and printable, and that
    /// nothing is larger than the [`limits`](crate::limits).
    ///
    /// What is read from JSON or from Wasm has passed it; generated code calls
    /// it for what a builder made.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), AbiError> {
        name("the contract", &self.name, "-")?;
        name("the version", &self.version, "-.+")?;
        self.check_types()?;
        self.check_messages("constructors", &self.constructors)?;
        self.check_messages("messages", &self.messages)?;
        self.check_events()?;
        count("errors", self.errors.len())?;
        for &ty in &self.errors {
            self.check_type(ty, || "an error".into())?;
        }
        count("storage fields", self.storage.len())?;
        unique("storage fields", self.storage.iter().map(|it| &*it.name))?;
        let keys = self.storage.iter().map(|it| hex_text::encode(&it.key));
        unique("storage keys", keys)?;
        self.storage
            .iter()
            .try_for_each(|field| self.check_storage(field, &field.name, 0))
    }

    fn check_type(&self, ty: TypeId, place: impl Fn() -> String) -> Result<(), AbiError> {
        match self.types.resolve(ty) {
            Some(_) => Ok(()),
            None => Err(AbiError::UnknownType { place: place(), ty }),
        }
    }

    fn check_types(&self) -> Result<(), AbiError> {
        let types = &self.types.types;
        if types.len() > MAX_TYPES {
            return Err(AbiError::TooMany {
                what: "types",
                found: types.len(),
                limit: MAX_TYPES,
            });
        }
        for (expected, entry) in (0..).zip(types) {
            let found = entry.id;
            if found != expected {
                return Err(AbiError::TypeOrder { expected, found });
            }
            for ty in mentioned(&entry.ty) {
                self.check_type(ty, || format!("type {found}"))?;
            }
            check_names(&entry.ty)?;
        }
        Ok(())
    }

    fn check_messages(&self, what: &'static str, messages: &[Message]) -> Result<(), AbiError> {
        count(what, messages.len())?;
        unique(what, messages.iter().map(|it| &*it.name))?;
        let selectors = messages.iter().map(|it| hex_text::encode(&it.selector));
        unique("selectors", selectors)?;
        for message in messages {
            let place = || format!("`{}`", message.name);
            name("a message", &message.name, "")?;
            count("arguments", message.args.len())?;
            unique("arguments", message.args.iter().map(|it| &*it.name))?;
            self.check_type(message.returns, place)?;
            for arg in &message.args {
                name("an argument", &arg.name, "")?;
                self.check_type(arg.ty, place)?;
            }
        }
        Ok(())
    }

    fn check_events(&self) -> Result<(), AbiError> {
        count("events", self.events.len())?;
        let topics = self.events.iter();
        unique(
            "events' topics",
            topics.map(|it| hex_text::encode(&it.signature_topic)),
        )?;
        for event in &self.events {
            name("an event", &event.name, "")?;
            count("fields", event.fields.len())?;
            unique("fields", event.fields.iter().map(|it| &*it.name))?;
            for field in &event.fields {
                name("a field", &field.name, "")?;
                self.check_type(field.ty, || format!("event `{}`", event.name))?;
            }
        }
        Ok(())
    }

    fn check_storage(
        &self,
        field: &StorageField,
        outermost: &str,
        depth: usize,
    ) -> Result<(), AbiError> {
        name("a storage field", &field.name, "")?;
        let place = || format!("storage field `{outermost}`");
        let mut layout = &field.layout;
        for depth in depth..=MAX_LAYOUT_DEPTH {
            match layout {
                Layout::Value(ty) => return self.check_type(*ty, place),
                Layout::List(value) => layout = value,
                Layout::Map { key, value } | Layout::OrderedMap { key, value } => {
                    self.check_type(*key, place)?;
                    layout = value;
                }
                Layout::Group(fields) => {
                    count("storage fields", fields.len())?;
                    unique("storage fields", fields.iter().map(|it| &*it.name))?;
                    return fields
                        .iter()
                        .try_for_each(|field| self.check_storage(field, outermost, depth + 1));
                }
            }
        }
        Err(AbiError::LayoutDepth {
            field: outermost.into(),
        })
    }
}

/// Every type that a type is made of.
fn mentioned(ty: &Type<PortableForm>) -> Vec<TypeId> {
    let fields = |fields: &[Field<PortableForm>]| -> Vec<TypeId> {
        fields.iter().map(|field| field.ty.id).collect()
    };
    let mut found = match &ty.type_def {
        TypeDef::Composite(def) => fields(&def.fields),
        TypeDef::Variant(def) => def
            .variants
            .iter()
            .flat_map(|it| fields(&it.fields))
            .collect(),
        TypeDef::Sequence(def) => vec![def.type_param.id],
        TypeDef::Array(def) => vec![def.type_param.id],
        TypeDef::Tuple(def) => def.fields.iter().map(|it| it.id).collect(),
        TypeDef::Compact(def) => vec![def.type_param.id],
        TypeDef::BitSequence(def) => vec![def.bit_store_type.id, def.bit_order_type.id],
        TypeDef::Primitive(_) => Vec::new(),
    };
    found.extend(ty.type_params.iter().filter_map(|it| it.ty).map(|it| it.id));
    found
}

fn check_names(ty: &Type<PortableForm>) -> Result<(), AbiError> {
    let fields = |fields: &[Field<PortableForm>]| {
        let mut names = fields.iter().filter_map(|field| field.name.as_ref());
        names.try_for_each(|it| name("a field", it, ""))
    };
    let mut segments = ty.path.segments.iter();
    segments.try_for_each(|it| name("a type", it, ""))?;
    match &ty.type_def {
        TypeDef::Composite(def) => fields(&def.fields),
        TypeDef::Variant(def) => def.variants.iter().try_for_each(|variant| {
            name("a variant", &variant.name, "")?;
            fields(&variant.fields)
        }),
        _ => Ok(()),
    }
}

/// Names are shown on terminals and used in generated code: letters, digits,
/// underscores and what else is named, nothing more.
fn name(what: &'static str, name: &str, also: &str) -> Result<(), AbiError> {
    let plain = name
        .chars()
        .all(|it| it.is_alphanumeric() || it == '_' || also.contains(it));
    if plain && !name.is_empty() && name.len() <= MAX_NAME_LEN {
        return Ok(());
    }
    let name = name.chars().take(MAX_NAME_LEN).collect();
    Err(AbiError::Name { what, name })
}

fn count(what: &'static str, found: usize) -> Result<(), AbiError> {
    if found <= MAX_ITEMS {
        return Ok(());
    }
    let limit = MAX_ITEMS;
    Err(AbiError::TooMany { what, found, limit })
}

fn unique<T: Clone + Ord + Into<String>>(
    what: &'static str,
    names: impl Iterator<Item = T>,
) -> Result<(), AbiError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name.clone()) {
            let name = name.into();
            return Err(AbiError::Duplicate { what, name });
        }
    }
    Ok(())
}
