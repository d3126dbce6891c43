//! Transactions of this node go out.

use std::collections::VecDeque;

use libp2p::gossipsub::PublishError;

use super::Driver;

/// Most transactions that wait for a peer to send them to.
const UNSENT: usize = 20_000;
/// Most bytes of them.
const UNSENT_BYTES: usize = 16 * 1024 * 1024;

/// Transactions that could not be sent yet, as there was no peer. Beyond
/// its bounds the oldest are given up.
#[derive(Default)]
pub(super) struct Unsent {
    transactions: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Unsent {
    /// Keeps one, and says how many are given up for it.
    fn keep(&mut self, transaction: Vec<u8>) -> usize {
        self.bytes += transaction.len();
        self.transactions.push_back(transaction);
        let mut dropped = 0;
        while self.transactions.len() > UNSENT || self.bytes > UNSENT_BYTES {
            drop(self.next());
            dropped += 1;
        }
        dropped
    }

    fn next(&mut self) -> Option<Vec<u8>> {
        let next = self.transactions.pop_front()?;
        self.bytes -= next.len();
        Some(next)
    }

    fn put_back(&mut self, transaction: Vec<u8>) {
        self.bytes += transaction.len();
        self.transactions.push_front(transaction);
    }
}

impl Driver {
    pub(super) fn publish(&mut self, transaction: Vec<u8>) {
        if let Err(transaction) = self.try_publish(transaction) {
            self.count().published("late");
            for _ in 0..self.unsent.keep(transaction) {
                self.count().published("dropped");
            }
        }
    }

    /// Sends what could not be sent before, in order.
    pub(super) fn publish_unsent(&mut self) {
        while let Some(transaction) = self.unsent.next() {
            if let Err(transaction) = self.try_publish(transaction) {
                return self.unsent.put_back(transaction);
            }
        }
    }

    /// Sends, or gives back what may be sent later.
    fn try_publish(&mut self, transaction: Vec<u8>) -> Result<(), Vec<u8>> {
        let topic = self.topic.clone();
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        match gossip.publish(topic, transaction.clone()) {
            Ok(_) => self.count().published("sent"),
            // It came from a peer in the meantime, or was sent before.
            Err(PublishError::Duplicate) => (),
            Err(PublishError::NoPeersSubscribedToTopic) => return Err(transaction),
            Err(error) => {
                tracing::warn!(%error, bytes = transaction.len(), "a transaction cannot be published");
                self.count().published("dropped");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_given_up() {
        let mut unsent = Unsent::default();
        for number in 0..16 {
            assert_eq!(unsent.keep(vec![number; 1024 * 1024]), 0);
        }
        assert_eq!(unsent.keep(vec![16; 1]), 1);
        let first = unsent.next().unwrap();
        assert_eq!(first[0], 1);
        unsent.put_back(first);
        assert_eq!(unsent.next().unwrap()[0], 1);
        let left = std::iter::from_fn(|| unsent.next()).count();
        assert_eq!((left, unsent.bytes), (15, 0));
    }
}
