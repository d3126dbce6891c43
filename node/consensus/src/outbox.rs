//! Keeps in what was not signed.
//!
//! Where the [guard](crate::guard) refuses, the engine goes on with a message that has
//! no signature. Peers would not count it, and would wonder. They get what was signed
//! for that step before instead, where that may be said again.

use malachitebft_app::engine::network::{NetworkMsg, NetworkRef};
use malachitebft_core_consensus::{LivenessMsg, SignedConsensusMsg};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::context::Hull;
use crate::scheme::Signature;
use crate::signer::Signatory;

/// Stands between the engine and its network.
pub(crate) struct Outbox {
    pub(crate) network: NetworkRef<Hull>,
    pub(crate) signatory: Option<Signatory>,
}

/// What goes out for a message of the engine.
pub(crate) fn outgoing(
    message: NetworkMsg<Hull>,
    signatory: Option<&Signatory>,
) -> Option<NetworkMsg<Hull>> {
    let recorded = |vote| signatory?.recorded(vote);
    match &message {
        NetworkMsg::PublishConsensusMsg(SignedConsensusMsg::Vote(vote))
            if vote.signature == Signature::ABSENT =>
        {
            let vote = SignedConsensusMsg::Vote(recorded(&vote.message)?);
            Some(NetworkMsg::PublishConsensusMsg(vote))
        }
        NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote))
            if vote.signature == Signature::ABSENT =>
        {
            let vote = LivenessMsg::Vote(recorded(&vote.message)?);
            Some(NetworkMsg::PublishLivenessMsg(vote))
        }
        NetworkMsg::PublishConsensusMsg(other) if *other.signature() == Signature::ABSENT => None,
        _ => Some(message),
    }
}

#[ractor::async_trait]
impl Actor for Outbox {
    type Msg = NetworkMsg<Hull>;
    type State = ();
    type Arguments = ();

    async fn pre_start(&self, _: ActorRef<Self::Msg>, (): ()) -> Result<(), ActorProcessingErr> {
        Ok(())
    }

    async fn handle(
        &self,
        _: ActorRef<Self::Msg>,
        message: Self::Msg,
        (): &mut (),
    ) -> Result<(), ActorProcessingErr> {
        if let Some(message) = outgoing(message, self.signatory.as_ref()) {
            let sent = self.network.cast(message);
            sent.map_err(|_| "the network has ended")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use hull_types::host_api::Hash;
    use hull_types::{Says, Statement};
    use malachitebft_core_types::{Context, NilOrVal, Round, SignedMessage};

    use super::*;
    use crate::SigningGuard;
    use crate::context::{Address, BlockId, Height, Vote};
    use crate::guard::Slots;

    /// A vote as the engine says it the first time and again.
    fn both(vote: Vote, signature: Signature) -> [NetworkMsg<Hull>; 2] {
        let vote = SignedMessage::new(vote, signature);
        [
            NetworkMsg::PublishConsensusMsg(SignedConsensusMsg::Vote(vote.clone())),
            NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote)),
        ]
    }

    /// The vote in what goes out.
    fn out(message: NetworkMsg<Hull>, signatory: Option<&Signatory>) -> Option<Vote> {
        match outgoing(message, signatory)? {
            NetworkMsg::PublishConsensusMsg(SignedConsensusMsg::Vote(vote))
            | NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote)) => {
                assert_ne!(vote.signature, Signature::ABSENT);
                Some(vote.message)
            }
            _ => None,
        }
    }

    #[test]
    fn a_vote_without_a_signature_stays() {
        let vote = Hull.new_prevote(Height(1), Round::new(0), NilOrVal::Nil, Address([1; 32]));
        for (signature, goes) in [(Signature::ABSENT, None), (Signature([1; 64]), Some(vote))] {
            for message in both(vote, signature) {
                assert_eq!(out(message, None), goes);
            }
        }
    }

    #[test]
    fn what_was_said_in_the_step_goes_out_instead_of_what_was_refused() {
        let block = Some(Hash([9; 32]));
        for (said, again) in [
            (Says::Prevote(None), true),
            (Says::Prevote(block), true),
            (Says::Precommit(None), true),
            // Its lock was lost.
            (Says::Precommit(block), false),
        ] {
            let guard = SigningGuard::in_memory(&Slots::default(), &Hash([5; 32]), &[7; 32]);
            let signatory = Signatory::new(guard.unwrap());
            let statement = Statement {
                height: 3,
                round: 1,
                says: said,
            };
            signatory.sign_here(Some(statement)).unwrap();
            let (round, value) = (Round::new(1), NilOrVal::Val(BlockId(Hash([8; 32]))));
            let by = signatory.address();
            let vote = |height| match said {
                Says::Prevote(_) => Hull.new_prevote(Height(height), round, value, by),
                _ => Hull.new_precommit(Height(height), round, value, by),
            };
            for message in both(vote(3), Signature::ABSENT) {
                let out = out(message, Some(&signatory)).and_then(|vote| vote.statement());
                assert_eq!(out, again.then_some(statement));
            }
            for message in both(vote(2), Signature::ABSENT) {
                assert_eq!(out(message, Some(&signatory)), None, "another height");
            }
        }
    }
}
