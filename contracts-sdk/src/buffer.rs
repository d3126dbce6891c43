//! Bytes on the heap, and reading them.
//!
//! What `Vec<u8>` and the codec's own `Input` for slices do, without their
//! panics: the paths for "cannot happen" carry the formatting of numbers, which
//! is more code than a small contract.

use alloc::vec::Vec;

use parity_scale_codec::{Error, Input, Output};

/// Copies as much as both have.
#[inline]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(target_family = "wasm")]
mod bytes {
    #![allow(unsafe_code, reason = "a vector of bytes")]

    use alloc::vec::Vec;
    use core::mem::ManuallyDrop;
    use core::ptr;

    use crate::heap;

    /// Bytes on the heap.
    pub(crate) struct Buffer {
        /// A block of `len` bytes; dangling if that is 0.
        start: *mut u8,
        len: usize,
    }

    impl Buffer {
        pub(crate) const fn new() -> Self {
            Self {
                start: ptr::dangling_mut(),
                len: 0,
            }
        }

        pub(crate) fn as_slice(&self) -> &[u8] {
            // SAFETY: the block has `len` bytes, and memory of Wasm is always
            // initialised.
            unsafe { core::slice::from_raw_parts(self.start, self.len) }
        }

        pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
            // SAFETY: as above; the block is owned.
            unsafe { core::slice::from_raw_parts_mut(self.start, self.len) }
        }

        /// Makes it `len` bytes long; what is new has any content.
        #[inline(never)]
        pub(crate) fn resize(&mut self, len: usize) {
            self.start = heap::resize(self.start, self.len, len);
            self.len = len;
        }

        /// Keeps the bytes for the rest of the call.
        pub(crate) fn leak(self) -> &'static [u8] {
            let this = ManuallyDrop::new(self);
            // SAFETY: as above; the block is never given back.
            unsafe { core::slice::from_raw_parts(this.start, this.len) }
        }

        pub(crate) fn into_vec(self) -> Vec<u8> {
            let this = ManuallyDrop::new(self);
            // SAFETY: the block comes from the global allocator with this length
            // and alignment 1, and a vector of none has no block.
            unsafe { Vec::from_raw_parts(this.start, this.len, this.len) }
        }
    }

    impl Drop for Buffer {
        fn drop(&mut self) {
            heap::free(self.start, self.len);
        }
    }
}

#[cfg(not(target_family = "wasm"))]
mod bytes {
    use alloc::vec::Vec;

    /// Bytes on the heap.
    pub(crate) struct Buffer(Vec<u8>);

    impl Buffer {
        pub(crate) const fn new() -> Self {
            Self(Vec::new())
        }

        pub(crate) fn as_slice(&self) -> &[u8] {
            &self.0
        }

        pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
            &mut self.0
        }

        pub(crate) fn resize(&mut self, len: usize) {
            self.0.resize(len, 0);
        }

        pub(crate) fn leak(self) -> &'static [u8] {
            self.0.leak()
        }

        pub(crate) fn into_vec(self) -> Vec<u8> {
            self.0
        }
    }
}

pub(crate) use bytes::Buffer;

impl Buffer {
    /// A copy of some bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut buffer = Self::new();
        buffer.write(bytes);
        buffer
    }
}

impl Output for Buffer {
    #[inline(never)]
    fn write(&mut self, bytes: &[u8]) {
        let len = self.as_slice().len();
        self.resize(len + bytes.len());
        if let Some(end) = self.as_mut_slice().get_mut(len..) {
            copy(bytes, end);
        }
    }

    #[inline]
    fn push_byte(&mut self, byte: u8) {
        self.write(&[byte]);
    }
}

/// Bytes being decoded.
#[derive(Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Takes the first bytes.
    #[inline(never)]
    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }
}

impl Input for Reader<'_> {
    fn remaining_len(&mut self) -> Result<Option<usize>, Error> {
        Ok(Some(self.0.len()))
    }

    #[inline(never)]
    fn read(&mut self, into: &mut [u8]) -> Result<(), Error> {
        let taken = self.take(into.len()).ok_or("the data is too short")?;
        copy(taken, into);
        Ok(())
    }
}

/// Decodes the whole of some bytes.
pub(crate) fn decode_all<T: parity_scale_codec::Decode>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader::new(bytes);
    let value = T::decode(&mut reader).ok()?;
    reader.rest().is_empty().then_some(value)
}

/// A vector as a buffer's worth of bytes; used where a `Vec` is asked for.
pub(crate) fn to_vec(bytes: &[u8]) -> Vec<u8> {
    Buffer::of(bytes).into_vec()
}
