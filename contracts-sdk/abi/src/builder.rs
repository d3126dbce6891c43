//! Making an ABI out of Rust types, as the SDK's macros do.

use hull_host_api::Capabilities;
use scale_info::{MetaType, Registry, TypeInfo};

use crate::{
    Abi, Arg, Event, EventField, Fallback, Layout, Message, Migration, StorageField, TypeId,
    selector, types,
};

/// Collects an [`Abi`]; types are registered in the order in which they come.
///
/// ```
/// use hull_abi::{AbiBuilder, EventSpec, LayoutSpec, MessageSpec};
/// use hull_host_api::Address;
///
/// let abi = AbiBuilder::new("purse", "1.0.0")
///     .constructor(MessageSpec::new("new"))
///     .message(
///         MessageSpec::new("pay")
///             .docs(&["Sends an amount."])
///             .arg::<Address>("to")
///             .arg::<u128>("amount")
///             .returns::<Result<(), u8>>()
///             .mutates(),
///     )
///     .event(EventSpec::new("Paid", [7; 32]).indexed::<Address>("to").field::<u128>("amount"))
///     .storage("owner", &[0], LayoutSpec::value::<Address>())
///     .storage("paid", &[1], LayoutSpec::map::<Address>(LayoutSpec::value::<u128>()))
///     .build();
/// assert_eq!(abi.message("pay").unwrap().args[1].name, "amount");
/// assert_eq!(abi.errors.len(), 1);
/// ```
#[derive(Debug)]
pub struct AbiBuilder {
    registry: Registry,
    abi: Abi,
}

/// A constructor or message on its way into an [`AbiBuilder`].
#[derive(Clone, Debug)]
pub struct MessageSpec {
    name: &'static str,
    selector: [u8; 4],
    args: Vec<(&'static str, MetaType)>,
    returns: MetaType,
    mutates: bool,
    payable: bool,
    docs: Vec<String>,
}

/// An event on its way into an [`AbiBuilder`].
#[derive(Clone, Debug)]
pub struct EventSpec {
    name: &'static str,
    signature_topic: [u8; 32],
    fields: Vec<FieldSpec>,
    docs: Vec<String>,
}

#[derive(Clone, Debug)]
struct FieldSpec {
    name: &'static str,
    ty: MetaType,
    indexed: bool,
    docs: Vec<String>,
}

/// A [`Layout`] on its way into an [`AbiBuilder`].
#[derive(Clone, Debug)]
pub enum LayoutSpec {
    /// One value.
    Value(MetaType),
    /// Values by key, without an order.
    Map(MetaType, Box<LayoutSpec>),
    /// Values by position.
    List(Box<LayoutSpec>),
    /// Values by key, in the order of the keys.
    OrderedMap(MetaType, Box<LayoutSpec>),
    /// Several fields: name, key after the group's own, layout.
    Group(Vec<(&'static str, Vec<u8>, LayoutSpec)>),
}

impl AbiBuilder {
    /// An ABI with the least capabilities and nothing in it.
    pub fn new(name: &str, version: &str) -> Self {
        Self {
            registry: Registry::new(),
            abi: Abi {
                name: name.into(),
                version: version.into(),
                docs: Vec::new(),
                capabilities: Capabilities::LEAST,
                constructors: Vec::new(),
                messages: Vec::new(),
                fallback: None,
                migration: None,
                events: Vec::new(),
                errors: Vec::new(),
                storage: Vec::new(),
                types: Registry::new().into(),
            },
        }
    }

    /// Documents the contract.
    #[must_use]
    pub fn docs(mut self, lines: &[&str]) -> Self {
        self.abi.docs = owned(lines);
        self
    }

    /// States what the contract may do.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.abi.capabilities = capabilities;
        self
    }

    /// Adds a constructor. It mutates whether it says so or not.
    #[must_use]
    pub fn constructor(mut self, spec: MessageSpec) -> Self {
        let message = self.register(spec.mutates());
        self.abi.constructors.push(message);
        self
    }

    /// Adds a message.
    #[must_use]
    pub fn message(mut self, spec: MessageSpec) -> Self {
        let message = self.register(spec);
        self.abi.messages.push(message);
        self
    }

    /// States that inputs without a matching message are handled.
    #[must_use]
    pub fn fallback(mut self, payable: bool, docs: &[&str]) -> Self {
        let docs = owned(docs);
        self.abi.fallback = Some(Fallback { payable, docs });
        self
    }

    /// States that something runs once after the code was replaced.
    #[must_use]
    pub fn migration(mut self, docs: &[&str]) -> Self {
        self.abi.migration = Some(Migration { docs: owned(docs) });
        self
    }

    /// Adds an event.
    #[must_use]
    pub fn event(mut self, spec: EventSpec) -> Self {
        let fields = spec.fields.into_iter().map(|field| EventField {
            name: field.name.into(),
            ty: self.registry.register_type(&field.ty).id,
            indexed: field.indexed,
            docs: field.docs,
        });
        let event = Event {
            name: spec.name.into(),
            signature_topic: spec.signature_topic,
            fields: fields.collect(),
            docs: spec.docs,
        };
        self.abi.events.push(event);
        self
    }

    /// Adds a type of error that no declared result names. The `E` of a message
    /// that returns `Result<T, E>` is found by itself.
    #[must_use]
    pub fn error<E: TypeInfo + 'static>(mut self) -> Self {
        let ty = self.ty(MetaType::new::<E>());
        self.abi.errors.push(ty);
        self
    }

    /// Adds a field of the storage whose keys begin with `key`.
    #[must_use]
    pub fn storage(mut self, name: &'static str, key: &[u8], layout: LayoutSpec) -> Self {
        let layout = self.layout(layout);
        self.abi.storage.push(StorageField {
            name: name.into(),
            key: key.into(),
            layout,
            docs: Vec::new(),
        });
        self
    }

    /// Documents the field of the storage that was added last.
    #[must_use]
    pub fn storage_docs(mut self, lines: &[&str]) -> Self {
        if let Some(field) = self.abi.storage.last_mut() {
            field.docs = owned(lines);
        }
        self
    }

    /// The finished ABI. Whether names and selectors are unique is told by
    /// [`Abi::check`].
    pub fn build(mut self) -> Abi {
        self.abi.types = self.registry.into();
        let messages = self.abi.constructors.iter().chain(&self.abi.messages);
        let found = messages.filter_map(|it| types::result(&self.abi.types, it.returns));
        self.abi.errors.extend(found.map(|(_, error)| error));
        self.abi.errors.sort_unstable();
        self.abi.errors.dedup();
        self.abi
    }

    fn ty(&mut self, ty: MetaType) -> TypeId {
        self.registry.register_type(&ty).id
    }

    fn register(&mut self, spec: MessageSpec) -> Message {
        let args = spec.args.into_iter().map(|(name, ty)| Arg {
            name: name.into(),
            ty: self.registry.register_type(&ty).id,
        });
        Message {
            name: spec.name.into(),
            selector: spec.selector,
            args: args.collect(),
            returns: self.ty(spec.returns),
            mutates: spec.mutates,
            payable: spec.payable,
            docs: spec.docs,
        }
    }

    fn layout(&mut self, spec: LayoutSpec) -> Layout {
        match spec {
            LayoutSpec::Value(ty) => Layout::Value(self.ty(ty)),
            LayoutSpec::List(value) => Layout::List(Box::new(self.layout(*value))),
            LayoutSpec::Map(key, value) => Layout::Map {
                key: self.ty(key),
                value: Box::new(self.layout(*value)),
            },
            LayoutSpec::OrderedMap(key, value) => Layout::OrderedMap {
                key: self.ty(key),
                value: Box::new(self.layout(*value)),
            },
            LayoutSpec::Group(fields) => {
                let fields = fields.into_iter().map(|(name, key, spec)| StorageField {
                    name: name.into(),
                    key,
                    layout: self.layout(spec),
                    docs: Vec::new(),
                });
                Layout::Group(fields.collect())
            }
        }
    }
}

impl MessageSpec {
    /// A view without arguments and result. Its selector follows from its name.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            selector: selector(name),
            args: Vec::new(),
            returns: MetaType::new::<()>(),
            mutates: false,
            payable: false,
            docs: Vec::new(),
        }
    }

    /// Takes a selector other than the name's.
    #[must_use]
    pub fn selector(mut self, selector: [u8; 4]) -> Self {
        self.selector = selector;
        self
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg<T: TypeInfo + ?Sized + 'static>(mut self, name: &'static str) -> Self {
        self.args.push((name, MetaType::new::<T>()));
        self
    }

    /// States the declared type of the result, without the outer
    /// `Result<_, LangError>`.
    #[must_use]
    pub fn returns<T: TypeInfo + ?Sized + 'static>(mut self) -> Self {
        self.returns = MetaType::new::<T>();
        self
    }

    /// States that it may change state.
    #[must_use]
    pub fn mutates(mut self) -> Self {
        self.mutates = true;
        self
    }

    /// States that it takes native tokens.
    #[must_use]
    pub fn payable(mut self) -> Self {
        self.payable = true;
        self
    }

    /// Documents it.
    #[must_use]
    pub fn docs(mut self, lines: &[&str]) -> Self {
        self.docs = owned(lines);
        self
    }
}

impl EventSpec {
    /// An event without fields.
    pub fn new(name: &'static str, signature_topic: [u8; 32]) -> Self {
        Self {
            name,
            signature_topic,
            fields: Vec::new(),
            docs: Vec::new(),
        }
    }

    /// Adds a field that is only in the data.
    #[must_use]
    pub fn field<T: TypeInfo + ?Sized + 'static>(self, name: &'static str) -> Self {
        self.push(name, MetaType::new::<T>(), false)
    }

    /// Adds a field that is a topic too.
    #[must_use]
    pub fn indexed<T: TypeInfo + ?Sized + 'static>(self, name: &'static str) -> Self {
        self.push(name, MetaType::new::<T>(), true)
    }

    /// Documents the field that was added last.
    #[must_use]
    pub fn field_docs(mut self, lines: &[&str]) -> Self {
        if let Some(field) = self.fields.last_mut() {
            field.docs = owned(lines);
        }
        self
    }

    /// Documents the event.
    #[must_use]
    pub fn docs(mut self, lines: &[&str]) -> Self {
        self.docs = owned(lines);
        self
    }

    fn push(mut self, name: &'static str, ty: MetaType, indexed: bool) -> Self {
        self.fields.push(FieldSpec {
            name,
            ty,
            indexed,
            docs: Vec::new(),
        });
        self
    }
}

impl LayoutSpec {
    /// One value.
    pub fn value<T: TypeInfo + ?Sized + 'static>() -> Self {
        Self::Value(MetaType::new::<T>())
    }

    /// Values by key, without an order.
    pub fn map<K: TypeInfo + ?Sized + 'static>(value: Self) -> Self {
        Self::Map(MetaType::new::<K>(), Box::new(value))
    }

    /// Values by key, in the order of the keys.
    pub fn ordered_map<K: TypeInfo + ?Sized + 'static>(value: Self) -> Self {
        Self::OrderedMap(MetaType::new::<K>(), Box::new(value))
    }

    /// Values by position.
    pub fn list(value: Self) -> Self {
        Self::List(Box::new(value))
    }
}

fn owned(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}
