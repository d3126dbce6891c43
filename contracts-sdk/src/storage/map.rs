//! A map without order.

use core::marker::PhantomData;

use parity_scale_codec::{Decode, Encode, EncodeLike};

use super::raw::{self, StorageError};
use super::{Key, Ref, RefMut, Storage};
use crate::sink::Sink;

/// Values, or whole collections, by key. It cannot be walked through: for that
/// there is [`OrderedMap`](super::OrderedMap).
///
/// An entry's key is the map's place followed by the SCALE encoding of the key,
/// so an entry is found by anyone who can encode its key. Keys that make this
/// longer than 256 bytes hold nothing.
///
/// `V` is either a SCALE value, with [`get`](Self::get) and
/// [`insert`](Self::insert), or another collection or storage struct, with
/// [`at`](Self::at) and [`at_mut`](Self::at_mut).
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::storage]
/// struct Bank {
///     balances: Map<Address, Balance>,
///     history: Map<Address, List<Balance>>,
/// }
///
/// fn credit(bank: &mut Bank, who: Address, amount: Balance) {
///     let before = bank.balances.get_or_default(&who);
///     bank.balances.insert(&who, &(before + amount));
///     bank.history.at_mut(&who).push(&amount);
/// }
/// ```
pub struct Map<K, V> {
    key: Key,
    of: PhantomData<fn(K) -> V>,
}

impl<K, V> Storage for Map<K, V> {
    #[inline]
    fn at(key: Key) -> Self {
        Self {
            key,
            of: PhantomData,
        }
    }
}

impl<K: Encode, V> Map<K, V> {
    /// Puts the entry's key into the sink.
    #[inline(always)]
    fn begin(&self, key: &impl EncodeLike<K>) {
        raw::begin(self.key);
        key.encode_to(&mut Sink);
    }
}

impl<K: Encode, V: Encode + Decode> Map<K, V> {
    /// The value at a key, or `None`.
    #[inline]
    pub fn get(&self, key: &impl EncodeLike<K>) -> Option<V> {
        self.begin(key);
        raw::read()
    }

    /// The value at a key, or the type's default.
    #[inline]
    pub fn get_or_default(&self, key: &impl EncodeLike<K>) -> V
    where
        V: Default,
    {
        self.begin(key);
        raw::read_or_default()
    }

    /// Sets the value at a key.
    ///
    /// # Panics
    /// If key or value are too long to be stored; see [`try_insert`](Self::try_insert).
    #[inline]
    pub fn insert(&mut self, key: &impl EncodeLike<K>, value: &V) {
        self.begin(key);
        raw::write(value);
    }

    /// Sets the value at a key.
    ///
    /// # Errors
    /// See [`StorageError`]; nothing is changed.
    pub fn try_insert(&mut self, key: &impl EncodeLike<K>, value: &V) -> Result<(), StorageError> {
        self.begin(key);
        raw::try_write(value)
    }

    /// Removes the value at a key and returns it.
    pub fn take(&mut self, key: &impl EncodeLike<K>) -> Option<V> {
        let value = self.get(key)?;
        self.remove(key);
        Some(value)
    }

    /// Removes the value at a key and says whether there was one.
    #[inline]
    pub fn remove(&mut self, key: &impl EncodeLike<K>) -> bool {
        self.begin(key);
        raw::remove()
    }

    /// Whether there is a value at a key; cheaper than reading it.
    #[inline]
    pub fn contains(&self, key: &impl EncodeLike<K>) -> bool {
        self.begin(key);
        raw::contains()
    }
}

impl<K: Encode, V: Storage> Map<K, V> {
    /// The collection at a key, for reading. Nothing is loaded yet; a collection
    /// that nobody wrote to is empty.
    ///
    /// # Panics
    /// If the key is too long.
    pub fn at(&self, key: &impl EncodeLike<K>) -> Ref<'_, V> {
        Ref::new(V::at(self.key.entry(key)))
    }

    /// The collection at a key, for reading and writing.
    ///
    /// # Panics
    /// If the key is too long.
    pub fn at_mut(&mut self, key: &impl EncodeLike<K>) -> RefMut<'_, V> {
        RefMut::new(V::at(self.key.entry(key)))
    }
}
