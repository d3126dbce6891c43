//! Signs what the write-ahead log leads to.
//!
//! The [record](crate::guard) is durable before a signature is made, and the engine makes
//! its log durable before a signature is published. A crash between the two would leave
//! a record of a vote, and a log without the votes of others that led to it: the node
//! would begin again where it could come to another vote, which the guard refuses, and
//! would not know what it had locked itself to. So the log goes first. A log that is
//! replayed then leads to every statement of the record, and to what it locks.

use malachitebft_app::engine::wal::{Msg, WalRef};
use malachitebft_core_types::{SignedMessage, ValidatorProof, VoteExtensionScope};
use malachitebft_signing::{Error, Signer};

use crate::application::Failure;
use crate::context::{Hull, Proposal, Vote};
use crate::signer::Signatory;

/// A signatory that signs when the log is durable.
pub(crate) struct Logged {
    pub(crate) signatory: Signatory,
    pub(crate) log: WalRef<Hull>,
}

impl Logged {
    /// Waits until everything that the engine heard so far is in the log for good.
    async fn flush(&self) -> Result<(), Error> {
        let flushed = ractor::call!(self.log, Msg::Flush);
        let failed = |why: String| -> Failure { format!("nothing is signed: {why}").into() };
        flushed
            .map_err(|error| failed(error.to_string()))
            .and_then(|done| done.map_err(|error| failed(error.to_string())))
            .map_err(Error::from_source)
    }
}

#[async_trait::async_trait]
impl Signer<Hull> for Logged {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedMessage<Hull, Vote>, Error> {
        self.flush().await?;
        self.signatory.sign_vote(vote).await
    }

    async fn sign_proposal(
        &self,
        proposal: Proposal,
    ) -> Result<SignedMessage<Hull, Proposal>, Error> {
        self.flush().await?;
        self.signatory.sign_proposal(proposal).await
    }

    async fn sign_vote_extension(
        &self,
        scope: VoteExtensionScope<Hull>,
        extension: (),
    ) -> Result<SignedMessage<Hull, ()>, Error> {
        self.signatory.sign_vote_extension(scope, extension).await
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<Hull>, Error> {
        let proof = self.signatory.sign_validator_proof(public_key, peer_id);
        proof.await
    }
}
