//! The engine's state machine, driven as the engine's actor drives it.
//!
//! The order of log, signature and message is that of the actor: entries are appended
//! when the state machine says so and flushed before anything is said, a round begins or
//! a block is decided; what is replayed is not logged again; a node that is no validator
//! logs nothing.

mod effects;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use malachitebft_app::config::ConsensusConfig;
use malachitebft_app::engine::network::NetworkMsg;
use malachitebft_app::metrics::Metrics;
use malachitebft_app::streaming::StreamMessage;
use malachitebft_app::types::PeerId;
use malachitebft_core_consensus::{
    Error, Input, LocallyProposedValue, MisbehaviorEvidence, Params, ProposedValue, State, process,
};
use malachitebft_core_types::{
    CommitCertificate, HeightParams, LinearTimeouts, PolkaCertificate, Round, RoundCertificate,
    SignedProposal, SignedVote, ThresholdParam, ThresholdParams, Timeout, TimeoutKind,
    ValidatorSet as _, ValueOrigin, ValuePayload, ValueResponse,
};

use super::disk::Disk;
use super::options::Plant;
use crate::context::{Address, BlockId, Height, Hull};
use crate::host::Shared;
use crate::part::Part;
use crate::signer::{Examiner, Signatory};
use effects::Effects;

/// What the engine is told.
pub(super) enum Msg {
    Start(Height, HeightParams<Hull>),
    Vote(SignedVote<Hull>),
    Proposal(SignedProposal<Hull>),
    Polka(PolkaCertificate<Hull>),
    Round(RoundCertificate<Hull>),
    Part(PeerId, StreamMessage<Part>),
    Elapsed(Timeout, u64),
    Propose(LocallyProposedValue<Hull>),
    Judged(ProposedValue<Hull>, ValueOrigin),
    Synced(ValueResponse<Hull>),
}

/// What the engine does that others have to go on with.
pub(super) enum Act {
    /// A timer runs.
    Timer {
        at: Duration,
        timeout: Timeout,
        generation: u64,
    },
    /// A message to all.
    Publish(NetworkMsg<Hull>),
    /// A piece of a block is here.
    Part(PeerId, StreamMessage<Part>),
    /// A question to the thread of the chain.
    Ask(Question),
    /// A word to itself.
    Tell(Msg),
    /// A height began.
    Begun(Height),
    /// A peer gave something that was not decided.
    Refused(PeerId),
}

/// What the engine asks the thread of the chain.
pub(super) enum Question {
    Build(Height, Round),
    Restream {
        height: Height,
        round: Round,
        valid_round: Round,
        address: Address,
        value_id: BlockId,
    },
    Decided(CommitCertificate<Hull>),
    Finalized(CommitCertificate<Hull>, MisbehaviorEvidence<Hull>),
    Synced(ValueResponse<Hull>, Address),
}

/// Why a node ends.
#[derive(Debug)]
pub(super) enum Stop {
    /// It was to crash.
    Crashed,
    /// It failed by itself.
    Failed(String),
}

/// What the engine works with.
pub(super) struct Hands<'a> {
    pub(super) now: Duration,
    pub(super) disk: &'a mut Disk,
    pub(super) shared: &'a Shared,
    pub(super) signatory: Option<&'a Signatory>,
    pub(super) examiner: Examiner,
    pub(super) acts: &'a mut Vec<Act>,
    /// After how many deeds the node crashes.
    pub(super) doom: &'a mut Option<u32>,
    pub(super) plant: Option<Plant>,
}

/// Whether what comes is worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Unstarted,
    Recovering,
    Running,
}

/// Timers that run, and the number of each: an old one that still fires is no more.
#[derive(Default)]
struct Timers {
    running: Vec<(Timeout, u64)>,
    started: u64,
}

/// The state machine of a node and what surrounds it.
pub(super) struct Engine {
    core: Option<State<Hull>>,
    params: Params<Hull>,
    metrics: Metrics,
    timers: Timers,
    timeouts: LinearTimeouts,
    phase: Phase,
    is_validator: bool,
    /// What came before the first height began.
    early: VecDeque<Msg>,
    /// When the height began.
    begun: Duration,
    /// The least time between blocks.
    target: Option<Duration>,
    /// The height that the log was opened for in this run of the node.
    log_height: u64,
}

/// The state machine compares the time between blocks with the machine's clock. It is
/// given one that never passes, or none when it has passed by the clock of the run.
const NEVER: Duration = Duration::from_secs(1_000_000_000);
/// What waits for the first height, as in the engine.
const MAX_EARLY: usize = 1024;

impl Engine {
    pub(super) fn new(address: Address, plant: Option<Plant>) -> Self {
        let mut threshold_params = ThresholdParams::default();
        if plant == Some(Plant::LowQuorum) {
            threshold_params.quorum = ThresholdParam::F_PLUS_ONE;
        }
        Self {
            core: None,
            params: Params {
                address,
                threshold_params,
                value_payload: ValuePayload::ProposalAndParts,
                enabled: true,
            },
            metrics: Metrics::new(),
            timers: Timers::default(),
            timeouts: LinearTimeouts::default(),
            phase: Phase::Unstarted,
            is_validator: false,
            early: VecDeque::new(),
            begun: Duration::ZERO,
            target: None,
            log_height: 0,
        }
    }

    /// The height and round that are worked on.
    pub(super) fn position(&self) -> Option<(u64, i64)> {
        let core = self.core.as_ref()?;
        Some((core.height().0, core.round().as_i64()))
    }

    /// Works on a message.
    pub(super) fn handle(&mut self, hands: &mut Hands<'_>, msg: Msg) -> Result<(), Stop> {
        if let Msg::Start(height, params) = msg {
            return self.start(hands, height, params);
        }
        if self.phase != Phase::Running {
            if self.early.len() < MAX_EARLY {
                self.early.push_back(msg);
            }
            return Ok(());
        }
        let input = match msg {
            Msg::Start(..) => return Ok(()),
            Msg::Part(from, part) => {
                hands.acts.push(Act::Part(from, part));
                return Ok(());
            }
            Msg::Elapsed(timeout, generation) => {
                if !self.timers.take(timeout, generation) {
                    return Ok(());
                }
                Input::TimeoutElapsed(timeout)
            }
            Msg::Vote(vote) => Input::Vote(vote),
            Msg::Proposal(proposal) => Input::Proposal(proposal),
            Msg::Polka(certificate) => Input::PolkaCertificate(certificate),
            Msg::Round(certificate) => Input::RoundCertificate(certificate),
            Msg::Propose(value) => Input::Propose(value),
            Msg::Judged(value, origin) => Input::ProposedValue(value, origin),
            Msg::Synced(response) => Input::SyncValueResponse(response),
        };
        self.process(hands, input)
    }

    /// Begins a height: with what the log has of it, then with what came early.
    fn start(
        &mut self,
        hands: &mut Hands<'_>,
        height: Height,
        params: HeightParams<Hull>,
    ) -> Result<(), Stop> {
        if self.core.is_none() {
            self.core = Some(self.state(height, &params));
        }
        let own = params.validator_set.get_by_address(&self.params.address);
        self.is_validator = own.is_some();
        let entries = self.open_log(hands, height)?;
        (self.timeouts, self.begun, self.target) = (params.timeouts, hands.now, params.target_time);
        let start = Input::StartHeight(
            height,
            params.validator_set,
            false,
            params.target_time.map(|_| NEVER),
            params.vote_extension_policy,
        );
        self.process(hands, start)?;
        if !entries.is_empty() {
            self.phase = Phase::Recovering;
            self.replay(hands, entries)?;
        }
        self.phase = Phase::Running;
        hands.acts.push(Act::Begun(height));
        while let Some(msg) = self.early.pop_front() {
            self.handle(hands, msg)?;
        }
        Ok(())
    }

    fn state(&self, height: Height, params: &HeightParams<Hull>) -> State<Hull> {
        let config = ConsensusConfig::default();
        State::new(
            Hull,
            height,
            params.validator_set.clone(),
            self.params.clone(),
            config.queue_capacity,
            config.queue_per_height_capacity,
        )
    }

    fn open_log(
        &mut self,
        hands: &mut Hands<'_>,
        height: Height,
    ) -> Result<Vec<Input<Hull>>, Stop> {
        let again = self.log_height == height.0;
        self.log_height = height.0;
        if !self.is_validator {
            hands.disk.log.reset(height.0);
            return Ok(Vec::new());
        }
        if again {
            return Ok(Vec::new());
        }
        let entries = hands.disk.log.open(height.0);
        entries.map_err(|error| Stop::Failed(format!("the log cannot be read: {error}")))
    }

    fn replay(&mut self, hands: &mut Hands<'_>, entries: Vec<Input<Hull>>) -> Result<(), Stop> {
        if let Some(core) = &mut self.core {
            core.record_recovered_own_precommit_extensions(entries.iter());
            core.index_wal_entries(entries.iter());
        }
        for entry in entries {
            self.process(hands, entry)?;
        }
        if let Some(core) = &mut self.core {
            core.reset_entries_index();
        }
        Ok(())
    }

    /// Feeds the state machine and does what it wants done.
    fn process(&mut self, hands: &mut Hands<'_>, input: Input<Hull>) -> Result<(), Stop> {
        let Some(core) = &mut self.core else {
            return Ok(());
        };
        let passes = self.target.map(|target| self.begun.saturating_add(target));
        core.target_time = passes.and_then(|at| (hands.now < at).then_some(NEVER));
        let mut effects = Effects {
            hands,
            timers: &mut self.timers,
            timeouts: self.timeouts,
            logs: self.is_validator && self.phase != Phase::Recovering,
            finalizes: passes.unwrap_or_default(),
        };
        let metrics = &self.metrics;
        let done: Result<(), Error<Hull>> = process!(
            input: input,
            state: core,
            metrics: metrics,
            with: effect => match effects.handle(effect) {
                Ok(resume) => Ok::<_, Infallible>(resume),
                Err(stop) => return Err(stop),
            }
        );
        done.map_err(|error| Stop::Failed(error.to_string()))
    }
}

impl Timers {
    fn start(&mut self, timeout: Timeout) -> u64 {
        self.cancel(timeout);
        self.started += 1;
        self.running.push((timeout, self.started));
        self.started
    }

    fn cancel(&mut self, timeout: Timeout) {
        self.running.retain(|(running, _)| *running != timeout);
    }

    fn cancel_all(&mut self) {
        self.running.clear();
    }

    /// Whether that one was still running; it is not any more.
    fn take(&mut self, timeout: Timeout, generation: u64) -> bool {
        let place = self
            .running
            .iter()
            .position(|running| *running == (timeout, generation));
        place.map(|place| self.running.remove(place)).is_some()
    }
}

/// A timeout's name, without the time that a height still takes by the machine's clock.
pub(super) fn name(timeout: Timeout) -> (&'static str, i64) {
    let kind = match timeout.kind {
        TimeoutKind::Propose => "propose",
        TimeoutKind::Prevote => "prevote",
        TimeoutKind::Precommit => "precommit",
        TimeoutKind::Rebroadcast => "rebroadcast",
        TimeoutKind::FinalizeHeight(_) => "finalize",
    };
    (kind, timeout.round.as_i64())
}
