//! Reading bytes that may be anything: keys, and what other contracts return.

use parity_scale_codec::{Error, Input};

/// Bytes being decoded: the keys of an [`OrderedMap`](crate::storage::OrderedMap).
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
        for (to, from) in into.iter_mut().zip(taken) {
            *to = *from;
        }
        Ok(())
    }
}

/// Decodes the whole of some bytes.
pub(crate) fn decode_all<T: parity_scale_codec::Decode>(bytes: &[u8]) -> Option<T> {
    let mut reader = Reader::new(bytes);
    let value = T::decode(&mut reader).ok()?;
    reader.rest().is_empty().then_some(value)
}
