//! The allocator of a contract: a pointer that moves up.
//!
//! A contract lives for one call, so memory is not worth reusing, and code that
//! gives it back is bytes in every contract. What is on top can grow in place.
#![allow(unsafe_code, reason = "an allocator")]

use alloc::vec::Vec;
use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;

use crate::sys;

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// Where the linker's data ends.
    static __heap_base: u8;
}

struct Heap {
    /// The end of what is in use.
    top: Cell<*const u8>,
}

// SAFETY: a contract has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap {
    top: Cell::new(&raw const __heap_base),
};

/// The end of what is in use.
#[inline(always)]
pub(crate) fn top() -> usize {
    HEAP.top.get().addr()
}

/// Puts the end of what is in use back to where it was.
#[inline(always)]
pub(crate) fn set_top(top: usize) {
    HEAP.top.set(core::ptr::with_exposed_provenance(top));
}

/// Makes memory from an address on usable, and puts the top behind it.
#[inline(never)]
pub(crate) fn claim(start: usize, len: usize) {
    let end = start.wrapping_add(len);
    // Never 0: the linker's data lies below.
    let pages = (end.wrapping_sub(1) / PAGE).wrapping_add(1);
    let missing = pages.saturating_sub(memory_size(0));
    if end < start || (missing > 0 && memory_grow(0, missing) == usize::MAX) {
        sys::abort(sys::from(b"out of memory"));
    }
    set_top(end);
}

/// A block of memory.
#[inline(never)]
fn take(size: usize, align: usize) -> *mut u8 {
    let last = align.wrapping_sub(1);
    let start = top().wrapping_add(last) & !last;
    claim(start, size);
    let block: *mut u8 = core::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the linker's data lies below. Said aloud, because it removes the
    // code for a failed allocation from everything.
    unsafe { core::hint::assert_unchecked(!block.is_null()) };
    block
}

/// Bytes of any content.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    // SAFETY: the block comes from the global allocator with this length and
    // alignment 1, and memory of Wasm is always initialised.
    unsafe { Vec::from_raw_parts(take(len, 1), len, len) }
}

// SAFETY: blocks lie above the linker's data and below the end of the memory,
// and no block begins below the end of one that is in use: `top` falls only
// back over what the sink wrote, if nothing was taken behind it.
unsafe impl GlobalAlloc for Heap {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size(), layout.align())
    }

    #[inline(always)]
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if block.addr().wrapping_add(layout.size()) == top() {
            claim(block.addr(), size);
            return block;
        }
        if size <= layout.size() {
            return block;
        }
        let moved = take(size, layout.align());
        // SAFETY: the new block is disjoint from the old one, and longer.
        unsafe { core::ptr::copy_nonoverlapping(block, moved, layout.size()) };
        moved
    }
}
