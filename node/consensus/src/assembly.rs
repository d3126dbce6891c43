//! Blocks put together from their pieces.
//!
//! The engine passes pieces on without looking into them, so everything is checked here,
//! and everything that is held has a limit. Only what the proposer of a round signed is
//! gathered; chunks that come before their header wait, few and not for long.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bytes::Bytes;
use hull_types::Block;
use hull_types::host_api::{Hash, Height};

use crate::context::{self, ValidatorSet};
use crate::part::{Part, SignedHeader};

/// The pieces of one block that one peer publishes: its name and the stream's.
pub(crate) type StreamKey = (Vec<u8>, Vec<u8>);

/// All pieces of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembled {
    pub(crate) signed: SignedHeader,
    /// The encoded block, not looked into yet.
    pub(crate) block: Bytes,
}

/// Streams of a peer whose header has not come. One block is published at a time.
const EARLY_STREAMS_OF_PEER: usize = 4;
/// Bytes of early chunks of all peers together.
const EARLY_BYTES: usize = 4 * Block::MAX_BYTES;
/// Heights for which early chunks wait: the next may begin while a block is committed.
const EARLY_HEIGHTS: u64 = 2;
/// Blocks of one proposer that are gathered at the same time: rounds follow each other
/// when the network is slow.
const BLOCKS_OF_PROPOSER: usize = 4;
/// Blocks that one proposer may have for one round: the second proves a cheat, more
/// prove nothing.
const BLOCKS_OF_ROUND: usize = 2;
/// Streams that are remembered by their header.
const KNOWN_STREAMS: usize = 1024;

/// Puts blocks together.
pub(crate) struct Assembly {
    chain_id: Hash,
    /// The last committed height.
    head: Height,
    /// The validators of the next two heights.
    validators: BTreeMap<Height, ValidatorSet>,
    gathering: BTreeMap<BlockKey, Gathering>,
    /// What is complete or known already, by height.
    complete: BTreeSet<(Height, Hash)>,
    /// Which block a stream is of, oldest first.
    streams: BTreeMap<StreamKey, BlockKey>,
    streams_in_order: VecDeque<StreamKey>,
    early: VecDeque<Early>,
}

type BlockKey = (Height, u32, Hash);

struct Gathering {
    signed: SignedHeader,
    chunks: Vec<Option<Bytes>>,
    missing: usize,
}

/// Chunks without a header.
struct Early {
    key: StreamKey,
    /// The head when the first came.
    since: Height,
    bytes: usize,
    chunks: Vec<(u16, Bytes)>,
}

impl Assembly {
    pub(crate) fn new(chain_id: Hash) -> Self {
        Self {
            chain_id,
            head: 0,
            validators: BTreeMap::new(),
            gathering: BTreeMap::new(),
            complete: BTreeSet::new(),
            streams: BTreeMap::new(),
            streams_in_order: VecDeque::new(),
            early: VecDeque::new(),
        }
    }

    /// Goes on to a new head. What is not above it is forgotten.
    pub(crate) fn move_to(&mut self, head: Height, validators: BTreeMap<Height, ValidatorSet>) {
        self.head = head;
        self.validators = validators;
        self.gathering.retain(|(height, ..), _| *height > head);
        self.complete.retain(|(height, _)| *height > head);
        self.streams.retain(|_, (height, ..)| *height > head);
        let streams = &self.streams;
        self.streams_in_order
            .retain(|key| streams.contains_key(key));
        self.early
            .retain(|early| early.since.saturating_add(EARLY_HEIGHTS) > head);
    }

    /// Blocks that are here already need no pieces.
    pub(crate) fn know(&mut self, height: Height, block: Hash) {
        self.complete.insert((height, block));
        self.gathering
            .retain(|(at, _, hash), _| (*at, *hash) != (height, block));
    }

    /// What was put together was not the block: its pieces are wanted again.
    pub(crate) fn forget(&mut self, height: Height, block: &Hash) {
        self.complete.remove(&(height, *block));
        let of = |key: &BlockKey| (key.0, key.2) == (height, *block);
        self.streams.retain(|_, key| !of(key));
        let streams = &self.streams;
        self.streams_in_order
            .retain(|key| streams.contains_key(key));
    }

    /// Takes a piece in, and gives the block that it completes.
    pub(crate) fn add(&mut self, key: StreamKey, part: Part) -> Option<Assembled> {
        match part {
            Part::Header(signed) => self.add_header(key, signed),
            Part::Chunk { index, data, .. } => match self.streams.get(&key) {
                Some(block) => {
                    let block = *block;
                    self.add_chunk(block, index, data)
                }
                None => {
                    self.hold(key, index, data);
                    None
                }
            },
        }
    }

    fn add_header(&mut self, key: StreamKey, signed: SignedHeader) -> Option<Assembled> {
        let header = &signed.header;
        let block = (header.height, header.round, header.block);
        if self.streams.contains_key(&key) || !header.is_consistent() {
            return None;
        }
        let known = self.complete.contains(&(header.height, header.block));
        if !known && !self.gathering.contains_key(&block) {
            self.begin(block, signed)?;
        }
        self.name_stream(key.clone(), block);
        let place = self.early.iter().position(|early| early.key == key)?;
        let early = self.early.remove(place)?;
        let mut chunks = early.chunks.into_iter();
        chunks.find_map(|(index, data)| self.add_chunk(block, index, data))
    }

    /// Begins to gather a block, if its proposer signed it and has room.
    fn begin(&mut self, block: BlockKey, signed: SignedHeader) -> Option<()> {
        let (height, round, _) = block;
        let validators = self.validators.get(&height)?;
        let proposer = validators.proposer(context::Height(height), round).address;
        let of_round = self.gathering.range((height, round, Hash([0; 32]))..);
        let of_round = of_round.take_while(|((at, of, _), _)| (*at, *of) == (height, round));
        if of_round.count() >= BLOCKS_OF_ROUND || !signed.is_from(&proposer, &self.chain_id) {
            return None;
        }
        let same = |(at, of, _): &&BlockKey| {
            let validators = self.validators.get(at);
            validators.is_some_and(|it| it.proposer(context::Height(*at), *of).address == proposer)
        };
        let others: Vec<BlockKey> = self.gathering.keys().filter(same).copied().collect();
        if others.len() >= BLOCKS_OF_PROPOSER {
            // Its oldest has had its time.
            let oldest = others.first()?;
            self.gathering.remove(oldest);
        }
        let count = signed.header.chunks.len();
        let gathering = Gathering {
            signed,
            chunks: vec![None; count],
            missing: count,
        };
        self.gathering.insert(block, gathering);
        Some(())
    }

    fn add_chunk(&mut self, block: BlockKey, index: u16, data: Bytes) -> Option<Assembled> {
        let gathering = self.gathering.get_mut(&block)?;
        let slot = gathering.chunks.get_mut(usize::from(index))?;
        if slot.is_some() || !gathering.signed.header.has(index, &data) {
            return None;
        }
        *slot = Some(data);
        gathering.missing -= 1;
        if gathering.missing > 0 {
            return None;
        }
        let gathering = self.gathering.remove(&block)?;
        self.know(block.0, block.2);
        let mut whole = Vec::with_capacity(gathering.signed.header.bytes as usize);
        for chunk in gathering.chunks.iter().flatten() {
            whole.extend_from_slice(chunk);
        }
        let signed = gathering.signed;
        let fits = whole.len() == signed.header.bytes as usize;
        fits.then(|| Assembled {
            signed,
            block: whole.into(),
        })
    }

    fn name_stream(&mut self, key: StreamKey, block: BlockKey) {
        if self.streams_in_order.len() >= KNOWN_STREAMS
            && let Some(oldest) = self.streams_in_order.pop_front()
        {
            self.streams.remove(&oldest);
        }
        self.streams.insert(key.clone(), block);
        self.streams_in_order.push_back(key);
    }

    /// Holds a chunk until its header comes.
    fn hold(&mut self, key: StreamKey, index: u16, data: Bytes) {
        let bytes = data.len();
        match self.early.iter_mut().find(|early| early.key == key) {
            Some(early) => {
                let known = early.chunks.iter().any(|(at, _)| *at == index);
                if known || early.bytes.saturating_add(bytes) > Block::MAX_BYTES {
                    return;
                }
                early.bytes += bytes;
                early.chunks.push((index, data));
            }
            None => {
                self.make_room_for(&key.0);
                self.early.push_back(Early {
                    key,
                    since: self.head,
                    bytes,
                    chunks: vec![(index, data)],
                });
            }
        }
        while self.early_bytes() > EARLY_BYTES {
            self.drop_of_greediest();
        }
    }

    fn make_room_for(&mut self, peer: &[u8]) {
        let of_peer = |early: &&Early| early.key.0 == peer;
        if self.early.iter().filter(of_peer).count() >= EARLY_STREAMS_OF_PEER {
            let oldest = self.early.iter().position(|early| of_peer(&early));
            oldest.map(|place| self.early.remove(place));
        }
    }

    /// Gives up the oldest stream of the peer that holds the most, so that a flood
    /// drowns itself first.
    fn drop_of_greediest(&mut self) {
        let mut by_peer: BTreeMap<&[u8], usize> = BTreeMap::new();
        for early in &self.early {
            *by_peer.entry(&early.key.0).or_default() += early.bytes;
        }
        let greediest = by_peer.into_iter().max_by_key(|(_, bytes)| *bytes);
        let place =
            greediest.and_then(|(peer, _)| self.early.iter().position(|early| early.key.0 == peer));
        place.map(|place| self.early.remove(place));
    }

    fn early_bytes(&self) -> usize {
        self.early.iter().map(|early| early.bytes).sum()
    }
}

#[cfg(test)]
mod tests;
