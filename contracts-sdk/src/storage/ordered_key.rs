//! Keys whose encodings have the order of their values.

use alloc::string::String;
use alloc::vec::Vec;

use hull_host_api::{Address, Hash};

use super::key::KeyBuf;
use crate::buffer::Reader;

/// A key of an [`OrderedMap`](super::OrderedMap).
///
/// # Obligations
/// - Encodings compare, byte by byte, as the values do.
/// - No encoding begins with another one, and none is empty.
/// - [`decode_key`](Self::decode_key) takes exactly what
///   [`encode_key`](Self::encode_key) gives.
///
/// | type | encoding |
/// |---|---|
/// | unsigned integers | big-endian |
/// | signed integers | big-endian with the sign bit turned over |
/// | `bool` | 0 or 1 |
/// | `Address`, `Hash`, `[u8; N]` | as they are |
/// | `String`, `Vec<u8>` | the bytes with `00` written `00 FF`, then `00 00` |
/// | tuples | one after the other: the first decides first |
pub trait OrderedKey: Sized {
    /// Writes the encoding.
    fn encode_key(&self, out: &mut KeyBuf);

    /// Reads an encoding; `None` if it is none.
    fn decode_key(input: &mut Reader<'_>) -> Option<Self>;
}

fn array<const N: usize>(input: &mut Reader<'_>) -> Option<[u8; N]> {
    input.take(N)?.first_chunk().copied()
}

macro_rules! unsigned {
    ($($ty:ty)*) => { $(
        impl OrderedKey for $ty {
            fn encode_key(&self, out: &mut KeyBuf) {
                out.push(&self.to_be_bytes());
            }

            fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
                array(input).map(Self::from_be_bytes)
            }
        }
    )* };
}
unsigned!(u8 u16 u32 u64 u128);

macro_rules! signed {
    ($($ty:ty)*) => { $(
        impl OrderedKey for $ty {
            fn encode_key(&self, out: &mut KeyBuf) {
                out.push(&(self ^ Self::MIN).to_be_bytes());
            }

            fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
                array(input).map(|bytes| Self::from_be_bytes(bytes) ^ Self::MIN)
            }
        }
    )* };
}
signed!(i8 i16 i32 i64 i128);

impl OrderedKey for bool {
    fn encode_key(&self, out: &mut KeyBuf) {
        out.push(&[u8::from(*self)]);
    }

    fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
        match u8::decode_key(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<const N: usize> OrderedKey for [u8; N] {
    fn encode_key(&self, out: &mut KeyBuf) {
        const { assert!(N > 0, "an empty key has no place in an ordered map") };
        out.push(self);
    }

    fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
        array(input)
    }
}

macro_rules! bytes32 {
    ($($ty:ident)*) => { $(
        impl OrderedKey for $ty {
            fn encode_key(&self, out: &mut KeyBuf) {
                out.push(&self.0);
            }

            fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
                array(input).map(Self)
            }
        }
    )* };
}
bytes32!(Address Hash);

/// What follows a zero that belongs to the text, and what ends the text.
const ESCAPED: u8 = 0xFF;
const END: u8 = 0;

impl OrderedKey for Vec<u8> {
    fn encode_key(&self, out: &mut KeyBuf) {
        encode_bytes(self, out);
    }

    fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
        let mut bytes = Self::new();
        loop {
            match u8::decode_key(input)? {
                0 => match u8::decode_key(input)? {
                    END => return Some(bytes),
                    ESCAPED => bytes.push(0),
                    _ => return None,
                },
                byte => bytes.push(byte),
            }
        }
    }
}

impl OrderedKey for String {
    fn encode_key(&self, out: &mut KeyBuf) {
        encode_bytes(self.as_bytes(), out);
    }

    fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
        Self::from_utf8(Vec::decode_key(input)?).ok()
    }
}

fn encode_bytes(bytes: &[u8], out: &mut KeyBuf) {
    for (index, part) in bytes.split(|byte| *byte == 0).enumerate() {
        if index > 0 {
            out.push(&[0, ESCAPED]);
        }
        out.push(part);
    }
    out.push(&[0, END]);
}

macro_rules! tuples {
    ($(($($name:ident)+))*) => { $(
        impl<$($name: OrderedKey),+> OrderedKey for ($($name,)+) {
            #[allow(non_snake_case, reason = "a value is named as its type")]
            fn encode_key(&self, out: &mut KeyBuf) {
                let ($($name,)+) = self;
                $($name.encode_key(out);)+
            }

            fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
                Some(($($name::decode_key(input)?,)+))
            }
        }
    )* };
}
tuples!((A) (A B) (A B C) (A B C D));
