//! One value.

use core::marker::PhantomData;

use parity_scale_codec::{Decode, Encode};

use super::raw::{self, StorageError};
use super::{Key, Storage};
use crate::{cursor, fail};

/// One value in storage, read and written as a whole, and only when asked for.
///
/// The key is the place itself; the value is SCALE.
///
/// Gas: a read costs 10,000,000 and 400 a byte, a write 20,000,000 and 2,000 a
/// byte.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::storage]
/// struct Counter {
///     count: Value<u64>,
/// }
///
/// fn count_one(counter: &mut Counter) {
///     let count = counter.count.get_or_default();
///     counter.count.set(&(count + 1));
/// }
/// ```
pub struct Value<T> {
    key: Key,
    of: PhantomData<fn() -> T>,
}

impl<T> Storage for Value<T> {
    #[inline]
    fn at(key: Key) -> Self {
        Self {
            key,
            of: PhantomData,
        }
    }
}

impl<T: Encode + Decode> Value<T> {
    /// The value.
    ///
    /// # Panics
    /// If none was ever set; use [`try_get`](Self::try_get) where that may be.
    #[track_caller]
    #[inline(always)]
    pub fn get(&self) -> T {
        raw::begin(self.key);
        if !raw::fetch() {
            unset();
        }
        cursor::decoded()
    }

    /// The value, or `None` if there is none.
    #[inline]
    pub fn try_get(&self) -> Option<T> {
        raw::begin(self.key);
        raw::read()
    }

    /// The value, or the type's default if there is none.
    #[inline]
    pub fn get_or_default(&self) -> T
    where
        T: Default,
    {
        raw::begin(self.key);
        raw::read_or_default()
    }

    /// Sets the value.
    ///
    /// # Panics
    /// If it encodes to more than 65,536 bytes.
    #[inline(always)]
    pub fn set(&mut self, value: &T) {
        raw::begin(self.key);
        raw::write(value);
    }

    /// Sets the value.
    ///
    /// # Errors
    /// [`StorageError::ValueTooLong`] over 65,536 bytes; nothing is changed.
    pub fn try_set(&mut self, value: &T) -> Result<(), StorageError> {
        raw::begin(self.key);
        raw::try_write(value)
    }

    /// Removes the value and returns it.
    pub fn take(&mut self) -> Option<T> {
        let value = self.try_get()?;
        self.remove();
        Some(value)
    }

    /// Removes the value and says whether there was one. Gives the deposit back.
    #[inline]
    pub fn remove(&mut self) -> bool {
        raw::begin(self.key);
        raw::remove()
    }

    /// Whether there is a value; cheaper than reading it.
    #[inline]
    pub fn is_set(&self) -> bool {
        raw::begin(self.key);
        raw::contains()
    }
}

#[cold]
#[track_caller]
fn unset() -> ! {
    fail("a storage value was read before it was set")
}
