//! The engine's codec: every decoder has a limit of its own and takes exactly one value.

use bytes::Bytes;
use hull_types::{Block, DecodeError, MAX_VALIDATORS, decode_bounded};
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app::types::codec::{Codec, HasEncodedLen};
use malachitebft_app::types::sync::{Request, Response, Status};
use malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_core_types::{PolkaCertificate, ValidatorProof};
use parity_scale_codec::{Compact, Decode, Encode};

use crate::context::Hull;
use crate::part::{CHUNK_BYTES, MAX_CHUNKS, Part, SignedHeader};
use crate::wire::{self, Blocks, Judged, Liveness, Polka, Proof, Signed, Tip};

/// The codec for network, synchronisation and write-ahead log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale;

/// Why a message cannot be encoded or decoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WireError {
    #[error(transparent)]
    Decode(#[from] DecodeError),
    #[error("a message of no round")]
    NoRound,
    #[error("a proposal where a vote has to be")]
    NoVote,
    #[error("the name of a peer is none")]
    NoPeer,
    #[error("the pieces of a block do not fit each other")]
    Parts,
    #[error("{what} has {found} entries; the limit is {limit}")]
    TooMany {
        what: &'static str,
        found: usize,
        limit: usize,
    },
}

/// Bytes of a signed vote or proposal; one takes less than 160.
const MAX_MESSAGE: usize = 256;
/// Bytes of a certificate of votes of every validator, each with its own block.
const MAX_CERTIFICATE: usize = 128 + MAX_VALIDATORS * (2 + 32 + 32 + 64);
/// Bytes of a piece: a chunk or a header with the hash of every chunk.
const MAX_PART: usize = 1024 + CHUNK_BYTES;
/// Bytes of the name of a stream; ours have less than 32.
const MAX_STREAM_ID: usize = 64;
/// Bytes of a peer's status, request or proof: fixed fields and a peer's name.
const MAX_SMALL: usize = 512;
/// Most blocks of an answer; what a request asks for is less.
pub(crate) const MAX_BLOCKS: usize = 16;
/// Bytes of an answer with blocks: one of the largest, with its certificate, has to fit.
pub(crate) const MAX_RESPONSE: usize = 10 * 1024 * 1024;

const _: () = assert!(Block::MAX_BYTES + MAX_CERTIFICATE + MAX_SMALL <= MAX_RESPONSE);
const _: () = assert!(MAX_CHUNKS * 32 + 256 <= MAX_PART);

impl Codec<SignedConsensusMsg<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<Hull>, WireError> {
        Ok(bounded::<Signed>("a vote or proposal", &bytes, MAX_MESSAGE)?.message())
    }

    fn encode(&self, message: &SignedConsensusMsg<Hull>) -> Result<Bytes, WireError> {
        Ok(Signed::of(message)?.encode().into())
    }
}

impl Codec<LivenessMsg<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<LivenessMsg<Hull>, WireError> {
        bounded::<Liveness>("a liveness message", &bytes, MAX_CERTIFICATE)?.message()
    }

    fn encode(&self, message: &LivenessMsg<Hull>) -> Result<Bytes, WireError> {
        Ok(Liveness::of(message)?.encode().into())
    }
}

impl Codec<PolkaCertificate<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<PolkaCertificate<Hull>, WireError> {
        Ok(bounded::<Polka>("a polka certificate", &bytes, MAX_CERTIFICATE)?.certificate())
    }

    fn encode(&self, message: &PolkaCertificate<Hull>) -> Result<Bytes, WireError> {
        Ok(Polka::of(message)?.encode().into())
    }
}

impl Codec<ProposedValue<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<ProposedValue<Hull>, WireError> {
        Ok(bounded::<Judged>("a judged block", &bytes, MAX_MESSAGE)?.value())
    }

    fn encode(&self, message: &ProposedValue<Hull>) -> Result<Bytes, WireError> {
        Ok(Judged::of(message)?.encode().into())
    }
}

impl Codec<ValidatorProof<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<ValidatorProof<Hull>, WireError> {
        Ok(bounded::<Proof>("a validator's proof", &bytes, MAX_SMALL)?.proof())
    }

    fn encode(&self, message: &ValidatorProof<Hull>) -> Result<Bytes, WireError> {
        Ok(Proof::of(message).encode().into())
    }
}

impl Codec<Status<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Status<Hull>, WireError> {
        bounded::<Tip>("a status", &bytes, MAX_SMALL)?.status()
    }

    fn encode(&self, message: &Status<Hull>) -> Result<Bytes, WireError> {
        Ok(Tip::of(message).encode().into())
    }
}

impl Codec<Request<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Request<Hull>, WireError> {
        Ok(wire::request(bounded("a request", &bytes, MAX_SMALL)?))
    }

    fn encode(&self, message: &Request<Hull>) -> Result<Bytes, WireError> {
        Ok(wire::range(message).encode().into())
    }
}

impl Codec<Response<Hull>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Response<Hull>, WireError> {
        let response = bounded::<Blocks>("an answer with blocks", &bytes, MAX_RESPONSE)?.response();
        let Response::ValueResponse(blocks) = &response;
        at_most("an answer", blocks.values.len(), MAX_BLOCKS)?;
        Ok(response)
    }

    fn encode(&self, message: &Response<Hull>) -> Result<Bytes, WireError> {
        Ok(Blocks::of(message)?.encode().into())
    }
}

impl HasEncodedLen<Response<Hull>> for Scale {
    fn encoded_len(&self, message: &Response<Hull>) -> Result<usize, WireError> {
        Ok(Blocks::of(message)?.encoded_size())
    }
}

/// A piece in its stream, as it is encoded; the bytes of a chunk are the rest.
#[derive(Encode, Decode)]
enum PieceHead {
    Header(SignedHeader),
    Chunk {
        index: u16,
        of: u16,
        bytes: Compact<u32>,
    },
    End,
}

impl PieceHead {
    fn of(part: &Part) -> (Self, &[u8]) {
        match part {
            Part::Header(header) => (Self::Header(header.clone()), &[]),
            Part::Chunk { index, of, data } => {
                let (index, of) = (*index, *of);
                // A chunk has at most CHUNK_BYTES.
                let bytes = Compact(u32::try_from(data.len()).unwrap_or(u32::MAX));
                (Self::Chunk { index, of, bytes }, data)
            }
        }
    }

    /// The piece, given the bytes that follow its head.
    fn part(self, rest: Bytes) -> Result<Option<Part>, WireError> {
        let length = rest.len();
        let (part, expected) = match self {
            Self::Header(header) => (Some(Part::Header(header)), 0),
            Self::End => (None, 0),
            Self::Chunk { index, of, bytes } => {
                let data = rest;
                if index >= of || usize::from(of) > MAX_CHUNKS || data.len() > CHUNK_BYTES {
                    return Err(WireError::Parts);
                }
                (Some(Part::Chunk { index, of, data }), bytes.0 as usize)
            }
        };
        if length == expected {
            Ok(part)
        } else {
            Err(WireError::Parts)
        }
    }
}

impl Codec<Part> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Part, WireError> {
        let (head, rest) = split::<PieceHead>("a piece of a block", bytes)?;
        head.part(rest)?.ok_or(WireError::Parts)
    }

    fn encode(&self, part: &Part) -> Result<Bytes, WireError> {
        let (head, data) = PieceHead::of(part);
        let mut bytes = head.encode();
        bytes.extend_from_slice(data);
        Ok(bytes.into())
    }
}

impl Codec<StreamMessage<Part>> for Scale {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<StreamMessage<Part>, WireError> {
        let what = "a piece of a stream";
        let ((id, sequence, head), rest) = split::<(Vec<u8>, u64, PieceHead)>(what, bytes)?;
        at_most("the name of a stream", id.len(), MAX_STREAM_ID)?;
        let content = head.part(rest)?;
        let content = content.map_or(StreamContent::Fin, StreamContent::Data);
        Ok(StreamMessage::new(
            StreamId::new(id.into()),
            sequence,
            content,
        ))
    }

    fn encode(&self, message: &StreamMessage<Part>) -> Result<Bytes, WireError> {
        let (head, data) = match &message.content {
            StreamContent::Data(part) => PieceHead::of(part),
            StreamContent::Fin => (PieceHead::End, &[][..]),
        };
        let mut bytes = Vec::with_capacity(data.len() + MAX_SMALL);
        message.stream_id.to_bytes().as_ref().encode_to(&mut bytes);
        message.sequence.encode_to(&mut bytes);
        head.encode_to(&mut bytes);
        bytes.extend_from_slice(data);
        Ok(bytes.into())
    }
}

fn bounded<T: Decode>(what: &'static str, bytes: &[u8], limit: usize) -> Result<T, WireError> {
    Ok(decode_bounded(what, bytes, limit)?)
}

/// Decodes what is at the beginning; the rest is shared, not copied.
fn split<T: Decode>(what: &'static str, bytes: Bytes) -> Result<(T, Bytes), WireError> {
    let (found, limit) = (bytes.len(), MAX_PART);
    if found > limit {
        return Err(DecodeError::TooLong { what, found, limit }.into());
    }
    let mut rest = bytes.as_ref();
    let head = T::decode(&mut rest).map_err(|cause| DecodeError::Malformed { what, cause })?;
    let taken = found.saturating_sub(rest.len());
    Ok((head, bytes.slice(taken..)))
}

fn at_most(what: &'static str, found: usize, limit: usize) -> Result<(), WireError> {
    if found > limit {
        return Err(WireError::TooMany { what, found, limit });
    }
    Ok(())
}
