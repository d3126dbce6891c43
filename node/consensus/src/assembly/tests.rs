use ed25519_dalek::{Signer, SigningKey};
use hull_types::Validator;
use proptest::prelude::*;

use super::*;
use crate::part::{CHUNK_BYTES, PartHeader};
use crate::scheme::Signature;

const CHAIN: Hash = Hash([1; 32]);

fn keys() -> Vec<SigningKey> {
    let mut keys: Vec<_> = (1..=4)
        .map(|seed| SigningKey::from_bytes(&[seed; 32]))
        .collect();
    keys.sort_by_key(|key| key.verifying_key().to_bytes());
    keys
}

fn validators() -> ValidatorSet {
    let members: Vec<Validator> = keys()
        .iter()
        .map(|key| Validator {
            public_key: key.verifying_key().to_bytes(),
            power: 1,
        })
        .collect();
    ValidatorSet::new(&members).unwrap()
}

/// At head 0, so that heights 1 and 2 can be gathered.
fn assembly() -> Assembly {
    let mut assembly = Assembly::new(CHAIN);
    assembly.move_to(0, BTreeMap::from([(1, validators()), (2, validators())]));
    assembly
}

fn header(height: Height, round: u32, block: u8, encoded: &[u8]) -> PartHeader {
    PartHeader::of(height, round, Hash([block; 32]), encoded).unwrap()
}

fn signed_by(key: &SigningKey, header: PartHeader) -> SignedHeader {
    let signature = key.sign(&header.preimage(&CHAIN));
    SignedHeader {
        header,
        signature: Signature(signature.to_bytes()),
    }
}

/// Signed by whose turn it is.
fn signed(header: PartHeader) -> SignedHeader {
    let set = validators();
    let turn = set
        .proposer(context::Height(header.height), header.round)
        .address;
    let keys = keys();
    let key = keys
        .iter()
        .find(|key| key.verifying_key().to_bytes() == turn.0);
    signed_by(key.unwrap(), header)
}

fn stream(peer: u8, id: u8) -> StreamKey {
    (vec![peer], vec![id])
}

fn encoded(bytes: usize) -> Bytes {
    (0..bytes)
        .map(|at| (at % 251) as u8)
        .collect::<Vec<u8>>()
        .into()
}

fn three_chunks() -> (Vec<Part>, Bytes) {
    let encoded = encoded(2 * CHUNK_BYTES + 5);
    (signed(header(1, 0, 9, &encoded)).parts(&encoded), encoded)
}

proptest! {
    #[test]
    fn the_order_of_pieces_does_not_matter(order in Just(vec![0_usize, 1, 2, 3]).prop_shuffle()) {
        let (parts, encoded) = three_chunks();
        let mut assembly = assembly();
        let mut done = Vec::new();
        for at in order {
            done.extend(assembly.add(stream(1, 1), parts[at].clone()));
        }
        prop_assert_eq!(done.len(), 1);
        prop_assert_eq!(&done[0].block, &encoded);
    }
}

#[test]
fn pieces_of_two_publishers_complete_each_other() {
    let (parts, _) = three_chunks();
    let mut assembly = assembly();
    for at in [0, 1] {
        assert!(assembly.add(stream(1, 1), parts[at].clone()).is_none());
    }
    for at in [0, 3] {
        assert!(assembly.add(stream(2, 1), parts[at].clone()).is_none());
    }
    assert!(assembly.add(stream(2, 1), parts[2].clone()).is_some());
    // And it is not put together a second time.
    for part in &parts {
        assert!(assembly.add(stream(3, 1), part.clone()).is_none());
    }
    assert!(assembly.gathering.is_empty());
}

#[test]
fn only_whose_turn_it_is_proposes() {
    let encoded = encoded(10);
    let header = header(1, 0, 9, &encoded);
    let set = validators();
    let turn = set.proposer(context::Height(1), 0).address;
    for key in keys() {
        let mut assembly = assembly();
        let parts = signed_by(&key, header.clone()).parts(&encoded);
        assembly.add(stream(1, 1), parts[0].clone());
        let done = assembly.add(stream(1, 1), parts[1].clone());
        assert_eq!(done.is_some(), key.verifying_key().to_bytes() == turn.0);
    }
}

#[test]
fn a_wrong_chunk_is_not_taken_and_the_right_one_still_is() {
    let (parts, encoded) = three_chunks();
    let mut assembly = assembly();
    assembly.add(stream(1, 1), parts[0].clone());
    let wrong = Part::Chunk {
        index: 0,
        of: 3,
        data: Bytes::from_static(b"garbage"),
    };
    assembly.add(stream(1, 1), wrong.clone());
    let beyond = Part::Chunk {
        index: 60_000,
        of: u16::MAX,
        data: Bytes::new(),
    };
    assembly.add(stream(1, 1), beyond);
    // Before the header too.
    assembly.add(stream(2, 1), wrong);
    assembly.add(stream(2, 1), parts[0].clone());
    let done: Vec<_> = parts[1..]
        .iter()
        .filter_map(|part| assembly.add(stream(1, 1), part.clone()))
        .collect();
    assert_eq!(done.len(), 1);
    assert_eq!(done[0].block, encoded);
}

#[test]
fn heights_that_are_over_or_far_are_not_gathered() {
    let encoded = encoded(10);
    for (height, taken) in [(0, false), (1, true), (2, true), (3, false)] {
        let mut assembly = assembly();
        let parts = signed(header(height, 0, 9, &encoded)).parts(&encoded);
        for part in parts {
            assembly.add(stream(1, 1), part);
        }
        assert_eq!(!assembly.complete.is_empty(), taken, "height {height}");
    }
}

#[test]
fn a_proposer_that_floods_has_few_blocks() {
    let mut assembly = assembly();
    let encoded = encoded(CHUNK_BYTES + 1);
    // A different block for every stream, in one round, and in many.
    for block in 0..100 {
        let first = signed(header(1, 0, block, &encoded))
            .parts(&encoded)
            .remove(0);
        assembly.add(stream(1, block), first);
    }
    assert_eq!(assembly.gathering.len(), BLOCKS_OF_ROUND);
    for turn in 1..100_u32 {
        let first = signed(header(1, turn * 4, 1, &encoded))
            .parts(&encoded)
            .remove(0);
        assembly.add(stream(2, turn as u8), first);
    }
    assert_eq!(assembly.gathering.len(), BLOCKS_OF_PROPOSER);
}

#[test]
fn a_flood_without_headers_drowns_itself() {
    let mut assembly = assembly();
    let (parts, _) = three_chunks();
    // An honest peer's chunk comes before its header.
    assembly.add(stream(1, 1), parts[1].clone());
    let chunk = |index| Part::Chunk {
        index,
        of: u16::MAX,
        data: encoded(CHUNK_BYTES),
    };
    for id in 0..50 {
        for index in 0..100 {
            assembly.add(stream(2, id), chunk(index));
            assembly.add(stream(3, id), chunk(index));
        }
    }
    assert!(assembly.early_bytes() <= EARLY_BYTES);
    assert!(assembly.early.len() <= 1 + 2 * EARLY_STREAMS_OF_PEER);
    let done: Vec<_> = [0, 2, 3]
        .into_iter()
        .filter_map(|at| assembly.add(stream(1, 1), parts[at].clone()))
        .collect();
    assert_eq!(done.len(), 1, "the honest block is put together");
    // And is forgotten with the heights.
    assembly.move_to(2, BTreeMap::from([(3, validators()), (4, validators())]));
    assert_eq!(assembly.early_bytes(), 0);
    assert!(assembly.streams.is_empty() && assembly.streams_in_order.is_empty());
}

#[test]
fn sizes_that_lie_are_refused() {
    let encoded = encoded(CHUNK_BYTES + 1);
    let good = header(1, 0, 9, &encoded);
    let lies = [
        PartHeader {
            bytes: 10,
            ..good.clone()
        },
        PartHeader {
            bytes: u32::MAX,
            ..good.clone()
        },
        PartHeader {
            bytes: 0,
            chunks: Vec::new(),
            ..good.clone()
        },
    ];
    for lie in lies {
        let mut assembly = assembly();
        assembly.add(stream(1, 1), Part::Header(signed(lie)));
        assert!(assembly.gathering.is_empty() && assembly.streams.is_empty());
    }
    // A size that fits the count of chunks but not the chunks.
    let lie = signed(PartHeader {
        bytes: good.bytes + 1,
        ..good
    });
    let mut parts = lie.parts(&encoded);
    let mut assembly = assembly();
    let done = parts
        .drain(..)
        .find_map(|part| assembly.add(stream(1, 1), part));
    assert_eq!(done, None);
}
