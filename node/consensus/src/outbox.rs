//! Keeps in what was not signed.
//!
//! Where the [guard](crate::guard) refuses, the engine goes on with a message that has
//! no signature. Peers would not count it, and would wonder.

use malachitebft_app::engine::network::{NetworkMsg, NetworkRef};
use malachitebft_core_consensus::LivenessMsg;
use ractor::{Actor, ActorProcessingErr, ActorRef};

use crate::context::Hull;
use crate::scheme::Signature;

/// Stands between the engine and its network.
pub(crate) struct Outbox(pub(crate) NetworkRef<Hull>);

/// Whether a message may leave this node.
pub(crate) fn is_signed(message: &NetworkMsg<Hull>) -> bool {
    let signature = match message {
        NetworkMsg::PublishConsensusMsg(message) => message.signature(),
        NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote)) => &vote.signature,
        _ => return true,
    };
    *signature != Signature::ABSENT
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
        if is_signed(&message) {
            self.0.cast(message).map_err(|_| "the network has ended")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use malachitebft_core_consensus::SignedConsensusMsg;
    use malachitebft_core_types::{Context, NilOrVal, Round, SignedMessage};

    use super::*;
    use crate::context::{Address, Height};

    #[test]
    fn a_vote_without_a_signature_stays() {
        let vote = Hull.new_prevote(Height(1), Round::new(0), NilOrVal::Nil, Address([1; 32]));
        for (signature, goes) in [(Signature::ABSENT, false), (Signature([1; 64]), true)] {
            let vote = SignedMessage::new(vote, signature);
            let first = SignedConsensusMsg::Vote(vote.clone());
            assert_eq!(is_signed(&NetworkMsg::PublishConsensusMsg(first)), goes);
            let again = LivenessMsg::Vote(vote);
            assert_eq!(is_signed(&NetworkMsg::PublishLivenessMsg(again)), goes);
        }
    }
}
