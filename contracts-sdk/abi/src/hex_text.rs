//! Bytes as `0x` and lower-case hexadecimal in JSON.

use std::fmt;

/// Why a text is not bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HexError {
    Prefix,
    Digits,
}

impl fmt::Display for HexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prefix => "bytes are written as 0x and hexadecimal digits",
            Self::Digits => "an odd number of digits, or one that is not hexadecimal",
        })
    }
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

pub(crate) fn decode(text: &str) -> Result<Vec<u8>, HexError> {
    let digits = text.strip_prefix("0x").ok_or(HexError::Prefix)?;
    hex::decode(digits).map_err(|_| HexError::Digits)
}

/// For `#[serde(with)]` on a `Vec<u8>`.
pub(crate) mod bytes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        super::decode(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// For `#[serde(with)]` on a `[u8; N]`.
pub(crate) mod array {
    use serde::{Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        super::bytes::serialize(bytes, to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        from: D,
    ) -> Result<[u8; N], D::Error> {
        let bytes = super::bytes::deserialize(from)?;
        let found = bytes.len();
        let array = bytes.try_into();
        array.map_err(|_| D::Error::custom(format!("expected {N} bytes, found {found}")))
    }
}
