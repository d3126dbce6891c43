//! The loop that drives the swarm.
//!
//! ```text
//!   swarm ──transaction──> rate of the peer ──> its line ──in turns──> workers ──> gate
//!     ^                        │ too much          │ full                            │
//!     │                        v                   v                                 v
//!     └──<── forward, ignore, reject <────────────────────────────────────── verdict
//! ```

mod codes;
mod peers;
mod publish;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use hull_types::host_api::Hash;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Swarm, gossipsub, identify, kad, ping, swarm};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::behaviour::{Behaviour, BehaviourEvent, topic};
use crate::dials::Dials;
use crate::fetch::{Fetches, Reply};
use crate::gate::Gate;
use crate::guard::{Denied, ip_of};
use crate::metrics::{Counted, Metrics};
use crate::names::Names;
use crate::network::{Event, PeerInfo};
use crate::queue::{FairQueue, QueueLimits};
use crate::settings::{Limits, Settings, StartError};
use crate::standing::Standings;
use peers::Peer;
use publish::Unsent;
use work::{Done, Job};

/// How often scores are looked at, late ones thrown out, and the view renewed.
const TICK: Duration = Duration::from_secs(1);
/// A connection without use is kept: the guard bounds how many there are.
const IDLE: Duration = Duration::from_secs(u32::MAX as u64);
/// Streams of a connection whose protocol is not agreed upon yet. Each buffers up to a
/// quarter of a megabyte; libp2p's own protocols open fewer.
const NEGOTIATING: usize = 16;

/// What the node asks of its network.
pub(crate) enum Command {
    Publish(Vec<u8>),
    Fetch { hash: Hash, reply: Reply },
    Ban { peer: PeerId, time: Duration },
}

/// What comes out of the loop beside the network itself.
pub(crate) struct Outlet {
    pub(crate) events: broadcast::Sender<Event>,
    pub(crate) view: watch::Sender<Arc<[PeerInfo]>>,
    pub(crate) metrics: Metrics,
}

/// The loop, and all that it knows.
pub(crate) struct Driver {
    swarm: Swarm<Behaviour>,
    gate: Arc<dyn Gate>,
    commands: mpsc::Receiver<Command>,
    outlet: Outlet,
    limits: Limits,
    /// What peers of our chain say that they speak.
    version: String,
    topic: gossipsub::TopicHash,
    discovery: libp2p::StreamProtocol,
    peers: BTreeMap<PeerId, Peer>,
    standings: Standings,
    dials: Dials,
    queue: FairQueue<PeerId, Job>,
    working: JoinSet<Done>,
    fetches: Fetches,
    unsent: Unsent,
}

impl Driver {
    pub(crate) fn new(
        settings: &Settings,
        gate: Arc<dyn Gate>,
        commands: mpsc::Receiver<Command>,
        outlet: Outlet,
    ) -> Result<Self, StartError> {
        let names = Names::new(&settings.chain_id);
        let known = settings.known()?;
        let local = settings.key.public().to_peer_id();
        let behaviour = Behaviour::new(settings, known.iter().map(|(peer, _)| *peer).collect())?;
        let config = swarm::Config::with_tokio_executor()
            .with_idle_connection_timeout(IDLE)
            .with_max_negotiating_inbound_streams(NEGOTIATING);
        let transport = crate::transport::transport(&settings.key)?;
        let mut swarm = Swarm::new(transport, behaviour, local, config);
        for address in &settings.external {
            swarm.add_external_address(address.clone());
        }
        let limits = settings.limits;
        Ok(Self {
            swarm,
            gate,
            commands,
            outlet,
            limits,
            version: names.version(),
            topic: topic(&names).hash(),
            discovery: names.discovery(),
            peers: BTreeMap::new(),
            standings: Standings::default(),
            dials: Dials::new(local, known, Instant::now()),
            queue: FairQueue::new(QueueLimits {
                items: limits.queue,
                bytes: limits.queue_bytes,
            }),
            working: JoinSet::new(),
            fetches: Fetches::default(),
            unsent: Unsent::default(),
        })
    }

    /// Listens, and says where. An address of all interfaces becomes one of each.
    pub(crate) async fn listen(
        &mut self,
        addresses: &[Multiaddr],
    ) -> Result<Vec<Multiaddr>, StartError> {
        let mut listening = Vec::new();
        for address in addresses {
            let failed = |reason: String| StartError::Listen {
                address: address.clone(),
                reason,
            };
            require_free(address).map_err(|error| failed(error.to_string()))?;
            let listener = self.swarm.listen_on(address.clone());
            let listener = listener.map_err(|error| failed(reason(&error)))?;
            loop {
                match self.swarm.select_next_some().await {
                    SwarmEvent::NewListenAddr {
                        listener_id,
                        address,
                    } if listener_id == listener => {
                        listening.push(address);
                        break;
                    }
                    SwarmEvent::ListenerClosed {
                        listener_id,
                        reason: Err(error),
                        ..
                    } if listener_id == listener => return Err(failed(error.to_string())),
                    other => self.on_swarm(other),
                }
            }
        }
        Ok(listening)
    }

    /// Goes on until nobody has a handle any more.
    pub(crate) async fn run(mut self) {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let dial = self.dials.next();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_swarm(event),
                command = self.commands.recv() => match command {
                    Some(command) => self.on_command(command),
                    None => break,
                },
                Some(done) = self.working.join_next() => self.on_done(done),
                () = sleep_until(dial.unwrap_or_else(Instant::now)), if dial.is_some() => self.dial(),
                _ = tick.tick() => self.on_tick(),
            }
            self.start_work();
        }
        tracing::debug!("the network has stopped");
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Publish(transaction) => self.publish(transaction),
            Command::Fetch { hash, reply } => self.fetch(hash, reply),
            Command::Ban { peer, time } => {
                self.ban(peer, time, "the operator asked for it".into());
            }
        }
    }

    fn on_swarm(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(event) => self.on_behaviour(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                endpoint,
                connection_id,
                ..
            } => self.on_connected(peer_id, connection_id, &endpoint),
            SwarmEvent::ConnectionClosed {
                peer_id,
                connection_id,
                cause,
                ..
            } => {
                tracing::debug!(peer = %peer_id, ?cause, "connection closed");
                self.on_disconnected(peer_id, connection_id);
            }
            SwarmEvent::IncomingConnectionError { error, .. } => match error {
                ListenError::Denied { cause } => self.on_denied(&cause),
                error => tracing::debug!(%error, "an incoming connection failed"),
            },
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                tracing::debug!(peer = ?peer_id, %error, "dialling failed");
                if let swarm::DialError::Denied { cause } = &error {
                    self.on_denied(cause);
                }
            }
            SwarmEvent::NewListenAddr { address, .. } => {
                tracing::info!(%address, "listening for peers");
            }
            _ => (),
        }
    }

    fn on_behaviour(&mut self, event: BehaviourEvent) {
        match event {
            BehaviourEvent::Gossip(event) => self.on_gossip(event),
            BehaviourEvent::Codes(event) => self.on_codes(event),
            BehaviourEvent::Identify(identify::Event::Received { peer_id, info, .. }) => {
                self.on_identified(peer_id, info);
            }
            BehaviourEvent::Discovery(kad::Event::RoutingUpdated {
                peer,
                is_new_peer: true,
                ..
            }) => self.on_discovered(peer),
            BehaviourEvent::Ping(ping::Event {
                peer,
                result: Err(error),
                ..
            }) => self.on_silence(peer, &error),
            _ => (),
        }
    }

    fn on_gossip(&mut self, event: gossipsub::Event) {
        match event {
            gossipsub::Event::Message {
                propagation_source,
                message_id,
                message,
            } => self.on_transaction(propagation_source, message_id, message.data),
            gossipsub::Event::Subscribed { peer_id, topic } if topic == self.topic => {
                self.tell(Event::Subscribed(peer_id));
                self.publish_unsent();
            }
            gossipsub::Event::GossipsubNotSupported { peer_id } => {
                tracing::debug!(peer = %peer_id, "the peer does not speak of our transactions");
            }
            _ => (),
        }
    }

    fn on_denied(&self, cause: &swarm::ConnectionDenied) {
        match cause.downcast_ref::<Denied>() {
            Some(denied) => {
                self.count().refused(denied.word());
                self.tell(Event::Refused(*denied));
            }
            None => self.count().refused("pending"),
        }
    }

    fn tell(&self, event: Event) {
        // Fails if nobody listens.
        let _ = self.outlet.events.send(event);
    }

    fn count(&self) -> &Counted {
        self.outlet.metrics.counted()
    }
}

/// libp2p shares ports with other processes that also do, so that two nodes with the same
/// settings would get half of the connections each.
fn require_free(address: &Multiaddr) -> std::io::Result<()> {
    let port = address.iter().find_map(|part| match part {
        Protocol::Tcp(port) => Some(port),
        _ => None,
    });
    match (ip_of(address), port) {
        (Some(ip), Some(port @ 1..)) => std::net::TcpListener::bind((ip, port)).map(drop),
        _ => Ok(()),
    }
}

fn reason(error: &libp2p::TransportError<std::io::Error>) -> String {
    match error {
        libp2p::TransportError::MultiaddrNotSupported(_) => {
            "it is no address of TCP, such as /ip4/0.0.0.0/tcp/4860".into()
        }
        libp2p::TransportError::Other(error) => {
            let mut cause: &dyn std::error::Error = error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            cause.to_string()
        }
    }
}
