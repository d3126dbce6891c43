//! Bytes in the making: one region of memory that everything encoded goes to.
//!
//! Keys, values, replies, events, messages and texts of panics are all made the
//! same way: [`open`] begins a region, a [`Sink`] appends to it, the host reads
//! it in place. There is one at a time, so it needs no pointers to be handed
//! around, no lengths to be checked and nothing to be given back.

use parity_scale_codec::Output;

/// Appends to the region.
pub(crate) struct Sink;

impl Output for Sink {
    #[inline(always)]
    fn write(&mut self, bytes: &[u8]) {
        write(bytes);
    }

    #[inline(always)]
    fn push_byte(&mut self, byte: u8) {
        push(byte);
    }
}

#[cfg(feature = "fmt")]
impl core::fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}

pub(crate) use region::*;

#[cfg(target_family = "wasm")]
mod region {
    #![allow(unsafe_code, reason = "memory above the heap's top")]

    use alloc::vec::Vec;
    use core::cell::Cell;
    use core::ptr;

    use crate::heap;
    use crate::sys::Span;

    /// Addresses `start..end`. On top of the heap, unless something was
    /// allocated since.
    struct Region {
        start: Cell<usize>,
        end: Cell<usize>,
        /// Bytes of the first of two parts.
        split: Cell<usize>,
    }

    // SAFETY: a contract has one thread.
    unsafe impl Sync for Region {}

    static REGION: Region = Region {
        start: Cell::new(0),
        end: Cell::new(0),
        split: Cell::new(0),
    };

    /// Begins an empty region; the last one stays where it is.
    #[inline(never)]
    pub(crate) fn open() {
        let top = heap::top();
        REGION.start.set(top);
        REGION.end.set(top);
    }

    /// Gives the region's memory back, if nothing was allocated behind it. What
    /// is there can be read until something is allocated.
    #[inline(never)]
    pub(crate) fn close() {
        let start = REGION.start.get();
        if REGION.end.get() == heap::top() {
            heap::set_top(start);
        }
        // What is allocated here from now on is no longer the region's.
        REGION.end.set(start);
    }

    /// Room at the end of the region for so many bytes.
    #[inline(never)]
    pub(crate) fn reserve(len: usize) -> *mut u8 {
        if REGION.end.get() != heap::top() {
            relocate();
        }
        let end = REGION.end.get();
        heap::claim(end, len);
        REGION.end.set(end.wrapping_add(len));
        ptr::with_exposed_provenance_mut(end)
    }

    /// Moves the region to the top of the heap: an encoding has allocated.
    #[cold]
    fn relocate() {
        let (from, to, len) = (REGION.start.get(), heap::top(), self::len());
        heap::claim(to, len);
        // SAFETY: both lie within the memory, and may overlap.
        unsafe {
            ptr::copy(
                ptr::with_exposed_provenance::<u8>(from),
                ptr::with_exposed_provenance_mut(to),
                len,
            );
        }
        REGION.start.set(to);
        REGION.end.set(to.wrapping_add(len));
    }

    #[inline(never)]
    pub(crate) fn write(bytes: &[u8]) {
        let place = reserve(bytes.len());
        // SAFETY: the place is as long, and behind everything that is in use.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len()) };
    }

    #[inline(never)]
    pub(crate) fn push(byte: u8) {
        // SAFETY: the place is a byte long.
        unsafe { reserve(1).write(byte) };
    }

    /// Bytes of the region.
    #[inline(always)]
    pub(crate) fn len() -> usize {
        REGION.end.get().wrapping_sub(REGION.start.get())
    }

    /// Drops what comes after so many bytes; there must be as many. The heap's
    /// top stays: an encoding may have allocated.
    pub(crate) fn truncate(len: usize) {
        REGION.end.set(REGION.start.get().wrapping_add(len));
    }

    /// Ends the first part here.
    #[inline(always)]
    pub(crate) fn split() {
        REGION.split.set(len());
    }

    /// Appends zeros up to `step` bytes more than the first part has, which
    /// ends there from now on.
    #[inline(never)]
    pub(crate) fn pad(step: usize) {
        let to = REGION.split.get().wrapping_add(step);
        let missing = to.wrapping_sub(len());
        // SAFETY: the place is as long.
        unsafe { reserve(missing).write_bytes(0, missing) };
        REGION.split.set(to);
    }

    /// Where the region is.
    #[inline(always)]
    pub(crate) fn whole() -> Span {
        Span::new(REGION.start.get(), len())
    }

    /// Where its first part is.
    #[inline(always)]
    pub(crate) fn head() -> Span {
        Span::new(REGION.start.get(), REGION.split.get())
    }

    /// Where its second part is.
    #[inline(always)]
    pub(crate) fn tail() -> Span {
        let split = REGION.split.get();
        Span::new(
            REGION.start.get().wrapping_add(split),
            len().wrapping_sub(split),
        )
    }

    /// Takes the region out, for the rest of the call.
    pub(crate) fn keep() -> &'static mut [u8] {
        let (start, len) = (REGION.start.get(), len());
        open();
        // SAFETY: the region has so many bytes. No other region reaches them:
        // the heap's top is behind them, and falls only to a region's start.
        unsafe { core::slice::from_raw_parts_mut(ptr::with_exposed_provenance_mut(start), len) }
    }

    /// Takes the region out.
    pub(crate) fn take() -> Vec<u8> {
        let bytes = keep();
        // SAFETY: the allocator never takes blocks back, and grows one in place
        // only if it is on top.
        unsafe { Vec::from_raw_parts(bytes.as_mut_ptr(), bytes.len(), bytes.len()) }
    }
}

#[cfg(not(target_family = "wasm"))]
mod region {
    use alloc::vec::Vec;
    use std::cell::RefCell;

    use crate::sys::Span;

    // Only `take` and `keep` have a use outside a contract, for messages; what
    // asks for addresses goes on to a host function that is not there.
    std::thread_local! {
        static REGION: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    pub(crate) fn open() {
        REGION.with_borrow_mut(Vec::clear);
    }

    pub(crate) fn close() {}

    pub(crate) fn write(bytes: &[u8]) {
        REGION.with_borrow_mut(|region| region.extend_from_slice(bytes));
    }

    pub(crate) fn push(byte: u8) {
        write(&[byte]);
    }

    pub(crate) fn len() -> usize {
        REGION.with_borrow(Vec::len)
    }

    pub(crate) fn reserve(len: usize) -> *mut u8 {
        let end = self::len();
        REGION.with_borrow_mut(|region| {
            region.resize(end + len, 0);
            region.as_mut_ptr()
        })
    }

    pub(crate) fn truncate(len: usize) {
        REGION.with_borrow_mut(|region| region.truncate(len));
    }

    pub(crate) fn split() {}

    pub(crate) fn pad(step: usize) {
        let padded = len().next_multiple_of(step);
        REGION.with_borrow_mut(|region| region.resize(padded, 0));
    }

    pub(crate) fn whole() -> Span {
        Span::new(0, len())
    }

    pub(crate) fn head() -> Span {
        whole()
    }

    pub(crate) fn tail() -> Span {
        whole()
    }

    pub(crate) fn keep() -> &'static mut [u8] {
        take().leak()
    }

    pub(crate) fn take() -> Vec<u8> {
        REGION.take()
    }
}
