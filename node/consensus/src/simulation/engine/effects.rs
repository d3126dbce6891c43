//! What the state machine wants done.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use malachitebft_app::engine::network::NetworkMsg;
use malachitebft_core_consensus::{
    ConsensusMsg, Effect, Error, Input, LivenessMsg, Resumable, Resume,
};
use malachitebft_core_types::{LinearTimeouts, SignedMessage, Timeout, TimeoutKind, ValueOrigin};
use malachitebft_signing::{Verifier, VerifierExt};

use super::{Act, Hands, Msg, Question, Stop, Timers};
use crate::context::{Height, Hull};
use crate::scheme::Signature;
use crate::simulation::options::Plant;

/// Does it, one after another.
pub(super) struct Effects<'a, 'b> {
    pub(super) hands: &'a mut Hands<'b>,
    pub(super) timers: &'a mut Timers,
    pub(super) timeouts: LinearTimeouts,
    /// Whether entries go into the log.
    pub(super) logs: bool,
    /// When a decided height ends.
    pub(super) finalizes: Duration,
}

type Answer = Result<Resume<Hull>, Stop>;

impl Effects<'_, '_> {
    pub(super) fn handle(&mut self, effect: Effect<Hull>) -> Answer {
        Ok(match effect {
            Effect::CancelAllTimeouts(r) => {
                self.timers.cancel_all();
                r.resume_with(())
            }
            Effect::CancelTimeout(timeout, r) => {
                self.timers.cancel(timeout);
                r.resume_with(())
            }
            Effect::ScheduleTimeout(timeout, r) => {
                self.schedule(timeout);
                r.resume_with(())
            }
            Effect::StartRound(height, round, _, _, r) => {
                self.flush()?;
                for value in self.hands.shared.recovered(height, round) {
                    let told = Msg::Judged(value, ValueOrigin::Consensus);
                    self.act(Act::Tell(told));
                }
                r.resume_with(())
            }
            Effect::WalAppend(height, entry, r) => {
                self.append(height, entry)?;
                r.resume_with(())
            }
            Effect::SignVote(vote, r) => {
                let signature = self.sign(vote.statement())?;
                r.resume_with(SignedMessage::new(vote, signature))
            }
            Effect::SignProposal(proposal, r) => {
                let signature = self.sign(proposal.statement())?;
                r.resume_with(SignedMessage::new(proposal, signature))
            }
            Effect::PublishConsensusMsg(message, r) => {
                self.flush()?;
                self.publish(NetworkMsg::PublishConsensusMsg(message))?;
                r.resume_with(())
            }
            Effect::PublishLivenessMsg(message, r) => {
                self.publish(NetworkMsg::PublishLivenessMsg(message))?;
                r.resume_with(())
            }
            Effect::RepublishVote(vote, r) => {
                self.publish(NetworkMsg::PublishLivenessMsg(LivenessMsg::Vote(vote)))?;
                r.resume_with(())
            }
            Effect::RepublishRoundCertificate(certificate, r) => {
                let message = LivenessMsg::SkipRoundCertificate(certificate);
                self.publish(NetworkMsg::PublishLivenessMsg(message))?;
                r.resume_with(())
            }
            other => return self.ask_or_verify(other),
        })
    }

    fn ask_or_verify(&mut self, effect: Effect<Hull>) -> Answer {
        Ok(match effect {
            Effect::GetValue(height, round, _, r) => {
                self.ask(Question::Build(height, round));
                r.resume_with(())
            }
            Effect::RestreamProposal(height, round, valid_round, address, value_id, r) => {
                self.ask(Question::Restream {
                    height,
                    round,
                    valid_round,
                    address,
                    value_id,
                });
                r.resume_with(())
            }
            Effect::Decide(certificate, _, r) => {
                self.flush()?;
                self.ask(Question::Decided(certificate));
                r.resume_with(())
            }
            Effect::Finalize(certificate, _, evidence, r) => {
                self.ask(Question::Finalized(certificate, evidence));
                r.resume_with(())
            }
            Effect::CertVerifiedSyncValue(value, proposer, r) => {
                self.ask(Question::Synced(value, proposer));
                r.resume_with(())
            }
            Effect::CertRejectedSyncValue(peer, _, error, r) => {
                debug_assert!(matches!(error, Error::InvalidCommitCertificate(..)));
                self.act(Act::Refused(peer));
                r.resume_with(())
            }
            other => return Ok(self.verify(other)),
        })
    }

    fn verify(&mut self, effect: Effect<Hull>) -> Resume<Hull> {
        let by = self.hands.examiner;
        match effect {
            Effect::VerifySignature(message, key, r) => {
                let signature = &message.signature;
                let verdict = match &message.message {
                    ConsensusMsg::Vote(vote) => ready(by.verify_signed_vote(vote, signature, &key)),
                    ConsensusMsg::Proposal(one) => {
                        ready(by.verify_signed_proposal(one, signature, &key))
                    }
                };
                r.resume_with(verdict.is_ok_and(|verdict| verdict.is_valid()))
            }
            Effect::VerifyCommitCertificate(one, validators, thresholds, r) => {
                let verdict = by.verify_commit_certificate(&Hull, &one, &validators, thresholds);
                r.resume_with(ready(verdict))
            }
            Effect::VerifyExtendedCommitCertificate(one, validators, thresholds, policy, r) => {
                let verdict = by.verify_extended_commit_certificate(
                    &Hull,
                    &one,
                    &validators,
                    thresholds,
                    policy,
                );
                r.resume_with(ready(verdict))
            }
            Effect::VerifyPolkaCertificate(one, validators, thresholds, r) => {
                let verdict = by.verify_polka_certificate(&Hull, &one, &validators, thresholds);
                r.resume_with(ready(verdict))
            }
            Effect::VerifyRoundCertificate(one, validators, thresholds, r) => {
                let verdict = by.verify_round_certificate(&Hull, &one, &validators, thresholds);
                r.resume_with(ready(verdict))
            }
            // Votes of this chain have no extensions: nothing is asked about them.
            _ => Resume::Continue,
        }
    }

    fn schedule(&mut self, timeout: Timeout) {
        let step = matches!(
            timeout.kind,
            TimeoutKind::Propose | TimeoutKind::Prevote | TimeoutKind::Precommit
        );
        if step && self.hands.plant == Some(Plant::NoTimeouts) {
            return;
        }
        let at = match timeout.kind {
            TimeoutKind::FinalizeHeight(_) => self.finalizes,
            _ => self.hands.now + self.timeouts.duration_for(timeout),
        };
        let generation = self.timers.start(timeout);
        self.act(Act::Timer {
            at,
            timeout,
            generation,
        });
    }

    fn append(&mut self, height: Height, entry: Input<Hull>) -> Result<(), Stop> {
        if !self.logs {
            return Ok(());
        }
        self.deed()?;
        let appended = self.hands.disk.log.append(height.0, entry);
        appended.map_err(|error| Stop::Failed(format!("the log cannot be written: {error}")))
    }

    fn flush(&mut self) -> Result<(), Stop> {
        if self.logs {
            self.deed()?;
            self.hands.disk.log.flush();
        }
        Ok(())
    }

    /// As [`Logged`](crate::logged::Logged) does it: the log first.
    fn sign(&mut self, statement: Option<hull_types::Statement>) -> Result<Signature, Stop> {
        self.flush()?;
        self.deed()?;
        let missing = || Stop::Failed("asked to sign without a key".into());
        let signatory = self.hands.signatory.ok_or_else(missing)?;
        let signed = signatory.sign_here(statement);
        signed.map_err(|error| Stop::Failed(error.to_string()))
    }

    fn publish(&mut self, message: NetworkMsg<Hull>) -> Result<(), Stop> {
        self.deed()?;
        self.act(Act::Publish(message));
        Ok(())
    }

    fn ask(&mut self, question: Question) {
        self.act(Act::Ask(question));
    }

    fn act(&mut self, act: Act) {
        self.hands.acts.push(act);
    }

    /// Something that others or the disk would know of is about to be done.
    fn deed(&mut self) -> Result<(), Stop> {
        match self.hands.doom {
            Some(0) => Err(Stop::Crashed),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// The result of a future that waits for nothing.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(result) => result,
        Poll::Pending => unreachable!("signatures are verified without waiting"),
    }
}
