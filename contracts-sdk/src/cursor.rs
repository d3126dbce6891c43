//! What is being decoded: the input, or a value out of storage.
//!
//! Reading ends the call where there is too little, so that decoding a type of
//! fixed size has no path for errors. There is one cursor at a time, as there is
//! one [`sink`](crate::sink).

use parity_scale_codec::{Decode, Error, Input};

use crate::sink;

/// Reads on from the cursor.
pub(crate) struct Cursor;

impl Input for Cursor {
    #[inline(always)]
    fn remaining_len(&mut self) -> Result<Option<usize>, Error> {
        Ok(Some(left()))
    }

    #[inline(always)]
    fn read(&mut self, into: &mut [u8]) -> Result<(), Error> {
        fill(into);
        Ok(())
    }

    #[inline(always)]
    fn read_byte(&mut self) -> Result<u8, Error> {
        Ok(byte())
    }
}

/// Decodes a value, or ends the call.
#[inline(never)]
pub(crate) fn decoded<T: Decode>() -> T {
    succeed(T::decode(&mut Cursor))
}

/// The value; ends the call if there is none.
#[inline(always)]
pub(crate) fn succeed<T>(decoded: Result<T, Error>) -> T {
    match decoded {
        Ok(value) => {
            sink::close();
            value
        }
        Err(_) => broken(),
    }
}

pub(crate) use place::*;

#[cfg(target_family = "wasm")]
mod place {
    #![allow(unsafe_code, reason = "memory that the host has filled")]

    use core::cell::Cell;
    use core::ptr;

    use crate::{fail, rt};

    /// Addresses `at..end` are left.
    struct Place {
        at: Cell<usize>,
        end: Cell<usize>,
        /// Whether the input is behind us.
        stored: Cell<bool>,
    }

    // SAFETY: a contract has one thread.
    unsafe impl Sync for Place {}

    static PLACE: Place = Place {
        at: Cell::new(0),
        end: Cell::new(0),
        stored: Cell::new(false),
    };

    /// Puts the cursor on some bytes.
    ///
    /// They must be there until the last of them was read.
    #[inline(always)]
    pub(crate) fn set(start: *const u8, len: usize) {
        let start = start.expose_provenance();
        PLACE.at.set(start);
        PLACE.end.set(start.wrapping_add(len));
    }

    /// From now on values come out of storage.
    #[inline(always)]
    pub(crate) fn input_is_over() {
        PLACE.stored.set(true);
    }

    #[inline(always)]
    pub(crate) fn left() -> usize {
        PLACE.end.get().wrapping_sub(PLACE.at.get())
    }

    #[inline(never)]
    fn take(len: usize) -> *const u8 {
        if len > left() {
            broken();
        }
        let at = PLACE.at.get();
        PLACE.at.set(at.wrapping_add(len));
        ptr::with_exposed_provenance(at)
    }

    #[inline(never)]
    pub(crate) fn fill(into: &mut [u8]) {
        // SAFETY: as many bytes are taken; nothing that is borrowed mutably lies
        // where the host has written.
        unsafe { ptr::copy_nonoverlapping(take(into.len()), into.as_mut_ptr(), into.len()) };
    }

    #[inline(never)]
    pub(crate) fn byte() -> u8 {
        // SAFETY: a byte is taken.
        unsafe { take(1).read() }
    }

    /// A number, as its bytes lie there.
    #[inline(always)]
    pub(crate) fn word() -> u32 {
        // SAFETY: four bytes are taken.
        unsafe { take(4).cast::<u32>().read_unaligned() }
    }

    /// Ends the call: what is there does not decode.
    #[cold]
    #[inline(never)]
    pub(crate) fn broken() -> ! {
        if PLACE.stored.get() {
            fail::without_place(
                "a stored value has another type: was the layout changed by an upgrade?",
            );
        }
        rt::unreadable()
    }
}

#[cfg(not(target_family = "wasm"))]
mod place {
    const ABSENT: &str = "there is nothing to decode outside a contract";

    pub(crate) fn set(_: *const u8, _: usize) {}

    pub(crate) fn left() -> usize {
        0
    }

    pub(crate) fn fill(_: &mut [u8]) {
        panic!("{ABSENT}")
    }

    pub(crate) fn byte() -> u8 {
        panic!("{ABSENT}")
    }

    pub(crate) fn broken() -> ! {
        panic!("{ABSENT}")
    }
}
