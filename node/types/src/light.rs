//! What somebody without the chain can hold to be decided, knowing its genesis alone.

use hull_host_api::Hash;

use crate::block::Header;
use crate::certificate::{Certificate, CertificateError, verify_certificate};
use crate::genesis::Genesis;
use crate::validators::Validator;

/// Why a header is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The validators are not those of the header.
    #[error("the validators have the hash {found}; the header names {expected}")]
    Validators {
        /// Of those given.
        found: Hash,
        /// Of those in the header.
        expected: Hash,
    },
    /// See there.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The validators are others than in the genesis, and too few of those are among
    /// the signers.
    #[error(
        "of the validators of the genesis, with power {total}, only {signed} signed; more than a third have to, or the change has to be followed header by header"
    )]
    Strangers {
        /// The power in the genesis of those who signed.
        signed: u128,
        /// The power of all in the genesis.
        total: u128,
    },
}

/// Checks that a header was decided on the chain of a genesis: by the validators that it
/// names, and where these are others than in the genesis, with signatures of more than a
/// third of the power there. If less than a third cheats, one of the signers is honest,
/// and knows that the change was decided. (The skipping verification of light clients of
/// Tendermint; its trusting period is left to the caller.)
///
/// # Errors
/// See [`HeaderError`].
pub fn verify_header(
    genesis: &Genesis,
    header: &Header,
    validators: &[Validator],
    certificate: &[u8],
) -> Result<(), HeaderError> {
    let found = Validator::set_hash(validators);
    if found != header.validators_hash {
        return Err(HeaderError::Validators {
            found,
            expected: header.validators_hash,
        });
    }
    let (chain_id, block) = (genesis.chain_id(), header.hash());
    let certificate =
        verify_certificate(&chain_id, validators, header.height, &block, certificate)?;
    if found == Validator::set_hash(&genesis.validators) {
        return Ok(());
    }
    overlap(&genesis.validators, validators, &certificate)
}

fn overlap(
    trusted: &[Validator],
    validators: &[Validator],
    certificate: &Certificate,
) -> Result<(), HeaderError> {
    let signers = certificate.signatures.iter();
    let signers = signers.filter_map(|one| validators.get(usize::from(one.validator)));
    let powers = signers.filter_map(|signer| {
        let known = trusted.iter().find(|it| it.public_key == signer.public_key);
        known.map(|it| u128::from(it.power))
    });
    let signed = powers.fold(0_u128, u128::saturating_add);
    let total = trusted.iter().map(|one| u128::from(one.power));
    let total = total.fold(0_u128, u128::saturating_add);
    match signed.saturating_mul(3) > total {
        true => Ok(()),
        false => Err(HeaderError::Strangers { signed, total }),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use parity_scale_codec::Encode;

    use super::*;
    use crate::certificate::CommitSignature;
    use crate::statement::{Says, Statement};

    /// Validators of these seeds, with power 1 each, in order, and their keys.
    fn validators(seeds: &[u8]) -> (Vec<Validator>, Vec<SigningKey>) {
        let mut keys: Vec<_> = seeds
            .iter()
            .map(|seed| SigningKey::from_bytes(&[*seed; 32]))
            .collect();
        keys.sort_by_key(|key| key.verifying_key().to_bytes());
        let validators = keys.iter().map(|key| Validator {
            public_key: key.verifying_key().to_bytes(),
            power: 1,
        });
        (validators.collect(), keys)
    }

    /// A header that all validators of the seeds decided.
    fn decided(genesis: &Genesis, seeds: &[u8]) -> (Header, Vec<Validator>, Vec<u8>) {
        let (validators, keys) = validators(seeds);
        let header = Header {
            height: 5,
            validators_hash: Validator::set_hash(&validators),
            ..Header::default()
        };
        let statement = Statement {
            height: 5,
            round: 0,
            says: Says::Precommit(Some(header.hash())),
        };
        let preimage = statement.preimage(&genesis.chain_id());
        let signatures = keys
            .iter()
            .zip(0..)
            .map(|(key, validator)| CommitSignature {
                validator,
                signature: key.sign(&preimage).to_bytes(),
            });
        let certificate = Certificate {
            round: 0,
            signatures: signatures.collect(),
        };
        (header, validators, certificate.encode())
    }

    fn genesis() -> Genesis {
        Genesis {
            validators: validators(&[1, 2, 3]).0,
            ..crate::dev::genesis("light")
        }
    }

    #[test]
    fn the_validators_of_the_genesis_are_believed() {
        let genesis = genesis();
        let (header, set, certificate) = decided(&genesis, &[1, 2, 3]);
        verify_header(&genesis, &header, &set, &certificate).unwrap();
        let mut other = header.clone();
        other.state_root = Hash([1; 32]);
        assert!(verify_header(&genesis, &other, &set, &certificate).is_err());
        assert!(matches!(
            verify_header(&genesis, &header, &set[1..], &certificate),
            Err(HeaderError::Validators { .. })
        ));
    }

    #[test]
    fn strangers_are_believed_with_enough_acquaintances() {
        let genesis = genesis();
        let (header, set, certificate) = decided(&genesis, &[1, 2, 7, 8]);
        verify_header(&genesis, &header, &set, &certificate).unwrap();
        // One of three is not more than a third.
        let (header, set, certificate) = decided(&genesis, &[1, 7, 8, 9]);
        assert_eq!(
            verify_header(&genesis, &header, &set, &certificate),
            Err(HeaderError::Strangers {
                signed: 1,
                total: 3
            })
        );
    }
}
