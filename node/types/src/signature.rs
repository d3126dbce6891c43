//! Signatures of transactions.

use hull_host_api::{Address, Hash, KeyKind, account_address};
use k256::ecdsa::{RecoveryId, SigningKey, VerifyingKey};
use parity_scale_codec::{Decode, Encode};

/// A signature, by the kind of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Signature {
    /// Recoverable ECDSA over secp256k1: r, s, and the recovery id 0 or 1. s is
    /// the lower of the two that verify.
    #[codec(index = 0)]
    Secp256k1([u8; 65]),
}

/// Why a signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not numbers that a signature may consist of, or no key made it.
    #[error("the signature is malformed: no key can have made it")]
    Malformed,
    /// s is the higher of the two that verify; n - s is the one that counts.
    #[error("the signature has a high s; sign with low-s normalization")]
    HighS,
    /// Somebody else signed, or the sender signed something else: another body,
    /// or the same for another chain.
    #[error("{signer} signed, not the sender {sender}; check key and chain id")]
    NotTheSender {
        /// Who the body says.
        sender: Address,
        /// Whose signature this would be.
        signer: Address,
    },
}

impl Signature {
    /// The account whose signature of `hash` this is.
    ///
    /// # Errors
    /// [`SignatureError::Malformed`] and [`SignatureError::HighS`].
    pub fn signer(&self, hash: &Hash) -> Result<Address, SignatureError> {
        let Self::Secp256k1(bytes) = self;
        let (numbers, recovery) = (&bytes[..64], bytes[64]);
        // Ids 2 and 3 stand for an r above the group's order, which nobody signs.
        let recovery = RecoveryId::from_byte(recovery)
            .filter(|id| !id.is_x_reduced())
            .ok_or(SignatureError::Malformed)?;
        let signature =
            k256::ecdsa::Signature::from_slice(numbers).map_err(|_| SignatureError::Malformed)?;
        if signature.normalize_s() != signature {
            return Err(SignatureError::HighS);
        }
        let key = VerifyingKey::recover_from_prehash(hash.as_bytes(), &signature, recovery)
            .map_err(|_| SignatureError::Malformed)?;
        Ok(address(&key))
    }
}

/// The account of a secp256k1 key.
pub fn sender_of(key: &SigningKey) -> Address {
    address(key.verifying_key())
}

fn address(key: &VerifyingKey) -> Address {
    account_address(KeyKind::Secp256k1, key.to_sec1_point(true).as_bytes())
}

pub(crate) fn sign(hash: &Hash, key: &SigningKey) -> Signature {
    let (signature, recovery) = key.sign_prehash_recoverable(hash.as_bytes());
    let mut bytes = [recovery.to_byte(); 65];
    bytes[..64].copy_from_slice(&signature.to_bytes());
    Signature::Secp256k1(bytes)
}
