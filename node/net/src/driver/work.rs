//! What peers send is looked at: in turns, off the loop.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hull_types::host_api::{Hash, code_hash};
use libp2p::PeerId;
use libp2p::gossipsub::{MessageAcceptance, MessageId};
use libp2p::request_response::ResponseChannel;
use tokio::task::JoinError;
use tokio::time::Instant;

use super::Driver;
use crate::code::Answer;
use crate::gate::{Gate, Verdict};
use crate::standing::Offence;

/// What is to be done for or about a peer.
pub(super) enum Job {
    /// Judge a transaction.
    Transaction { id: MessageId, bytes: Vec<u8> },
    /// Answer a question for a code.
    Serve {
        hash: Hash,
        channel: ResponseChannel<Answer>,
    },
    /// See whether an answer has its hash.
    Check { hash: Hash, code: Vec<u8> },
}

/// What came of it.
pub(super) enum Done {
    Transaction {
        peer: PeerId,
        id: MessageId,
        verdict: Verdict,
    },
    Serve {
        channel: ResponseChannel<Answer>,
        answer: Answer,
    },
    Check {
        peer: PeerId,
        hash: Hash,
        code: Option<Vec<u8>>,
    },
}

impl Job {
    /// Runs on a thread that may block.
    fn run(self, peer: PeerId, gate: &dyn Gate) -> Done {
        match self {
            Self::Transaction { id, bytes } => {
                let judged = caught(|| gate.transaction(&bytes));
                let verdict = judged.unwrap_or(Verdict::Ignore);
                Done::Transaction { peer, id, verdict }
            }
            Self::Serve { hash, channel } => {
                let code = caught(|| gate.code(&hash)).flatten();
                let answer = code.map_or(Answer::Missing, Answer::Found);
                Done::Serve { channel, answer }
            }
            Self::Check { hash, code } => {
                let code = (code_hash(&code) == hash).then_some(code);
                Done::Check { peer, hash, code }
            }
        }
    }
}

/// A gate that panics takes nothing with it.
fn caught<T>(ask: impl FnOnce() -> T) -> Option<T> {
    let answer = catch_unwind(AssertUnwindSafe(ask));
    if answer.is_err() {
        tracing::error!("the gate of the network panicked; this is a bug");
    }
    answer.ok()
}

impl Driver {
    /// A transaction came from a peer.
    pub(super) fn on_transaction(&mut self, peer: PeerId, id: MessageId, bytes: Vec<u8>) {
        let now = Instant::now();
        let size = bytes.len();
        let may = self
            .peers
            .get_mut(&peer)
            .is_some_and(|peer| peer.transactions.draw(1, now) && peer.bytes.draw(size, now));
        let job = Job::Transaction { id, bytes };
        let refused = match may {
            true => self.queue.push(peer, size, job).err(),
            false => Some(job),
        };
        let Some(Job::Transaction { id, .. }) = refused else {
            return;
        };
        self.count().transaction("dropped");
        self.report(&peer, &id, MessageAcceptance::Ignore);
        self.offended(peer, Offence::TooMuch, || {
            "it sent far more transactions than it may".into()
        });
    }

    /// Gives workers what waits.
    pub(super) fn start_work(&mut self) {
        while self.working.len() < self.limits.workers.max(1) {
            let Some((peer, job)) = self.queue.pop() else {
                return;
            };
            let gate = Arc::clone(&self.gate);
            self.working.spawn_blocking(move || job.run(peer, &*gate));
        }
    }

    pub(super) fn on_done(&mut self, done: Result<Done, JoinError>) {
        match done {
            Ok(Done::Transaction { peer, id, verdict }) => self.on_verdict(peer, &id, verdict),
            Ok(Done::Serve { channel, answer }) => self.answer(channel, answer),
            Ok(Done::Check { peer, hash, code }) => self.on_checked(peer, hash, code),
            // Nothing that a worker runs panics, and nobody aborts one.
            Err(error) => tracing::error!(%error, "a worker of the network failed"),
        }
    }

    fn on_verdict(&mut self, peer: PeerId, id: &MessageId, verdict: Verdict) {
        match verdict {
            Verdict::Accept => {
                self.count().transaction("accepted");
                self.report(&peer, id, MessageAcceptance::Accept);
            }
            Verdict::Ignore => {
                self.count().transaction("ignored");
                self.report(&peer, id, MessageAcceptance::Ignore);
            }
            Verdict::Reject(why) => {
                self.count().transaction("rejected");
                tracing::debug!(%peer, why, "an invalid transaction");
                self.report(&peer, id, MessageAcceptance::Reject);
                self.offended(peer, Offence::Invalid, || {
                    format!("it sent an invalid transaction: {why}")
                });
            }
        }
    }

    fn report(&mut self, peer: &PeerId, id: &MessageId, acceptance: MessageAcceptance) {
        let gossip = &mut self.swarm.behaviour_mut().gossip;
        gossip.report_message_validation_result(id, peer, acceptance);
    }

    /// A peer that is gone gets no more work done.
    pub(super) fn drop_work(&mut self, peer: &PeerId) {
        let dropped: Vec<Job> = self.queue.remove(peer).collect();
        for job in dropped {
            match job {
                Job::Transaction { id, .. } => {
                    self.count().transaction("dropped");
                    self.report(peer, &id, MessageAcceptance::Ignore);
                }
                // Dropping the channel closes the stream.
                Job::Serve { .. } => (),
                Job::Check { hash, .. } => self.ask_next(&hash),
            }
        }
    }
}
