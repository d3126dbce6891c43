//! Addresses as text: bech32m, lower case only, one prefix per network.

use alloc::string::String;
use core::fmt;

use bech32::{Bech32m, Hrp, primitives::decode::CheckedHrpstring};

use crate::Address;

/// The prefix where a network has not chosen one.
pub const DEFAULT_PREFIX: &str = "hull";

/// Why a text is not an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressTextError {
    /// The text has upper-case letters. One address has one text.
    UpperCase,
    /// Not bech32m: wrong characters, length or checksum.
    Malformed,
    /// The address belongs to another network.
    Prefix {
        /// The prefix that was expected.
        expected: String,
        /// The prefix found.
        found: String,
    },
    /// The payload is not 32 bytes.
    Length {
        /// Bytes found.
        found: usize,
    },
}

impl fmt::Display for AddressTextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpperCase => f.write_str("an address is written in lower case"),
            Self::Malformed => f.write_str("not an address: a character or the checksum is wrong"),
            Self::Prefix { expected, found } => {
                write!(
                    f,
                    "the address is of network `{found}`, expected `{expected}`"
                )
            }
            Self::Length { found } => write!(f, "an address has 32 bytes, this text has {found}"),
        }
    }
}

impl core::error::Error for AddressTextError {}

impl Address {
    /// The address as text with the network's prefix.
    ///
    /// # Errors
    /// If `prefix` cannot be a bech32 prefix (1 to 83 printable ASCII characters).
    pub fn to_text(&self, prefix: &str) -> Result<String, AddressTextError> {
        let hrp = Hrp::parse(prefix).map_err(|_| AddressTextError::Malformed)?;
        bech32::encode_lower::<Bech32m>(hrp, &self.0).map_err(|_| AddressTextError::Malformed)
    }

    /// Reads an address of the network with the given prefix.
    ///
    /// # Errors
    /// See [`AddressTextError`]; upper case is refused, because two texts for
    /// one address have let contracts be tricked elsewhere.
    pub fn from_text(text: &str, prefix: &str) -> Result<Self, AddressTextError> {
        if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(AddressTextError::UpperCase);
        }
        let checked =
            CheckedHrpstring::new::<Bech32m>(text).map_err(|_| AddressTextError::Malformed)?;
        if checked.hrp().as_str() != prefix {
            return Err(AddressTextError::Prefix {
                expected: prefix.into(),
                found: checked.hrp().as_str().into(),
            });
        }
        let mut bytes = [0; 32];
        let found = checked.byte_iter().count();
        if found != bytes.len() {
            return Err(AddressTextError::Length { found });
        }
        bytes
            .iter_mut()
            .zip(checked.byte_iter())
            .for_each(|(to, from)| *to = from);
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_round_trips_and_has_one_form(bytes: [u8; 32]) {
            let address = Address(bytes);
            let text = address.to_text(DEFAULT_PREFIX).unwrap();
            prop_assert_eq!(Address::from_text(&text, DEFAULT_PREFIX), Ok(address));
            prop_assert_eq!(
                Address::from_text(&text.to_uppercase(), DEFAULT_PREFIX),
                Err(AddressTextError::UpperCase)
            );
            let elsewhere = Address::from_text(&text, "other");
            let refused = matches!(elsewhere, Err(AddressTextError::Prefix { .. }));
            prop_assert!(refused);
        }

        #[test]
        fn one_changed_character_is_noticed(bytes: [u8; 32], at in 5usize..60, with in 0usize..32) {
            const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
            let text = Address(bytes).to_text(DEFAULT_PREFIX).unwrap();
            let mut changed = text.clone().into_bytes();
            prop_assume!(changed[at] != CHARSET[with]);
            changed[at] = CHARSET[with];
            let changed = String::from_utf8(changed).unwrap();
            prop_assert_eq!(
                Address::from_text(&changed, DEFAULT_PREFIX),
                Err(AddressTextError::Malformed)
            );
        }
    }
}
