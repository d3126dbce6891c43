//! What the engine asks the thread of the chain, and the answers that come later.

use std::time::Duration;

use malachitebft_app::engine::host::{HostMsg, LocallyProposedValue, Next, SyncedValueOutcome};
use malachitebft_core_types::{HeightParams, Round, ValueOrigin, ValueResponse, VoteExtensions};
use tokio::sync::oneshot;

use super::Running;
use crate::application::Application;
use crate::context::{Height, Hull};
use crate::simulation::engine::{Msg, Question};
use crate::worker::Work;

/// Answers that the worker owes the engine.
pub(super) enum Pending {
    Ready(oneshot::Receiver<(Height, HeightParams<Hull>)>),
    Value(oneshot::Receiver<LocallyProposedValue<Hull>>),
    Next(oneshot::Receiver<Next<Hull>>),
    Synced(
        ValueResponse<Hull>,
        oneshot::Receiver<SyncedValueOutcome<Hull>>,
    ),
}

impl<A: Application> Running<A> {
    /// Begins: where, the worker says.
    pub(super) fn ask_where_to_begin(&mut self) {
        let (reply_to, ready) = oneshot::channel();
        let reply_to = reply_to.into();
        let ask = HostMsg::ConsensusReady { reply_to };
        self.work.push_back(Work::Engine(ask));
        self.pending.push(Pending::Ready(ready));
    }

    /// An answer of the worker, if it is there.
    pub(super) fn collect(&mut self, pending: Pending) {
        use oneshot::error::TryRecvError::Empty;
        match pending {
            Pending::Ready(mut reply) => match reply.try_recv() {
                Ok((height, params)) => self.inbox.push_back(Msg::Start(height, params)),
                Err(Empty) => self.pending.push(Pending::Ready(reply)),
                Err(_) => (),
            },
            Pending::Value(mut reply) => match reply.try_recv() {
                Ok(value) => self.inbox.push_back(Msg::Propose(value)),
                Err(Empty) => self.pending.push(Pending::Value(reply)),
                Err(_) => (),
            },
            Pending::Next(mut reply) => match reply.try_recv() {
                Ok(Next::Start(height, params) | Next::Restart(height, params)) => {
                    self.inbox.push_back(Msg::Start(height, params));
                }
                Err(Empty) => self.pending.push(Pending::Next(reply)),
                Err(_) => (),
            },
            Pending::Synced(response, mut reply) => match reply.try_recv() {
                Ok(outcome) => self.take_synced(&response, outcome),
                Err(Empty) => self.pending.push(Pending::Synced(response, reply)),
                Err(_) => (),
            },
        }
    }

    /// What the application says of a synced block, as the engine's actor takes it.
    fn take_synced(&mut self, response: &ValueResponse<Hull>, outcome: SyncedValueOutcome<Hull>) {
        let certificate = &response.certificate;
        match outcome {
            SyncedValueOutcome::Verdict(mut value) if value.value == certificate.value_id => {
                value.round = certificate.round;
                self.synced += 1;
                self.inbox.push_back(Msg::Judged(value, ValueOrigin::Sync));
            }
            SyncedValueOutcome::LocalTransientError => (),
            SyncedValueOutcome::Verdict(_) | SyncedValueOutcome::PeerFault => {
                self.sync.refused(response.peer);
            }
        }
    }

    /// A question goes to the worker, and its answer is waited for.
    pub(super) fn ask(&mut self, question: Question) {
        let ask = match question {
            Question::Build(height, round) => self.ask_for_value(height, round),
            Question::Restream {
                height,
                round,
                valid_round,
                address,
                value_id,
            } => HostMsg::RestreamValue {
                height,
                round,
                valid_round,
                address,
                value_id,
            },
            Question::Decided(certificate) => HostMsg::Decided {
                certificate,
                extensions: VoteExtensions::default(),
                // Peers hear of the height from the chain itself.
                reply_to: oneshot::channel().0.into(),
            },
            Question::Finalized(certificate, evidence) => {
                let (reply_to, next) = oneshot::channel();
                self.pending.push(Pending::Next(next));
                HostMsg::Finalized {
                    certificate,
                    extensions: VoteExtensions::default(),
                    evidence,
                    reply_to: reply_to.into(),
                }
            }
            Question::Synced(response, proposer) => {
                let (reply_to, outcome) = oneshot::channel();
                let certificate = &response.certificate;
                let ask = HostMsg::ProcessSyncedValue {
                    height: certificate.height,
                    round: certificate.round,
                    proposer,
                    value_bytes: response.value_bytes.clone(),
                    reply_to: reply_to.into(),
                };
                self.pending.push(Pending::Synced(response, outcome));
                ask
            }
        };
        self.work.push_back(Work::Engine(ask));
    }

    fn ask_for_value(&mut self, height: Height, round: Round) -> HostMsg<Hull> {
        let (reply_to, value) = oneshot::channel();
        self.pending.push(Pending::Value(value));
        HostMsg::GetValue {
            height,
            round,
            // The worker builds as fast as it can, whatever is left.
            timeout: Duration::ZERO,
            reply_to: reply_to.into(),
        }
    }
}
