//! The thread that works for consensus: builds, judges and commits blocks, one at a time.

mod pace;
mod proof;
mod propose;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use bytes::Bytes;
use hull_types::host_api::{Hash, Height as BlockHeight};
use malachitebft_app::consensus::MisbehaviorEvidence;
use malachitebft_app::engine::host::{HostMsg, Next, SyncedValueOutcome};
use malachitebft_app::streaming::StreamMessage;
use malachitebft_core_consensus::ProposedValue;
use malachitebft_core_types::{CommitCertificate, HeightParams, LinearTimeouts, Round, Validity};
use parity_scale_codec::Encode;
use ractor::RpcReplyPort;

use crate::application::{Failure, Verdict};
use crate::assembly::{Assembled, Assembly};
use crate::context::{Address, BlockId, Height, Hull, ValidatorSet};
use crate::host::{Shared, next_validators};
use crate::part::Part;
use crate::settings::Timeouts;
use crate::signer::Signatory;
use crate::undecided::{Shelf, Undecided};

#[cfg(any(test, feature = "simulation"))]
pub(crate) use pace::Clock;
pub(crate) use pace::{Pacing, machine};
use proof::{certificate, conflicts};

/// What there is to do.
pub(crate) enum Work {
    /// The engine asks.
    Engine(HostMsg<Hull>),
    /// A proposer's block is here.
    Judge(Assembled),
    /// Something waits to be decided.
    Nudge,
    /// Nothing more.
    Stop,
}

/// Where what a worker says goes that it was not asked for. An engine that has ended
/// says so itself, so nothing comes back.
pub(crate) trait Outlet: Send {
    /// A piece of a block, to all peers.
    fn publish(&self, piece: StreamMessage<Part>);

    /// A judgement, to the engine.
    fn judged(&self, value: ProposedValue<Hull>);
}

/// What a worker works with.
pub(crate) struct Desk {
    pub(crate) shared: Arc<Shared>,
    pub(crate) outlet: Box<dyn Outlet>,
    pub(crate) signatory: Option<Signatory>,
    pub(crate) shelf: Shelf,
    pub(crate) timeouts: Timeouts,
    pub(crate) pacing: Pacing,
    pub(crate) chain_id: Hash,
}

/// Does it.
pub(crate) struct Worker {
    desk: Desk,
    /// Blocks that this node built, by height and round: the same is proposed again.
    built: BTreeMap<(BlockHeight, u32), Hash>,
    /// Blocks of the height after the next; judged when the next is committed.
    ahead: Vec<Assembled>,
    /// Names the streams of this node.
    streams: u64,
}

/// Most blocks of the height after the next that wait.
const MAX_AHEAD: usize = 4;

impl Worker {
    pub(crate) fn new(desk: Desk) -> Self {
        Self {
            desk,
            built: BTreeMap::new(),
            ahead: Vec::new(),
            streams: 0,
        }
    }

    /// Works until it is told to stop, or this node fails.
    pub(crate) fn run(mut self, work: &Receiver<Work>) -> Result<(), Failure> {
        loop {
            let next = match self.left() {
                Some(left) => work.recv_timeout(left),
                None => work.recv().map_err(Into::into),
            };
            match next {
                Ok(work) => {
                    if self.handle(work)?.is_break() {
                        return Ok(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.go_on()?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    }

    /// After which time the height that is held back begins by itself, if one is.
    pub(crate) fn left(&self) -> Option<Duration> {
        self.desk.pacing.left()
    }

    /// Does one thing.
    pub(crate) fn handle(&mut self, work: Work) -> Result<ControlFlow<()>, Failure> {
        match work {
            Work::Engine(message) => self.answer(message)?,
            Work::Judge(assembled) => self.judge(assembled)?,
            Work::Nudge => self.go_on()?,
            Work::Stop => return Ok(ControlFlow::Break(())),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Answers the engine. That nobody waits for an answer any more is no error.
    fn answer(&mut self, message: HostMsg<Hull>) -> Result<(), Failure> {
        match message {
            HostMsg::ConsensusReady { reply_to } => {
                let start = self.begin()?;
                drop(reply_to.send(start));
            }
            HostMsg::GetValue {
                height,
                round,
                reply_to,
                ..
            } => self.build(height, round, reply_to)?,
            HostMsg::RestreamValue { value_id, .. } => self.publish(&value_id.0)?,
            HostMsg::Decided {
                certificate,
                reply_to,
                ..
            } => {
                self.commit(&certificate)?;
                drop(reply_to.send(()));
            }
            HostMsg::Finalized {
                certificate,
                evidence,
                reply_to,
                ..
            } => self.finalize(certificate.height, &evidence, reply_to)?,
            HostMsg::ProcessSyncedValue {
                height,
                round,
                proposer,
                value_bytes,
                reply_to,
            } => {
                let outcome = self.take_synced(height, round, proposer, value_bytes)?;
                drop(reply_to.send(outcome));
            }
            // The host answers the others itself.
            _ => (),
        }
        Ok(())
    }

    /// Says where the engine begins, after what was left undecided was judged again.
    fn begin(&mut self) -> Result<(Height, HeightParams<Hull>), Failure> {
        let head = self.desk.shared.app.head()?;
        self.move_to(head)?;
        let undecided: Vec<(Hash, Undecided)> = self
            .desk
            .shelf
            .iter()
            .map(|(hash, one)| (*hash, one.clone()))
            .collect();
        for (hash, one) in undecided {
            if one.block.header.height != head.saturating_add(1) {
                continue;
            }
            if let (Verdict::Valid, Some(signed)) =
                (self.desk.shared.app.validate(&one.block)?, &one.signed)
            {
                let round = signed.header.round;
                self.recover(one.block.header.height, round, hash)?;
            }
        }
        let height = Height(head.saturating_add(1));
        tracing::info!(%height, "consensus begins");
        Ok((height, self.params(height)?))
    }

    /// Remembers a block of before a restart.
    fn recover(&mut self, height: BlockHeight, round: u32, hash: Hash) -> Result<(), Failure> {
        let validators = self.validators(height)?;
        let proposer = validators.proposer(Height(height), round).address;
        if self.address() == Some(proposer) {
            self.built.insert((height, round), hash);
        }
        let value = proposed(Height(height), round, proposer, hash, Validity::Valid);
        let recovered = self.desk.shared.recovered.lock();
        let mut recovered = recovered.unwrap_or_else(std::sync::PoisonError::into_inner);
        recovered.entry((height, round)).or_default().push(value);
        Ok(())
    }

    /// Judges a block whose pieces are here, and tells the engine.
    fn judge(&mut self, assembled: Assembled) -> Result<(), Failure> {
        let header = assembled.signed.header.clone();
        let next = self.desk.shared.app.head()?.saturating_add(1);
        if header.height < next {
            return Ok(());
        }
        if header.height > next {
            if self.ahead.len() < MAX_AHEAD {
                self.ahead.push(assembled);
            }
            return Ok(());
        }
        // Whoever proposed is ahead of us: there is something to decide.
        self.desk.pacing.proposed(next);
        self.go_on()?;
        let found = Undecided::decode(assembled.block, Some(assembled.signed));
        let one = match found {
            Some((hash, one)) if hash == header.block => one,
            _ => {
                // Somebody else may have the right ones.
                let forget = |assembly: &mut Assembly| assembly.forget(next, &header.block);
                self.desk.shared.assembly(forget);
                tracing::warn!(
                    height = next,
                    "a proposer signed bytes that are not its block"
                );
                return Ok(());
            }
        };
        let validity = self.validity(&one)?;
        if validity.is_valid() {
            self.desk.shelf.put(header.block, one)?;
        }
        let height = Height(header.height);
        let validators = self.validators(header.height)?;
        let proposer = validators.proposer(height, header.round).address;
        let value = proposed(height, header.round, proposer, header.block, validity);
        self.desk.outlet.judged(value);
        Ok(())
    }

    fn validity(&self, one: &Undecided) -> Result<Validity, Failure> {
        let header = &one.block.header;
        match self.desk.shared.app.validate(&one.block)? {
            Verdict::Valid => Ok(Validity::Valid),
            Verdict::Invalid(reason) => {
                let (height, block) = (header.height, header.hash());
                tracing::warn!(height, %block, reason, "a proposed block is not valid here");
                Ok(Validity::Invalid)
            }
        }
    }

    /// Keeps a block that validators decided without us. Whether it is what its
    /// certificate says, the engine checks by its hash; whether this node can follow
    /// it, shows when it is committed. To call it invalid here would stop this node
    /// without a word.
    fn take_synced(
        &mut self,
        height: Height,
        round: Round,
        proposer: Address,
        bytes: Bytes,
    ) -> Result<SyncedValueOutcome<Hull>, Failure> {
        let Some((hash, one)) = Undecided::decode(bytes, None) else {
            return Ok(SyncedValueOutcome::PeerFault);
        };
        if one.block.header.height != height.0 {
            return Ok(SyncedValueOutcome::PeerFault);
        }
        self.desk.shelf.put(hash, one)?;
        self.desk.pacing.synced(height.0);
        let round = round.as_u32().unwrap_or_default();
        let value = proposed(height, round, proposer, hash, Validity::Valid);
        Ok(SyncedValueOutcome::Verdict(value))
    }

    /// Commits what was decided; a second time is nothing new.
    fn commit(&mut self, decided: &CommitCertificate<Hull>) -> Result<(), Failure> {
        let (height, hash) = (decided.height.0, decided.value_id.0);
        let head = self.desk.shared.app.head()?;
        if height <= head {
            return Ok(());
        }
        let missing = || format!("block {hash} of height {height} was decided and is not here");
        let one = self.desk.shelf.get(&hash).ok_or_else(missing)?;
        let certificate = certificate(decided, &self.validators(height)?)?.encode();
        self.desk.shared.app.commit(&one.block, &certificate)?;
        self.move_to(height)?;
        for assembled in std::mem::take(&mut self.ahead) {
            self.judge(assembled)?;
        }
        Ok(())
    }

    /// After a commit: forgets what is over.
    fn move_to(&mut self, head: BlockHeight) -> Result<(), Failure> {
        let validators = next_validators(&*self.desk.shared.app, head)?;
        self.desk.shelf.prune(head)?;
        self.built.retain(|(height, _), _| *height > head);
        self.desk.shared.assembly(|assembly| {
            assembly.move_to(head, validators);
            for (hash, one) in self.desk.shelf.iter() {
                assembly.know(one.block.header.height, *hash);
            }
        });
        Ok(())
    }

    /// Reports who cheated, and begins the next height when it is time.
    fn finalize(
        &mut self,
        height: Height,
        evidence: &MisbehaviorEvidence<Hull>,
        reply: RpcReplyPort<Next<Hull>>,
    ) -> Result<(), Failure> {
        let found = conflicts(evidence, &self.desk.chain_id);
        if !found.is_empty() {
            self.desk.shared.app.misbehaved(&found)?;
        }
        let pace = self.desk.shared.app.pace()?;
        self.desk
            .pacing
            .hold(height.0.saturating_add(1), pace, reply);
        if self.desk.pacing.is_due() {
            self.go_on()?;
        }
        Ok(())
    }

    /// Begins the height that waits, if one does.
    pub(crate) fn go_on(&mut self) -> Result<(), Failure> {
        if let Some((height, reply)) = self.desk.pacing.release() {
            let height = Height(height);
            drop(reply.send(Next::Start(height, self.params(height)?)));
        }
        Ok(())
    }

    fn params(&self, height: Height) -> Result<HeightParams<Hull>, Failure> {
        let Timeouts {
            propose,
            vote,
            more,
        } = self.desk.timeouts;
        let timeouts = LinearTimeouts {
            propose,
            propose_delta: more,
            prevote: vote,
            prevote_delta: more,
            precommit: vote,
            precommit_delta: more,
            rebroadcast: propose.saturating_add(vote).saturating_add(vote),
            ..LinearTimeouts::default()
        };
        let validators = self.validators(height.0)?;
        Ok(HeightParams::new(
            validators,
            timeouts,
            Some(self.desk.pacing.block_time),
        ))
    }

    fn validators(&self, height: BlockHeight) -> Result<ValidatorSet, Failure> {
        Ok(ValidatorSet::new(
            &self.desk.shared.app.validators(height)?,
        )?)
    }

    fn address(&self) -> Option<Address> {
        self.desk.signatory.as_ref().map(Signatory::address)
    }
}

/// A judged block, as the engine wants to hear of it.
fn proposed(
    height: Height,
    round: u32,
    proposer: Address,
    block: Hash,
    validity: Validity,
) -> ProposedValue<Hull> {
    ProposedValue {
        height,
        round: Round::new(round),
        valid_round: Round::Nil,
        proposer,
        value: BlockId(block),
        validity,
    }
}
