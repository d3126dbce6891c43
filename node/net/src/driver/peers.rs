//! Peers come and go.

use std::time::Duration;

use libp2p::core::ConnectedPoint;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError};
use libp2p::{Multiaddr, PeerId, identify, ping};
use tokio::time::Instant;

use super::Driver;
use crate::addresses::{PER_PEER, is_worth_keeping};
use crate::bucket::{Bucket, Flow};
use crate::metrics::set;
use crate::network::{Direction, Event, PeerInfo};
use crate::settings::Limits;
use crate::standing::{OUT, Offence};

/// How long a peer may take to say which chain it is of.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// How long a node of another chain is not talked to: its operator has to change
/// something first.
const OTHER_CHAIN: Duration = Duration::from_secs(60);
/// How long it stays connected: it is to find out as well.
const FAREWELL: Duration = Duration::from_secs(1);
/// Peers that are dialled at once when there are too few.
const DIALLED_AT_ONCE: usize = 4;
/// Most letters that are kept of what a peer says of itself.
const AGENT_LETTERS: usize = 64;

/// A connected peer.
pub(super) struct Peer {
    connection: ConnectionId,
    address: Multiaddr,
    direction: Direction,
    since: Instant,
    /// Its software, once it has said that it is of our chain.
    agent: Option<String>,
    /// It has said that it is not.
    is_other_chain: bool,
    pub(super) transactions: Bucket,
    pub(super) bytes: Bucket,
    pub(super) codes: Bucket,
}

impl Peer {
    fn new(connection: ConnectionId, endpoint: &ConnectedPoint, limits: &Limits) -> Self {
        let now = Instant::now();
        let bucket = |per_second, most| Bucket::full(Flow { per_second, most }, now);
        Self {
            connection,
            address: endpoint.get_remote_address().clone(),
            direction: match endpoint.is_dialer() {
                true => Direction::Outbound,
                false => Direction::Inbound,
            },
            since: now,
            agent: None,
            is_other_chain: false,
            transactions: bucket(limits.transactions, limits.transactions_burst),
            bytes: bucket(limits.bytes, limits.bytes_burst),
            codes: bucket(limits.codes, limits.codes_burst),
        }
    }
}

impl Driver {
    pub(super) fn on_connected(
        &mut self,
        peer: PeerId,
        connection: ConnectionId,
        endpoint: &ConnectedPoint,
    ) {
        self.dials.connected(&peer);
        // The guard sees to it that there is one.
        self.peers
            .insert(peer, Peer::new(connection, endpoint, &self.limits));
        let score = self.standings.score(&peer, Instant::now());
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.set_application_score(&peer, score);
    }

    pub(super) fn on_disconnected(&mut self, peer: PeerId, connection: ConnectionId) {
        let is_it = |known: &Peer| known.connection == connection;
        if !self.peers.get(&peer).is_some_and(is_it) {
            return;
        }
        let Some(gone) = self.peers.remove(&peer) else {
            return;
        };
        self.drop_work(&peer);
        let now = Instant::now();
        self.dials.disconnected(&peer, now);
        if gone.agent.is_some() {
            self.tell(Event::Disconnected(peer));
            self.renew_view();
        } else if gone.direction == Direction::Outbound
            && !self.swarm.behaviour().guard.is_banned(&peer, now)
        {
            self.dials.once_more(peer, gone.address, now);
        }
    }

    /// The peer said who it is.
    pub(super) fn on_identified(&mut self, peer: PeerId, info: identify::Info) {
        if info.protocol_version != self.version {
            return self.on_other_chain(peer, &info.protocol_version);
        }
        let Some(known) = self.peers.get_mut(&peer) else {
            return;
        };
        let agent = info.agent_version.chars().take(AGENT_LETTERS);
        let is_new = known.agent.replace(agent.collect()).is_none();
        if info.protocols.contains(&self.discovery) {
            let told = info.listen_addrs.iter();
            let kept = told.filter(|told| is_worth_keeping(told, &known.address));
            for address in kept.take(PER_PEER) {
                let discovery = &mut self.swarm.behaviour_mut().discovery;
                discovery.add_address(&peer, address.clone());
            }
        }
        if is_new {
            tracing::debug!(%peer, "peer connected");
            self.tell(Event::Connected(peer));
            self.renew_view();
        }
    }

    fn on_other_chain(&mut self, peer: PeerId, speaks: &str) {
        match self.peers.get_mut(&peer) {
            // It goes with the next tick: its operator is to be told as well.
            Some(known) if !known.is_other_chain => known.is_other_chain = true,
            _ => return,
        }
        let speaks: String = speaks.chars().take(2 * AGENT_LETTERS).collect();
        tracing::warn!(
            %peer, speaks, ours = self.version,
            "a peer is of another chain or version; if it is one of network.peers, its genesis or its software differs from ours"
        );
        self.count().refused("other chain");
        let until = Instant::now() + OTHER_CHAIN;
        self.dials.not_before(&peer, until);
        self.swarm.behaviour_mut().guard.avoid(peer, until);
        self.tell(Event::OtherChain { peer, speaks });
    }

    /// A peer does not answer any more; its machine may be gone without a word.
    pub(super) fn on_silence(&mut self, peer: PeerId, error: &ping::Failure) {
        if matches!(error, ping::Failure::Unsupported) {
            return;
        }
        tracing::debug!(%peer, %error, "the peer is silent");
        // Fails if it is disconnected already.
        let _ = self.swarm.disconnect_peer_id(peer);
    }

    /// A peer that somebody else knows.
    pub(super) fn on_discovered(&mut self, peer: PeerId) {
        if self.peers.len() < self.limits.wanted {
            self.dial_one(peer, Vec::new());
        }
    }

    /// Dials those whose time has come.
    pub(super) fn dial(&mut self) {
        for (peer, addresses) in self.dials.due(Instant::now()) {
            self.dial_one(peer, addresses);
        }
    }

    fn dial_one(&mut self, peer: PeerId, addresses: Vec<Multiaddr>) {
        let options = DialOpts::peer_id(peer)
            .addresses(addresses)
            .extend_addresses_through_behaviour();
        match self.swarm.dial(options.build()) {
            // It is connected, or about to be.
            Ok(()) | Err(DialError::DialPeerConditionFalse(_)) => (),
            Err(error) => tracing::debug!(%peer, %error, "the peer cannot be dialled"),
        }
    }

    /// Looks for more peers if there are too few.
    fn look_for_more(&mut self) {
        if self.peers.len() >= self.limits.wanted {
            return;
        }
        let discovery = &mut self.swarm.behaviour_mut().discovery;
        let known: Vec<PeerId> = discovery
            .kbuckets()
            .flat_map(|bucket| {
                let entries = bucket.iter().map(|entry| *entry.node.key.preimage());
                entries.collect::<Vec<_>>()
            })
            .filter(|peer| !self.peers.contains_key(peer))
            .take(DIALLED_AT_ONCE)
            .collect();
        for peer in known {
            self.dial_one(peer, Vec::new());
        }
    }

    pub(super) fn on_tick(&mut self) {
        let now = Instant::now();
        self.standings.forget(now);
        self.swarm.behaviour_mut().guard.forget(now);
        let ids: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in ids {
            let score = self.standings.score(&peer, now);
            let gossip = &mut self.swarm.behaviour_mut().gossip;
            gossip.set_application_score(&peer, score);
            if self.score(&peer) <= OUT {
                let time = self.limits.ban;
                self.ban(peer, time, "it broke the rules of gossip".into());
            } else if self.has_to_go(&peer, now) {
                // Fails if it is disconnected already.
                let _ = self.swarm.disconnect_peer_id(peer);
            }
        }
        self.look_for_more();
        self.publish_unsent();
        self.renew_view();
    }

    /// Whether a peer has said nothing for too long, or the wrong thing.
    fn has_to_go(&self, peer: &PeerId, now: Instant) -> bool {
        let Some(peer) = self.peers.get(peer) else {
            return false;
        };
        let since = now.saturating_duration_since(peer.since);
        peer.agent.is_none() && since > INTRODUCTION || peer.is_other_chain && since > FAREWELL
    }

    fn score(&self, peer: &PeerId) -> f64 {
        let score = self.swarm.behaviour().gossip.peer_score(peer);
        score.unwrap_or_default()
    }

    /// Notes what a peer did, and throws it out if that was too much.
    pub(super) fn offended(
        &mut self,
        peer: PeerId,
        offence: Offence,
        why: impl FnOnce() -> String,
    ) {
        let now = Instant::now();
        let is_too_much = self.standings.note(peer, offence, now);
        let score = self.standings.score(&peer, now);
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.set_application_score(&peer, score);
        if is_too_much {
            let time = self.limits.ban;
            self.ban(peer, time, why());
        }
    }

    pub(super) fn ban(&mut self, peer: PeerId, time: Duration, why: String) {
        let now = Instant::now();
        let guard = &mut self.swarm.behaviour_mut().guard;
        if guard.is_banned(&peer, now) {
            return;
        }
        guard.ban(peer, now + time);
        self.standings.halve(peer, now);
        tracing::warn!(%peer, why, seconds = time.as_secs(), "peer banned");
        self.dials.not_before(&peer, now + time);
        self.swarm.behaviour_mut().discovery.remove_peer(&peer);
        self.drop_work(&peer);
        self.count().banned();
        self.tell(Event::Banned { peer, why });
    }

    /// Those of our chain, in the order of their ids.
    pub(super) fn proven(&self) -> impl Iterator<Item = PeerId> {
        let proven = self.peers.iter().filter(|(_, peer)| peer.agent.is_some());
        proven.map(|(peer, _)| *peer)
    }

    fn renew_view(&self) {
        let view = self.peers.iter().filter_map(|(id, peer)| {
            Some(PeerInfo {
                id: *id,
                address: peer.address.clone(),
                direction: peer.direction,
                score: self.score(id),
                since: peer.since,
                agent: peer.agent.clone()?,
            })
        });
        let view: Vec<PeerInfo> = view.collect();
        let is_in = |peer: &&PeerInfo| peer.direction == Direction::Inbound;
        let inbound = view.iter().filter(is_in).count();
        set(&self.count().inbound, inbound);
        set(&self.count().outbound, view.len() - inbound);
        let size = self.queue.size();
        set(&self.count().queue_items, size.items);
        set(&self.count().queue_bytes, size.bytes);
        self.outlet.view.send_replace(view.into());
    }
}
