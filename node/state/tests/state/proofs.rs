//! Proofs of the store hold, and nothing that differs from them does.

use std::sync::Arc;

use crate::support::{Chain, address, archive, code_bytes, item_key};
use hull_executor::StateReader;
use hull_host_api::{Hash, code_hash};
use hull_proof::{Invalid, Subject, verify};
use hull_state::Redb;
use parity_scale_codec::Encode;
use proptest::prelude::*;

/// Subjects that are there, and others.
fn subjects() -> Vec<Subject> {
    let mut subjects = Vec::new();
    for n in 0..70 {
        subjects.push(Subject::Account(address(n)));
    }
    for n in 0..12 {
        subjects.push(Subject::Contract(address(n)));
    }
    for n in 0..7 {
        subjects.push(Subject::Code(code_hash(&code_bytes(n))));
    }
    for owner in [8, 9, 10, 255].map(address) {
        for n in 0..64 {
            let key = item_key(n);
            subjects.push(Subject::Item { owner, key });
        }
    }
    subjects
}

fn expected(state: &dyn StateReader, subject: &Subject) -> Option<Vec<u8>> {
    match subject {
        Subject::Account(address) => state.account(address).unwrap().map(|found| found.encode()),
        Subject::Contract(address) => state.contract(address).unwrap().map(|found| found.encode()),
        Subject::Code(hash) => state.code(hash).unwrap().map(|found| found.encode()),
        Subject::Item { owner, key } => state.item(owner, key).unwrap().map(|found| found.encode()),
    }
}

fn grown(seed: u64, blocks: u32) -> Chain {
    let mut chain = Chain::new(Arc::new(Redb::in_memory().unwrap()), archive(), seed);
    for _ in 0..blocks {
        chain.grow();
    }
    chain
}

#[test]
fn every_subject_has_a_proof_at_every_height() {
    let chain = grown(11, 25);
    let (mut present, mut absent) = (0, 0);
    for (height, state) in (0..).zip(&chain.states) {
        let root = chain.store.root(height).unwrap().unwrap();
        for subject in subjects() {
            let found = chain.store.prove(height, &subject).unwrap();
            assert_eq!(found.value, expected(state, &subject), "{subject:?}");
            match found.value {
                Some(_) => present += 1,
                None => absent += 1,
            }
            let value = found.value.as_deref();
            let checked = verify(&root, &subject, value, &found.proof);
            assert_eq!(checked, Ok(()), "{height} {subject:?}");
        }
    }
    assert!(present > 500 && absent > 500, "{present} {absent}");
}

#[test]
fn a_proof_is_of_one_root_one_subject_and_one_value() {
    let chain = grown(12, 10);
    let root = |height| chain.store.root(height).unwrap().unwrap();
    let subjects = subjects();
    for subject in &subjects {
        let found = chain.store.prove(10, subject).unwrap();
        let value = found.value.as_deref();
        let proof = &found.proof;
        for height in (0..10).filter(|height| root(*height) != root(10)) {
            let refused = verify(&root(height), subject, value, proof);
            assert!(refused.is_err(), "{subject:?} of height {height}");
        }
        assert!(verify(&Hash::default(), subject, value, proof).is_err());
        for other in subjects.iter().filter(|other| *other != subject) {
            assert_eq!(verify(&root(10), other, value, proof), Err(Invalid::Key));
        }
        match value {
            None => {
                let claimed = verify(&root(10), subject, Some(b"x"), proof);
                assert_eq!(claimed, Err(Invalid::Kind));
            }
            Some(value) => {
                assert_eq!(verify(&root(10), subject, None, proof), Err(Invalid::Kind));
                for at in 0..value.len() {
                    let mut other = value.to_vec();
                    other[at] ^= 1;
                    let refused = verify(&root(10), subject, Some(&other), proof);
                    assert_eq!(refused, Err(Invalid::Root));
                }
                let refused = verify(&root(10), subject, Some(&value[1..]), proof);
                assert_eq!(refused, Err(Invalid::Root));
            }
        }
    }
}

/// Root, subject, value, and the proof, to be changed.
type Proved = (Hash, Subject, Option<Vec<u8>>, Vec<u8>);

fn proofs() -> Vec<Proved> {
    let chain = grown(13, 12);
    let root = chain.store.root(12).unwrap().unwrap();
    let proved = subjects().into_iter().step_by(7).map(|subject| {
        let found = chain.store.prove(12, &subject).unwrap();
        (root, subject, found.value, found.proof)
    });
    proved.collect()
}

#[test]
fn a_flipped_bit_makes_a_proof_invalid() {
    for (root, subject, value, proof) in proofs() {
        for at in 0..proof.len() {
            for bit in 0..8 {
                let mut other = proof.clone();
                other[at] ^= 1 << bit;
                let refused = verify(&root, &subject, value.as_deref(), &other);
                assert!(refused.is_err(), "{subject:?} byte {at} bit {bit}");
            }
        }
    }
}

#[test]
fn the_chain_id_is_in_the_first_state_and_absences_have_proofs_there() {
    let genesis = hull_types::Genesis {
        accounts: Vec::new(),
        ..crate::support::genesis()
    };
    let store = hull_state::ChainStore::open(Arc::new(Redb::in_memory().unwrap()), archive());
    let store = store.unwrap();
    store.begin(&genesis).unwrap();
    let root = store.root(0).unwrap().unwrap();
    let nobody = Subject::Account(address(1));
    let found = store.prove(0, &nobody).unwrap();
    assert_eq!(found.value, None);
    assert_eq!(verify(&root, &nobody, None, &found.proof), Ok(()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn changes_of_all_kinds_make_a_proof_invalid(
        which: prop::sample::Index,
        at: prop::sample::Index,
        len in 0usize..40,
        bytes in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let all = ALL.get_or_init(proofs);
        let (root, subject, value, proof) = which.get(all);
        let at = at.index(proof.len() + 1);
        let end = (at + len).min(proof.len());
        let other = [&proof[..at], &bytes, &proof[end..]].concat();
        prop_assume!(other != *proof);
        prop_assert!(verify(root, subject, value.as_deref(), &other).is_err());
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let subject = Subject::Account(address(1));
        prop_assert!(verify(&Hash::default(), &subject, Some(b"x"), &bytes).is_err());
        prop_assert!(verify(&Hash::default(), &subject, None, &bytes).is_err());
    }
}

static ALL: std::sync::OnceLock<Vec<Proved>> = std::sync::OnceLock::new();
