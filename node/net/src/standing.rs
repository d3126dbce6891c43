//! How far a peer is from being thrown out.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

/// What a peer can do wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offence {
    /// It sent on what no honest node takes.
    Invalid,
    /// It answered a question for a code with other bytes.
    WrongCode,
    /// It sent more than its rate, once.
    TooMuch,
}

/// The score at which a peer is thrown out.
pub(crate) const OUT: f64 = -100.0;
/// The same in points.
const LIMIT: u64 = 100_000;
/// One point is forgiven in so much time, so that everything is after ten minutes.
const FORGIVEN: Duration = Duration::from_millis(6);
/// Most peers that are remembered: a megabyte. An attacker that makes identities to push
/// others out only makes them forgiven earlier.
const REMEMBERED: usize = 10_000;

impl Offence {
    /// Four invalid ones lead out: one may be a fault of the memory or of a version.
    /// A wrong code cannot be: its hash was asked for. Too much is no fault of one that
    /// only sends on, so a hundred thousandth part of what leads out.
    const fn points(self) -> u64 {
        match self {
            Self::Invalid => 25_000,
            Self::WrongCode => LIMIT,
            Self::TooMuch => 10,
        }
    }
}

/// The points of peers, also of those that went away and may come back.
#[derive(Debug, Default)]
pub(crate) struct Standings(BTreeMap<PeerId, Standing>);

#[derive(Clone, Copy, Debug)]
struct Standing {
    points: u64,
    at: Instant,
}

impl Standing {
    fn now(self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.at).as_millis() / FORGIVEN.as_millis();
        let forgiven = u64::try_from(passed).unwrap_or(u64::MAX);
        self.points.saturating_sub(forgiven)
    }
}

impl Standings {
    /// Notes an offence, and says whether it was one too many.
    pub(crate) fn note(&mut self, peer: PeerId, offence: Offence, now: Instant) -> bool {
        if self.0.len() >= REMEMBERED && !self.0.contains_key(&peer) {
            self.forget(now);
        }
        let before = self.points(&peer, now);
        let points = before.saturating_add(offence.points());
        self.0.insert(peer, Standing { points, at: now });
        points >= LIMIT
    }

    /// The score of a peer: 0 is the best, -100 leads out.
    pub(crate) fn score(&self, peer: &PeerId, now: Instant) -> f64 {
        let points = u32::try_from(self.points(peer, now)).unwrap_or(u32::MAX);
        -f64::from(points) / 1_000.0
    }

    /// Takes a ban for half of what it was for: who comes back is watched.
    pub(crate) fn halve(&mut self, peer: PeerId, now: Instant) {
        let points = self.points(&peer, now).min(LIMIT) / 2;
        self.0.insert(peer, Standing { points, at: now });
    }

    /// Forgets those to whom all is forgiven, and if they are still too many, the best.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.0.retain(|_, standing| standing.now(now) > 0);
        while self.0.len() >= REMEMBERED {
            let best = self.0.iter().min_by_key(|(_, standing)| standing.now(now));
            let Some((&best, _)) = best else { return };
            self.0.remove(&best);
        }
    }

    fn points(&self, peer: &PeerId, now: Instant) -> u64 {
        self.0.get(peer).map_or(0, |standing| standing.now(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offences_add_up_and_are_forgiven() {
        let (mut standings, peer, now) = (Standings::default(), PeerId::random(), Instant::now());
        for _ in 0..3 {
            assert!(!standings.note(peer, Offence::Invalid, now));
        }
        assert!(standings.score(&peer, now) < -70.0);
        assert!(standings.note(peer, Offence::Invalid, now));
        let later = now + Duration::from_secs(150);
        assert_eq!(standings.score(&peer, later), -75.0);
        let much_later = now + Duration::from_secs(601);
        assert_eq!(standings.score(&peer, much_later), 0.0);
        assert!(!standings.note(peer, Offence::Invalid, much_later));
        assert!(standings.note(peer, Offence::WrongCode, now));
        standings.halve(peer, now);
        assert_eq!(standings.score(&peer, now), -50.0);
        assert!(!standings.note(peer, Offence::Invalid, now));
        assert!(standings.note(peer, Offence::Invalid, now));
    }

    #[test]
    fn they_are_bounded_and_the_worst_stay() {
        let (mut standings, bad, now) = (Standings::default(), PeerId::random(), Instant::now());
        standings.note(bad, Offence::Invalid, now);
        for _ in 0..REMEMBERED + 10 {
            standings.note(PeerId::random(), Offence::TooMuch, now);
        }
        assert!(standings.0.len() <= REMEMBERED);
        assert!(standings.score(&bad, now) < 0.0);
    }
}
