//! Decoding and encoding texts and bytes in little code.
//!
//! The codec's own decoding of vectors of any element brings slices that panic
//! and vectors that grow in steps, some kilobytes. The macros ask [`Pick`] for
//! every field and argument, which knows better for the commonest types; the
//! bytes on the wire are the same.

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use parity_scale_codec::{Decode, Encode, Error, Input, Output};

use crate::cursor::{self, Cursor, succeed};

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
    pub fn argument(&self) -> Vec<u8> {
        succeed(self.pick(&mut Cursor))
    }

    /// Decodes bytes.
    pub fn pick<I: Input>(&self, input: &mut I) -> Result<Vec<u8>, Error> {
        vector(input)
    }

    /// Encodes bytes.
    pub fn put<O: Output + ?Sized>(&self, bytes: &[u8], output: &mut O) {
        put(bytes, output);
    }
}

impl Pick<String> {
    /// Decodes an argument, or ends the call.
    #[inline(never)]
    pub fn argument(&self) -> String {
        succeed(self.pick(&mut Cursor))
    }

    /// Decodes text.
    #[inline(never)]
    pub fn pick<I: Input>(&self, input: &mut I) -> Result<String, Error> {
        let bytes = vector(input)?;
        if !is_utf8(&bytes) {
            return Err("not UTF-8".into());
        }
        Ok(unchecked_text(bytes))
    }

    /// Encodes text.
    pub fn put<O: Output + ?Sized>(&self, text: &str, output: &mut O) {
        put(text.as_bytes(), output);
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
    fn pick<I: Input>(&self, input: &mut I) -> Result<T, Error>
    where
        T: Decode;

    /// Decodes an argument, or ends the call.
    fn argument(&self) -> T
    where
        T: Decode;

    /// Encodes as the codec does.
    fn put<O: Output + ?Sized>(&self, value: &T, output: &mut O)
    where
        T: Encode;
}

impl<T> PickAny<T> for Pick<T> {
    #[inline(always)]
    fn pick<I: Input>(&self, input: &mut I) -> Result<T, Error>
    where
        T: Decode,
    {
        T::decode(input)
    }

    #[inline(always)]
    fn argument(&self) -> T
    where
        T: Decode,
    {
        cursor::decoded()
    }

    #[inline(always)]
    fn put<O: Output + ?Sized>(&self, value: &T, output: &mut O)
    where
        T: Encode,
    {
        value.encode_to(output);
    }
}

/// Bytes of any content.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    #[cfg(target_family = "wasm")]
    return crate::heap::bytes(len);
    #[cfg(not(target_family = "wasm"))]
    return alloc::vec![0; len];
}

/// A length and that many bytes. The length is held against what is there
/// before memory is taken.
#[inline(never)]
fn vector<I: Input>(input: &mut I) -> Result<Vec<u8>, Error> {
    let len = length(input)?;
    match input.remaining_len()? {
        Some(there) if len <= there => {}
        _ => return Err("too short".into()),
    }
    let mut bytes = bytes(len);
    input.read(&mut bytes)?;
    Ok(bytes)
}

/// A compact length in its shortest form. The lowest two bits say in how many
/// bytes it is: 1, 2 or 4.
fn length<I: Input>(input: &mut I) -> Result<usize, Error> {
    let mut whole = [0; 4];
    let [first, second, third, fourth] = &mut whole;
    *first = input.read_byte()?;
    // Bits that the next shorter form has.
    let shorter = match *first & 3 {
        0 => 0,
        1 => {
            *second = input.read_byte()?;
            6
        }
        2 => {
            *second = input.read_byte()?;
            *third = input.read_byte()?;
            *fourth = input.read_byte()?;
            14
        }
        _ => return Err("longer than a contract can hold".into()),
    };
    let len = u32::from_le_bytes(whole) >> 2;
    if shorter > 0 && len >> shorter == 0 {
        return Err("not the shortest form".into());
    }
    Ok(len as usize)
}

/// A compact length and the bytes.
#[inline(never)]
fn put<O: Output + ?Sized>(bytes: &[u8], output: &mut O) {
    let len = bytes.len() as u32;
    let (form, used) = match len {
        0..=0x3F => (0, 1),
        0x40..=0x3FFF => (1, 2),
        // No memory of a contract holds more than 30 bits can count.
        _ => (2, 4),
    };
    let whole = (len << 2 | form).to_le_bytes();
    output.write(whole.get(..used).unwrap_or_default());
    output.write(bytes);
}

/// Whether bytes are UTF-8, as `core::str::from_utf8` has it.
#[inline(never)]
fn is_utf8(bytes: &[u8]) -> bool {
    let mut rest = bytes.iter();
    while let Some(first) = rest.next() {
        let len = first.leading_ones();
        // The least code that takes so many bytes has this bit.
        let least = match len {
            0 => continue,
            2 => 7,
            3 => 11,
            4 => 16,
            _ => return false,
        };
        let mut code = u32::from(*first) & (0x7F >> len);
        for _ in 1..len {
            match rest.next() {
                Some(next) if next & 0xC0 == 0x80 => {
                    code = code << 6 | u32::from(next & 0x3F);
                }
                _ => return false,
            }
        }
        let surrogate = code >> 11 == 0x1B;
        if code >> least == 0 || surrogate || code > 0x0010_FFFF {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::Reader;
    use alloc::vec;
    use proptest::prelude::*;

    fn both(data: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let ours = vector(&mut Reader::new(data)).ok();
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
            let mut encoded = Vec::new();
            put(&data, &mut encoded);
            prop_assert_eq!(&encoded, &data.encode());
            let (ours, _) = both(&encoded);
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
