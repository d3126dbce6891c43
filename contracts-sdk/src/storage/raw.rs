//! Reading and writing encoded values at whole keys.

use core::fmt;

use hull_host_api::limits;
use parity_scale_codec::{Decode, Encode};

use super::key::{KEY_TOO_LONG, Key, MAX_KEY_LEN};
use crate::sink::{self, Sink};
use crate::{cursor, fail, sys};

/// Longest stored value in bytes.
pub const MAX_VALUE_LEN: usize = limits::MAX_VALUE_LEN as usize;

/// What a first read brings over at once. Nearly all values are shorter; longer
/// ones take a second crossing.
const FIRST_READ: usize = 128;

/// Why something cannot be stored.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// use hull::storage::StorageError;
///
/// /// Whether a text has room.
/// fn keep(texts: &mut Map<u32, String>, number: u32, text: String) -> bool {
///     match texts.try_insert(&number, &text) {
///         Ok(()) => true,
///         Err(StorageError::KeyTooLong | StorageError::ValueTooLong { .. }) => false,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StorageError {
    /// The whole key, prefix included, is longer than
    /// [`MAX_KEY_LEN`](super::MAX_KEY_LEN) bytes.
    KeyTooLong,
    /// The encoded value is longer than [`MAX_VALUE_LEN`] bytes.
    ValueTooLong {
        /// Bytes of the value.
        found: usize,
    },
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyTooLong => f.write_str(KEY_TOO_LONG),
            Self::ValueTooLong { found } => {
                write!(f, "a stored value has {found} bytes, over 65536")
            }
        }
    }
}

impl core::error::Error for StorageError {}

/// Begins a key with a place. What follows goes to the [`Sink`].
#[inline(never)]
pub(crate) fn begin(place: Key) {
    sink::open();
    sink::write(place.as_bytes());
}

/// Begins a key that is known as a whole; `None` is one that is too long.
#[inline(never)]
pub(crate) fn begin_with(key: Option<&[u8]>) {
    sink::open();
    sink::write(key.unwrap_or(&[0; MAX_KEY_LEN + 1]));
}

/// The value at the key in the sink; `None` if there is none or the key is too
/// long for one.
#[inline(always)]
pub(crate) fn read<T: Decode>() -> Option<T> {
    fetch().then(cursor::decoded::<T>)
}

/// The value at the key in the sink, or the default.
#[inline(never)]
pub(crate) fn read_or_default<T: Decode + Default>() -> T {
    if fetch() {
        cursor::decoded()
    } else {
        T::default()
    }
}

/// Puts the cursor on the value at the key in the sink, if there is one.
#[inline(never)]
pub(crate) fn fetch() -> bool {
    let len = sink::len();
    if len > MAX_KEY_LEN {
        sink::close();
        return false;
    }
    sink::split();
    let start = sink::reserve(FIRST_READ);
    let Some(len) = sys::storage_read(sink::head(), sink::tail()) else {
        sink::close();
        return false;
    };
    if len > FIRST_READ {
        sink::reserve(len.wrapping_sub(FIRST_READ));
        sys::storage_read(sink::head(), sink::tail());
    }
    cursor::set(start, len);
    true
}

/// Writes a value to the key in the sink.
#[inline(always)]
pub(crate) fn try_write(value: &impl Encode) -> Result<(), StorageError> {
    sink::split();
    value.encode_to(&mut Sink);
    try_store()
}

/// Writes a value to the key in the sink, or ends the call.
#[inline(always)]
pub(crate) fn write(value: &impl Encode) {
    sink::split();
    value.encode_to(&mut Sink);
    store();
}

#[inline(never)]
fn try_store() -> Result<(), StorageError> {
    let (key, value) = (sink::head(), sink::tail());
    if key.len() > MAX_KEY_LEN {
        return Err(StorageError::KeyTooLong);
    }
    let found = value.len();
    if found > MAX_VALUE_LEN {
        return Err(StorageError::ValueTooLong { found });
    }
    sys::storage_write(key, value);
    sink::close();
    Ok(())
}

#[inline(never)]
fn store() {
    if let Err(error) = try_store() {
        fail::without_place(match error {
            StorageError::KeyTooLong => KEY_TOO_LONG,
            StorageError::ValueTooLong { .. } => "a stored value is longer than 65536 bytes",
        });
    }
}

/// Whether there is something at the key in the sink.
#[inline(never)]
pub(crate) fn contains() -> bool {
    let key = sink::whole();
    sink::close();
    key.len() <= MAX_KEY_LEN && sys::storage_contains(key)
}

/// Removes what is at the key in the sink.
#[inline(never)]
pub(crate) fn remove() -> bool {
    let key = sink::whole();
    sink::close();
    key.len() <= MAX_KEY_LEN && sys::storage_remove(key)
}
