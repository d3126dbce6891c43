//! Who is connected, and how much each address may.

#![expect(
    clippy::disallowed_methods,
    reason = "rates are of the clock; nothing of it enters a result"
)]

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::rate::{Bucket, Flow};
use crate::settings::Settings;

/// The addresses that are connected or asked lately.
#[derive(Clone)]
pub(crate) struct Peers(Arc<Shared>);

struct Shared {
    since: Instant,
    flow: Flow,
    connections: u32,
    per_address: u32,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connections: u32,
    peers: BTreeMap<IpAddr, Peer>,
}

struct Peer {
    connections: u32,
    bucket: Bucket,
}

/// Most addresses remembered beyond those that are connected. Then those whose
/// buckets are full again are forgotten, and of the rest it does not matter much.
const REMEMBERED: usize = 100_000;

/// A connection that counts. Given back when dropped.
pub(crate) struct Connected {
    peers: Peers,
    address: IpAddr,
}

/// Why a connection is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There are too many in all.
    Full,
    /// There are too many of this address.
    Address,
}

impl Peers {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self(Arc::new(Shared {
            since: Instant::now(),
            flow: Flow {
                per_second: settings.rate,
                most: settings.burst,
            },
            connections: settings.connections,
            per_address: settings.connections_per_address,
            state: Mutex::default(),
        }))
    }

    pub(crate) fn connect(&self, address: IpAddr) -> Result<Connected, Refused> {
        let mut state = self.state();
        if state.connections >= self.0.connections {
            return Err(Refused::Full);
        }
        let per_address = self.0.per_address;
        let peer = self.peer(&mut state, address);
        if peer.connections >= per_address {
            return Err(Refused::Address);
        }
        peer.connections += 1;
        state.connections += 1;
        Ok(Connected {
            peers: self.clone(),
            address,
        })
    }

    /// Whether an address may make a call of a weight now.
    pub(crate) fn draw(&self, address: IpAddr, weight: u32) -> bool {
        let now = self.0.since.elapsed();
        let mut state = self.state();
        let flow = self.0.flow;
        self.peer(&mut state, address)
            .bucket
            .draw(flow, weight, now)
    }

    /// Connections now.
    pub(crate) fn connections(&self) -> u32 {
        self.state().connections
    }

    fn peer<'s>(&self, state: &'s mut State, address: IpAddr) -> &'s mut Peer {
        let (now, flow) = (self.0.since.elapsed(), self.0.flow);
        if state.peers.len() >= REMEMBERED {
            let keep = |peer: &Peer| peer.connections > 0 || !peer.bucket.is_full(flow, now);
            state.peers.retain(|_, peer| keep(peer));
            if state.peers.len() >= REMEMBERED {
                state.peers.retain(|_, peer| peer.connections > 0);
            }
        }
        state.peers.entry(address).or_insert_with(|| Peer {
            connections: 0,
            bucket: Bucket::full(flow, now),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        let mut state = self.peers.state();
        state.connections = state.connections.saturating_sub(1);
        if let Some(peer) = state.peers.get_mut(&self.address) {
            peer.connections = peer.connections.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peers() -> Peers {
        Peers::new(&Settings {
            connections: 3,
            connections_per_address: 2,
            rate: 1,
            burst: 2,
            ..Settings::default()
        })
    }

    #[test]
    fn nobody_takes_all_connections() {
        let (peers, here, there) = (peers(), IpAddr::from([1; 4]), IpAddr::from([2; 4]));
        let first = peers.connect(here).ok().unwrap();
        let _second = peers.connect(here).ok().unwrap();
        assert_eq!(peers.connect(here).err(), Some(Refused::Address));
        let _third = peers.connect(there).ok().unwrap();
        assert_eq!(peers.connect(there).err(), Some(Refused::Full));
        drop(first);
        assert_eq!(peers.connections(), 2);
        assert!(peers.connect(here).is_ok());
    }

    #[test]
    fn rates_are_of_addresses() {
        let peers = peers();
        let (here, there) = (IpAddr::from([1; 4]), IpAddr::from([2; 4]));
        assert!(peers.draw(here, 2));
        assert!(!peers.draw(here, 2));
        assert!(peers.draw(there, 2));
    }
}
