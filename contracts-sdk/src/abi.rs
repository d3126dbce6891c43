//! How types and layouts get into the ABI. Not part of the contract's Wasm.

pub use hull_abi::scale_info::{self, TypeInfo};
pub use hull_abi::{Abi, AbiBuilder, EventSpec, LayoutSpec, MessageSpec};
use hull_host_api::Capabilities;

use crate::storage::{List, Map, OrderedMap, Roles, Value};

/// What lies at a place in storage: a collection, a struct of collections, or,
/// inside a collection, a plain value.
pub trait Layout {
    /// Its description.
    fn layout() -> LayoutSpec;
}

impl<T: TypeInfo + 'static> Layout for T {
    fn layout() -> LayoutSpec {
        LayoutSpec::value::<T>()
    }
}

impl<T: TypeInfo + 'static> Layout for Value<T> {
    fn layout() -> LayoutSpec {
        LayoutSpec::value::<T>()
    }
}

impl<K: TypeInfo + 'static, V: Layout> Layout for Map<K, V> {
    fn layout() -> LayoutSpec {
        LayoutSpec::map::<K>(V::layout())
    }
}

impl<T: Layout> Layout for List<T> {
    fn layout() -> LayoutSpec {
        LayoutSpec::list(T::layout())
    }
}

impl<K: TypeInfo + 'static, V: Layout> Layout for OrderedMap<K, V> {
    fn layout() -> LayoutSpec {
        LayoutSpec::ordered_map::<K>(V::layout())
    }
}

impl<R: TypeInfo + 'static> Layout for Roles<R> {
    fn layout() -> LayoutSpec {
        LayoutSpec::map::<(R, hull_host_api::Address)>(<()>::layout())
    }
}

/// The description of an event; implemented by `#[hull::event]`.
pub trait EventInfo {
    /// It.
    fn spec() -> EventSpec;
}

/// Adds the fields of the contract's storage struct.
#[doc(hidden)]
#[must_use]
pub fn with_storage<S: Layout>(builder: AbiBuilder) -> AbiBuilder {
    match S::layout() {
        LayoutSpec::Group(fields) => fields
            .into_iter()
            .fold(builder, |builder, (name, key, layout)| {
                builder.storage(name, &key, layout)
            }),
        _ => builder,
    }
}

/// The capabilities that the macro encoded.
#[doc(hidden)]
#[must_use]
pub fn capabilities(encoded: &[u8]) -> Capabilities {
    Capabilities::decode(encoded).unwrap_or(Capabilities::LEAST)
}
