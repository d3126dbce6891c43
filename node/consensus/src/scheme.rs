//! Ed25519 by the rule of [`hull_types::verify_signature`], so that what a validator
//! accepts and what a light client accepts are the same.

use std::fmt;

use hull_types::is_public_key;
use malachitebft_core_types::SigningScheme;
use parity_scale_codec::{Decode, Encode};

use crate::context::Address;

/// The scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scheme;

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub(crate) struct Signature(pub(crate) [u8; 64]);

impl Signature {
    /// What stands where this node did not sign. It verifies under no key.
    pub(crate) const ABSENT: Self = Self([0; 64]);
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth, ..] = self.0;
        write!(
            f,
            "Signature({first:02x}{second:02x}{third:02x}{fourth:02x}…)"
        )
    }
}

/// Why bytes are no key or signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotEd25519 {
    #[error("{found} bytes; an Ed25519 signature has 64, a key 32")]
    Length { found: usize },
    #[error("the bytes are no point that a key can be")]
    Key,
}

impl SigningScheme for Scheme {
    type DecodingError = NotEd25519;
    type Signature = Signature;
    type PublicKey = Address;
    // Keys stay in the signing guard.
    type PrivateKey = ();

    fn decode_signature(bytes: &[u8]) -> Result<Signature, NotEd25519> {
        let found = bytes.len();
        let bytes = bytes.try_into();
        bytes
            .map(Signature)
            .map_err(|_| NotEd25519::Length { found })
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<Address, NotEd25519> {
        let found = bytes.len();
        let bytes = bytes.try_into();
        let bytes = bytes.map_err(|_| NotEd25519::Length { found })?;
        if is_public_key(&bytes) {
            Ok(Address(bytes))
        } else {
            Err(NotEd25519::Key)
        }
    }

    fn encode_public_key(public_key: &Address) -> Vec<u8> {
        public_key.0.to_vec()
    }
}
