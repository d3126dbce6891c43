//! What the node has of its network.

use std::sync::Arc;
use std::time::Duration;

use hull_types::host_api::Hash;
use libp2p::{Multiaddr, PeerId};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::driver::{Command, Driver};
use crate::fetch::FetchError;
use crate::gate::Gate;
use crate::guard::Denied;
use crate::metrics::Metrics;
use crate::settings::{Settings, StartError};

/// Commands that wait for the network: a second of transactions.
const COMMANDS: usize = 4_096;
/// Events that wait for a reader; who reads slower misses the oldest.
const EVENTS: usize = 1_024;

/// A network that runs. Clones are the same one; it ends with the last of them.
#[derive(Clone)]
pub struct Network {
    local: PeerId,
    listening: Arc<[Multiaddr]>,
    commands: mpsc::Sender<Command>,
    events: broadcast::Sender<Event>,
    peers: watch::Receiver<Arc<[PeerInfo]>>,
}

/// A peer that is connected and of our chain.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerInfo {
    /// Who it is.
    pub id: PeerId,
    /// Where it is; of one that connected to us the port is not the one it listens on.
    pub address: Multiaddr,
    /// Who connected to whom.
    pub direction: Direction,
    /// How it behaves: 0 and a little more is good, at -100 it is thrown out.
    pub score: f64,
    /// Since when it is connected.
    pub since: Instant,
    /// Its software, as it says.
    pub agent: String,
}

/// Who connected to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The peer to us.
    Inbound,
    /// We to the peer.
    Outbound,
}

/// What happens on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A peer of our chain is connected.
    Connected(PeerId),
    /// It is not any more.
    Disconnected(PeerId),
    /// It takes transactions from now on.
    Subscribed(PeerId),
    /// It did wrong too often, and is not talked to for a while.
    Banned {
        /// Who.
        peer: PeerId,
        /// What it did at last.
        why: String,
    },
    /// A node of another chain was there, and was sent away.
    OtherChain {
        /// Who.
        peer: PeerId,
        /// What it speaks.
        speaks: String,
    },
    /// A connection was refused.
    Refused(Denied),
}

/// A transaction cannot be published now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// Too many wait to be sent.
    #[error("too many transactions wait to be sent to peers; try again in a moment")]
    Busy,
    /// The network has stopped.
    #[error("the network has stopped")]
    Stopped,
}

impl Network {
    /// Listens and connects, and goes on until the last handle is gone. The task ends
    /// then.
    ///
    /// # Errors
    /// If an address cannot be listened on, or the settings make no sense.
    pub async fn start(
        settings: Settings,
        gate: impl Gate,
        metrics: Metrics,
    ) -> Result<(Self, JoinHandle<()>), StartError> {
        let (commands, incoming) = mpsc::channel(COMMANDS);
        let (events, _) = broadcast::channel(EVENTS);
        let (view, peers) = watch::channel(Arc::from([]));
        let gate = Arc::new(gate);
        let outlet = crate::driver::Outlet {
            events: events.clone(),
            view,
            metrics,
        };
        let mut driver = Driver::new(&settings, gate, incoming, outlet)?;
        let listening = driver.listen(&settings.listen).await?;
        let network = Self {
            local: settings.key.public().to_peer_id(),
            listening: listening.into(),
            commands,
            events,
            peers,
        };
        Ok((network, tokio::spawn(driver.run())))
    }

    /// Who this node is.
    pub fn local(&self) -> PeerId {
        self.local
    }

    /// Where it listens, with its id: what others need to connect.
    pub fn addresses(&self) -> Vec<Multiaddr> {
        let addresses = self.listening.iter().cloned();
        let addresses = addresses.filter_map(|address| address.with_p2p(self.local).ok());
        addresses.collect()
    }

    /// Sends the bytes of a transaction to peers, and by them to all nodes. The gate is
    /// not asked: only what it took may be published. With no peers it is sent when one
    /// comes.
    ///
    /// # Errors
    /// [`PublishError`].
    pub fn publish(&self, transaction: Vec<u8>) -> Result<(), PublishError> {
        let sent = self.commands.try_send(Command::Publish(transaction));
        sent.map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => PublishError::Busy,
            mpsc::error::TrySendError::Closed(_) => PublishError::Stopped,
        })
    }

    /// Asks peers for a code, one after another, until one has it. What comes back has
    /// that hash.
    ///
    /// # Errors
    /// [`FetchError`]. It takes ten seconds for each peer that does not answer.
    pub async fn fetch_code(&self, hash: Hash) -> Result<Vec<u8>, FetchError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(Command::Fetch { hash, reply }).await;
        sent.map_err(|_| FetchError::Stopped)?;
        answer.await.unwrap_or(Err(FetchError::Stopped))
    }

    /// The peers, at most a second ago.
    pub fn peers(&self) -> Arc<[PeerInfo]> {
        self.peers.borrow().clone()
    }

    /// Throws a peer out, and takes no connection of it for a time.
    pub async fn ban(&self, peer: PeerId, time: Duration) {
        // Fails if the network has stopped: then nobody is connected.
        let _ = self.commands.send(Command::Ban { peer, time }).await;
    }

    /// What happens from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
