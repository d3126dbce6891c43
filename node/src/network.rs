//! The network of transactions and codes, as the node has it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use hull_chain::{Chain, SubmitError};
use hull_executor::StateReader;
use hull_mempool::Room;
use hull_net::{
    Gate, Keypair, Metrics, Multiaddr, Network, PeerId, PublishError, Settings, Verdict,
};
use hull_rpc::{Clock, NetworkControl};
use hull_rpc_types as rpc;
use hull_types::host_api::Hash;
use prometheus_client::registry::Registry;

use crate::config::Config;

/// How often peers are reminded of what waits. Longer than they remember having seen it.
const REMINDER: Duration = Duration::from_secs(70);
/// So much of what waits peers are reminded of: the best of it, some blocks.
const REMINDED: Room = Room {
    gas: u64::MAX,
    bytes: 4 * 1024 * 1024,
    transactions: 2_000,
};

/// What the network asks and tells the rest of the node.
pub(crate) struct Neighbours {
    pub(crate) chain: Chain,
    pub(crate) clock: Clock,
    /// Called when a transaction of a peer was taken.
    pub(crate) submitted: Arc<dyn Fn() + Send + Sync>,
}

/// A network that runs, for the RPC.
pub(crate) struct Spread {
    network: Network,
    metrics: Metrics,
}

/// Who has that key.
pub(crate) fn peer_id(secret: &[u8; 32]) -> Result<PeerId> {
    Ok(keypair(secret)?.public().to_peer_id())
}

/// The settings of a network, from those of the node.
pub(crate) fn settings(config: &Config, node_key: &[u8; 32], chain_id: Hash) -> Result<Settings> {
    let network = &config.network;
    let listen: SocketAddr = network.listen.parse().with_context(|| {
        let found = &network.listen;
        format!("network.listen is `{found}`; write it as 127.0.0.1:4857")
    })?;
    Ok(Settings {
        listen: vec![multiaddr(listen).parse()?],
        external: addresses("network.external", &network.external)?,
        peers: addresses("network.peers", &network.peers)?,
        only_peers: network.only_peers,
        agent: format!("hulld/{}", env!("CARGO_PKG_VERSION")),
        limits: config.network_limits(),
        ..Settings::new(keypair(node_key)?, chain_id)
    })
}

/// Starts a network. It ends with the last handle.
pub(crate) async fn start(settings: Settings, node: Neighbours) -> Result<Arc<Spread>> {
    let metrics = Metrics::default();
    let (chain, counted) = (node.chain.clone(), metrics.clone());
    let started = Network::start(settings, node, counted).await;
    let (network, _) = started.context("start the network of transactions")?;
    tokio::spawn(remind(chain, network.clone()));
    Ok(Arc::new(Spread { network, metrics }))
}

/// What was dropped somewhere under load, or was there before a peer came, is sent
/// again while it waits.
async fn remind(chain: Chain, network: Network) {
    let mut timer = tokio::time::interval(REMINDER);
    timer.tick().await;
    loop {
        timer.tick().await;
        let waiting = chain.with_pool(|pool| pool.select(REMINDED));
        for transaction in waiting {
            match network.publish(transaction.envelope().encode_bytes()) {
                Ok(()) => (),
                Err(PublishError::Busy) => break,
                Err(PublishError::Stopped) => return,
            }
        }
    }
}

impl Gate for Neighbours {
    fn transaction(&self, bytes: &[u8]) -> Verdict {
        match self.chain.submit(bytes, (self.clock)()) {
            Ok(_) => {
                (self.submitted)();
                Verdict::Accept
            }
            // What does not depend on what this node knows of the state.
            Err(error @ (SubmitError::Decode(_) | SubmitError::Signature(_))) => {
                Verdict::Reject(error.to_string())
            }
            Err(SubmitError::Node(error)) => {
                tracing::error!(%error, "a transaction of a peer could not be judged");
                Verdict::Ignore
            }
            // Parameters, nonces, funds and pools differ from node to node for a while.
            Err(
                SubmitError::Invalid(_) | SubmitError::Included { .. } | SubmitError::Rejected(_),
            ) => Verdict::Ignore,
        }
    }

    fn code(&self, hash: &Hash) -> Option<Vec<u8>> {
        let height = self.chain.head().height;
        let state = self.chain.state_at(height).ok()?;
        let found = state.code_bytes(hash);
        let found = found.inspect_err(|error| tracing::error!(%error, "a code cannot be read"));
        found.ok().flatten().map(|code| code.to_vec())
    }
}

impl NetworkControl for Spread {
    fn publish(&self, transaction: &[u8]) {
        if let Err(error) = self.network.publish(transaction.to_vec()) {
            // It is in the pool, and a reminder tells of it.
            tracing::debug!(%error, "a transaction was not sent to peers");
        }
    }

    fn peers(&self) -> Vec<rpc::Peer> {
        let peers = self.network.peers();
        let peers = peers.iter().map(|peer| rpc::Peer {
            id: peer.id.to_string(),
            address: peer.address.to_string(),
            direction: match peer.direction {
                hull_net::Direction::Inbound => rpc::Direction::Inbound,
                hull_net::Direction::Outbound => rpc::Direction::Outbound,
            },
            score: whole(peer.score),
            connected: u64::try_from(peer.since.elapsed().as_millis()).unwrap_or(u64::MAX),
            agent: peer.agent.clone(),
        });
        peers.collect()
    }

    fn register(&self, registry: &mut Registry) {
        self.metrics.register(registry);
    }
}

/// Saturates, as scores are far from the ends.
fn whole(score: f64) -> i32 {
    score.round() as i32
}

fn keypair(secret: &[u8; 32]) -> Result<Keypair> {
    let mut copy = *secret;
    Keypair::ed25519_from_bytes(&mut copy).context("the key of the node")
}

fn multiaddr(address: SocketAddr) -> String {
    let family = if address.is_ipv4() { "ip4" } else { "ip6" };
    format!("/{family}/{}/tcp/{}", address.ip(), address.port())
}

fn addresses(setting: &str, texts: &[String]) -> Result<Vec<Multiaddr>> {
    let parsed = texts.iter().map(|text| {
        text.parse().map_err(|error| {
            anyhow!(
                "{setting} has `{text}` ({error}); write it as \
                 /ip4/192.0.2.1/tcp/4857/p2p/PEER or /dns4/one.example/tcp/4857/p2p/PEER"
            )
        })
    });
    parsed.collect()
}

#[cfg(test)]
mod tests {
    use hull_chain::Settings as ChainSettings;
    use hull_types::{Payload, dev};

    use super::*;

    fn node() -> Neighbours {
        Neighbours {
            chain: Chain::open(ChainSettings::in_memory(dev::genesis("gate"))).unwrap(),
            clock: Arc::new(|| 0),
            submitted: Arc::new(|| ()),
        }
    }

    #[test]
    fn only_what_no_honest_node_sends_is_rejected() {
        let node = node();
        let [alice, bob, ..] = dev::accounts();
        let transfer = |nonce, chain_id: &Hash| {
            let body = dev::transaction(
                alice.address,
                nonce,
                Payload::Transfer {
                    to: bob.address,
                    value: 1,
                },
            );
            body.sign(chain_id, &alice.key()).encode_bytes()
        };
        let ours = node.chain.chain_id();
        let good = transfer(0, &ours);
        assert_eq!(node.transaction(&good), Verdict::Accept);
        assert_eq!(node.transaction(&good), Verdict::Ignore, "known");
        let far = transfer(1_000_000, &ours);
        assert_eq!(node.transaction(&far), Verdict::Ignore, "too far ahead");
        for bad in [vec![], vec![1, 2, 3], transfer(0, &Hash([9; 32]))] {
            assert!(matches!(node.transaction(&bad), Verdict::Reject(_)));
        }
        assert_eq!(node.code(&Hash([1; 32])), None);
    }

    #[test]
    fn settings_that_are_no_addresses_are_told() {
        let told = |change: fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            let settings = settings(&config, &[1; 32], Hash([1; 32]));
            format!("{:#}", settings.err().unwrap())
        };
        let listen = told(|config| config.network.listen = "everywhere".into());
        assert!(
            listen.contains("network.listen is `everywhere`"),
            "{listen}"
        );
        let peers = told(|config| config.network.peers = vec!["one.example:4857".into()]);
        assert!(
            peers.contains("/dns4/one.example/tcp/4857/p2p/PEER"),
            "{peers}"
        );
    }
}
