//! Validators: from the genesis, and changed by the authority.

mod support;

use hull_chain::{Chain, Settings};
use hull_executor::{Cause, Refusal};
use hull_types::{Payload, SYSTEM, Validator, ValidatorSets, dev};
use support::Signer;

fn validator(key: u8, power: u64) -> Validator {
    Validator {
        public_key: [key; 32],
        power,
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
