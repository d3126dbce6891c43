//! One of four lies.

use malachitebft_core_types::{ValidatorProof, VoteExtensionScope};
use malachitebft_engine_byzantine::{ByzantineConfig, Trigger};
use malachitebft_signing::{Error, Signer};

use super::toy::Town;
use super::{SignedProposal, SignedVote};
use crate::context::{Hull, Proposal, Vote};
use crate::scheme::Signature;
use crate::signer::Signatory;

/// Signs whatever it is given: it has no guard.
pub(super) struct Liar(pub(super) Signatory);

impl Liar {
    fn sign(&self, statement: Option<hull_types::Statement>) -> Result<Signature, Error> {
        let statement = statement.ok_or_else(|| Error::from_source("no round"))?;
        let sign = |guard: &mut crate::SigningGuard| {
            guard.sign_plain(&statement.preimage(&guard.chain_id()))
        };
        Ok(Signature(self.0.with(sign)))
    }
}

#[async_trait::async_trait]
impl Signer<Hull> for Liar {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedVote, Error> {
        Ok(SignedVote::new(vote, self.sign(vote.statement())?))
    }

    async fn sign_proposal(&self, proposal: Proposal) -> Result<SignedProposal, Error> {
        Ok(SignedProposal::new(
            proposal,
            self.sign(proposal.statement())?,
        ))
    }

    async fn sign_vote_extension(
        &self,
        scope: VoteExtensionScope<Hull>,
        (): (),
    ) -> Result<malachitebft_core_types::SignedMessage<Hull, ()>, Error> {
        self.0.sign_vote_extension(scope, ()).await
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<Hull>, Error> {
        self.0.sign_validator_proof(public_key, peer_id).await
    }
}

async fn survives(attack: ByzantineConfig) -> Town {
    let mut town = Town::new(4);
    town.attack(3, attack);
    three_go_on(town).await
}

async fn three_go_on(mut town: Town) -> Town {
    for node in 0..4 {
        town.start(node).await;
    }
    for node in 0..3 {
        town.reaches(node, 12).await;
    }
    town.agrees();
    town
}

#[tokio::test(flavor = "multi_thread")]
async fn double_votes_do_no_harm_and_are_proved() {
    let attack = ByzantineConfig::new(Some(1)).with_equivocate_votes(Trigger::Always);
    let town = survives(attack).await;
    let caught = town.evidence();
    assert!(!caught.is_empty(), "somebody saw it");
    for one in &caught {
        assert_eq!(one.validator, town.public_key(3));
        one.verify(&super::toy::CHAIN).unwrap();
    }
    town.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn double_proposals_do_no_harm() {
    let attack = ByzantineConfig::new(Some(2)).with_equivocate_proposals(Trigger::Always);
    survives(attack).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_at_random_does_no_harm() {
    let half = || Trigger::Random { probability: 0.5 };
    let attack = ByzantineConfig::new(Some(3))
        .with_drop_votes(half())
        .with_drop_proposals(half());
    survives(attack).await.stop().await;
}

/// It votes for another block than the one that it is locked on, and takes locks back.
#[tokio::test(flavor = "multi_thread")]
async fn amnesia_does_no_harm() {
    let half = || Trigger::Random { probability: 0.5 };
    let attack = ByzantineConfig::new(Some(4))
        .with_ignore_locks(Trigger::Always)
        .with_force_precommit_nil(half())
        .with_drop_inbound_proposals(half());
    survives(attack).await.stop().await;
}

/// What does not have the hash that was signed is no piece, so its blocks never arrive.
#[tokio::test(flavor = "multi_thread")]
async fn garbage_instead_of_pieces_does_no_harm() {
    let mut town = Town::new(4);
    town.garble(3);
    let town = three_go_on(town).await;
    let lost = town.chain(0).lost_rounds(12);
    assert!(lost >= 2, "{lost} of its turns came to nothing");
    town.stop().await;
}
