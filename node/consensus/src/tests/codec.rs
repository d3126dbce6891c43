//! Everything that is encoded decodes to the same, and nothing else decodes.

use bytes::Bytes;
use hull_types::host_api::Hash;
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app::types::codec::{Codec, HasEncodedLen};
use malachitebft_app::types::sync::{RawDecidedValue, Request, Response, Status};
use malachitebft_core_consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_core_types::{
    Context, ExtendedCommitCertificate, ExtendedCommitSignature, NilOrVal, PolkaCertificate,
    PolkaSignature, Round, RoundCertificate, RoundCertificateType, RoundSignature, SignedMessage,
    ValidatorProof, Validity, VoteType,
};
use malachitebft_sync::ValueResponse;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::codec::{MAX_BLOCKS, Scale};
use crate::context::{Address, BlockId, Height, Hull};
use crate::part::{CHUNK_BYTES, Part, PartHeader, SignedHeader};
use crate::scheme::Signature;
use crate::wire;

fn bytes32() -> impl Strategy<Value = [u8; 32]> {
    any::<[u8; 32]>()
}

fn address() -> impl Strategy<Value = Address> {
    bytes32().prop_map(Address)
}

fn block() -> impl Strategy<Value = BlockId> {
    bytes32().prop_map(|bytes| BlockId(Hash(bytes)))
}

fn value() -> impl Strategy<Value = NilOrVal<BlockId>> {
    proptest::option::of(block()).prop_map(|id| id.map_or(NilOrVal::Nil, NilOrVal::Val))
}

fn signature() -> impl Strategy<Value = Signature> {
    vec(any::<u8>(), 64).prop_map(|bytes| Signature(bytes.try_into().unwrap()))
}

fn round() -> impl Strategy<Value = Round> {
    any::<u32>().prop_map(Round::new)
}

fn height() -> impl Strategy<Value = Height> {
    any::<u64>().prop_map(Height)
}

fn message() -> impl Strategy<Value = SignedConsensusMsg<Hull>> {
    let fields = (height(), round(), value(), address(), signature());
    (0..3, fields, proptest::option::of(any::<u32>())).prop_map(
        |(kind, (height, round, value, by, signature), pol)| match kind {
            0 => SignedConsensusMsg::Vote(SignedMessage::new(
                Hull.new_prevote(height, round, value, by),
                signature,
            )),
            1 => SignedConsensusMsg::Vote(SignedMessage::new(
                Hull.new_precommit(height, round, value, by),
                signature,
            )),
            _ => {
                let id = match value {
                    NilOrVal::Val(id) => id,
                    NilOrVal::Nil => BlockId(Hash([0; 32])),
                };
                let pol = pol.map_or(Round::Nil, Round::new);
                SignedConsensusMsg::Proposal(SignedMessage::new(
                    Hull.new_proposal(height, round, id, pol, by),
                    signature,
                ))
            }
        },
    )
}

fn polka() -> impl Strategy<Value = PolkaCertificate<Hull>> {
    let signatures = vec((address(), signature()), 0..5);
    (height(), round(), block(), signatures).prop_map(|(height, round, value_id, signatures)| {
        let signatures = signatures.into_iter();
        let signature = |(address, signature)| PolkaSignature { address, signature };
        PolkaCertificate {
            height,
            round,
            value_id,
            polka_signatures: signatures.map(signature).collect(),
        }
    })
}

fn entry() -> impl Strategy<Value = RoundCertificate<Hull>> {
    let signatures = vec((any::<bool>(), value(), address(), signature()), 0..5);
    (height(), round(), any::<bool>(), signatures).prop_map(|(height, round, skip, signatures)| {
        let signature = |(prevote, value_id, address, signature)| RoundSignature {
            vote_type: match prevote {
                true => VoteType::Prevote,
                false => VoteType::Precommit,
            },
            value_id,
            address,
            signature,
        };
        RoundCertificate {
            height,
            round,
            cert_type: match skip {
                true => RoundCertificateType::Skip,
                false => RoundCertificateType::Precommit,
            },
            round_signatures: signatures.into_iter().map(signature).collect(),
        }
    })
}

fn liveness() -> impl Strategy<Value = LivenessMsg<Hull>> {
    prop_oneof![
        message().prop_filter_map("a vote", |message| match message {
            SignedConsensusMsg::Vote(vote) => Some(LivenessMsg::Vote(vote)),
            SignedConsensusMsg::Proposal(_) => None,
        }),
        polka().prop_map(LivenessMsg::PolkaCertificate),
        entry().prop_map(LivenessMsg::SkipRoundCertificate),
    ]
}

fn judged() -> impl Strategy<Value = ProposedValue<Hull>> {
    let valid_round = proptest::option::of(any::<u32>());
    (
        height(),
        round(),
        valid_round,
        address(),
        block(),
        any::<bool>(),
    )
        .prop_map(
            |(height, round, valid_round, proposer, value, valid)| ProposedValue {
                height,
                round,
                valid_round: valid_round.map_or(Round::Nil, Round::new),
                proposer,
                value,
                validity: Validity::from_bool(valid),
            },
        )
}

fn response() -> impl Strategy<Value = Response<Hull>> {
    let signatures = vec((address(), signature()), 0..5);
    let value = (
        vec(any::<u8>(), 0..200),
        height(),
        round(),
        block(),
        signatures,
    );
    (height(), vec(value, 0..MAX_BLOCKS)).prop_map(|(start, values)| {
        let values = values
            .into_iter()
            .map(|(bytes, height, round, value_id, signatures)| {
                let signature =
                    |(address, signature)| ExtendedCommitSignature::new(address, signature, None);
                let certificate = ExtendedCommitCertificate {
                    height,
                    round,
                    value_id,
                    commit_signatures: signatures.into_iter().map(signature).collect(),
                };
                RawDecidedValue::new(bytes.into(), certificate)
            });
        Response::ValueResponse(ValueResponse::new(start, values.collect()))
    })
}

fn part() -> impl Strategy<Value = Part> {
    let header = (
        any::<u64>(),
        any::<u32>(),
        bytes32(),
        any::<u32>(),
        vec(bytes32(), 0..67),
    );
    prop_oneof![
        (header, signature()).prop_map(|((height, round, block, bytes, chunks), signature)| {
            let header = PartHeader {
                height,
                round,
                block: Hash(block),
                bytes,
                chunks: chunks.into_iter().map(Hash).collect(),
            };
            Part::Header(SignedHeader { header, signature })
        }),
        (0_u16..60, vec(any::<u8>(), 0..300)).prop_map(|(index, data)| Part::Chunk {
            index,
            of: 60,
            data: data.into(),
        }),
    ]
}

fn piece() -> impl Strategy<Value = StreamMessage<Part>> {
    (
        vec(any::<u8>(), 0..64),
        any::<u64>(),
        proptest::option::of(part()),
    )
        .prop_map(|(id, sequence, part)| {
            let content = part.map_or(StreamContent::Fin, StreamContent::Data);
            StreamMessage::new(StreamId::new(id.into()), sequence, content)
        })
}

/// The same comes back; a byte more or less is refused.
fn returns<T>(value: &T)
where
    T: PartialEq + std::fmt::Debug,
    Scale: Codec<T>,
{
    let bytes = Scale.encode(value).unwrap();
    assert_eq!(&Scale.decode(bytes.clone()).unwrap(), value);
    let mut longer = bytes.to_vec();
    longer.push(0);
    assert!(Codec::<T>::decode(&Scale, longer.into()).is_err());
    assert!(Codec::<T>::decode(&Scale, bytes.slice(..bytes.len() - 1)).is_err());
}

proptest! {
    #[test]
    fn messages_return(one in message()) {
        returns(&one);
    }

    #[test]
    fn liveness_messages_return(one in liveness()) {
        returns(&one);
    }

    #[test]
    fn certificates_and_judgements_return(polka in polka(), judged in judged()) {
        returns(&polka);
        returns(&judged);
    }

    #[test]
    fn pieces_return(part in part(), piece in piece()) {
        returns(&part);
        returns(&piece);
    }

    #[test]
    fn synchronisation_returns(one in response(), start in any::<u64>(), end in any::<u64>()) {
        returns(&one);
        prop_assert_eq!(Scale.encoded_len(&one).unwrap(), Scale.encode(&one).unwrap().len());
        returns::<Request<Hull>>(&wire::request((start, end)));
    }

    #[test]
    fn proofs_return(key in bytes32(), peer in bytes32(), signature in signature()) {
        returns(&ValidatorProof::<Hull>::new(key.to_vec(), peer.to_vec(), signature));
    }

    /// Neither a panic nor memory for what a length promises.
    #[test]
    fn garbage_does_not_decode_to_much(bytes in vec(any::<u8>(), 0..600)) {
        let bytes = Bytes::from(bytes);
        let _ = Codec::<SignedConsensusMsg<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<LivenessMsg<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<PolkaCertificate<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<ProposedValue<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<ValidatorProof<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<Status<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<Request<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<Response<Hull>>::decode(&Scale, bytes.clone());
        let _ = Codec::<Part>::decode(&Scale, bytes.clone());
        let _ = Codec::<StreamMessage<Part>>::decode(&Scale, bytes);
    }
}

#[test]
fn what_is_too_long_is_not_looked_at() {
    let long = Bytes::from(vec![0; 11 * 1024 * 1024]);
    assert!(Codec::<SignedConsensusMsg<Hull>>::decode(&Scale, long.clone()).is_err());
    assert!(Codec::<LivenessMsg<Hull>>::decode(&Scale, long.clone()).is_err());
    assert!(Codec::<Response<Hull>>::decode(&Scale, long.clone()).is_err());
    assert!(Codec::<StreamMessage<Part>>::decode(&Scale, long.clone()).is_err());
    let chunk = Part::Chunk {
        index: 0,
        of: 1,
        data: long.slice(..CHUNK_BYTES + 1),
    };
    let bytes = Codec::<Part>::encode(&Scale, &chunk).unwrap();
    assert!(Codec::<Part>::decode(&Scale, bytes).is_err());
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    // A polka certificate that says it has 2^30 - 1 signatures.
    let mut bytes = vec![0; 8 + 4 + 32];
    bytes.extend_from_slice(&[0xFE, 0xFF, 0xFF, 0xFF]);
    assert!(Codec::<PolkaCertificate<Hull>>::decode(&Scale, bytes.into()).is_err());
}
