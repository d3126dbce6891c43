//! The engine's messages as they are encoded: SCALE, with bounds.

use hull_types::host_api::{Hash, Height};
use hull_types::{Says, Statement};
use malachitebft_app::types::sync::{RawDecidedValue, Status};
use malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_core_types::{
    ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate, PolkaSignature,
    Round, RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage, ValidatorProof,
    Validity, VoteType,
};
use malachitebft_sync::{Request, Response, ValueRequest, ValueResponse};
use parity_scale_codec::{Decode, Encode};

use crate::codec::WireError;
use crate::context::{self, Address, BlockId, Hull, Proposal, Vote};
use crate::scheme::Signature;

/// A statement, who made it, and the signature: a vote or a proposal.
#[derive(Encode, Decode)]
pub(crate) struct Signed {
    statement: Statement,
    validator: Address,
    signature: Signature,
}

/// Votes and certificates that are sent again.
#[derive(Encode, Decode)]
pub(crate) enum Liveness {
    Vote(Signed),
    Polka(Polka),
    Round(RoundEntry),
}

/// Two thirds were for a block.
#[derive(Encode, Decode)]
pub(crate) struct Polka {
    height: Height,
    round: u32,
    block: Hash,
    signatures: Vec<(Address, Signature)>,
}

/// Why a round was entered.
#[derive(Encode, Decode)]
pub(crate) struct RoundEntry {
    height: Height,
    round: u32,
    precommit: bool,
    signatures: Vec<(bool, Option<Hash>, Address, Signature)>,
}

/// What a peer has.
#[derive(Encode, Decode)]
pub(crate) struct Tip {
    peer: Vec<u8>,
    tip: Height,
    oldest: Height,
}

/// Decided blocks from a height on.
#[derive(Encode, Decode)]
pub(crate) struct Blocks {
    start: Height,
    values: Vec<DecidedBlock>,
}

#[derive(Encode, Decode)]
struct DecidedBlock {
    block: Vec<u8>,
    height: Height,
    round: u32,
    id: Hash,
    signatures: Vec<(Address, Signature)>,
}

/// A block that was judged.
#[derive(Encode, Decode)]
pub(crate) struct Judged {
    height: Height,
    round: u32,
    valid_round: Option<u32>,
    proposer: Address,
    block: Hash,
    valid: bool,
}

/// A peer is a validator's.
#[derive(Encode, Decode)]
pub(crate) struct Proof {
    public_key: Vec<u8>,
    peer: Vec<u8>,
    signature: Signature,
}

fn round(round: Round) -> Result<u32, WireError> {
    round.as_u32().ok_or(WireError::NoRound)
}

fn some_round(round: Option<u32>) -> Round {
    round.map_or(Round::Nil, Round::new)
}

fn block(value: NilOrVal<BlockId>) -> Option<Hash> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(id) => Some(id.0),
    }
}

fn value(block: Option<Hash>) -> NilOrVal<BlockId> {
    block.map_or(NilOrVal::Nil, |hash| NilOrVal::Val(BlockId(hash)))
}

fn vote_type(precommit: bool) -> VoteType {
    match precommit {
        true => VoteType::Precommit,
        false => VoteType::Prevote,
    }
}

impl Signed {
    pub(crate) fn of(message: &SignedConsensusMsg<Hull>) -> Result<Self, WireError> {
        match message {
            SignedConsensusMsg::Vote(vote) => Self::of_vote(vote),
            SignedConsensusMsg::Proposal(proposal) => Ok(Self {
                statement: proposal.message.statement().ok_or(WireError::NoRound)?,
                validator: proposal.message.proposer,
                signature: proposal.signature,
            }),
        }
    }

    fn of_vote(vote: &SignedMessage<Hull, Vote>) -> Result<Self, WireError> {
        Ok(Self {
            statement: vote.message.statement().ok_or(WireError::NoRound)?,
            validator: vote.message.validator,
            signature: vote.signature,
        })
    }

    pub(crate) fn message(self) -> SignedConsensusMsg<Hull> {
        let Statement {
            height,
            round,
            says,
        } = self.statement;
        let (height, round) = (context::Height(height), Round::new(round));
        let vote = |kind, block| {
            let vote = Vote {
                kind,
                height,
                round,
                value: value(block),
                validator: self.validator,
            };
            SignedConsensusMsg::Vote(SignedMessage::new(vote, self.signature))
        };
        match says {
            Says::Prevote(block) => vote(VoteType::Prevote, block),
            Says::Precommit(block) => vote(VoteType::Precommit, block),
            Says::Propose { block, valid_round } => {
                let proposal = Proposal {
                    height,
                    round,
                    value: BlockId(block),
                    pol_round: some_round(valid_round),
                    proposer: self.validator,
                };
                SignedConsensusMsg::Proposal(SignedMessage::new(proposal, self.signature))
            }
        }
    }
}

impl Liveness {
    pub(crate) fn of(message: &LivenessMsg<Hull>) -> Result<Self, WireError> {
        Ok(match message {
            LivenessMsg::Vote(vote) => Self::Vote(Signed::of_vote(vote)?),
            LivenessMsg::PolkaCertificate(polka) => Self::Polka(Polka::of(polka)?),
            LivenessMsg::SkipRoundCertificate(entry) => Self::Round(RoundEntry::of(entry)?),
        })
    }

    pub(crate) fn message(self) -> Result<LivenessMsg<Hull>, WireError> {
        Ok(match self {
            Self::Vote(signed) => match signed.message() {
                SignedConsensusMsg::Vote(vote) => LivenessMsg::Vote(vote),
                SignedConsensusMsg::Proposal(_) => return Err(WireError::NoVote),
            },
            Self::Polka(polka) => LivenessMsg::PolkaCertificate(polka.certificate()),
            Self::Round(entry) => LivenessMsg::SkipRoundCertificate(entry.certificate()),
        })
    }
}

impl Polka {
    pub(crate) fn of(polka: &PolkaCertificate<Hull>) -> Result<Self, WireError> {
        let signatures = polka.polka_signatures.iter();
        Ok(Self {
            height: polka.height.0,
            round: round(polka.round)?,
            block: polka.value_id.0,
            signatures: signatures.map(|one| (one.address, one.signature)).collect(),
        })
    }

    pub(crate) fn certificate(self) -> PolkaCertificate<Hull> {
        let signatures = self.signatures.into_iter();
        let signature = |(address, signature)| PolkaSignature { address, signature };
        PolkaCertificate {
            height: context::Height(self.height),
            round: Round::new(self.round),
            value_id: BlockId(self.block),
            polka_signatures: signatures.map(signature).collect(),
        }
    }
}

impl RoundEntry {
    fn of(entry: &RoundCertificate<Hull>) -> Result<Self, WireError> {
        let signatures = entry.round_signatures.iter().map(|one| {
            let precommit = one.vote_type == VoteType::Precommit;
            (precommit, block(one.value_id), one.address, one.signature)
        });
        Ok(Self {
            height: entry.height.0,
            round: round(entry.round)?,
            precommit: entry.cert_type == RoundCertificateType::Precommit,
            signatures: signatures.collect(),
        })
    }

    fn certificate(self) -> RoundCertificate<Hull> {
        let signatures = self.signatures.into_iter();
        let signatures = signatures.map(|(precommit, block, address, signature)| RoundSignature {
            vote_type: vote_type(precommit),
            value_id: value(block),
            address,
            signature,
        });
        RoundCertificate {
            height: context::Height(self.height),
            round: Round::new(self.round),
            cert_type: match self.precommit {
                true => RoundCertificateType::Precommit,
                false => RoundCertificateType::Skip,
            },
            round_signatures: signatures.collect(),
        }
    }
}

impl Tip {
    pub(crate) fn of(status: &Status<Hull>) -> Self {
        Self {
            peer: status.peer_id.to_bytes(),
            tip: status.tip_height.0,
            oldest: status.history_min_height.0,
        }
    }

    pub(crate) fn status(self) -> Result<Status<Hull>, WireError> {
        Ok(Status {
            peer_id: self.peer.try_into().map_err(|_| WireError::NoPeer)?,
            tip_height: context::Height(self.tip),
            history_min_height: context::Height(self.oldest),
        })
    }
}

/// A range of heights, both ends included.
pub(crate) fn range(request: &Request<Hull>) -> (Height, Height) {
    let Request::ValueRequest(request) = request;
    (request.range.start().0, request.range.end().0)
}

/// The request for a range of heights.
pub(crate) fn request((start, end): (Height, Height)) -> Request<Hull> {
    let range = context::Height(start)..=context::Height(end);
    Request::ValueRequest(ValueRequest::new(range))
}

impl Blocks {
    pub(crate) fn of(response: &Response<Hull>) -> Result<Self, WireError> {
        let Response::ValueResponse(response) = response;
        let values = response.values.iter().map(DecidedBlock::of);
        Ok(Self {
            start: response.start_height.0,
            values: values.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn response(self) -> Response<Hull> {
        let values = self.values.into_iter().map(DecidedBlock::value);
        let start = context::Height(self.start);
        Response::ValueResponse(ValueResponse::new(start, values.collect()))
    }
}

impl DecidedBlock {
    fn of(value: &RawDecidedValue<Hull>) -> Result<Self, WireError> {
        let certificate = &value.certificate;
        let signatures = certificate.commit_signatures.iter();
        Ok(Self {
            block: value.value_bytes.to_vec(),
            height: certificate.height.0,
            round: round(certificate.round)?,
            id: certificate.value_id.0,
            signatures: signatures.map(|one| (one.address, one.signature)).collect(),
        })
    }

    fn value(self) -> RawDecidedValue<Hull> {
        let signature =
            |(address, signature)| ExtendedCommitSignature::new(address, signature, None);
        let certificate = ExtendedCommitCertificate {
            height: context::Height(self.height),
            round: Round::new(self.round),
            value_id: BlockId(self.id),
            commit_signatures: self.signatures.into_iter().map(signature).collect(),
        };
        RawDecidedValue::new(self.block.into(), certificate)
    }
}

impl Judged {
    pub(crate) fn of(value: &ProposedValue<Hull>) -> Result<Self, WireError> {
        Ok(Self {
            height: value.height.0,
            round: round(value.round)?,
            valid_round: value.valid_round.as_u32(),
            proposer: value.proposer,
            block: value.value.0,
            valid: value.validity.is_valid(),
        })
    }

    pub(crate) fn value(self) -> ProposedValue<Hull> {
        ProposedValue {
            height: context::Height(self.height),
            round: Round::new(self.round),
            valid_round: some_round(self.valid_round),
            proposer: self.proposer,
            value: BlockId(self.block),
            validity: Validity::from_bool(self.valid),
        }
    }
}

impl Proof {
    pub(crate) fn of(proof: &ValidatorProof<Hull>) -> Self {
        Self {
            public_key: proof.public_key.clone(),
            peer: proof.peer_id.clone(),
            signature: proof.signature,
        }
    }

    pub(crate) fn proof(self) -> ValidatorProof<Hull> {
        ValidatorProof::new(self.public_key, self.peer, self.signature)
    }
}
