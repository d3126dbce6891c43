//! When to dial whom.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

/// The first wait after a failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait: a node that comes back is found soon, one that does not costs
/// little.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Of two nodes that know each other, the one with the greater id lets the other dial
/// first. If both dialled at once, each would refuse the other's connection.
const COURTESY: Duration = Duration::from_millis(700);

/// So long a stranger is not tried once more again: it refuses us for another reason.
const RETRIED: Duration = Duration::from_secs(60);

/// Peers that are to be dialled.
#[derive(Debug)]
pub(crate) struct Dials {
    local: PeerId,
    entries: BTreeMap<PeerId, Entry>,
    /// Those that were tried once more, and when.
    retried: BTreeMap<PeerId, Instant>,
}

#[derive(Debug)]
struct Entry {
    addresses: Vec<Multiaddr>,
    /// When it is dialled next; nothing while it is connected.
    at: Option<Instant>,
    failures: u32,
    /// Whether the operator wants a connection to it always.
    is_kept: bool,
}

impl Dials {
    pub(crate) fn new(local: PeerId, kept: Vec<(PeerId, Multiaddr)>, now: Instant) -> Self {
        let mut dials = Self {
            local,
            entries: BTreeMap::new(),
            retried: BTreeMap::new(),
        };
        // A list of everybody may be the same file on all nodes.
        for (peer, address) in kept.into_iter().filter(|(peer, _)| *peer != local) {
            let at = now + dials.courtesy(&peer);
            let entry = dials.entries.entry(peer).or_insert(Entry {
                addresses: Vec::new(),
                at: Some(at),
                failures: 0,
                is_kept: true,
            });
            entry.addresses.push(address);
        }
        dials
    }

    /// When the next one is to be dialled.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.entries.values().filter_map(|entry| entry.at).min()
    }

    /// Those that are to be dialled now, with what is known of where they are.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<(PeerId, Vec<Multiaddr>)> {
        let mut due = Vec::new();
        for (peer, entry) in &mut self.entries {
            if entry.at.is_some_and(|at| at <= now) {
                entry.failures = entry.failures.saturating_add(1);
                entry.at = Some(now + wait(entry.failures));
                due.push((*peer, entry.addresses.clone()));
            }
        }
        // Others are tried once.
        self.entries
            .retain(|_, entry| entry.is_kept || entry.failures == 0);
        due
    }

    /// A connection to it stands.
    pub(crate) fn connected(&mut self, peer: &PeerId) {
        if let Some(entry) = self.entries.get_mut(peer) {
            (entry.at, entry.failures) = (None, 0);
        }
        self.entries
            .retain(|_, entry| entry.is_kept || entry.at.is_some());
    }

    /// The connection to it ended.
    pub(crate) fn disconnected(&mut self, peer: &PeerId, now: Instant) {
        let courtesy = self.courtesy(peer);
        if let Some(entry) = self.entries.get_mut(peer) {
            let at = now + wait(entry.failures) + courtesy;
            entry.at = Some(entry.at.map_or(at, |planned| planned.min(at)));
        }
    }

    /// It is tried once more, if nobody else wants to: two that find each other at the
    /// same time refuse each other's connection.
    pub(crate) fn once_more(&mut self, peer: PeerId, address: Multiaddr, now: Instant) {
        self.retried.retain(|_, at| now < *at + RETRIED);
        if self.retried.contains_key(&peer) {
            return;
        }
        self.retried.insert(peer, now);
        let at = now + FIRST_WAIT + self.courtesy(&peer);
        self.entries.entry(peer).or_insert(Entry {
            addresses: vec![address],
            at: Some(at),
            failures: 0,
            is_kept: false,
        });
    }

    /// It is not to be dialled before a time.
    pub(crate) fn not_before(&mut self, peer: &PeerId, time: Instant) {
        match self.entries.get_mut(peer) {
            Some(entry) if entry.is_kept => entry.at = Some(time),
            Some(_) => drop(self.entries.remove(peer)),
            None => (),
        }
    }

    fn courtesy(&self, peer: &PeerId) -> Duration {
        match self.local < *peer {
            true => Duration::ZERO,
            false => COURTESY,
        }
    }
}

fn wait(failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(doubled / 2).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Multiaddr {
        "/ip4/127.0.0.1/tcp/1".parse().unwrap()
    }

    #[test]
    fn a_kept_peer_is_dialled_ever_less_often_until_it_answers() {
        let (start, peer, local) = (Instant::now(), PeerId::random(), PeerId::random());
        let mut dials = Dials::new(local, vec![(peer, address()), (local, address())], start);
        let mut now = start;
        let mut waits = Vec::new();
        for _ in 0..9 {
            let next = dials.next().unwrap();
            waits.push(next - now);
            now = next;
            assert_eq!(dials.due(now).len(), 1, "and not ourselves");
            assert!(dials.due(now).is_empty());
        }
        assert!(waits[0] <= COURTESY);
        assert_eq!(waits[1..4], [1, 2, 4].map(|it| FIRST_WAIT * it));
        assert_eq!(waits[8], LONGEST_WAIT);
        dials.connected(&peer);
        assert_eq!(dials.next(), None);
        dials.disconnected(&peer, now);
        assert!(dials.next().unwrap() <= now + COURTESY);
    }

    #[test]
    fn one_of_two_goes_first() {
        let (now, one, other) = (Instant::now(), PeerId::random(), PeerId::random());
        let next = |local, peer| Dials::new(local, vec![(peer, address())], now).next();
        assert_ne!(next(one, other), next(other, one));
    }

    #[test]
    fn a_stranger_is_tried_once_more() {
        let (now, peer) = (Instant::now(), PeerId::random());
        let mut dials = Dials::new(PeerId::random(), Vec::new(), now);
        dials.once_more(peer, address(), now);
        let at = dials.next().unwrap();
        assert!(at > now && dials.due(now).is_empty());
        assert_eq!(dials.due(at), [(peer, vec![address()])]);
        assert_eq!(dials.next(), None);
        dials.once_more(peer, address(), at);
        assert_eq!(dials.next(), None, "but not forever");
        dials.once_more(peer, address(), now + RETRIED);
        assert!(dials.next().is_some());
        dials.connected(&peer);
        assert_eq!(dials.next(), None);
    }
}
