//! What a network is started with, and its bounds.

use std::time::Duration;

use hull_types::host_api::Hash;
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId};

/// What a network is started with.
#[derive(Clone)]
pub struct Settings {
    /// The key of the node; its public half is the node's [`PeerId`].
    pub key: Keypair,
    /// The chain; nodes of other chains are not talked to.
    pub chain_id: Hash,
    /// Where it listens; port 0 takes a free one.
    pub listen: Vec<Multiaddr>,
    /// Where others reach it, if that is not where it listens.
    pub external: Vec<Multiaddr>,
    /// Nodes to which a connection is kept, each ending in `/p2p/PEER`. They count
    /// against no limit of connections.
    pub peers: Vec<Multiaddr>,
    /// Whether [`Settings::peers`] are the only ones that are let in.
    pub only_peers: bool,
    /// Software and version, as peers see it.
    pub agent: String,
    /// Bounds.
    pub limits: Limits,
}

impl Settings {
    /// A node that listens on a free port of this machine and knows nobody.
    pub fn new(key: Keypair, chain_id: Hash) -> Self {
        Self {
            key,
            chain_id,
            listen: vec!["/ip4/127.0.0.1/tcp/0".parse().expect("it is an address")],
            external: Vec::new(),
            peers: Vec::new(),
            only_peers: false,
            agent: format!("hull/{}", env!("CARGO_PKG_VERSION")),
            limits: Limits::default(),
        }
    }

    /// The peers with their ids.
    ///
    /// # Errors
    /// [`StartError::NoPeer`] if one does not say who is there.
    pub(crate) fn known(&self) -> Result<Vec<(PeerId, Multiaddr)>, StartError> {
        let known = self.peers.iter().map(|address| match id_of(address) {
            Some(peer) => Ok((peer, address.clone())),
            None => Err(StartError::NoPeer {
                address: address.clone(),
            }),
        });
        known.collect()
    }
}

/// Who is at an address, if it ends in that.
pub fn id_of(address: &Multiaddr) -> Option<PeerId> {
    match address.iter().last() {
        Some(Protocol::P2p(peer)) => Some(peer),
        _ => None,
    }
}

/// How much a node takes from others. Every one of them keeps a peer from taking what
/// the others need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections that others make. With some twenty megabytes of buffers each in
    /// the worst case, the default stays below two gigabytes.
    pub inbound: usize,
    /// Most connections in all; the difference to `inbound` is what the node itself
    /// looks for, so that nobody can be all that it sees.
    pub connections: usize,
    /// Most connections of one address of the internet: identities cost nothing,
    /// addresses do.
    pub per_address: usize,
    /// So many peers the node looks for by itself. Gossip goes to six of them.
    pub wanted: usize,
    /// Transactions that a peer may send in a second: four times what the network is
    /// made for, as one peer may bring all of them.
    pub transactions: u32,
    /// Transactions that it may send at once, saved up: what a pool may hold back
    /// while blocks are late.
    pub transactions_burst: u32,
    /// Bytes of transactions that a peer may send in a second.
    pub bytes: u32,
    /// Bytes that it may send at once, saved up: some of the largest.
    pub bytes_burst: u32,
    /// Codes that a peer may ask for in a second: each is up to a megabyte to send.
    pub codes: u32,
    /// Codes that it may ask for at once, saved up: a node that comes late needs many.
    pub codes_burst: u32,
    /// Transactions of a peer that wait for the gate.
    pub queue: usize,
    /// Bytes of them.
    pub queue_bytes: usize,
    /// Calls of the gate at once. Two, so that a slow one does not hold up the rest.
    pub workers: usize,
    /// How long a peer that did wrong is not talked to.
    pub ban: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inbound: 64,
            connections: 96,
            per_address: 16,
            wanted: 16,
            transactions: 4_000,
            transactions_burst: 20_000,
            bytes: 8 * 1024 * 1024,
            bytes_burst: 16 * 1024 * 1024,
            codes: 8,
            codes_burst: 64,
            queue: 4_096,
            queue_bytes: 4 * 1024 * 1024,
            workers: 2,
            ban: Duration::from_secs(15 * 60),
        }
    }
}

/// Why a network does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address is taken, or none of this machine.
    #[error(
        "cannot listen on {address}: {reason}; choose another address, or stop what listens there"
    )]
    Listen {
        /// The address.
        address: Multiaddr,
        /// What the system said.
        reason: String,
    },
    /// An address of a peer does not say who is there.
    #[error(
        "{address} does not say which peer is there; write it as /ip4/192.0.2.1/tcp/4860/p2p/PEER"
    )]
    NoPeer {
        /// The address.
        address: Multiaddr,
    },
    /// The system's resolver of names cannot be read.
    #[error("cannot read the settings of the system's resolver of names: {0}")]
    Resolver(std::io::Error),
    /// Something of libp2p does not take its settings.
    #[error("libp2p does not take its settings: {0}")]
    Settings(String),
}
