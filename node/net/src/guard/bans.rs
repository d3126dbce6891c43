//! Who is banned, and until when.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use libp2p::PeerId;
use tokio::time::Instant;

/// So many banned peers at an address ban the address: identities cost nothing. An
/// address may be that of many nodes behind one router, so one is not enough.
pub(super) const PER_ADDRESS: usize = 4;
/// Most bans that are remembered: two megabytes. Then those that end first go.
const REMEMBERED: usize = 10_000;

/// Peers that are not talked to.
#[derive(Debug, Default)]
pub(super) struct Bans {
    peers: BTreeMap<PeerId, Ban>,
}

#[derive(Debug)]
struct Ban {
    until: Instant,
    address: Option<IpAddr>,
}

impl Bans {
    pub(super) fn add(&mut self, peer: PeerId, address: Option<IpAddr>, until: Instant) {
        if self.peers.len() >= REMEMBERED {
            let first = self.peers.iter().min_by_key(|(_, ban)| ban.until);
            if let Some((&first, _)) = first {
                self.peers.remove(&first);
            }
        }
        // All nodes of this machine have the same address.
        let address = address.filter(|address| !address.is_loopback());
        self.peers.insert(peer, Ban { until, address });
    }

    pub(super) fn has(&self, peer: &PeerId, now: Instant) -> bool {
        self.peers.get(peer).is_some_and(|ban| ban.until > now)
    }

    pub(super) fn has_address(&self, address: &IpAddr, now: Instant) -> bool {
        let bans = self.peers.iter().filter(|(_, ban)| ban.until > now);
        let here = bans.filter(|(_, ban)| ban.address.as_ref() == Some(address));
        let peers: BTreeSet<&PeerId> = here.map(|(peer, _)| peer).take(PER_ADDRESS).collect();
        peers.len() >= PER_ADDRESS
    }

    pub(super) fn forget(&mut self, now: Instant) {
        self.peers.retain(|_, ban| ban.until > now);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn bans_end_and_this_machine_is_never_banned() {
        let (mut bans, now) = (Bans::default(), Instant::now());
        let until = now + Duration::from_secs(1);
        let here: IpAddr = [127, 0, 0, 1].into();
        let peers: Vec<PeerId> = (0..PER_ADDRESS).map(|_| PeerId::random()).collect();
        for &peer in &peers {
            bans.add(peer, Some(here), until);
        }
        assert!(bans.has(&peers[0], now) && !bans.has(&PeerId::random(), now));
        assert!(!bans.has_address(&here, now));
        assert!(!bans.has(&peers[0], until));
        bans.forget(until);
        assert!(bans.peers.is_empty());
    }

    #[test]
    fn they_are_bounded() {
        let (mut bans, now) = (Bans::default(), Instant::now());
        let first = PeerId::random();
        bans.add(first, None, now + Duration::from_secs(1));
        for _ in 0..REMEMBERED {
            bans.add(PeerId::random(), None, now + Duration::from_secs(2));
        }
        assert_eq!(bans.peers.len(), REMEMBERED);
        assert!(!bans.has(&first, now));
    }
}
