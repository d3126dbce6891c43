//! Reading and writing encoded values at whole keys.

use core::fmt;

use hull_host_api::limits;
use parity_scale_codec::{Decode, Encode};

use crate::buffer::{Buffer, Reader};
use crate::{fail, sys};

/// Longest stored value in bytes.
pub const MAX_VALUE_LEN: usize = limits::MAX_VALUE_LEN as usize;

/// What a first read brings over at once. Nearly all values are shorter; longer
/// ones take a second crossing.
const FIRST_READ: usize = 128;

/// Why something cannot be stored.
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
            Self::KeyTooLong => f.write_str("a storage key is longer than 256 bytes"),
            Self::ValueTooLong { found } => {
                write!(f, "a stored value has {found} bytes, over 65536")
            }
        }
    }
}

impl core::error::Error for StorageError {}

/// The value at a key; `None` if there is none or the key is too long for one.
#[inline]
#[track_caller]
pub(crate) fn read<T: Decode>(key: Option<&[u8]>) -> Option<T> {
    let bytes = fetch(key?)?;
    match T::decode(&mut Reader::new(bytes.as_slice())) {
        Ok(value) => Some(value),
        Err(_) => undecodable(),
    }
}

#[inline(never)]
fn fetch(key: &[u8]) -> Option<Buffer> {
    let mut bytes = Buffer::new();
    bytes.resize(FIRST_READ);
    let len = sys::storage_read(key, bytes.as_mut_slice())?;
    bytes.resize(len);
    if len > FIRST_READ {
        sys::storage_read(key, bytes.as_mut_slice());
    }
    Some(bytes)
}

#[inline]
pub(crate) fn write(key: Option<&[u8]>, value: &impl Encode) -> Result<(), StorageError> {
    let key = key.ok_or(StorageError::KeyTooLong)?;
    let mut bytes = Buffer::new();
    value.encode_to(&mut bytes);
    write_bytes(key, bytes.as_slice())
}

#[inline(never)]
fn write_bytes(key: &[u8], value: &[u8]) -> Result<(), StorageError> {
    if value.len() > MAX_VALUE_LEN {
        return Err(StorageError::ValueTooLong { found: value.len() });
    }
    sys::storage_write(key, value);
    Ok(())
}

/// Ends the call if something could not be stored.
#[track_caller]
pub(crate) fn done(stored: Result<(), StorageError>) {
    match stored {
        Ok(()) => {}
        Err(StorageError::KeyTooLong) => super::key::too_long(),
        Err(StorageError::ValueTooLong { .. }) => value_too_long(),
    }
}

pub(crate) fn contains(key: Option<&[u8]>) -> bool {
    key.is_some_and(|key| sys::storage_contains(key).is_some())
}

pub(crate) fn remove(key: Option<&[u8]>) -> bool {
    key.is_some_and(sys::storage_remove)
}

#[cold]
#[track_caller]
fn value_too_long() -> ! {
    fail("a stored value is longer than 65536 bytes")
}

#[cold]
#[track_caller]
pub(crate) fn undecodable() -> ! {
    fail("a stored value has another type: was the layout changed by an upgrade?")
}
