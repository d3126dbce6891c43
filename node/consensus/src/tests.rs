//! Networks of validators in one process.

mod byzantine;
mod codec;
mod garble;
mod network;
mod toy;

use malachitebft_app::engine::network::NetworkRef;
use malachitebft_core_types::SignedMessage;
use malachitebft_engine_byzantine::ByzantineNetworkProxy;

use crate::application::Failure;
use crate::context::{BlockId, Hull, Proposal, Vote};
use crate::settings::Settings;
use crate::signer::Signatory;

pub(crate) use garble::garble;

/// Puts an attacker between the engine and its network, if one was asked for.
pub(crate) async fn attack(
    settings: &Settings,
    signatory: Option<&Signatory>,
    network: NetworkRef<Hull>,
) -> Result<NetworkRef<Hull>, Failure> {
    let (Some(attack), Some(signatory)) = (&settings.attack, signatory) else {
        return Ok(network);
    };
    let other = |id: &BlockId| {
        let mut id = *id;
        id.0.0[0] ^= 0xFF;
        id
    };
    let proxy = ByzantineNetworkProxy::spawn(
        attack.clone(),
        network,
        Box::new(byzantine::Liar(signatory.clone())),
        Hull,
        signatory.address(),
        tracing::Span::none(),
        Some(Box::new(other)),
        Some(Box::new(move |id| {
            id.map_or(BlockId(Default::default()), other)
        })),
    );
    Ok(proxy.await?)
}

type SignedVote = SignedMessage<Hull, Vote>;
type SignedProposal = SignedMessage<Hull, Proposal>;
