//! Signing and verifying for the engine.

use std::sync::{Arc, Mutex, PoisonError};

use hull_types::host_api::Hash;
use hull_types::{Says, Statement, verify_signature};
use malachitebft_core_types::{
    NilOrVal, Round, SignedMessage, ValidatorProof, VoteExtensionScope, VoteType,
};
use malachitebft_signing::{Error, Signer, VerificationResult, Verifier};

use crate::context::{Address, BlockId, Height, Hull, Proposal, Vote};
use crate::guard::{GuardError, SigningGuard};
use crate::part::{PartHeader, SignedHeader};
use crate::scheme::Signature;

/// Signs what the guard allows. Clones share the guard.
#[derive(Clone)]
pub(crate) struct Signatory {
    guard: Arc<Mutex<SigningGuard>>,
}

impl Signatory {
    pub(crate) fn new(guard: SigningGuard) -> Self {
        Self {
            guard: Arc::new(Mutex::new(guard)),
        }
    }

    pub(crate) fn with<R>(&self, ask: impl FnOnce(&mut SigningGuard) -> R) -> R {
        // The guard changes its state after the file, in one assignment.
        ask(&mut self.guard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn address(&self) -> Address {
        Address(self.with(|guard| guard.public_key()))
    }

    /// The pieces of a block commit to nothing; the proposal does.
    pub(crate) fn sign_header(&self, header: PartHeader) -> SignedHeader {
        let signature = self.with(|guard| guard.sign_plain(&header.preimage(&guard.chain_id())));
        SignedHeader {
            header,
            signature: Signature(signature),
        }
    }

    /// The vote that was recorded for the step of one that was refused, if it may be said
    /// again: a prevote, or a precommit for nothing. A crash between record and log
    /// leaves a validator that does not know what it said, and would be silent in that
    /// step for ever; if enough are, nothing goes on. A precommit for a block is
    /// not said again: what it locks this validator to was lost.
    pub(crate) fn recorded(&self, refused: &Vote) -> Option<SignedMessage<Hull, Vote>> {
        let (statement, signature) = self.with(|guard| guard.last())?;
        let (kind, block) = match statement.says {
            Says::Prevote(block) => (VoteType::Prevote, block),
            Says::Precommit(None) => (VoteType::Precommit, None),
            Says::Precommit(Some(_)) | Says::Propose { .. } => return None,
        };
        let value = block.map_or(NilOrVal::Nil, |block| NilOrVal::Val(BlockId(block)));
        let vote = Vote {
            kind,
            value,
            height: Height(statement.height),
            round: Round::new(statement.round),
            validator: self.address(),
        };
        let step = |vote: &Vote| (vote.kind, vote.height, vote.round, vote.validator);
        let same = step(&vote) == step(refused);
        same.then(|| SignedMessage::new(vote, Signature(signature)))
    }

    /// Signs a statement on a thread that may wait for the disk: the record goes there
    /// first.
    async fn sign(&self, statement: Option<Statement>) -> Result<Signature, Error> {
        let signatory = self.clone();
        let signed = tokio::task::spawn_blocking(move || signatory.sign_here(statement));
        signed.await.map_err(Error::from_source)?
    }

    /// Signs a statement. What the guard refuses gets no signature: the validator is
    /// silent for that step, and goes on with the next. To end the node instead would
    /// keep one that lost its data from ever catching up.
    pub(crate) fn sign_here(&self, statement: Option<Statement>) -> Result<Signature, Error> {
        let Some(statement) = statement else {
            return Err(Error::from_source("a statement about no round"));
        };
        match self.with(|guard| guard.sign(&statement)) {
            Ok(signature) => Ok(Signature(signature)),
            Err(refused @ GuardError::Refused { .. }) => {
                tracing::warn!(%refused, "silent for this step");
                Ok(Signature::ABSENT)
            }
            Err(error) => Err(Error::from_source(error)),
        }
    }
}

#[async_trait::async_trait]
impl Signer<Hull> for Signatory {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Hull, Vote>, Error> {
        let signature = self.sign(vote.statement()).await?;
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Hull, Proposal>, Error> {
        let signature = self.sign(proposal.statement()).await?;
        Ok(SignedMessage::new(proposal, signature))
    }

    async fn sign_vote_extension(
        &self,
        _: VoteExtensionScope<Hull>,
        (): (),
    ) -> Result<SignedMessage<Hull, ()>, Error> {
        Err(Error::from_source("votes of this chain have no extensions"))
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<Hull>, Error> {
        // Exactly these bytes, which begin with letters of their own.
        let preimage = ValidatorProof::<Hull>::signing_bytes(&public_key, &peer_id);
        let signature = Signature(self.with(|guard| guard.sign_plain(&preimage)));
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}

/// Verifies for one chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examiner {
    pub(crate) chain_id: Hash,
}

impl Examiner {
    fn examine(
        &self,
        statement: Option<Statement>,
        signature: &Signature,
        key: &Address,
    ) -> VerificationResult {
        let holds = statement.is_some_and(|statement| {
            verify_signature(&key.0, &statement.preimage(&self.chain_id), &signature.0)
        });
        VerificationResult::from_bool(holds)
    }
}

#[async_trait::async_trait]
impl Verifier<Hull> for Examiner {
    async fn verify_signed_vote(
        &self,
        vote: &Vote,
        signature: &Signature,
        key: &Address,
    ) -> Result<VerificationResult, Error> {
        Ok(self.examine(vote.statement(), signature, key))
    }

    async fn verify_signed_proposal(
        &self,
        proposal: &Proposal,
        signature: &Signature,
        key: &Address,
    ) -> Result<VerificationResult, Error> {
        Ok(self.examine(proposal.statement(), signature, key))
    }

    async fn verify_signed_vote_extension(
        &self,
        _: &VoteExtensionScope<Hull>,
        (): &(),
        _: &Signature,
        _: &Address,
    ) -> Result<VerificationResult, Error> {
        // There are none.
        Ok(VerificationResult::Invalid)
    }

    async fn verify_validator_proof(
        &self,
        proof: &ValidatorProof<Hull>,
    ) -> Result<VerificationResult, Error> {
        let holds = proof
            .decoded_public_key()
            .is_ok_and(|key| verify_signature(&key.0, &proof.preimage(), &proof.signature.0));
        Ok(VerificationResult::from_bool(holds))
    }
}
