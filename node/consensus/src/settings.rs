//! What a node of a network is started with.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hull_types::host_api::Hash;

use crate::guard::SigningGuard;

/// Settings of [`Consensus`](crate::Consensus).
pub struct Settings {
    /// The chain; part of everything that is signed and of every protocol's name.
    pub chain_id: Hash,
    /// A name for people, in logs and metrics.
    pub name: String,
    /// Where the write-ahead log and undecided blocks are kept.
    pub folder: PathBuf,
    /// The secret of the node's own key, which names it to its peers; Ed25519.
    pub node_key: [u8; 32],
    /// With the key of a validator; without it the node follows and never votes.
    pub validator: Option<SigningGuard>,
    /// Where it listens for peers; TCP.
    pub listen: SocketAddr,
    /// Peers that it keeps connected to: `/ip4/127.0.0.1/tcp/4856`, also with
    /// `/dns4/name` or `/p2p/id`.
    pub peers: Vec<String>,
    /// Least time between blocks.
    pub block_time: Duration,
    /// Longest time between blocks when nothing waits.
    pub heartbeat: Duration,
    /// How long votes and proposals are waited for.
    pub timeouts: Timeouts,
    /// Most connections of peers from one address.
    pub connections_per_ip: usize,
    /// How often peers are told of the height.
    pub status_interval: Duration,
    /// How this validator attacks, in tests.
    #[cfg(test)]
    pub(crate) attack: Option<malachitebft_engine_byzantine::ByzantineConfig>,
    /// Whether the pieces of its blocks are not those that it signed, in tests.
    #[cfg(test)]
    pub(crate) garbles: bool,
}

/// How long a step of a round may take, in the first round; each later one has `more`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For the proposal: to build a block, send it, and execute it everywhere. Blocks may
    /// take a second to execute, and are executed twice in that time.
    pub propose: Duration,
    /// For votes that are on their way when two thirds are here.
    pub vote: Duration,
    /// By how much each is longer in every further round.
    pub more: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            propose: Duration::from_secs(3),
            vote: Duration::from_secs(1),
            more: Duration::from_millis(500),
        }
    }
}

impl Settings {
    /// Least time between blocks, if nothing else is said: what a transaction waits for
    /// at most, as against what an empty turn of votes costs.
    pub const BLOCK_TIME: Duration = Duration::from_millis(100);

    /// Longest time between blocks, if nothing else is said.
    pub const HEARTBEAT: Duration = Duration::from_secs(5);

    /// A node that follows the chain, all else as by default.
    pub fn new(chain_id: Hash, folder: PathBuf, node_key: [u8; 32], listen: SocketAddr) -> Self {
        Self {
            chain_id,
            name: "hull".into(),
            folder,
            node_key,
            validator: None,
            listen,
            peers: Vec::new(),
            block_time: Self::BLOCK_TIME,
            heartbeat: Self::HEARTBEAT,
            timeouts: Timeouts::default(),
            connections_per_ip: 64,
            status_interval: Duration::from_secs(1),
            #[cfg(test)]
            attack: None,
            #[cfg(test)]
            garbles: false,
        }
    }
}
