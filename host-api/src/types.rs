//! Plain values.

use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Decode, Encode, MaxEncodedLen};

/// Gas: one picosecond of the reference machine.
pub type Gas = u64;
/// The largest gas limit. The meter's counter is signed and may fall below zero
/// by the cost of one stretch between checks, so two bits are kept free.
pub const MAX_GAS_LIMIT: Gas = (1 << 62) - 1;
/// An amount of the chain's native token, in its smallest unit.
pub type Balance = u128;
/// The number of a block; the genesis block is 0.
pub type Height = u64;
/// Milliseconds since the Unix epoch.
pub type Timestamp = u64;

macro_rules! bytes32 {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
            MaxEncodedLen,
        )]
        #[cfg_attr(feature = "type-info", derive(scale_info::TypeInfo))]
        pub struct $name(pub [u8; 32]);

        impl $name {
            /// The number of bytes.
            pub const LEN: usize = 32;

            /// The bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl From<[u8; 32]> for $name {
            fn from(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        /// Lower-case hexadecimal without a prefix.
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

bytes32! {
    /// The address of an account or a contract.
    Address
}

bytes32! {
    /// A 32-byte digest: of code, of a block, of a topic.
    Hash
}

/// What a contract told the outside world.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Event {
    /// The storage owner of the frame that emitted it.
    pub contract: Address,
    /// What subscribers filter by; at most [`limits::MAX_TOPICS`](crate::limits::MAX_TOPICS).
    pub topics: Vec<Hash>,
    /// The payload; at most [`limits::MAX_EVENT_DATA`](crate::limits::MAX_EVENT_DATA) bytes.
    pub data: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn hex_text_is_lower_case_and_whole() {
        let mut bytes = [0; 32];
        bytes[0] = 0xAB;
        bytes[31] = 1;
        let text = Address(bytes).to_string();
        assert_eq!(text.len(), 64);
        assert!(text.starts_with("ab00") && text.ends_with("01"));
    }
}
