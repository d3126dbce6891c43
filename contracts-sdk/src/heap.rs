//! The allocator of a contract: a pointer that moves up.
//!
//! A contract lives for one call, so memory is not worth reusing in general.
//! The block on top is the exception: it is resized in place and given back,
//! which makes growing buffers and temporary ones cheap.
#![allow(unsafe_code, reason = "an allocator")]

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::Cell;

const PAGE: usize = 64 * 1024;

unsafe extern "C" {
    /// Where the linker's data ends.
    static __heap_base: u8;
}

struct Heap {
    /// The end of what is in use; 0 before the first allocation.
    top: Cell<usize>,
}

// SAFETY: a contract has one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { top: Cell::new(0) };

impl Heap {
    /// A block of memory.
    #[inline(never)]
    fn take(&self, size: usize, align: usize) -> *mut u8 {
        let top = match self.top.get() {
            0 => (&raw const __heap_base).addr(),
            top => top,
        };
        let start = (top + align - 1) & !(align - 1);
        self.reach(start, size);
        let block: *mut u8 = core::ptr::with_exposed_provenance_mut(start);
        // SAFETY: the linker's data and the stack lie below. Said aloud, because
        // it removes the code for a failed allocation from everything.
        unsafe { core::hint::assert_unchecked(!block.is_null()) };
        block
    }

    /// Makes a block usable and puts the top behind it.
    #[inline(never)]
    fn reach(&self, start: usize, size: usize) {
        let have = memory_size(0) * PAGE;
        let missing = start
            .checked_add(size)
            .map(|end| (end, end.saturating_sub(have).div_ceil(PAGE)));
        match missing {
            Some((end, pages)) if pages == 0 || memory_grow(0, pages) != usize::MAX => {
                self.top.set(end);
            }
            _ => crate::sys::abort(b"out of memory"),
        }
    }
}

/// Makes a block of bytes longer or shorter; a block of none may be
/// anywhere.
#[inline(never)]
pub(crate) fn resize(block: *mut u8, old: usize, new: usize) -> *mut u8 {
    if old == 0 {
        return HEAP.take(new, 1);
    }
    if block.addr() + old == HEAP.top.get() {
        HEAP.reach(block.addr(), new);
        return block;
    }
    if new <= old {
        return block;
    }
    let moved = HEAP.take(new, 1);
    // SAFETY: the new block is disjoint from the old one, and longer.
    unsafe { core::ptr::copy_nonoverlapping(block, moved, old) };
    moved
}

/// Gives a block of bytes back.
#[inline(never)]
pub(crate) fn free(block: *mut u8, len: usize) {
    if len > 0 && block.addr() + len == HEAP.top.get() {
        HEAP.top.set(block.addr());
    }
}

// SAFETY: blocks lie above the linker's data and below the end of the memory,
// and no block begins below the end of one that is in use: `top` falls only
// when the block on top is given back or shrinks.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        free(block, layout.size());
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if layout.align() > 1 && block.addr() + layout.size() != self.top.get() {
            let moved = self.take(size, layout.align());
            // SAFETY: the new block is disjoint from the old one; what both have
            // is copied.
            unsafe { core::ptr::copy_nonoverlapping(block, moved, layout.size().min(size)) };
            return moved;
        }
        resize(block, layout.size(), size)
    }
}
