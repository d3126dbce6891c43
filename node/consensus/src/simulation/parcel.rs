//! What goes from node to node: the bytes that the product's codec makes.

use bytes::Bytes;
use malachitebft_app::engine::network::NetworkMsg;
use malachitebft_app::streaming::StreamMessage;
use malachitebft_app::types::PeerId;
use malachitebft_app::types::codec::Codec;
use malachitebft_app::types::sync::{Request, Response, Status};
use malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};

use super::engine::Msg;
use crate::codec::{Scale, WireError};
use crate::context::Hull;
use crate::part::Part;

/// Encoded messages, by the protocol that carries them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Parcel {
    Consensus(Bytes),
    Liveness(Bytes),
    Part(Bytes),
    Status(Bytes),
    Request(Bytes),
    Response(Bytes),
    Transaction(Bytes),
}

/// What is in a parcel.
pub(super) enum Content {
    /// For the engine.
    Engine(Msg),
    Status(Status<Hull>),
    Request(Request<Hull>),
    Response(Response<Hull>),
    Transaction(Bytes),
}

impl Parcel {
    /// What the engine says. It has to be the same for whoever decodes it.
    pub(super) fn of(message: &NetworkMsg<Hull>) -> Result<Option<Self>, String> {
        Ok(match message {
            NetworkMsg::PublishConsensusMsg(message) => Some(Self::Consensus(round_trip(message)?)),
            NetworkMsg::PublishLivenessMsg(message) => Some(Self::Liveness(round_trip(message)?)),
            _ => None,
        })
    }

    /// A piece of a block.
    pub(super) fn piece(piece: &StreamMessage<Part>) -> Result<Self, String> {
        round_trip(piece).map(Self::Part)
    }

    pub(super) fn status(status: &Status<Hull>) -> Result<Self, String> {
        round_trip(status).map(Self::Status)
    }

    pub(super) fn request(request: &Request<Hull>) -> Result<Self, String> {
        round_trip(request).map(Self::Request)
    }

    pub(super) fn response(response: &Response<Hull>) -> Result<Self, String> {
        round_trip(response).map(Self::Response)
    }

    /// What it is, for people.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Consensus(_) => "consensus",
            Self::Liveness(_) => "liveness",
            Self::Part(_) => "part",
            Self::Status(_) => "status",
            Self::Request(_) => "request",
            Self::Response(_) => "response",
            Self::Transaction(_) => "transaction",
        }
    }

    pub(super) fn bytes(&self) -> &Bytes {
        match self {
            Self::Consensus(bytes)
            | Self::Liveness(bytes)
            | Self::Part(bytes)
            | Self::Status(bytes)
            | Self::Request(bytes)
            | Self::Response(bytes)
            | Self::Transaction(bytes) => bytes,
        }
    }

    /// The same with other bytes.
    pub(super) fn with(&self, bytes: Bytes) -> Self {
        match self {
            Self::Consensus(_) => Self::Consensus(bytes),
            Self::Liveness(_) => Self::Liveness(bytes),
            Self::Part(_) => Self::Part(bytes),
            Self::Status(_) => Self::Status(bytes),
            Self::Request(_) => Self::Request(bytes),
            Self::Response(_) => Self::Response(bytes),
            Self::Transaction(_) => Self::Transaction(bytes),
        }
    }

    /// Looks into it, as the network does for the engine.
    pub(super) fn open(self, from: PeerId) -> Result<Content, WireError> {
        Ok(match self {
            Self::Consensus(bytes) => Content::Engine(consensus(Scale.decode(bytes)?)),
            Self::Liveness(bytes) => Content::Engine(liveness(Scale.decode(bytes)?)),
            Self::Part(bytes) => Content::Engine(Msg::Part(from, Scale.decode(bytes)?)),
            Self::Status(bytes) => Content::Status(Scale.decode(bytes)?),
            Self::Request(bytes) => Content::Request(Scale.decode(bytes)?),
            Self::Response(bytes) => Content::Response(Scale.decode(bytes)?),
            Self::Transaction(bytes) => Content::Transaction(bytes),
        })
    }
}

fn consensus(message: SignedConsensusMsg<Hull>) -> Msg {
    match message {
        SignedConsensusMsg::Vote(vote) => Msg::Vote(vote),
        SignedConsensusMsg::Proposal(proposal) => Msg::Proposal(proposal),
    }
}

fn liveness(message: LivenessMsg<Hull>) -> Msg {
    match message {
        LivenessMsg::Vote(vote) => Msg::Vote(vote),
        LivenessMsg::PolkaCertificate(certificate) => Msg::Polka(certificate),
        LivenessMsg::SkipRoundCertificate(certificate) => Msg::Round(certificate),
    }
}

fn round_trip<T>(message: &T) -> Result<Bytes, String>
where
    T: PartialEq + std::fmt::Debug,
    Scale: Codec<T, Error = WireError>,
{
    let encoded = Scale.encode(message);
    let bytes = encoded.map_err(|error| format!("{message:?} cannot be encoded: {error}"))?;
    match Scale.decode(bytes.clone()) {
        Ok(decoded) if decoded == *message => Ok(bytes),
        Ok(decoded) => Err(format!("{message:?} is decoded as {decoded:?}")),
        Err(error) => Err(format!("{message:?} cannot be decoded: {error}")),
    }
}
