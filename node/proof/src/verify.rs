//! The check itself.

use alloc::vec::Vec;
use core::fmt;

use hull_host_api::Hash;
use hull_host_api::limits::{MAX_KEY_LEN, MAX_VALUE_LEN};
use ics23::commitment_proof::Proof;
use ics23::{CommitmentProof, ExistenceProof, HashOp, InnerSpec, LeafOp, LengthOp, ProofSpec};
use prost::Message;

use crate::hash::Hashes;
use crate::subject::Subject;

/// Most levels of a path: the bits of a hash.
pub const MAX_DEPTH: usize = 256;

/// Most bytes of a proof: two paths of the deepest tree, with the longest record at
/// the end of each. A level takes 16 bytes of domain, 32 of its sibling, and less
/// than 16 to say so.
pub const MAX_PROOF_BYTES: usize =
    2 * (MAX_DEPTH * 64 + MAX_KEY_LEN as usize + MAX_VALUE_LEN as usize + 1024);

/// Hashed before a leaf, so that none can be taken for an inner node.
const LEAF_DOMAIN: &[u8] = b"JMT::LeafNode";
/// Hashed before an inner node.
const INNER_DOMAIN: &[u8] = b"JMT::IntrnalNode";
/// The hash of a subtree without leaves.
const EMPTY: &[u8] = b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// Why a proof proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invalid {
    /// It has more than [`MAX_PROOF_BYTES`], or a path of more than [`MAX_DEPTH`].
    TooLong,
    /// The bytes are not the one encoding of a proof.
    Encoding,
    /// It proves an absence where a value is claimed, or the other way round.
    Kind,
    /// It is about another key.
    Key,
    /// It does not lead from the claim to the root.
    Root,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the proof is longer than a proof can be",
            Self::Encoding => "the proof is not encoded as one",
            Self::Kind => "the proof is of existence where absence is claimed, or the reverse",
            Self::Key => "the proof is about another key",
            Self::Root => "the proof does not lead to the root",
        })
    }
}

impl core::error::Error for Invalid {}

/// Checks that under `root` the subject has exactly this value, or none.
///
/// The root has to come from a header that is trusted.
///
/// # Errors
/// See [`Invalid`]: then nothing is known, of the value or of the root.
pub fn verify(
    root: &Hash,
    subject: &Subject,
    value: Option<&[u8]>,
    proof: &[u8],
) -> Result<(), Invalid> {
    let proof = decode(proof)?;
    let (root, key) = (root.0.to_vec(), subject.key());
    let holds = match (&proof.proof, value) {
        (Some(Proof::Exist(one)), Some(value)) => {
            check(one)?;
            same_key(&one.key, &key)?;
            ics23::verify_membership::<Hashes>(&proof, &spec(), &root, &key, value)
        }
        (Some(Proof::Nonexist(beside)), None) => {
            beside.left.iter().try_for_each(check)?;
            beside.right.iter().try_for_each(check)?;
            same_key(&beside.key, &key)?;
            ics23::verify_non_membership::<Hashes>(&proof, &spec(), &root, &key)
        }
        (Some(Proof::Exist(_) | Proof::Nonexist(_)), _) => return Err(Invalid::Kind),
        _ => return Err(Invalid::Encoding),
    };
    if holds { Ok(()) } else { Err(Invalid::Root) }
}

/// A message has many encodings in protobuf; a proof has the one that it is written in.
fn decode(bytes: &[u8]) -> Result<CommitmentProof, Invalid> {
    if bytes.len() > MAX_PROOF_BYTES {
        return Err(Invalid::TooLong);
    }
    let proof = CommitmentProof::decode(bytes).map_err(|_| Invalid::Encoding)?;
    if proof.encode_to_vec() == bytes {
        Ok(proof)
    } else {
        Err(Invalid::Encoding)
    }
}

/// What the specification of ICS23 leaves open and this tree does not: the domains,
/// and where in a node the child is.
fn check(proof: &ExistenceProof) -> Result<(), Invalid> {
    if proof.path.len() > MAX_DEPTH {
        return Err(Invalid::TooLong);
    }
    if proof.leaf.as_ref() != Some(&leaf_op()) {
        return Err(Invalid::Encoding);
    }
    let is_step = |step: &ics23::InnerOp| {
        let left = step.prefix.strip_prefix(INNER_DOMAIN);
        matches!(
            (left.map(<[u8]>::len), step.suffix.len()),
            (Some(0), 32) | (Some(32), 0)
        )
    };
    if proof.path.iter().all(is_step) {
        Ok(())
    } else {
        Err(Invalid::Encoding)
    }
}

fn same_key(found: &[u8], expected: &[u8]) -> Result<(), Invalid> {
    if found == expected {
        Ok(())
    } else {
        Err(Invalid::Key)
    }
}

fn leaf_op() -> LeafOp {
    LeafOp {
        hash: HashOp::Sha256.into(),
        prehash_key: HashOp::Sha256.into(),
        prehash_value: HashOp::Sha256.into(),
        length: LengthOp::NoPrefix.into(),
        prefix: LEAF_DOMAIN.to_vec(),
    }
}

fn spec() -> ProofSpec {
    let domain = i32::try_from(INNER_DOMAIN.len()).unwrap_or(i32::MAX);
    ProofSpec {
        leaf_spec: Some(leaf_op()),
        inner_spec: Some(InnerSpec {
            child_order: Vec::from([0, 1]),
            child_size: 32,
            min_prefix_length: domain,
            max_prefix_length: domain,
            empty_child: EMPTY.to_vec(),
            hash: HashOp::Sha256.into(),
        }),
        min_depth: 0,
        max_depth: 0,
        prehash_key_before_comparison: true,
    }
}
