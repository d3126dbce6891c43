//! Bytes and numbers as JSON has them.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An amount of tokens in the smallest unit.
pub type Amount = Decimal<u128>;
/// An amount of tokens that may be negative, in the smallest unit.
pub type SignedAmount = Decimal<i128>;
/// Gas: a picosecond of the reference machine.
pub type Gas = Decimal<u64>;
/// A validator's share of the votes.
pub type Power = Decimal<u64>;
/// How many transactions of an account came before.
pub type Nonce = Decimal<u64>;

/// A whole number that may be beyond 2^53, which is as far as many readers of JSON
/// are exact. Written as decimal text; read from that or from a JSON number.
///
/// ```
/// use hull_rpc_types::Amount;
///
/// let amount = Amount::from(1 << 90);
/// assert_eq!(serde_json::to_string(&amount).unwrap(), r#""1237940039285380274899124224""#);
/// assert_eq!(serde_json::from_str::<Amount>("7").unwrap(), Amount::from(7));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decimal<T>(pub T);

impl<T> From<T> for Decimal<T> {
    fn from(number: T) -> Self {
        Self(number)
    }
}

impl<T: fmt::Display> fmt::Display for Decimal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T: fmt::Display> Serialize for Decimal<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de, T: FromStr + TryFrom<u64> + TryFrom<i64>> Deserialize<'de> for Decimal<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor(PhantomData))
    }
}

struct DecimalVisitor<T>(PhantomData<T>);

impl<T: FromStr + TryFrom<u64> + TryFrom<i64>> Visitor<'_> for DecimalVisitor<T> {
    type Value = Decimal<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number in range, as decimal text or as a number")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        let number = T::try_from(number).map_err(|_| E::custom("the number is out of range"))?;
        Ok(Decimal(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        let number = T::try_from(number).map_err(|_| E::custom("the number is out of range"))?;
        Ok(Decimal(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        // `FromStr` would also take a plus sign.
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = plain.then(|| text.parse().ok()).flatten();
        let number = number
            .ok_or_else(|| E::custom("not a whole number in range; write decimal digits alone"))?;
        Ok(Decimal(number))
    }
}

/// Bytes: `0x` and lower-case hexadecimal. Upper case is read too.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub Vec<u8>);

/// 32 bytes: `0x` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// An account or contract: bech32m text with the prefix of the network. What a
/// client sends is checked by the node.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Address(pub String);

impl Address {
    /// The text of an address on the network of a prefix.
    ///
    /// # Panics
    /// If the prefix cannot be one: that is a setting, not input.
    pub fn new(address: &hull_host_api::Address, prefix: &str) -> Self {
        Self(address.to_text(prefix).expect("the prefix was checked"))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<hull_host_api::Hash> for Hash {
    fn from(hash: hull_host_api::Hash) -> Self {
        Self(hash.0)
    }
}

impl From<Hash> for hull_host_api::Hash {
    fn from(hash: Hash) -> Self {
        Self(hash.0)
    }
}

/// Reads `0x` and hexadecimal.
fn unhex(text: &str) -> Result<Vec<u8>, &'static str> {
    let digits = text.strip_prefix("0x").ok_or("bytes begin with 0x")?;
    hex::decode(digits).map_err(|_| "not pairs of hexadecimal digits after 0x")
}

impl FromStr for Bytes {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self)
    }
}

impl FromStr for Hash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Its length is looked at first: the text may be megabytes.
        if text.len() != 66 {
            return Err("a hash is 0x and 64 hexadecimal digits");
        }
        let bytes = unhex(text)?;
        bytes
            .try_into()
            .map(Self)
            .map_err(|_| "a hash has 32 bytes")
    }
}

macro_rules! hexadecimal {
    ($($name:ident)*) => { $(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{}", hex::encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Hexadecimal;
                impl Visitor<'_> for Hexadecimal {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("text of 0x and hexadecimal digits")
                    }

                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Hexadecimal)
            }
        }
    )* };
}
hexadecimal!(Bytes Hash);

#[cfg(feature = "schema")]
mod schema {
    use std::borrow::Cow;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

    use super::{Bytes, Decimal, Hash};

    impl JsonSchema for Bytes {
        fn schema_name() -> Cow<'static, str> {
            "Bytes".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "Bytes in hexadecimal.",
                "type": "string",
                "pattern": "^0x([0-9a-fA-F]{2})*$",
            })
        }
    }

    impl JsonSchema for Hash {
        fn schema_name() -> Cow<'static, str> {
            "Hash".into()
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "description": "32 bytes in hexadecimal.",
                "type": "string",
                "pattern": "^0x[0-9a-fA-F]{64}$",
            })
        }
    }

    macro_rules! decimal {
        ($($type:ty, $name:literal, $pattern:literal, $text:literal;)*) => { $(
            impl JsonSchema for Decimal<$type> {
                fn schema_name() -> Cow<'static, str> {
                    $name.into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({
                        "description": $text,
                        "type": ["string", "integer"],
                        "pattern": $pattern,
                    })
                }
            }
        )* };
    }
    decimal! {
        u64, "Decimal64", "^[0-9]{1,20}$", "A whole number below 2^64; always text in answers.";
        u128, "Decimal128", "^[0-9]{1,39}$", "A whole number below 2^128; always text in answers.";
        i128, "SignedDecimal128", "^-?[0-9]{1,39}$", "A whole number from -2^127 to below 2^127; always text in answers.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_exact_or_refused() {
        let most = format!("\"{}\"", u128::MAX);
        let amount: Amount = serde_json::from_str(&most).unwrap();
        assert_eq!(amount.0, u128::MAX);
        assert_eq!(serde_json::to_string(&amount).unwrap(), most);
        assert_eq!(
            serde_json::from_str::<SignedAmount>("\"-5\"").unwrap().0,
            -5
        );
        for bad in [
            "-1", "1.5", "1e3", "\"\"", "\"+1\"", "\"-1\"", "\" 1\"", "\"0x1\"", "null", "[1]",
        ] {
            assert!(serde_json::from_str::<Gas>(bad).is_err(), "{bad}");
        }
        let beyond = format!("\"{}0\"", u64::MAX);
        assert!(serde_json::from_str::<Gas>(&beyond).is_err());
    }

    #[test]
    fn bytes_have_a_prefix_and_pairs() {
        assert_eq!(
            serde_json::from_str::<Bytes>("\"0x0aFF\"").unwrap().0,
            [10, 255]
        );
        assert_eq!(
            serde_json::to_string(&Bytes(vec![10, 255])).unwrap(),
            "\"0x0aff\""
        );
        for bad in ["\"\"", "\"0a\"", "\"0x0\"", "\"0xzz\"", "7", "[1]"] {
            assert!(serde_json::from_str::<Bytes>(bad).is_err(), "{bad}");
        }
        assert!("0x00".parse::<Hash>().is_err());
    }
}
