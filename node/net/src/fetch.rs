//! Codes that are looked for: whom to ask next, and who waits for the answer.

use std::collections::{BTreeMap, BTreeSet};

use hull_types::host_api::Hash;
use libp2p::PeerId;
use libp2p::request_response::OutboundRequestId;
use tokio::sync::oneshot;

/// Most codes that are looked for at once: sixteen megabytes.
const AT_ONCE: usize = 16;
/// Most peers that are asked for a code, one after another. Every node of the chain has
/// every code; more than some without it means that nobody has.
const MOST_ASKED: usize = 8;

/// Who waits for a code.
pub(crate) type Reply = oneshot::Sender<Result<Vec<u8>, FetchError>>;

/// Why a code was not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No peer that was asked has it.
    #[error(
        "none of the {asked} peers that were asked has the code; ask again when there are more"
    )]
    NotFound {
        /// How many were asked.
        asked: usize,
    },
    /// Too many are looked for already.
    #[error("{AT_ONCE} codes are looked for already; ask again when one of them is there")]
    Busy,
    /// The network has stopped.
    #[error("the network has stopped")]
    Stopped,
}

/// The codes that are looked for.
#[derive(Default)]
pub(crate) struct Fetches(BTreeMap<Hash, Fetch>);

#[derive(Default)]
struct Fetch {
    waiting: Vec<Reply>,
    asked: BTreeSet<PeerId>,
    request: Option<OutboundRequestId>,
}

impl Fetches {
    /// Begins to look for a code, or joins those who wait for it. True if somebody has
    /// to be asked.
    pub(crate) fn begin(&mut self, hash: Hash, reply: Reply) -> bool {
        if let Some(fetch) = self.0.get_mut(&hash) {
            fetch.waiting.push(reply);
            return false;
        }
        if self.0.len() >= AT_ONCE {
            // Fails if nobody waits any more.
            let _ = reply.send(Err(FetchError::Busy));
            return false;
        }
        self.0.entry(hash).or_default().waiting.push(reply);
        true
    }

    /// Whom to ask next. If there is nobody left, those who wait are told so.
    pub(crate) fn next(
        &mut self,
        hash: &Hash,
        peers: impl Iterator<Item = PeerId>,
    ) -> Option<PeerId> {
        let fetch = self.0.get_mut(hash)?;
        fetch.request = None;
        fetch.waiting.retain(|reply| !reply.is_closed());
        let asked = fetch.asked.len();
        let mut left = peers.filter(|peer| !fetch.asked.contains(peer));
        let next = match asked < MOST_ASKED && !fetch.waiting.is_empty() {
            true => left.next(),
            false => None,
        };
        match next {
            Some(peer) => drop(fetch.asked.insert(peer)),
            None => self.end(hash, &Err(FetchError::NotFound { asked })),
        }
        next
    }

    /// The question to the next one is on its way.
    pub(crate) fn asked(&mut self, hash: &Hash, request: OutboundRequestId) {
        if let Some(fetch) = self.0.get_mut(hash) {
            fetch.request = Some(request);
        }
    }

    /// Which code a question was for.
    pub(crate) fn of(&self, request: OutboundRequestId) -> Option<Hash> {
        let mut fetches = self.0.iter();
        let found = fetches.find(|(_, fetch)| fetch.request == Some(request));
        found.map(|(hash, _)| *hash)
    }

    /// Tells those who wait.
    pub(crate) fn end(&mut self, hash: &Hash, found: &Result<Vec<u8>, FetchError>) {
        for reply in self.0.remove(hash).into_iter().flat_map(|it| it.waiting) {
            // Fails if nobody waits any more.
            let _ = reply.send(found.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_peer_is_asked_once_and_then_there_is_an_answer() {
        let (mut fetches, hash) = (Fetches::default(), Hash([1; 32]));
        let peers = [PeerId::random(), PeerId::random()];
        let (reply, mut answer) = oneshot::channel();
        assert!(fetches.begin(hash, reply));
        let (reply, mut second) = oneshot::channel();
        assert!(!fetches.begin(hash, reply));
        assert_eq!(fetches.next(&hash, peers.into_iter()), Some(peers[0]));
        assert_eq!(fetches.next(&hash, peers.into_iter()), Some(peers[1]));
        assert!(answer.try_recv().is_err());
        assert_eq!(fetches.next(&hash, peers.into_iter()), None);
        let not_found = Err(FetchError::NotFound { asked: 2 });
        assert_eq!(answer.try_recv().unwrap(), not_found);
        assert_eq!(second.try_recv().unwrap(), not_found);
    }

    #[test]
    fn nobody_is_asked_for_nobody_and_not_too_many_at_once() {
        let (mut fetches, hash) = (Fetches::default(), Hash([0; 32]));
        let (reply, answer) = oneshot::channel();
        fetches.begin(hash, reply);
        drop(answer);
        assert_eq!(fetches.next(&hash, [PeerId::random()].into_iter()), None);
        assert!(fetches.0.is_empty());
        let mut answers = Vec::new();
        for number in 0..=AT_ONCE {
            let (reply, answer) = oneshot::channel();
            fetches.begin(Hash([number as u8; 32]), reply);
            answers.push(answer);
        }
        assert_eq!(fetches.0.len(), AT_ONCE);
        assert_eq!(answers[AT_ONCE].try_recv().unwrap(), Err(FetchError::Busy));
    }
}
