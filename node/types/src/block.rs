//! Blocks.

use hull_host_api::{Hash, Height, Timestamp};
use parity_scale_codec::{Decode, Encode};

use crate::decode::{DecodeError, decode_bounded};
use crate::hash::{list_root, tagged};
use crate::statement::Evidence;
use crate::transaction::{MAX_TRANSACTION_BYTES, SignedTransaction};

/// What validators agree on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The number of the block; the genesis is 0, the first block 1.
    pub height: Height,
    /// Milliseconds since the Unix epoch; greater than the parent's.
    pub time: Timestamp,
    /// The hash of the parent's header; of block 1 the chain id.
    pub parent: Hash,
    /// The state root after the parent.
    pub state_root: Hash,
    /// The root of the parent's receipts.
    pub receipts_root: Hash,
    /// The hash of the set of validators that decides this block.
    pub validators_hash: Hash,
    /// The root of the transactions of this block.
    pub transactions_root: Hash,
    /// The root of the evidence in this block.
    pub evidence_root: Hash,
}

/// A header and what it is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions in order.
    pub transactions: Vec<SignedTransaction>,
    /// Proofs that validators cheated, by key in ascending order, one of each. They lose
    /// their power two blocks later, before the transactions are executed.
    pub evidence: Vec<Evidence>,
}

impl Header {
    /// The name of the block: keccak256 of SCALE("hull/header", header).
    pub fn hash(&self) -> Hash {
        tagged("hull/header", self)
    }
}

impl Block {
    /// Most bytes of an encoded block: what its network carries in one piece. The
    /// parameters of a chain set less.
    pub const MAX_BYTES: usize = 8 * MAX_TRANSACTION_BYTES;

    /// Decodes one block.
    ///
    /// # Errors
    /// If there are more than [`Block::MAX_BYTES`], or the bytes are not exactly
    /// one block.
    pub fn decode_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        decode_bounded("a block", bytes, Self::MAX_BYTES)
    }
}

/// Most evidence in a block: more validators than that do not cheat at a time, and what
/// is left goes into the next one.
pub const MAX_EVIDENCE: usize = 16;

/// The root of a block's evidence.
pub fn evidence_root(evidence: &[Evidence]) -> Hash {
    list_root(evidence)
}

/// The root of a block's transactions.
pub fn transactions_root<'a>(
    transactions: impl IntoIterator<Item = &'a SignedTransaction>,
) -> Hash {
    list_root(transactions)
}
