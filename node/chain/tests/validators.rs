//! Validators: from the genesis, and changed by the authority.

mod support;

use ed25519_dalek::{Signer as _, SigningKey};
use hull_chain::{Chain, ChainError, InvalidBlock, Settings};
use hull_executor::{Cause, Refusal};
use hull_types::host_api::Hash;
use hull_types::{
    Evidence, EvidenceError, Payload, SYSTEM, Says, Statement, Validator, ValidatorSets, dev,
};
use support::Signer;

/// The key of a validator; they are in the order of the numbers.
fn key(number: usize) -> SigningKey {
    let mut keys: Vec<_> = (1..=4)
        .map(|seed| SigningKey::from_bytes(&[seed; 32]))
        .collect();
    keys.sort_by_key(|key| key.verifying_key().to_bytes());
    keys.swap_remove(number)
}

fn validator(number: usize, power: u64) -> Validator {
    Validator {
        public_key: key(number).verifying_key().to_bytes(),
        power,
    }
}

/// That a validator prevoted for two blocks in round 0 of a height.
fn evidence(number: usize, height: u64, chain_id: &Hash) -> Evidence {
    let [first, second] = [1, 2].map(|block| {
        let statement = Statement {
            height,
            round: 0,
            says: Says::Prevote(Some(Hash([block; 32]))),
        };
        let signature = key(number).sign(&statement.preimage(chain_id));
        (statement, signature.to_bytes())
    });
    Evidence {
        validator: validator(number, 0).public_key,
        first,
        second,
    }
}

/// A chain with one validator, whose authority is the first account.
fn chain() -> Chain {
    let mut genesis = dev::genesis("validators");
    genesis.validators = vec![validator(1, 10)];
    genesis.parameters.authority = Some(dev::accounts()[0].address);
    Chain::open(Settings::in_memory(genesis)).unwrap()
}

/// Seals a block of one transaction, and says why it failed, if it did.
fn seal(chain: &Chain, signer: &mut Signer, update: Vec<Validator>) -> Option<Cause> {
    let envelope = signer.sign(Payload::UpdateValidators { update });
    chain.submit(&envelope.encode_bytes(), 0).unwrap();
    seal_what_waits(chain);
    chain.note_of(&envelope.id()).and_then(|note| note.cause)
}

fn seal_what_waits(chain: &Chain) {
    let candidate = chain.propose(chain.head().time + 1).unwrap();
    chain.commit(candidate, &[]).unwrap();
}

#[test]
fn the_authority_changes_validators_two_blocks_later() {
    let chain = chain();
    let mut authority = Signer::new(0, chain.chain_id());
    let (before, after) = ([validator(1, 10)], [validator(1, 5), validator(2, 7)]);
    assert_eq!(chain.validators(1).unwrap(), before);

    assert_eq!(seal(&chain, &mut authority, after.to_vec()), None);
    assert_eq!(chain.validators(2).unwrap(), before);
    assert_eq!(chain.validators(3).unwrap(), after);

    seal_what_waits(&chain);
    seal_what_waits(&chain);
    let header = |height| chain.store().header(height).unwrap().unwrap();
    assert_eq!(header(2).validators_hash, Validator::set_hash(&before));
    assert_eq!(header(3).validators_hash, Validator::set_hash(&after));
    // What is known of the past does not change.
    assert_eq!(chain.validators(2).unwrap(), before);
}

#[test]
fn nobody_else_changes_them_and_nobody_takes_the_last() {
    let chain = chain();
    let [mut authority, mut other] = [0, 1].map(|index| Signer::new(index, chain.chain_id()));
    let refused = seal(&chain, &mut other, vec![validator(2, 7)]);
    assert!(
        matches!(refused, Some(Cause::Refused(Refusal::NotAuthority { .. }))),
        "{refused:?}"
    );
    let refused = seal(&chain, &mut authority, vec![validator(1, 0)]);
    assert!(
        matches!(refused, Some(Cause::Refused(Refusal::Validators(_)))),
        "{refused:?}"
    );
    assert_eq!(chain.validators(9).unwrap(), [validator(1, 10)]);
}

/// Another node, or the same one after a start, finds them in the state.
#[test]
fn they_are_in_the_state_and_can_be_proved() {
    let chain = chain();
    let mut authority = Signer::new(0, chain.chain_id());
    let root = chain.head().state_root;
    seal(&chain, &mut authority, vec![validator(2, 7)]);
    assert_ne!(chain.head().state_root, root);
    let subject = hull_state::Subject::Item {
        owner: SYSTEM,
        key: ValidatorSets::KEY.to_vec(),
    };
    let height = chain.head().height;
    let proof = chain.store().prove(height, &subject).unwrap();
    assert!(proof.value.is_some(), "{proof:?}");
}

#[test]
fn a_cheat_is_told_in_a_block_and_loses_its_power() {
    let chain = chain();
    let mut authority = Signer::new(0, chain.chain_id());
    seal(&chain, &mut authority, vec![validator(2, 7)]);
    let proof = evidence(2, 1, &chain.chain_id());
    chain.accuse(proof).unwrap();
    let other = other_node(&chain);
    let candidate = chain.propose(chain.head().time + 1).unwrap();
    let block = candidate.block().clone();
    assert_eq!(block.evidence, [proof]);
    // A node that saw nothing of it finds the same.
    let checked = other.validate(block.clone()).unwrap();
    assert_eq!(checked.state_root(), candidate.state_root());
    chain.commit(candidate, &[]).unwrap();

    assert_eq!(chain.validators(3).unwrap().len(), 2);
    assert_eq!(chain.validators(4).unwrap(), [validator(1, 10)]);
    seal_what_waits(&chain);
    let store = chain.store();
    assert!(store.block(3).unwrap().unwrap().evidence.is_empty());
    assert_eq!(store.block(2).unwrap().unwrap(), block);
    store.check().unwrap();
}

/// The same chain on another node, as far as it is.
fn other_node(chain: &Chain) -> Chain {
    let genesis = chain.genesis().clone();
    let other = Chain::open(Settings::in_memory(genesis)).unwrap();
    for height in 1..=chain.head().height {
        let block = chain.store().block(height).unwrap().unwrap();
        let candidate = other.validate(block).unwrap();
        other.commit(candidate, &[]).unwrap();
    }
    other
}

#[test]
fn evidence_has_to_prove_something_against_a_validator() {
    let chain = chain();
    let id = chain.chain_id();
    let elsewhere = evidence(1, 1, &Hash([1; 32]));
    assert_eq!(chain.accuse(elsewhere), Err(EvidenceError::Signature));
    let good = chain.propose(chain.head().time + 1).unwrap();
    let with = |evidence: Vec<Evidence>| {
        let mut block = good.block().clone();
        block.header.evidence_root = hull_types::evidence_root(&evidence);
        block.evidence = evidence;
        match chain.validate(block) {
            Err(ChainError::Invalid(why)) => why,
            other => panic!("{other:?}"),
        }
    };
    let error = EvidenceError::Signature;
    let lie = InvalidBlock::Evidence { index: 0, error };
    assert_eq!(with(vec![elsewhere]), lie);
    let stranger = InvalidBlock::NeedlessEvidence { index: 0 };
    assert_eq!(with(vec![evidence(3, 1, &id)]), stranger);
    let twice = InvalidBlock::NeedlessEvidence { index: 1 };
    assert_eq!(with(vec![evidence(1, 1, &id); 2]), twice);
    let many = InvalidBlock::TooMuchEvidence { found: 17 };
    assert_eq!(with(vec![evidence(1, 1, &id); 17]), many);
}
