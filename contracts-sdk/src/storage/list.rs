//! A list.

use core::marker::PhantomData;

use parity_scale_codec::{Decode, Encode};

use super::raw;
use super::{Key, Ref, RefMut, Storage};
use crate::{fail, sink};

/// Values, or whole collections, by position.
///
/// The length is at the list's place, as SCALE of a `u32`; element `i` is below
/// it, at `i` as four bytes big-endian. An empty list holds no key.
///
/// Gas: besides its own read or write, an operation that changes the length
/// reads and writes it.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::storage]
/// struct Queue {
///     waiting: List<Address>,
/// }
///
/// fn join(queue: &mut Queue, who: Address) -> u32 {
///     queue.waiting.push(&who)
/// }
/// ```
pub struct List<T> {
    key: Key,
    of: PhantomData<fn() -> T>,
}

impl<T> Storage for List<T> {
    #[inline]
    fn at(key: Key) -> Self {
        Self {
            key,
            of: PhantomData,
        }
    }
}

impl<T> List<T> {
    /// How many elements there are.
    pub fn len(&self) -> u32 {
        raw::begin(self.key);
        raw::read_or_default()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn set_len(&mut self, len: u32) {
        raw::begin(self.key);
        if len == 0 {
            raw::remove();
        } else {
            raw::write(&len);
        }
    }

    /// Puts an element's key into the sink.
    #[inline(never)]
    fn begin(&self, index: u32) {
        raw::begin(self.key);
        sink::write(&index.to_be_bytes());
    }

    /// The index behind the last one.
    #[track_caller]
    fn end(&self) -> (u32, u32) {
        let len = self.len();
        match len.checked_add(1) {
            Some(longer) => (len, longer),
            None => fail("a list is full: it has 4,294,967,295 elements"),
        }
    }
}

impl<T: Encode + Decode> List<T> {
    /// The element at an index, or `None` beyond the end. One read.
    pub fn get(&self, index: u32) -> Option<T> {
        self.begin(index);
        raw::read()
    }

    /// Replaces the element at an index.
    ///
    /// # Panics
    /// If there is none, or the value is longer than 65,536 bytes.
    #[track_caller]
    pub fn set(&mut self, index: u32, value: &T) {
        self.begin(index);
        if !raw::contains() {
            fail("a list has no element at this index");
        }
        self.begin(index);
        raw::write(value);
    }

    /// Appends an element and returns its index.
    ///
    /// # Panics
    /// If the value is longer than 65,536 bytes.
    #[track_caller]
    pub fn push(&mut self, value: &T) -> u32 {
        let (index, len) = self.end();
        self.begin(index);
        raw::write(value);
        self.set_len(len);
        index
    }

    /// Removes the last element and returns it.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.len().checked_sub(1)?;
        let value = self.get(last);
        self.begin(last);
        raw::remove();
        self.set_len(last);
        value
    }

    /// Removes the element at an index, puts the last one in its place, and
    /// returns it; `None` beyond the end.
    pub fn swap_remove(&mut self, index: u32) -> Option<T> {
        let value = self.get(index)?;
        let last = self.pop()?;
        if self.len() == index {
            return Some(last);
        }
        self.begin(index);
        raw::write(&last);
        Some(value)
    }

    /// Keeps the first `len` elements. Costs a removal for every other one.
    pub fn truncate(&mut self, len: u32) {
        let before = self.len();
        if len < before {
            for index in len..before {
                self.begin(index);
                raw::remove();
            }
            self.set_len(len);
        }
    }

    /// The elements in order, each read when it is asked for. Who walks through
    /// a list that others can grow walks into the gas limit: see
    /// [`get`](Self::get) for pages.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = T> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<T: Storage> List<T> {
    /// The collection at an index, for reading; `None` beyond the end.
    pub fn at(&self, index: u32) -> Option<Ref<'_, T>> {
        (index < self.len()).then(|| Ref::new(self.place(index)))
    }

    /// The collection at an index, for reading and writing; `None` beyond the end.
    pub fn at_mut(&mut self, index: u32) -> Option<RefMut<'_, T>> {
        (index < self.len()).then(|| RefMut::new(self.place(index)))
    }

    /// Appends an empty collection and returns it.
    #[track_caller]
    pub fn grow(&mut self) -> RefMut<'_, T> {
        let (index, len) = self.end();
        self.set_len(len);
        RefMut::new(self.place(index))
    }

    fn place(&self, index: u32) -> T {
        T::at(self.key.entry(&index.to_be_bytes()))
    }
}
