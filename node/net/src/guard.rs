//! Who may connect: the part of the swarm that opens and shuts the door.
//!
//! libp2p asks it before and after the handshake of every connection. It speaks no
//! protocol.

mod bans;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::net::IpAddr;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use libp2p::core::transport::PortUse;
use libp2p::core::{ConnectedPoint, Endpoint};
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    CloseConnection, ConnectionClosed, ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

use crate::settings::Limits;
use bans::Bans;

/// A connection that lives so long is not one of two that were made at the same time:
/// if its peer connects again, the peer has lost it.
const SETTLED: Duration = Duration::from_secs(3);

/// Opens and shuts the door.
pub(crate) struct Guard {
    limits: Limits,
    /// The operator's peers.
    known: BTreeSet<PeerId>,
    only_known: bool,
    bans: Bans,
    open: BTreeMap<ConnectionId, Open>,
    closing: VecDeque<(PeerId, CloseConnection)>,
    waker: Option<Waker>,
}

struct Open {
    peer: PeerId,
    address: Option<IpAddr>,
    inbound: bool,
    since: Instant,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The peer did wrong lately.
    #[error("the peer is banned")]
    Banned,
    /// Several peers at its address did wrong lately.
    #[error("the address is banned")]
    AddressBanned,
    /// Only peers that the operator named are let in.
    #[error("the operator lets only named peers in")]
    Unknown,
    /// There are as many connections as may be.
    #[error("all connections are taken")]
    Full,
    /// There are as many of its address as may be.
    #[error("all connections of an address are taken")]
    Address,
    /// There is a connection to the peer already.
    #[error("the peer is connected already")]
    Again,
}

impl Denied {
    /// A word for metrics.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Banned => "banned",
            Self::AddressBanned => "address banned",
            Self::Unknown => "unknown",
            Self::Full => "full",
            Self::Address => "address",
            Self::Again => "again",
        }
    }
}

impl Guard {
    pub(crate) fn new(limits: Limits, known: BTreeSet<PeerId>, only_known: bool) -> Self {
        Self {
            limits,
            known,
            only_known,
            bans: Bans::default(),
            open: BTreeMap::new(),
            closing: VecDeque::new(),
            waker: None,
        }
    }

    /// Ends the connections of a peer, and takes none of it for a while. Several bans at
    /// an address ban the address.
    pub(crate) fn ban(&mut self, peer: PeerId, until: Instant) {
        let open = self.open.values().find(|open| open.peer == peer);
        self.bans
            .add(peer, open.and_then(|open| open.address), until);
        self.close(peer, CloseConnection::All);
    }

    /// Takes no further connection of a peer for a while, without blame.
    pub(crate) fn avoid(&mut self, peer: PeerId, until: Instant) {
        self.bans.add(peer, None, until);
    }

    /// Whether a peer is banned.
    pub(crate) fn is_banned(&self, peer: &PeerId, now: Instant) -> bool {
        self.bans.has(peer, now)
    }

    /// Forgets bans that are over.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.bans.forget(now);
    }

    fn close(&mut self, peer: PeerId, connection: CloseConnection) {
        self.closing.push_back((peer, connection));
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    fn check_address(&self, address: &Multiaddr, now: Instant) -> Result<(), Denied> {
        match ip_of(address).is_some_and(|address| self.bans.has_address(&address, now)) {
            true => Err(Denied::AddressBanned),
            false => Ok(()),
        }
    }

    /// Who the peer is has been proved.
    fn check_peer(&mut self, peer: &PeerId, inbound: bool, now: Instant) -> Result<(), Denied> {
        if self.bans.has(peer, now) {
            return Err(Denied::Banned);
        }
        if self.only_known && !self.known.contains(peer) {
            return Err(Denied::Unknown);
        }
        let other = self.open.iter().find(|(_, open)| open.peer == *peer);
        let Some((&connection, open)) = other else {
            return Ok(());
        };
        // A node that began anew does not know of its old connection, which may look
        // alive from here for long. Gossip tells its topics on the first connection of a
        // peer alone, so the new one has to be the first: the old one goes, and the
        // peer tries again.
        if inbound && now.saturating_duration_since(open.since) >= SETTLED {
            self.close(*peer, CloseConnection::One(connection));
        }
        Err(Denied::Again)
    }

    fn check_room(&self, peer: &PeerId, address: &Multiaddr, inbound: bool) -> Result<(), Denied> {
        if self.known.contains(peer) {
            return Ok(());
        }
        // The operator's peers do not count.
        let strangers = || {
            let open = self.open.values();
            open.filter(|open| !self.known.contains(&open.peer))
        };
        let inbounds = strangers().filter(|open| open.inbound).count();
        if strangers().count() >= self.limits.connections
            || inbound && inbounds >= self.limits.inbound
        {
            return Err(Denied::Full);
        }
        let address = ip_of(address);
        let same = strangers().filter(|open| address.is_some() && open.address == address);
        if inbound && same.count() >= self.limits.per_address {
            return Err(Denied::Address);
        }
        Ok(())
    }

    fn check(&mut self, peer: &PeerId, address: &Multiaddr, inbound: bool) -> Result<(), Denied> {
        self.check_peer(peer, inbound, Instant::now())?;
        self.check_room(peer, address, inbound)
    }

    fn opened(&mut self, peer: PeerId, connection: ConnectionId, endpoint: &ConnectedPoint) {
        let open = Open {
            peer,
            address: ip_of(endpoint.get_remote_address()),
            inbound: endpoint.is_listener(),
            since: Instant::now(),
        };
        self.open.insert(connection, open);
    }
}

/// The address of the internet in an address.
pub(crate) fn ip_of(address: &Multiaddr) -> Option<IpAddr> {
    address.iter().find_map(|part| match part {
        Protocol::Ip4(address) => Some(address.into()),
        Protocol::Ip6(address) => Some(address.into()),
        _ => None,
    })
}

impl NetworkBehaviour for Guard {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let checked = self.check_address(remote, Instant::now());
        checked.map_err(ConnectionDenied::new)
    }

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let checked = self.check(&peer, remote, true);
        checked.map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn handle_pending_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: Option<PeerId>,
        _: &[Multiaddr],
        _: Endpoint,
    ) -> Result<Vec<Multiaddr>, ConnectionDenied> {
        if let Some(peer) = peer {
            let checked = self.check_peer(&peer, false, Instant::now());
            checked.map_err(ConnectionDenied::new)?;
        }
        Ok(Vec::new())
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        peer: PeerId,
        remote: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let checked = self.check(&peer, remote, false);
        checked.map_err(ConnectionDenied::new)?;
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm) {
        match event {
            FromSwarm::ConnectionEstablished(opened) => {
                self.opened(opened.peer_id, opened.connection_id, opened.endpoint);
            }
            FromSwarm::ConnectionClosed(ConnectionClosed { connection_id, .. }) => {
                self.open.remove(&connection_id);
            }
            _ => (),
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        _: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        match event {}
    }

    fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        if let Some((peer_id, connection)) = self.closing.pop_front() {
            return Poll::Ready(ToSwarm::CloseConnection {
                peer_id,
                connection,
            });
        }
        self.waker = Some(context.waker().clone());
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(known: &[PeerId]) -> Guard {
        let limits = Limits {
            inbound: 3,
            connections: 4,
            per_address: 2,
            ..Limits::default()
        };
        Guard::new(limits, known.iter().copied().collect(), false)
    }

    fn at(host: u8) -> Multiaddr {
        format!("/ip4/192.0.2.{host}/tcp/1").parse().unwrap()
    }

    /// Connects as the swarm would.
    fn connect(guard: &mut Guard, peer: PeerId, host: u8, inbound: bool) -> Result<(), Denied> {
        let address = at(host);
        guard.check_address(&address, Instant::now())?;
        guard.check(&peer, &address, inbound)?;
        let connection = ConnectionId::new_unchecked(guard.open.len());
        let endpoint = match inbound {
            true => ConnectedPoint::Listener {
                local_addr: at(0),
                send_back_addr: address,
            },
            false => ConnectedPoint::Dialer {
                address,
                role_override: Endpoint::Dialer,
                port_use: PortUse::New,
            },
        };
        guard.opened(peer, connection, &endpoint);
        Ok(())
    }

    #[test]
    fn room_is_shared_and_the_operators_peers_always_have_it() {
        let known = PeerId::random();
        let mut guard = guard(&[known]);
        let mut come = |peer, host, inbound| connect(&mut guard, peer, host, inbound);
        let anybody = PeerId::random;
        assert_eq!(come(anybody(), 1, true), Ok(()));
        assert_eq!(come(anybody(), 1, true), Ok(()));
        assert_eq!(come(anybody(), 1, true), Err(Denied::Address));
        assert_eq!(come(anybody(), 2, true), Ok(()));
        assert_eq!(come(anybody(), 3, true), Err(Denied::Full));
        assert_eq!(come(anybody(), 3, false), Ok(()));
        assert_eq!(come(anybody(), 4, false), Err(Denied::Full));
        assert_eq!(come(known, 1, true), Ok(()));
        assert_eq!(come(known, 1, true), Err(Denied::Again));
    }

    #[test]
    fn only_named_peers_if_so_told() {
        let known = PeerId::random();
        let mut guard = guard(&[known]);
        guard.only_known = true;
        let stranger = connect(&mut guard, PeerId::random(), 1, true);
        assert_eq!(stranger, Err(Denied::Unknown));
        assert_eq!(connect(&mut guard, known, 1, true), Ok(()));
    }

    #[test]
    fn a_settled_connection_gives_way_to_its_peer() {
        let mut guard = guard(&[]);
        let peer = PeerId::random();
        connect(&mut guard, peer, 1, true).unwrap();
        assert_eq!(connect(&mut guard, peer, 1, true), Err(Denied::Again));
        assert!(guard.closing.is_empty(), "both are young");
        for open in guard.open.values_mut() {
            open.since -= SETTLED;
        }
        assert_eq!(connect(&mut guard, peer, 1, false), Err(Denied::Again));
        assert!(guard.closing.is_empty(), "it is we who dialled");
        assert_eq!(connect(&mut guard, peer, 1, true), Err(Denied::Again));
        assert_eq!(guard.closing.len(), 1);
    }

    #[test]
    fn many_bans_at_an_address_ban_it() {
        let mut guard = guard(&[]);
        let until = Instant::now() + Duration::from_secs(60);
        for host in [1, 2] {
            for _ in 0..bans::PER_ADDRESS - host {
                let peer = PeerId::random();
                connect(&mut guard, peer, host as u8, true).unwrap();
                guard.ban(peer, until);
                assert_eq!(connect(&mut guard, peer, 9, true), Err(Denied::Banned));
                guard.open.clear();
            }
        }
        let last = PeerId::random();
        connect(&mut guard, last, 1, true).unwrap();
        guard.ban(last, until);
        let stranger = PeerId::random();
        let refused = connect(&mut guard, stranger, 1, true);
        assert_eq!(refused, Err(Denied::AddressBanned));
        assert_eq!(connect(&mut guard, stranger, 2, true), Ok(()));
    }
}
