//! A map without order.

use core::marker::PhantomData;

use parity_scale_codec::{Decode, Encode, EncodeLike};

use super::key::KeyBuf;
use super::raw::{self, StorageError};
use super::{Key, Ref, RefMut, Storage};

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
    fn key(&self, key: &impl EncodeLike<K>) -> KeyBuf {
        let mut whole = KeyBuf::new(self.key);
        key.encode_to(&mut whole);
        whole
    }
}

impl<K: Encode, V: Encode + Decode> Map<K, V> {
    /// The value at a key, or `None`.
    pub fn get(&self, key: &impl EncodeLike<K>) -> Option<V> {
        raw::read(self.key(key).get())
    }

    /// The value at a key, or the type's default.
    pub fn get_or_default(&self, key: &impl EncodeLike<K>) -> V
    where
        V: Default,
    {
        self.get(key).unwrap_or_default()
    }

    /// Sets the value at a key.
    ///
    /// # Panics
    /// If key or value are too long to be stored; see [`try_insert`](Self::try_insert).
    #[track_caller]
    pub fn insert(&mut self, key: &impl EncodeLike<K>, value: &V) {
        raw::done(self.try_insert(key, value));
    }

    /// Sets the value at a key.
    ///
    /// # Errors
    /// See [`StorageError`]; nothing is changed.
    pub fn try_insert(&mut self, key: &impl EncodeLike<K>, value: &V) -> Result<(), StorageError> {
        raw::write(self.key(key).get(), value)
    }

    /// Removes the value at a key and returns it.
    pub fn take(&mut self, key: &impl EncodeLike<K>) -> Option<V> {
        let key = self.key(key);
        let value = raw::read(key.get())?;
        raw::remove(key.get());
        Some(value)
    }

    /// Removes the value at a key and says whether there was one.
    pub fn remove(&mut self, key: &impl EncodeLike<K>) -> bool {
        raw::remove(self.key(key).get())
    }

    /// Whether there is a value at a key; cheaper than reading it.
    pub fn contains(&self, key: &impl EncodeLike<K>) -> bool {
        raw::contains(self.key(key).get())
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
