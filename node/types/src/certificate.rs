//! The proof that a block was decided.

use hull_host_api::{Hash, Height};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};
use crate::statement::{Says, Statement, verify_signature};
use crate::validators::{MAX_VALIDATORS, Validator};

/// The signatures of validators that together have more than two thirds of the power:
/// each of [`Says::Precommit`] for the same block, height and round.
///
/// ```
/// use hull_types::host_api::Hash;
/// use hull_types::{CertificateError, verify_certificate};
///
/// let nobody = verify_certificate(&Hash([0; 32]), &[], 1, &Hash([1; 32]), &[0; 5]);
/// assert!(matches!(nobody, Err(CertificateError::Power { .. })));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Certificate {
    /// The round in which the block was decided.
    pub round: u32,
    /// Who signed, in ascending order, each once.
    pub signatures: Vec<CommitSignature>,
}

/// One signature of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CommitSignature {
    /// The place of the validator in the list of the height, from 0.
    pub validator: u16,
    /// Its Ed25519 signature.
    pub signature: [u8; 64],
}

/// Why a certificate proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The bytes are no certificate.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A signature is not after the one before it, or there is no such validator.
    #[error("signature {index} is of validator {validator}; each has to be listed once, in order")]
    Order {
        /// Its place in the certificate, from 0.
        index: usize,
        /// Of which validator it says it is.
        validator: u16,
    },
    /// A signature does not count.
    #[error("the signature of validator {validator} is not for this block, height and chain")]
    Signature {
        /// Of which validator it says it is.
        validator: u16,
    },
    /// Too few signed.
    #[error("validators of power {signed} of {total} signed; more than two thirds have to")]
    Power {
        /// The power of those who signed.
        signed: u128,
        /// The power of all.
        total: u128,
    },
}

impl Certificate {
    /// Most bytes of an encoded certificate.
    pub const MAX_BYTES: usize = 16 + MAX_VALIDATORS * 66;

    /// Decodes one certificate. Whether it proves anything is [`Self::verify`]'s matter.
    ///
    /// # Errors
    /// If the bytes are too many, or not exactly one certificate.
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_bounded("a certificate", bytes, Self::MAX_BYTES)
    }

    /// Checks that the validators decided this block.
    ///
    /// # Errors
    /// See [`CertificateError`].
    pub fn verify(
        &self,
        chain_id: &Hash,
        validators: &[Validator],
        height: Height,
        block: &Hash,
    ) -> Result<(), CertificateError> {
        let statement = Statement {
            height,
            round: self.round,
            says: Says::Precommit(Some(*block)),
        };
        let preimage = statement.preimage(chain_id);
        let (mut before, mut signed) = (None, 0_u128);
        for (index, one) in self.signatures.iter().enumerate() {
            let validator = one.validator;
            let known = validators
                .get(usize::from(validator))
                .filter(|_| before < Some(validator))
                .ok_or(CertificateError::Order { index, validator })?;
            if !verify_signature(&known.public_key, &preimage, &one.signature) {
                return Err(CertificateError::Signature { validator });
            }
            // At most 2^16 powers below 2^64.
            signed = signed.saturating_add(u128::from(known.power));
            before = Some(validator);
        }
        let total = validators.iter().map(|one| u128::from(one.power));
        let total = total.fold(0_u128, u128::saturating_add);
        if signed.saturating_mul(3) > total.saturating_mul(2) {
            Ok(())
        } else {
            Err(CertificateError::Power { signed, total })
        }
    }
}

/// Decodes a certificate and checks that it proves the decision of a block, given the
/// validators of its height: those whose [`Validator::set_hash`] is in its header.
///
/// # Errors
/// See [`CertificateError`].
pub fn verify_certificate(
    chain_id: &Hash,
    validators: &[Validator],
    height: Height,
    block: &Hash,
    bytes: &[u8],
) -> Result<Certificate, CertificateError> {
    let certificate = Certificate::decode_bytes(bytes)?;
    certificate.verify(chain_id, validators, height, block)?;
    Ok(certificate)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    use super::*;

    const CHAIN: Hash = Hash([7; 32]);
    const BLOCK: Hash = Hash([9; 32]);

    fn keys() -> Vec<SigningKey> {
        (1..=4_u8)
            .map(|seed| SigningKey::from_bytes(&[seed; 32]))
            .collect()
    }

    fn validators(powers: [u64; 4]) -> Vec<Validator> {
        let keys = keys().into_iter().zip(powers);
        keys.map(|(key, power)| Validator {
            public_key: key.verifying_key().to_bytes(),
            power,
        })
        .collect()
    }

    fn certificate(signers: &[u16]) -> Certificate {
        let statement = Statement {
            height: 3,
            round: 1,
            says: Says::Precommit(Some(BLOCK)),
        };
        let (keys, preimage) = (keys(), statement.preimage(&CHAIN));
        let sign = |validator: &u16| CommitSignature {
            validator: *validator,
            signature: keys[usize::from(*validator)].sign(&preimage).to_bytes(),
        };
        Certificate {
            round: 1,
            signatures: signers.iter().map(sign).collect(),
        }
    }

    fn verify(
        certificate: &Certificate,
        powers: [u64; 4],
    ) -> Result<Certificate, CertificateError> {
        let bytes = certificate.encode();
        verify_certificate(&CHAIN, &validators(powers), 3, &BLOCK, &bytes)
    }

    #[test]
    fn more_than_two_thirds_decide() {
        assert!(verify(&certificate(&[0, 1, 3]), [1; 4]).is_ok());
        let few = verify(&certificate(&[0, 3]), [1; 4]);
        assert_eq!(
            few,
            Err(CertificateError::Power {
                signed: 2,
                total: 4
            })
        );
        // Exactly two thirds are not more.
        assert!(verify(&certificate(&[0, 1]), [1, 1, 1, 0]).is_err());
        // Power counts, not heads.
        assert!(verify(&certificate(&[2]), [1, 1, u64::MAX, 1]).is_ok());
    }

    #[test]
    fn every_validator_counts_once() {
        let twice = verify(&certificate(&[0, 1, 1]), [1; 4]);
        assert_eq!(
            twice,
            Err(CertificateError::Order {
                index: 2,
                validator: 1
            })
        );
        let back = verify(&certificate(&[0, 3, 1]), [1; 4]);
        assert_eq!(
            back,
            Err(CertificateError::Order {
                index: 2,
                validator: 1
            })
        );
        let mut unknown = certificate(&[0, 1, 3]);
        unknown.signatures[2].validator = 4;
        let unknown = verify(&unknown, [1; 4]);
        assert_eq!(
            unknown,
            Err(CertificateError::Order {
                index: 2,
                validator: 4
            })
        );
    }

    #[test]
    fn a_certificate_is_for_one_block_height_round_and_chain() {
        let (good, all) = (certificate(&[0, 1, 2, 3]), validators([1; 4]));
        assert!(good.verify(&CHAIN, &all, 3, &BLOCK).is_ok());
        assert!(good.verify(&Hash([8; 32]), &all, 3, &BLOCK).is_err());
        assert!(good.verify(&CHAIN, &all, 4, &BLOCK).is_err());
        assert!(good.verify(&CHAIN, &all, 3, &Hash([1; 32])).is_err());
        let other_round = Certificate { round: 2, ..good };
        assert!(other_round.verify(&CHAIN, &all, 3, &BLOCK).is_err());
    }

    proptest! {
        #[test]
        fn a_changed_byte_is_noticed(at in 0_usize..1000, change in 1_u8..) {
            let mut bytes = certificate(&[0, 1, 2]).encode();
            let at = at % bytes.len();
            bytes[at] ^= change;
            let refused = verify_certificate(&CHAIN, &validators([1; 4]), 3, &BLOCK, &bytes);
            prop_assert!(refused.is_err());
        }

        #[test]
        fn garbage_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(
                verify_certificate(&CHAIN, &validators([1; 4]), 3, &BLOCK, &bytes).is_err()
            );
        }
    }
}
