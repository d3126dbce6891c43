//! What validators sign while they agree on a block, and what proves that one of them
//! cheated.

use std::fmt;

use ed25519_dalek::{Signature, VerifyingKey};
use hull_host_api::{Hash, Height};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};

/// One statement of a validator about a height and a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Statement {
    /// The height that is to be decided.
    pub height: Height,
    /// The attempt, from 0.
    pub round: u32,
    /// What is said.
    pub says: Says,
}

/// The kinds of statements, in the order in which a validator makes them in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Says {
    /// The proposer of the round proposes a block.
    #[codec(index = 0)]
    Propose {
        /// The hash of its header.
        block: Hash,
        /// The earlier round in which two thirds were for it already, if there was one.
        valid_round: Option<u32>,
    },
    /// A validator is for a block, or for none.
    #[codec(index = 1)]
    Prevote(Option<Hash>),
    /// A validator commits to a block, or to none.
    #[codec(index = 2)]
    Precommit(Option<Hash>),
}

/// What a validator may say once in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Step {
    /// [`Says::Propose`].
    #[codec(index = 0)]
    Propose,
    /// [`Says::Prevote`].
    #[codec(index = 1)]
    Prevote,
    /// [`Says::Precommit`].
    #[codec(index = 2)]
    Precommit,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Propose => "propose",
            Self::Prevote => "prevote",
            Self::Precommit => "precommit",
        })
    }
}

impl Statement {
    /// Which of the statements of a round this is.
    pub const fn step(&self) -> Step {
        match self.says {
            Says::Propose { .. } => Step::Propose,
            Says::Prevote(_) => Step::Prevote,
            Says::Precommit(_) => Step::Precommit,
        }
    }

    /// The bytes that are signed: SCALE("hull/statement", chain id, statement). Of
    /// another chain, and of anything else that a validator signs, they differ.
    pub fn preimage(&self, chain_id: &Hash) -> Vec<u8> {
        ("hull/statement", chain_id, self).encode()
    }
}

/// Whether an Ed25519 signature counts. By the strict rule, which does not leave it to
/// the implementation: no key or commitment of small order, no second encoding.
pub fn verify_signature(public_key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let signature = Signature::from_bytes(signature);
    VerifyingKey::from_bytes(public_key)
        .is_ok_and(|key| key.verify_strict(message, &signature).is_ok())
}

/// Whether the bytes are a key with which a signature can count.
pub fn is_public_key(public_key: &[u8; 32]) -> bool {
    VerifyingKey::from_bytes(public_key).is_ok_and(|key| !key.is_weak())
}

/// Two statements of one validator of which it may have made one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Evidence {
    /// The key of the validator.
    pub validator: [u8; 32],
    /// One statement and its signature.
    pub first: (Statement, [u8; 64]),
    /// Another one and its signature.
    pub second: (Statement, [u8; 64]),
}

/// Why evidence proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// The bytes are no evidence.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// One of them does not exclude the other.
    #[error("the two statements are not of one height, round and step, or are the same")]
    NoConflict,
    /// The validator did not make both.
    #[error("a signature is not the validator's; check the key and the chain id")]
    Signature,
}

impl Evidence {
    /// Most bytes of encoded evidence.
    pub const MAX_BYTES: usize = 512;

    /// Whether this proves that the validator cheated on this chain.
    ///
    /// # Errors
    /// See [`EvidenceError`].
    pub fn verify(&self, chain_id: &Hash) -> Result<(), EvidenceError> {
        let ((first, one), (second, other)) = (&self.first, &self.second);
        let place = |it: &Statement| (it.height, it.round, it.step());
        if place(first) != place(second) || first == second {
            return Err(EvidenceError::NoConflict);
        }
        let made = |statement: &Statement, signature| {
            verify_signature(&self.validator, &statement.preimage(chain_id), signature)
        };
        if made(first, one) && made(second, other) {
            Ok(())
        } else {
            Err(EvidenceError::Signature)
        }
    }

    /// Decodes one piece of evidence.
    ///
    /// # Errors
    /// [`EvidenceError::Decode`].
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, EvidenceError> {
        Ok(decode_bounded("evidence", bytes, Self::MAX_BYTES)?)
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const CHAIN: Hash = Hash([7; 32]);

    fn signed(key: &SigningKey, statement: Statement) -> (Statement, [u8; 64]) {
        let signature = key.sign(&statement.preimage(&CHAIN));
        (statement, signature.to_bytes())
    }

    fn prevote(block: Option<Hash>) -> Statement {
        Statement {
            height: 5,
            round: 1,
            says: Says::Prevote(block),
        }
    }

    fn evidence(first: Statement, second: Statement) -> Evidence {
        let key = SigningKey::from_bytes(&[1; 32]);
        Evidence {
            validator: key.verifying_key().to_bytes(),
            first: signed(&key, first),
            second: signed(&key, second),
        }
    }

    #[test]
    fn two_votes_of_a_round_prove_a_cheat() {
        let proof = evidence(prevote(None), prevote(Some(Hash([1; 32]))));
        assert_eq!(proof.verify(&CHAIN), Ok(()));
        let decoded = Evidence::decode_bytes(&proof.encode()).unwrap();
        assert_eq!(decoded, proof);
    }

    #[test]
    fn what_is_no_conflict_proves_nothing() {
        let nil = prevote(None);
        let later = Statement { round: 2, ..nil };
        let committed = Statement {
            says: Says::Precommit(Some(Hash([1; 32]))),
            ..nil
        };
        for second in [nil, later, committed] {
            let refused = evidence(nil, second).verify(&CHAIN);
            assert_eq!(refused, Err(EvidenceError::NoConflict));
        }
    }

    #[test]
    fn a_signature_counts_for_its_chain_and_key_alone() {
        let mut proof = evidence(prevote(None), prevote(Some(Hash([1; 32]))));
        let elsewhere = proof.verify(&Hash([8; 32]));
        assert_eq!(elsewhere, Err(EvidenceError::Signature));
        proof.validator = SigningKey::from_bytes(&[2; 32]).verifying_key().to_bytes();
        assert_eq!(proof.verify(&CHAIN), Err(EvidenceError::Signature));
    }

    #[test]
    fn a_weak_key_is_none() {
        // The neutral element: everything verifies under it by the lax rule.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(!is_public_key(&neutral));
        assert!(!verify_signature(&neutral, b"anything", &{
            let mut signature = [0; 64];
            signature[0] = 1;
            signature
        }));
    }
}
