//! Keys of storage.

use hull_host_api::limits;
use parity_scale_codec::{Encode, Output};

use crate::buffer::{self, Buffer};

/// Longest key in bytes.
pub const MAX_KEY_LEN: usize = limits::MAX_KEY_LEN as usize;

/// Where in storage a collection lives: the bytes that all its keys begin with.
///
/// The root is empty; a field adds one byte, its slot; an entry of a map adds
/// the encoded key. So keys are short, and no two places share one, because
/// every part says itself where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(&'static [u8]);

impl Key {
    /// The contract's own storage struct.
    pub const ROOT: Self = Self(&[]);

    /// The place of a field. `slot` is one byte, static so that the fields of the
    /// root, which every call sets up, cost nothing.
    #[doc(hidden)]
    #[must_use]
    #[inline]
    pub fn field(self, slot: &'static [u8; 1]) -> Self {
        if self.0.is_empty() {
            Self(slot)
        } else {
            self.join(slot)
        }
    }

    /// The bytes.
    pub fn as_bytes(self) -> &'static [u8] {
        self.0
    }

    /// The place of an entry.
    pub(crate) fn entry(self, key: &impl Encode) -> Self {
        let mut whole = KeyBuf::new(self);
        key.encode_to(&mut whole);
        Self(whole.leak())
    }

    fn join(self, part: &[u8]) -> Self {
        let mut whole = KeyBuf::new(self);
        whole.write(part);
        Self(whole.leak())
    }
}

/// A key in the making.
pub(crate) struct KeyBuf {
    bytes: [u8; MAX_KEY_LEN],
    /// Over [`MAX_KEY_LEN`] once something did not fit.
    len: usize,
}

impl KeyBuf {
    pub(crate) fn new(prefix: Key) -> Self {
        let mut key = Self {
            bytes: [0; MAX_KEY_LEN],
            len: 0,
        };
        key.write(prefix.0);
        key
    }

    /// The key, or `None` if it is too long: nothing can be stored there.
    pub(crate) fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len)
    }

    /// Keeps the key for the rest of the call; see [`Heap`](crate::heap).
    fn leak(&self) -> &'static [u8] {
        match self.get() {
            Some(key) => Buffer::of(key).leak(),
            None => too_long(),
        }
    }
}

impl Output for KeyBuf {
    #[inline(never)]
    fn write(&mut self, part: &[u8]) {
        let place = self
            .bytes
            .get_mut(self.len..)
            .and_then(|rest| rest.get_mut(..part.len()));
        match place {
            Some(place) => {
                buffer::copy(part, place);
                self.len += part.len();
            }
            None => self.len = MAX_KEY_LEN + 1,
        }
    }
}

#[cold]
#[track_caller]
pub(crate) fn too_long() -> ! {
    panic!("a storage key is longer than 256 bytes")
}
