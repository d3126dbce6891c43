//! A block in pieces that the network carries.
//!
//! The header is signed by the proposer and has the hash of every chunk, so that one
//! signature covers all and each chunk can be checked when it comes.

use bytes::Bytes;
use hull_types::host_api::{Hash, Height};
use hull_types::{Block, verify_signature};
use malachitebft_core_types as core;
use parity_scale_codec::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::context::{Address, Hull};
use crate::scheme::Signature;

/// Bytes of a chunk, but for the last. Small enough to be passed on while the next is
/// on its way, large enough that headers and checks are a trifle.
pub(crate) const CHUNK_BYTES: usize = 128 * 1024;

/// Most chunks of a block.
pub(crate) const MAX_CHUNKS: usize = Block::MAX_BYTES.div_ceil(CHUNK_BYTES);

/// What a proposer says of the pieces of its block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct PartHeader {
    pub(crate) height: Height,
    /// The round for which the block was built.
    pub(crate) round: u32,
    /// The hash of the block's header.
    pub(crate) block: Hash,
    /// Bytes of the encoded block.
    pub(crate) bytes: u32,
    /// The sha2-256 of each chunk.
    pub(crate) chunks: Vec<Hash>,
}

/// A header and the proposer's signature.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SignedHeader {
    pub(crate) header: PartHeader,
    pub(crate) signature: Signature,
}

/// A piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Header(SignedHeader),
    Chunk { index: u16, of: u16, data: Bytes },
}

impl core::ProposalPart<Hull> for Part {
    fn is_first(&self) -> bool {
        matches!(self, Self::Header(_))
    }

    fn is_last(&self) -> bool {
        matches!(self, Self::Chunk { index, of, .. } if index.checked_add(1) == Some(*of))
    }
}

impl PartHeader {
    /// What is to be said of an encoded block.
    pub(crate) fn of(height: Height, round: u32, block: Hash, encoded: &[u8]) -> Option<Self> {
        let bytes = u32::try_from(encoded.len()).ok()?;
        let header = Self {
            height,
            round,
            block,
            bytes,
            chunks: encoded.chunks(CHUNK_BYTES).map(chunk_hash).collect(),
        };
        header.is_consistent().then_some(header)
    }

    /// The bytes that are signed.
    pub(crate) fn preimage(&self, chain_id: &Hash) -> Vec<u8> {
        ("hull/parts", chain_id, self).encode()
    }

    /// Whether the sizes fit each other and the limits.
    pub(crate) fn is_consistent(&self) -> bool {
        let bytes = self.bytes as usize;
        (1..=Block::MAX_BYTES).contains(&bytes) && self.chunks.len() == bytes.div_ceil(CHUNK_BYTES)
    }

    /// Whether these are the bytes of that chunk.
    pub(crate) fn has(&self, index: u16, data: &[u8]) -> bool {
        let expected = self.chunks.get(usize::from(index));
        expected.is_some_and(|hash| data.len() <= CHUNK_BYTES && chunk_hash(data) == *hash)
    }
}

impl SignedHeader {
    /// Whether the proposer of that round signed it for this chain.
    pub(crate) fn is_from(&self, proposer: &Address, chain_id: &Hash) -> bool {
        let preimage = self.header.preimage(chain_id);
        verify_signature(&proposer.0, &preimage, &self.signature.0)
    }

    /// All pieces, in order.
    pub(crate) fn parts(&self, encoded: &Bytes) -> Vec<Part> {
        let of = u16::try_from(self.header.chunks.len()).unwrap_or(u16::MAX);
        let chunk = |index: u16| {
            let from = usize::from(index) * CHUNK_BYTES;
            let to = encoded.len().min(from + CHUNK_BYTES);
            Part::Chunk {
                index,
                of,
                data: encoded.slice(from..to),
            }
        };
        let header = std::iter::once(Part::Header(self.clone()));
        header.chain((0..of).map(chunk)).collect()
    }
}

fn chunk_hash(data: &[u8]) -> Hash {
    Hash(Sha256::digest(data).into())
}
