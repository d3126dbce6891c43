//! Storage that loads only what is touched.
//!
//! | type | holds | keys below its place |
//! |---|---|---|
//! | [`Value<T>`] | one value | none: the place itself |
//! | [`Map<K, V>`] | values or collections by key | SCALE of the key |
//! | [`List<T>`] | values by position | length at the place, element `i` at `i` as 4 bytes big-endian |
//! | [`OrderedMap<K, V>`] | as a map, in the order of the keys | [`OrderedKey`] of the key |
//! | [`Roles<R>`] | the accounts in each role | SCALE of role and account |
//! | a struct with `#[hull::storage]` | those, as fields | one byte a field: its slot |
//!
//! The place of the contract's own struct is empty, so field 2 of the contract
//! has the key `02`, and the entry of a map there `02` and the key. A slot is
//! the field's position unless `#[slot(7)]` says otherwise. Slots are part of
//! the ABI: changing one loses what is stored there.

mod key;
mod list;
mod map;
mod ordered;
mod ordered_key;
mod raw;
mod roles;
mod value;

use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

pub use key::{Key, KeyBuf, MAX_KEY_LEN};
pub use list::List;
pub use map::Map;
pub use ordered::{Keys, OrderedMap, Range};
pub use ordered_key::OrderedKey;
pub use raw::{MAX_VALUE_LEN, StorageError};
pub use roles::{MissingRole, Roles};
pub use value::Value;

/// Something that lives at a place in storage: a collection, or a struct of them.
///
/// Implemented by `#[hull::storage]`. What is generic over what it holds asks for
/// it:
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// use hull::storage::Storage;
///
/// fn shelf<T: Storage>(shelves: &Map<u8, T>, number: u8) -> hull::storage::Ref<'_, T> {
///     shelves.at(&number)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a collection, and cannot be a field of a storage struct",
    label = "not a collection",
    note = "to store a single value, write `Value<{Self}>`; a struct of collections takes \
            `#[hull::storage]`"
)]
pub trait Storage: Sized {
    /// The one at this place. Touches nothing.
    fn at(key: Key) -> Self;
}

/// A collection inside another one, for reading. It borrows the outer one, and
/// nothing is loaded before it is asked for something.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn last(history: &Map<Address, List<u64>>, of: Address) -> Option<u64> {
///     let list = history.at(&of);
///     list.get(list.len().checked_sub(1)?)
/// }
/// ```
pub struct Ref<'a, T> {
    target: T,
    outer: PhantomData<&'a ()>,
}

impl<T> Ref<'_, T> {
    fn new(target: T) -> Self {
        Self {
            target,
            outer: PhantomData,
        }
    }
}

impl<T> Deref for Ref<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.target
    }
}

/// A collection inside another one, for reading and writing. It borrows the outer
/// one alone.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn note(history: &mut Map<Address, List<u64>>, of: Address) {
///     let mut list = history.at_mut(&of);
///     list.push(&env::block_time());
/// }
/// ```
pub struct RefMut<'a, T> {
    target: T,
    outer: PhantomData<&'a mut ()>,
}

impl<T> RefMut<'_, T> {
    fn new(target: T) -> Self {
        Self {
            target,
            outer: PhantomData,
        }
    }
}

impl<T> Deref for RefMut<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.target
    }
}

impl<T> DerefMut for RefMut<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.target
    }
}
