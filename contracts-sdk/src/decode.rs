//! Decoding texts and bytes in little code.
//!
//! The codec's own decoding of vectors of any element brings slices that panic
//! and vectors that grow in steps, some kilobytes. The macros ask [`Pick`] for
//! every field and argument, which knows better for the commonest types; the
//! bytes on the wire are the same.

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use parity_scale_codec::{Decode, Error, Input};

use crate::buffer::{Buffer, Reader};
use crate::rt::unreadable;

/// Chooses how a type is decoded, without specialisation: the inherent method is
/// found first where it applies.
pub struct Pick<T>(PhantomData<T>);

impl<T> Pick<T> {
    /// The choice for a type.
    #[allow(clippy::new_without_default, reason = "only for generated code")]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl Pick<Vec<u8>> {
    /// Decodes an argument, or ends the call.
    #[inline(never)]
    pub fn argument(&self, input: &mut Reader<'_>) -> Vec<u8> {
        argument(self.pick(input))
    }

    /// Decodes bytes.
    pub fn pick<I: Input>(&self, input: &mut I) -> Result<Vec<u8>, Error> {
        bytes(input)
    }
}

impl Pick<String> {
    /// Decodes an argument, or ends the call.
    #[inline(never)]
    pub fn argument(&self, input: &mut Reader<'_>) -> String {
        argument(self.pick(input))
    }

    /// Decodes text.
    pub fn pick<I: Input>(&self, input: &mut I) -> Result<String, Error> {
        let bytes = bytes(input)?;
        if !is_utf8(&bytes) {
            return Err("not UTF-8".into());
        }
        Ok(unchecked_text(bytes))
    }
}

#[allow(unsafe_code, reason = "skips the check that was just made")]
fn unchecked_text(bytes: Vec<u8>) -> String {
    // SAFETY: the caller has found the bytes to be UTF-8.
    unsafe { String::from_utf8_unchecked(bytes) }
}

/// For every other type.
pub trait PickAny<T> {
    /// Decodes as the codec does.
    fn pick<I: Input>(&self, input: &mut I) -> Result<T, Error>;

    /// Decodes an argument, or ends the call.
    fn argument(&self, input: &mut Reader<'_>) -> T;
}

impl<T: Decode> PickAny<T> for Pick<T> {
    #[inline(always)]
    fn pick<I: Input>(&self, input: &mut I) -> Result<T, Error> {
        T::decode(input)
    }

    #[inline(never)]
    fn argument(&self, input: &mut Reader<'_>) -> T {
        argument(T::decode(input))
    }
}

#[inline(always)]
fn argument<T>(decoded: Result<T, Error>) -> T {
    match decoded {
        Ok(value) => value,
        Err(_) => unreadable(),
    }
}

/// A length and that many bytes. The length is held against what is there
/// before memory is taken.
#[inline(never)]
fn bytes<I: Input>(input: &mut I) -> Result<Vec<u8>, Error> {
    let len = length(input)?;
    match input.remaining_len()? {
        Some(there) if len <= there => {}
        _ => return Err("too short".into()),
    }
    let mut bytes = Buffer::new();
    bytes.resize(len);
    input.read(bytes.as_mut_slice())?;
    Ok(bytes.into_vec())
}

/// A compact length in its shortest form.
fn length<I: Input>(input: &mut I) -> Result<usize, Error> {
    let first = input.read_byte()?;
    let more = match first & 3 {
        0 => 0,
        1 => 1,
        2 => 3,
        _ => return Err("longer than a contract can hold".into()),
    };
    let mut whole = [first, 0, 0, 0];
    if let Some(rest) = whole.get_mut(1..=more) {
        input.read(rest)?;
    }
    let len = u32::from_le_bytes(whole) >> 2;
    // What fits a shorter form has to have it.
    let least = [0, 1 << 6, 0, 1 << 14];
    if least.get(more).is_some_and(|least| len < *least) {
        return Err("not the shortest form".into());
    }
    Ok(len as usize)
}

/// Whether bytes are UTF-8, as `core::str::from_utf8` has it.
#[inline(never)]
fn is_utf8(bytes: &[u8]) -> bool {
    // The range of the next byte, and how many are to come after it.
    let (mut low, mut high, mut more) = (0x80, 0xBF, 0_u8);
    for byte in bytes {
        if more > 0 {
            if *byte < low || *byte > high {
                return false;
            }
            more = more.wrapping_sub(1);
            (low, high) = (0x80, 0xBF);
            continue;
        }
        more = match byte {
            0..=0x7F => 0,
            0xC2..=0xDF => 1,
            0xE0..=0xEF => 2,
            0xF0..=0xF4 => 3,
            _ => return false,
        };
        match byte {
            // Overlong forms, surrogates, and what is above U+10FFFF.
            0xE0 => low = 0xA0,
            0xED => high = 0x9F,
            0xF0 => low = 0x90,
            0xF4 => high = 0x8F,
            _ => {}
        }
    }
    more == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use parity_scale_codec::Encode;
    use proptest::prelude::*;

    fn both(data: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let ours = bytes(&mut Reader::new(data)).ok();
        (ours, Vec::<u8>::decode(&mut &data[..]).ok())
    }

    proptest! {
        #[test]
        fn bytes_decode_as_the_codec_has_it(data in prop::collection::vec(any::<u8>(), 0..80)) {
            let (ours, theirs) = both(&data);
            prop_assert_eq!(ours, theirs);
        }

        #[test]
        fn lengths_of_every_form_round_trip(len in prop_oneof![0_usize..70, 16_370_usize..16_400]) {
            let data = vec![7_u8; len];
            let (ours, _) = both(&data.encode());
            prop_assert_eq!(ours, Some(data));
        }

        #[test]
        fn utf8_is_that_of_the_standard_library(
            data in prop::collection::vec(
                prop::sample::select(vec![
                    0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xDF, 0xE0,
                    0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF_u8,
                ]),
                0..5,
            ),
        ) {
            prop_assert_eq!(is_utf8(&data), core::str::from_utf8(&data).is_ok());
        }
    }
}
