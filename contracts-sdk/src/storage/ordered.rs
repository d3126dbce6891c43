//! A map in the order of its keys.

use core::marker::PhantomData;
use core::ops::{Bound, RangeBounds};

use hull_host_api::ScanOrder;
use parity_scale_codec::{Decode, Encode};

use super::key::KeyBuf;
use super::raw::{self, StorageError};
use super::{Key, OrderedKey, Ref, RefMut, Storage};
use crate::reader::Reader;
use crate::{cursor, sys};

/// Values, or whole collections, by key, in the order of the keys.
///
/// An entry's key is the map's place followed by the [`OrderedKey`] encoding.
/// Ranges go in both directions and read only what they are asked for.
///
/// Gas: a step of a range is a scan, 20,000,000 and 400 a byte of keys, and a
/// read; a step of [`keys`](Self::keys) is the scan alone.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::storage]
/// struct Book {
///     /// Orders by price, and by number at one price.
///     bids: OrderedMap<(u64, u32), Address>,
/// }
///
/// fn best(book: &Book) -> Option<((u64, u32), Address)> {
///     book.bids.iter().next_back()
/// }
///
/// fn best_price(book: &Book) -> Option<u64> {
///     book.bids.keys(..).next_back().map(|(price, _)| price)
/// }
///
/// fn at_least(book: &Book, price: u64, most: usize) -> Vec<((u64, u32), Address)> {
///     book.bids.range((price, 0)..).rev().take(most).collect()
/// }
/// ```
pub struct OrderedMap<K, V> {
    key: Key,
    of: PhantomData<fn(K) -> V>,
}

impl<K, V> Storage for OrderedMap<K, V> {
    #[inline]
    fn at(key: Key) -> Self {
        Self {
            key,
            of: PhantomData,
        }
    }
}

impl<K: OrderedKey, V> OrderedMap<K, V> {
    fn key(&self, key: &K) -> KeyBuf {
        let mut whole = KeyBuf::new(self.key);
        key.encode_key(&mut whole);
        whole
    }

    /// Puts the entry's key into the sink.
    fn begin(&self, key: &K) {
        raw::begin_with(self.key(key).get());
    }
}

impl<K: OrderedKey, V: Encode + Decode> OrderedMap<K, V> {
    /// The value at a key, or `None`.
    pub fn get(&self, key: &K) -> Option<V> {
        self.begin(key);
        raw::read()
    }

    /// The value at a key, or the type's default.
    pub fn get_or_default(&self, key: &K) -> V
    where
        V: Default,
    {
        self.get(key).unwrap_or_default()
    }

    /// Sets the value at a key.
    ///
    /// # Panics
    /// If key or value are too long to be stored; see [`try_insert`](Self::try_insert).
    pub fn insert(&mut self, key: &K, value: &V) {
        self.begin(key);
        raw::write(value);
    }

    /// Sets the value at a key.
    ///
    /// # Errors
    /// See [`StorageError`]; nothing is changed.
    pub fn try_insert(&mut self, key: &K, value: &V) -> Result<(), StorageError> {
        self.begin(key);
        raw::try_write(value)
    }

    /// Removes the value at a key and returns it.
    pub fn take(&mut self, key: &K) -> Option<V> {
        let value = self.get(key)?;
        self.remove(key);
        Some(value)
    }

    /// Removes the value at a key and says whether there was one.
    pub fn remove(&mut self, key: &K) -> bool {
        self.begin(key);
        raw::remove()
    }

    /// Whether there is a value at a key; cheaper than reading it.
    pub fn contains(&self, key: &K) -> bool {
        self.begin(key);
        raw::contains()
    }

    /// The entry with the smallest key.
    pub fn first(&self) -> Option<(K, V)> {
        self.iter().next()
    }

    /// The entry with the greatest key.
    pub fn last(&self) -> Option<(K, V)> {
        self.iter().next_back()
    }

    /// All entries in the order of their keys; `rev()` turns it round. Who walks
    /// through a map that others can grow should `take` a bounded number.
    pub fn iter(&self) -> Range<'_, K, V> {
        self.range(..)
    }

    /// The entries with keys in a range, such as `a..b`, `a..=b` or `..`.
    ///
    /// # Panics
    /// If an end of the range is a key that is too long.
    pub fn range(&self, range: impl RangeBounds<K>) -> Range<'_, K, V> {
        Range {
            scan: self.scan(range),
            of: PhantomData,
        }
    }

    /// The keys in a range without their values, which are not read.
    ///
    /// # Panics
    /// If an end of the range is a key that is too long.
    pub fn keys(&self, range: impl RangeBounds<K>) -> Keys<'_, K> {
        Keys {
            scan: self.scan(range),
            of: PhantomData,
        }
    }

    fn scan(&self, range: impl RangeBounds<K>) -> Scan {
        let low = match range.start_bound() {
            Bound::Unbounded => KeyBuf::new(self.key),
            Bound::Excluded(key) => self.key(key),
            Bound::Included(key) => self.key(key).before(),
        };
        let high = match range.end_bound() {
            Bound::Unbounded => KeyBuf::new(self.key).after(),
            Bound::Excluded(key) => self.key(key),
            Bound::Included(key) => self.key(key).after(),
        };
        low.check();
        high.check();
        Scan {
            prefix: self.key.as_bytes().len(),
            low,
            high,
        }
    }
}

impl<K: OrderedKey, V: Storage> OrderedMap<K, V> {
    /// The collection at a key, for reading.
    ///
    /// # Panics
    /// If the key is too long.
    pub fn at(&self, key: &K) -> Ref<'_, V> {
        Ref::new(V::at(self.key(key).into_key()))
    }

    /// The collection at a key, for reading and writing.
    ///
    /// # Panics
    /// If the key is too long.
    pub fn at_mut(&mut self, key: &K) -> RefMut<'_, V> {
        RefMut::new(V::at(self.key(key).into_key()))
    }
}

/// Keys strictly between two edges, taken from either end.
struct Scan {
    /// Bytes of the map's own place.
    prefix: usize,
    low: KeyBuf,
    high: KeyBuf,
}

impl Scan {
    /// Moves one edge to the next key, if there is one, and returns it.
    #[inline(never)]
    fn step(&mut self, order: ScanOrder) -> Option<&KeyBuf> {
        let (from, to) = match order {
            ScanOrder::Ascending => (&self.low, &self.high),
            ScanOrder::Descending => (&self.high, &self.low),
        };
        let mut found = KeyBuf::empty();
        let len = sys::storage_next(from.get()?, to.get()?, order, found.room())?;
        found.set_len(len);
        let edge = match order {
            ScanOrder::Ascending => &mut self.low,
            ScanOrder::Descending => &mut self.high,
        };
        *edge = found;
        Some(edge)
    }

    fn key<K: OrderedKey>(&mut self, order: ScanOrder) -> Option<K> {
        let prefix = self.prefix;
        let whole = self.step(order)?.get()?;
        Some(own_key(whole, prefix))
    }

    fn entry<K: OrderedKey, V: Decode>(&mut self, order: ScanOrder) -> Option<(K, V)> {
        let prefix = self.prefix;
        let whole = self.step(order)?.get()?;
        raw::begin_with(Some(whole));
        match raw::read() {
            Some(value) => Some((own_key(whole, prefix), value)),
            None => cursor::broken(),
        }
    }
}

/// The key behind the map's own place; ends the call if there is none.
fn own_key<K: OrderedKey>(whole: &[u8], prefix: usize) -> K {
    let own = whole.get(prefix..).map(Reader::new);
    match own.and_then(|mut own| K::decode_key(&mut own)) {
        Some(key) => key,
        None => cursor::broken(),
    }
}

/// Entries of an [`OrderedMap`], read one at a time.
pub struct Range<'a, K, V> {
    scan: Scan,
    of: PhantomData<(&'a K, V)>,
}

impl<K: OrderedKey, V: Decode> Iterator for Range<'_, K, V> {
    type Item = (K, V);

    fn next(&mut self) -> Option<(K, V)> {
        self.scan.entry(ScanOrder::Ascending)
    }
}

impl<K: OrderedKey, V: Decode> DoubleEndedIterator for Range<'_, K, V> {
    fn next_back(&mut self) -> Option<(K, V)> {
        self.scan.entry(ScanOrder::Descending)
    }
}

/// Keys of an [`OrderedMap`], found one at a time.
pub struct Keys<'a, K> {
    scan: Scan,
    of: PhantomData<&'a K>,
}

impl<K: OrderedKey> Iterator for Keys<'_, K> {
    type Item = K;

    fn next(&mut self) -> Option<K> {
        self.scan.key(ScanOrder::Ascending)
    }
}

impl<K: OrderedKey> DoubleEndedIterator for Keys<'_, K> {
    fn next_back(&mut self) -> Option<K> {
        self.scan.key(ScanOrder::Descending)
    }
}
