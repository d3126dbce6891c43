//! What a Byzantine validator says instead of what its engine says.

use std::collections::BTreeMap;

use bytes::Bytes;
use hull_types::Statement;
use hull_types::host_api::Hash;
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app::types::codec::Codec;
use malachitebft_core_consensus::SignedConsensusMsg;
use malachitebft_core_types::{NilOrVal, Round, SignedMessage};
use parity_scale_codec::Encode;

use super::disk::Disk;
use super::faults::Lies;
use super::parcel::Parcel;
use super::random::Random;
use crate::codec::Scale;
use crate::context::{BlockId, Hull, Proposal, Vote};
use crate::part::PartHeader;
use crate::scheme::Signature;
use crate::signer::Signatory;
use crate::wire::Blocks;

/// A liar.
pub(super) struct Liar {
    lies: Lies,
    random: Random,
    chain_id: Hash,
    /// The second block of a round, where it proposed two.
    twins: BTreeMap<(u64, Round), BlockId>,
    streams: u64,
}

/// A message and the nodes that get it, a bit for each.
pub(super) type Addressed = (u64, Parcel);

/// All nodes.
pub(super) const ALL: u64 = u64::MAX;

impl Liar {
    pub(super) fn new(lies: Lies, random: Random, chain_id: Hash) -> Self {
        Self {
            lies,
            random,
            chain_id,
            twins: BTreeMap::new(),
            streams: 0,
        }
    }

    /// What goes out instead of a message to all.
    pub(super) fn say(
        &mut self,
        parcel: Parcel,
        signatory: &Signatory,
        disk: &Disk,
    ) -> Vec<Addressed> {
        if self.lies.silence && self.random.chance(700) {
            return Vec::new();
        }
        let mut said = Vec::new();
        if self.lies.garbage && self.random.chance(100) {
            let damaged = self.damage(parcel.bytes());
            said.push((ALL, parcel.with(damaged)));
        }
        let Parcel::Consensus(bytes) = &parcel else {
            said.push((ALL, parcel));
            return said;
        };
        // Its own engine made it.
        let Ok(message) = Scale.decode(bytes.clone()) else {
            return said;
        };
        let some = self.random.next();
        let other = match message {
            SignedConsensusMsg::Vote(vote) if self.lies.votes => {
                self.other_vote(&vote.message, signatory)
            }
            SignedConsensusMsg::Proposal(one) if self.lies.proposals => {
                let twin = self.twin(&one.message, signatory, disk);
                twin.map(|(proposal, pieces)| {
                    said.extend(pieces.into_iter().map(|piece| (ALL, piece)));
                    proposal
                })
            }
            _ => None,
        };
        match other {
            // Some hear the one, some the other, some both.
            Some(other) => {
                let both = self.random.next() & self.random.next();
                said.push((some | both, parcel));
                said.push((!some | both, Parcel::Consensus(other)));
            }
            None => said.push((ALL, parcel)),
        }
        said
    }

    /// What goes to somebody who asked.
    pub(super) fn answer(&mut self, parcel: Parcel) -> Option<Parcel> {
        if self.lies.silence && self.random.chance(700) {
            return None;
        }
        if !self.lies.history || self.random.chance(300) {
            return Some(parcel);
        }
        match &parcel {
            Parcel::Response(bytes) => {
                let changed = self
                    .wrong_history(bytes)
                    .unwrap_or_else(|| self.damage(bytes));
                Some(Parcel::Response(changed))
            }
            _ => Some(parcel),
        }
    }

    /// Decided blocks with something wrong: the block, or too few signatures.
    fn wrong_history(&mut self, bytes: &Bytes) -> Option<Bytes> {
        use malachitebft_sync::Response;
        let Response::ValueResponse(mut response): Response<Hull> =
            Scale.decode(bytes.clone()).ok()?;
        for value in &mut response.values {
            match self.random.below(3) {
                0 => value.value_bytes = self.damage(&value.value_bytes),
                1 => value.certificate.commit_signatures.truncate(1),
                _ => (),
            }
        }
        let blocks = Blocks::of(&Response::ValueResponse(response)).ok()?;
        Some(blocks.encode().into())
    }

    /// A second vote of the step: for the twin, for nothing, or for what is not there.
    fn other_vote(&mut self, vote: &Vote, signatory: &Signatory) -> Option<Bytes> {
        let twin = self.twins.get(&(vote.height.0, vote.round)).copied();
        let value = match (vote.value, twin) {
            (NilOrVal::Val(_), None) => NilOrVal::Nil,
            (NilOrVal::Nil, None) => {
                let mut hash = Hash::default();
                hash.0[..8].copy_from_slice(&self.random.next().to_le_bytes());
                NilOrVal::Val(BlockId(hash))
            }
            (_, Some(twin)) => NilOrVal::Val(twin),
        };
        let vote = Vote { value, ..*vote };
        let signature = self.sign(vote.statement()?, signatory);
        let message = SignedConsensusMsg::Vote(SignedMessage::new(vote, signature));
        Scale.encode(&message).ok()
    }

    /// A second proposal of the round, of a block that is as good, with its pieces.
    fn twin(
        &mut self,
        proposal: &Proposal,
        signatory: &Signatory,
        disk: &Disk,
    ) -> Option<(Bytes, Vec<Parcel>)> {
        let mut block = disk.files.block(&proposal.value.0)?;
        block.header.time = block.header.time.saturating_add(1);
        let (height, round) = (proposal.height, proposal.round);
        let (hash, encoded) = (block.header.hash(), Bytes::from(block.encode()));
        let header = PartHeader::of(height.0, round.as_u32()?, hash, &encoded)?;
        let signed = signatory.sign_header(header);
        self.streams += 1;
        let stream = StreamId::new(("twin", self.streams).encode().into());
        let pieces = (0_u64..).zip(signed.parts(&encoded)).map(|(number, part)| {
            let content = StreamContent::Data(part);
            Parcel::piece(&StreamMessage::new(stream.clone(), number, content)).ok()
        });
        let pieces = pieces.collect::<Option<_>>()?;
        let value = BlockId(hash);
        self.twins.insert((height.0, round), value);
        let proposal = Proposal { value, ..*proposal };
        let signature = self.sign(proposal.statement()?, signatory);
        let message = SignedConsensusMsg::Proposal(SignedMessage::new(proposal, signature));
        Some((Scale.encode(&message).ok()?, pieces))
    }

    /// Signs without asking the record.
    fn sign(&self, statement: Statement, signatory: &Signatory) -> Signature {
        let preimage = statement.preimage(&self.chain_id);
        Signature(signatory.with(|guard| guard.sign_plain(&preimage)))
    }

    fn damage(&mut self, bytes: &Bytes) -> Bytes {
        let mut bytes = bytes.to_vec();
        let place = self.random.index(bytes.len());
        if let Some(byte) = bytes.get_mut(place) {
            *byte ^= 1 << self.random.below(8);
        }
        bytes.truncate(bytes.len() - self.random.index(2.min(bytes.len().max(1))));
        bytes.into()
    }
}
