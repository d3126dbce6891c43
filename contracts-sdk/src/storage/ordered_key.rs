//! Keys whose encodings have the order of their values.

use alloc::string::String;
use alloc::vec::Vec;

use hull_host_api::{Address, Hash};

use super::key::KeyBuf;
use crate::reader::Reader;

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
///
/// ```
/// # use hull_sdk as hull;
/// use hull::Reader;
/// use hull::storage::{KeyBuf, OrderedKey};
///
/// /// A day, the latest first.
/// struct Day(u32);
///
/// impl OrderedKey for Day {
///     fn encode_key(&self, out: &mut KeyBuf) {
///         (u32::MAX - self.0).encode_key(out);
///     }
///
///     fn decode_key(input: &mut Reader<'_>) -> Option<Self> {
///         Some(Self(u32::MAX - u32::decode_key(input)?))
///     }
/// }
/// ```
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn encoded<K: OrderedKey>(key: &K) -> Vec<u8> {
        let mut out = KeyBuf::empty();
        key.encode_key(&mut out);
        out.get().expect("short enough").to_vec()
    }

    /// The obligations of the trait for a pair of keys.
    fn holds<K: OrderedKey + Ord + core::fmt::Debug>(a: &K, b: &K) -> Result<(), TestCaseError> {
        let (of_a, of_b) = (encoded(a), encoded(b));
        prop_assert_eq!(of_a.cmp(&of_b), a.cmp(b), "{:?} {:?}", a, b);
        prop_assert!(a == b || !of_b.starts_with(&of_a), "{:?} {:?}", a, b);
        prop_assert!(!of_a.is_empty());
        // What follows is left for the next part of a tuple.
        let whole = [&of_a[..], &[1, 2]].concat();
        let mut input = Reader::new(&whole);
        let decoded = K::decode_key(&mut input);
        prop_assert_eq!(decoded.as_ref(), Some(a));
        prop_assert_eq!(input.rest(), [1, 2]);
        let mut cut = Reader::new(&of_a[..of_a.len() - 1]);
        prop_assert_eq!(K::decode_key(&mut cut), None);
        Ok(())
    }

    /// Bytes that make escapes, ends and prefixes likely.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(vec![0_u8, 1, 0x41, 0xFE, 0xFF]), 0..6)
    }

    fn text() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop::sample::select(vec!['\0', 'a', 'b', 'ÿ', '\u{10FFFF}']),
            0..6,
        )
        .prop_map(|chars| chars.into_iter().collect())
    }

    macro_rules! keys {
        ($($name:ident: $strategy:expr;)*) => { proptest! { $(
            #[test]
            fn $name((a, b) in ($strategy, $strategy)) {
                holds(&a, &b)?;
                holds(&a, &a)?;
            }
        )* } };
    }

    keys! {
        u8_keys: any::<u8>();
        u16_keys: any::<u16>();
        u32_keys: any::<u32>();
        u64_keys: any::<u64>();
        u128_keys: any::<u128>();
        i8_keys: any::<i8>();
        i16_keys: any::<i16>();
        i32_keys: any::<i32>();
        i64_keys: any::<i64>();
        i128_keys: any::<i128>();
        bool_keys: any::<bool>();
        array_keys: any::<[u8; 3]>();
        address_keys: any::<[u8; 32]>().prop_map(Address);
        hash_keys: any::<[u8; 32]>().prop_map(Hash);
        vector_keys: bytes();
        text_keys: text();
        single_keys: bytes().prop_map(|it| (it,));
        pair_keys: (bytes(), any::<i16>());
        triple_keys: (any::<bool>(), text(), bytes());
        quadruple_keys: (0_u8..2, bytes(), text(), 0_u32..2);
    }

    #[test]
    fn small_signed_numbers_cross_zero_in_order() {
        let keys = [-2_i8, -1, 0, 1].map(|key| encoded(&key));
        assert!(keys.is_sorted());
    }
}
