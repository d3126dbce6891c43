//! Keys of storage.

use core::fmt;

use hull_host_api::limits;
use parity_scale_codec::{Encode, Output};

use crate::fail;
use crate::sink::{self, Sink};

/// Longest key in bytes.
pub const MAX_KEY_LEN: usize = limits::MAX_KEY_LEN as usize;

pub(crate) const KEY_TOO_LONG: &str = "a storage key is longer than 256 bytes";

/// Where in storage a collection lives: the bytes that all its keys begin with.
///
/// The root is empty; a field adds one byte, its slot; an entry of a map adds
/// the encoded key. So keys are short, and no two places share one, because
/// every part says itself where it ends.
///
/// It is one address, because every collection holds one and every operation is
/// handed one.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// use hull::storage::{Key, Storage};
///
/// #[hull::storage]
/// struct Pair {
///     first: Value<u8>,
///     second: Value<u8>,
/// }
///
/// assert!(Key::ROOT.as_bytes().is_empty());
/// // Nothing is loaded: what is stored there can be anything.
/// let pair = Pair::at(Key::ROOT);
/// ```
#[derive(Clone, Copy)]
pub struct Key(
    /// Their number in two bytes, and the bytes.
    *const u8,
);

/// Bytes of the number.
const HEADER: usize = 2;

impl Key {
    /// The contract's own storage struct.
    pub const ROOT: Self = Self([0; HEADER].as_ptr());

    /// The place of a field. The slot is known to the compiler so that the fields
    /// of the root, which every call sets up, cost nothing.
    #[doc(hidden)]
    #[must_use]
    #[inline(always)]
    pub fn field<const SLOT: u8>(self) -> Self {
        if self.as_bytes().is_empty() {
            Self(const { &[1, 0, SLOT] }.as_ptr())
        } else {
            self.join(SLOT)
        }
    }

    /// The bytes.
    #[inline]
    #[allow(unsafe_code, reason = "bytes behind a thin pointer")]
    pub fn as_bytes(self) -> &'static [u8] {
        // SAFETY: the pointer is to static bytes, and the first two of them say
        // how many follow: see `ROOT`, `field` and `kept`.
        unsafe {
            let len = u16::from_le_bytes([*self.0, *self.0.add(1)]);
            core::slice::from_raw_parts(self.0.add(HEADER), usize::from(len))
        }
    }

    /// The place of an entry.
    pub(crate) fn entry(self, key: &impl Encode) -> Self {
        self.begin();
        key.encode_to(&mut Sink);
        kept()
    }

    #[inline(never)]
    fn join(self, slot: u8) -> Self {
        self.begin();
        sink::push(slot);
        kept()
    }

    /// Begins a place below this one.
    #[inline(never)]
    fn begin(self) {
        sink::open();
        sink::write(&[0; HEADER]);
        sink::write(self.as_bytes());
    }
}

/// Keeps the place in the sink for the rest of the call.
#[inline(never)]
fn kept() -> Key {
    let place = sink::keep();
    let len = place.len().wrapping_sub(HEADER);
    if len > MAX_KEY_LEN {
        too_long();
    }
    if let Some(header) = place.first_chunk_mut() {
        *header = (len as u16).to_le_bytes();
    }
    Key(place.as_ptr())
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.as_bytes()).finish()
    }
}

/// A key in the making. What makes it longer than [`MAX_KEY_LEN`] is dropped,
/// and then it is no key.
pub struct KeyBuf {
    bytes: [u8; MAX_KEY_LEN],
    /// Over [`MAX_KEY_LEN`] once something did not fit.
    len: usize,
}

impl KeyBuf {
    /// Appends bytes.
    #[inline(never)]
    pub fn push(&mut self, part: &[u8]) {
        let place = self
            .bytes
            .get_mut(self.len..)
            .and_then(|rest| rest.get_mut(..part.len()));
        match place {
            Some(place) => {
                for (to, from) in place.iter_mut().zip(part) {
                    *to = *from;
                }
                self.len = self.len.wrapping_add(part.len());
            }
            None => self.len = MAX_KEY_LEN + 1,
        }
    }

    pub(crate) fn empty() -> Self {
        Self {
            bytes: [0; MAX_KEY_LEN],
            len: 0,
        }
    }

    pub(crate) fn new(prefix: Key) -> Self {
        let mut key = Self::empty();
        key.push(prefix.as_bytes());
        key
    }

    /// The key, or `None` if it is too long: nothing can be stored there.
    pub(crate) fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.len)
    }

    /// All the room there is, to be filled from outside.
    pub(crate) fn room(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// Says how much of the room was filled.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len;
    }

    /// Ends the call if this is no key.
    pub(crate) fn check(&self) {
        if self.len > MAX_KEY_LEN {
            too_long();
        }
    }

    /// Keeps the key for the rest of the call.
    pub(crate) fn into_key(self) -> Key {
        self.check();
        Key::ROOT.begin();
        sink::write(self.get().unwrap_or_default());
        kept()
    }

    /// The edge of a range just before the key: what lies strictly beyond it is
    /// the key and what follows.
    ///
    /// Keys of one map never begin with each other, so between the edge and the
    /// key there is no other one: without a last 0 the key is the next string
    /// altogether; with its last byte one less it is a key of the same length, or
    /// none.
    #[must_use]
    pub(crate) fn before(mut self) -> Self {
        let last = self.len.wrapping_sub(1);
        match self.bytes.get_mut(last) {
            Some(0) => self.len = last,
            Some(byte) => *byte = byte.wrapping_sub(1),
            None => {}
        }
        self
    }

    /// The edge of a range just after everything that begins with this; empty,
    /// which is the very end, if there is nothing after that.
    #[must_use]
    pub(crate) fn after(mut self) -> Self {
        while let Some(byte) = self.bytes.get_mut(self.len.wrapping_sub(1)) {
            if *byte != u8::MAX {
                *byte = byte.wrapping_add(1);
                break;
            }
            self.len = self.len.wrapping_sub(1);
        }
        self
    }
}

impl Output for KeyBuf {
    fn write(&mut self, part: &[u8]) {
        self.push(part);
    }
}

#[cold]
pub(crate) fn too_long() -> ! {
    fail::without_place(KEY_TOO_LONG)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn key(bytes: &[u8]) -> KeyBuf {
        let mut key = KeyBuf::empty();
        key.push(bytes);
        key
    }

    fn bytes(key: &KeyBuf) -> Vec<u8> {
        key.get().expect("a key").to_vec()
    }

    #[test]
    fn places_are_made_of_slots_and_keys() {
        let field = Key::ROOT.field::<7>();
        assert_eq!(
            (Key::ROOT.as_bytes(), field.as_bytes()),
            (&[][..], &[7][..])
        );
        let entry = field.entry(&0x0102_u16);
        assert_eq!(entry.as_bytes(), [7, 2, 1]);
        assert_eq!(entry.field::<9>().as_bytes(), [7, 2, 1, 9]);
        assert_eq!(key(&[7, 2, 1]).into_key(), entry);
        assert_eq!(
            key(&[5; MAX_KEY_LEN]).into_key().as_bytes(),
            [5; MAX_KEY_LEN]
        );
    }

    proptest! {
        #[test]
        fn after_is_the_smallest_string_above_all_that_begin_so(
            prefix in prop::collection::vec(any::<u8>(), 1..6),
            tail in prop::collection::vec(any::<u8>(), 0..4),
        ) {
            let after = bytes(&key(&prefix).after());
            let within = [prefix.clone(), tail].concat();
            if after.is_empty() {
                prop_assert!(prefix.iter().all(|byte| *byte == 255));
            } else {
                prop_assert!(within < after);
                prop_assert!(!after.starts_with(&prefix));
                prop_assert!(after.len() <= prefix.len());
            }
        }

        #[test]
        fn before_lets_in_the_key_and_keeps_out_its_neighbour(a: u32, b: u32) {
            let edge = bytes(&key(&a.to_be_bytes()).before());
            let beyond = b.to_be_bytes().as_slice() > edge.as_slice();
            prop_assert_eq!(beyond, b >= a);
        }
    }

    #[test]
    fn edges_at_the_ends() {
        assert_eq!(bytes(&key(&[7, 0, 0]).before()), [7, 0]);
        assert_eq!(bytes(&key(&[7, 1]).before()), [7, 0]);
        assert_eq!(bytes(&key(&[7, 255, 255]).after()), [8]);
        assert!(bytes(&key(&[255]).after()).is_empty());
    }

    #[test]
    fn what_is_too_long_is_no_key() {
        let mut key = key(&[1; MAX_KEY_LEN]);
        assert!(key.get().is_some());
        key.push(&[]);
        assert!(key.get().is_some());
        key.push(&[2]);
        assert_eq!(key.get(), None);
        key.push(&[3]);
        assert_eq!(key.get(), None);
        assert_eq!(key.before().get(), None);
    }
}
