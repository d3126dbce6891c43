//! Frames: everything that nests.
//!
//! A [`Session`] is one outermost call. It owns the frames, the events, and the
//! borrowed host, and runs one frame after the other:
//!
//! 1. open a checkpoint at the host;
//! 2. create the contract and move the value, where asked for;
//! 3. load the code and charge for it;
//! 4. run an instance with the frame on top;
//! 5. settle: keep or undo the changes, cut the events.
//!
//! Native recursion is bounded by [`limits::MAX_CALL_DEPTH`], and the guest
//! stacks of all frames together by the meter's frame limit, which is handed
//! down from caller to callee.

use std::sync::Arc;

use hull_host_api::{
    Address, Balance, BlockInfo, CallStatus, Capabilities, Event, Fatal, Gas, GuestError, Hash,
    Host, HostError, NewContract, limits,
};

use crate::cache::Loaded;
use crate::context::Exit;
use crate::dialect::Entry;
use crate::failure::{Failure, FrameKind, Reason};
use crate::observe::{Entered, Left, Observer, Step};
use crate::outcome::{CallResult, HaltKind};
use crate::pool::Ran;
use crate::vm::{Load, Shared};

/// One running contract.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) owner: Address,
    pub(crate) caller: Address,
    pub(crate) value: Balance,
    pub(crate) input: Vec<u8>,
    pub(crate) output: Vec<u8>,
    /// What the last nested call returned.
    pub(crate) returned: Vec<u8>,
    pub(crate) capabilities: Capabilities,
    pub(crate) read_only: bool,
    pub(crate) deposit_limit: Balance,
    /// Whether the owner may be entered again while this frame calls out.
    pub(crate) reentry_allowed: bool,
    /// What it said when it aborted.
    pub(crate) message: Option<String>,
}

/// A frame to be run.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) code_hash: Hash,
    pub(crate) entry: Entry,
    pub(crate) frame: Frame,
    pub(crate) gas: Gas,
    /// Frame bytes left on the guest stacks.
    pub(crate) frames: i32,
    /// Whether the value moves from the caller to the owner; not in a delegate call.
    pub(crate) moves_value: bool,
    /// The contract to record first.
    pub(crate) create: Option<NewContract<'a>>,
}

impl Request<'_> {
    fn kind(&self) -> FrameKind {
        match self.entry {
            Entry::Instantiate => FrameKind::Instantiate,
            Entry::Migrate => FrameKind::Migrate,
            Entry::Call if self.moves_value => FrameKind::Call,
            Entry::Call => FrameKind::DelegateCall,
        }
    }
}

/// What became of a frame.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: CallStatus,
    pub(crate) result: CallResult,
    pub(crate) used: Gas,
    pub(crate) data: Vec<u8>,
    /// Why it did not succeed, where status and data do not say it.
    message: Option<String>,
}

impl Ended {
    /// A call that did not come about. Nothing ran, so nothing was used.
    pub(crate) fn refused(status: CallStatus) -> Self {
        Self {
            status,
            result: CallResult::Revert,
            used: 0,
            data: Vec::new(),
            message: None,
        }
    }

    /// `None` if it succeeded.
    fn reason(&mut self) -> Option<Reason> {
        Some(match (self.status, self.result) {
            (_, CallResult::Success) => return None,
            (_, CallResult::Halt(kind)) => Reason::Halted(kind),
            (CallStatus::Reverted, _) => match self.message.take() {
                Some(message) => Reason::Aborted(message),
                None => Reason::reverted(&self.data),
            },
            (refused, _) => Reason::Refused(refused),
        })
    }

    pub(crate) fn halted(kind: HaltKind, gas: Gas) -> Self {
        Self {
            status: CallStatus::Halted,
            result: CallResult::Halt(kind),
            used: gas,
            data: Vec::new(),
            message: None,
        }
    }
}

/// One outermost call.
pub(crate) struct Session<'h> {
    pub(crate) vm: &'h Shared,
    pub(crate) host: &'h mut dyn Host,
    pub(crate) origin: Address,
    pub(crate) block: BlockInfo,
    pub(crate) frames: Vec<Frame>,
    pub(crate) events: Vec<Event>,
    pub(crate) event_bytes: u64,
    /// Why the last call of the innermost frame failed, if one did.
    pub(crate) failure: Option<Failure>,
    pub(crate) fatal: Option<Fatal>,
    pub(crate) observer: Option<&'h mut dyn Observer>,
}

/// Why a frame did not get to run.
enum Refusal {
    /// With the gas for what was done until then.
    Status {
        status: CallStatus,
        used: Gas,
    },
    Halt(HaltKind),
    Fatal(Fatal),
}

impl From<HostError> for Refusal {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Guest(error) => status_of(error).into(),
            HostError::Fatal(fatal) => Self::Fatal(fatal),
        }
    }
}

impl From<CallStatus> for Refusal {
    fn from(status: CallStatus) -> Self {
        Self::Status { status, used: 0 }
    }
}

impl From<Fatal> for Refusal {
    fn from(fatal: Fatal) -> Self {
        Self::Fatal(fatal)
    }
}

pub(crate) fn status_of(error: GuestError) -> CallStatus {
    match error {
        GuestError::InsufficientBalance => CallStatus::InsufficientBalance,
        GuestError::DepositExceeded => CallStatus::DepositExceeded,
        GuestError::AddressTaken => CallStatus::AddressTaken,
    }
}

/// Host errors that no contract can cause.
fn fatal(error: HostError) -> Fatal {
    match error {
        HostError::Fatal(fatal) => fatal,
        HostError::Guest(error) => Fatal::new(format!(
            "the host blamed the contract for a checkpoint: {error:?}"
        )),
    }
}

impl<'h> Session<'h> {
    pub(crate) fn new(vm: &'h Shared, host: &'h mut dyn Host, origin: Address) -> Self {
        let block = host.block();
        Self {
            vm,
            host,
            origin,
            block,
            frames: Vec::with_capacity(4),
            events: Vec::new(),
            event_bytes: 0,
            failure: None,
            fatal: None,
            observer: None,
        }
    }

    /// Tells the observer, if there is one.
    pub(crate) fn observe(&mut self, step: &Step<'_>) {
        if let Some(observer) = &mut self.observer {
            observer.observe(step);
        }
    }

    /// Notes a call that did not come about.
    pub(crate) fn refuse(
        &mut self,
        kind: FrameKind,
        contract: Address,
        code_hash: Option<Hash>,
        status: CallStatus,
    ) {
        self.observe(&Step::Refused { status, contract });
        self.failure = Some(Failure {
            kind,
            contract,
            code_hash,
            // Only gas that does not cover loading the code halts a call before it is one.
            reason: match status {
                CallStatus::Halted => Reason::Halted(HaltKind::OutOfGas),
                refused => Reason::Refused(refused),
            },
            inner: None,
        });
    }

    pub(crate) fn frame(&self) -> &Frame {
        self.frames
            .last()
            .expect("host functions run inside a frame")
    }

    pub(crate) fn frame_mut(&mut self) -> &mut Frame {
        self.frames
            .last_mut()
            .expect("host functions run inside a frame")
    }

    /// Whether a frame of `owner` is running that did not allow to be entered again.
    pub(crate) fn is_locked(&self, owner: &Address) -> bool {
        self.frames
            .iter()
            .any(|frame| frame.owner == *owner && !frame.reentry_allowed)
    }

    /// How many frames of `owner` are running.
    pub(crate) fn running(&self, owner: &Address) -> usize {
        self.frames
            .iter()
            .filter(|frame| frame.owner == *owner)
            .count()
    }

    /// Runs one frame from its checkpoint to its settlement.
    pub(crate) fn run(&mut self, request: Request<'_>) -> Result<Ended, Fatal> {
        let (kind, contract) = (request.kind(), request.frame.owner);
        let code_hash = request.code_hash;
        if self.frames.len() >= limits::MAX_CALL_DEPTH as usize {
            self.refuse(kind, contract, Some(code_hash), CallStatus::DepthExceeded);
            return Ok(Ended::refused(CallStatus::DepthExceeded));
        }
        let gas = request.gas;
        let before = self.failure.take();
        if self.observer.is_some() {
            self.observe_entry(kind, &request);
        }
        let (events, event_bytes) = (self.events.len(), self.event_bytes);
        self.host
            .enter(request.frame.deposit_limit)
            .map_err(fatal)?;
        let ended = match self.prepare(&request) {
            Ok((loaded, left)) => self.execute(&loaded, request, left)?,
            Err(Refusal::Status { status, used }) => Ended {
                used,
                ..Ended::refused(status)
            },
            Err(Refusal::Halt(kind)) => Ended::halted(kind, gas),
            Err(Refusal::Fatal(fatal)) => return Err(fatal),
        };
        let mut ended = self.settle(ended)?;
        match ended.reason() {
            // What failed in here was dealt with in here.
            None => self.failure = before,
            Some(reason) => {
                self.events.truncate(events);
                self.event_bytes = event_bytes;
                self.failure = Some(Failure {
                    kind,
                    contract,
                    code_hash: Some(code_hash),
                    reason,
                    inner: self.failure.take().map(Box::new),
                });
            }
        }
        if let Some(observer) = &mut self.observer {
            let success = ended.result.is_success();
            observer.observe(&Step::Left(&Left {
                result: ended.result,
                status: ended.status,
                data: &ended.data,
                gas: ended.used,
                failure: self.failure.as_ref().filter(|_| !success),
            }));
        }
        Ok(ended)
    }

    fn observe_entry(&mut self, kind: FrameKind, request: &Request<'_>) {
        let frame = &request.frame;
        self.observe(&Step::Entered(&Entered {
            kind,
            contract: frame.owner,
            code_hash: request.code_hash,
            caller: frame.caller,
            value: frame.value,
            input: &frame.input,
            gas: request.gas,
            deposit_limit: frame.deposit_limit,
            read_only: frame.read_only,
        }));
    }

    /// Steps 2 and 3: what must be there before anything runs. Returns the code
    /// and the gas that is left after loading it.
    fn prepare(&mut self, request: &Request<'_>) -> Result<(Arc<Loaded>, Gas), Refusal> {
        let frame = &request.frame;
        if let Some(new) = request.create {
            self.host.create_contract(&frame.owner, new)?;
        }
        if request.moves_value && frame.value > 0 {
            self.host
                .transfer(&frame.caller, &frame.owner, frame.value)?;
        }
        let load = self
            .vm
            .load(&mut *self.host, &request.code_hash, request.gas)?;
        match load {
            Load::Ready(loaded, left) if loaded.has_entry(request.entry) => Ok((loaded, left)),
            Load::Ready(_, left) => Err(Refusal::Status {
                status: CallStatus::NoEntryPoint,
                used: request.gas - left,
            }),
            Load::Missing => Err(CallStatus::NotFound.into()),
            Load::Unaffordable => Err(Refusal::Halt(HaltKind::OutOfGas)),
        }
    }

    /// Step 4.
    fn execute(
        &mut self,
        loaded: &Arc<Loaded>,
        request: Request<'_>,
        left: Gas,
    ) -> Result<Ended, Fatal> {
        let given = request.gas;
        let frames = match request.frames.checked_sub_unsigned(loaded.entry_frames()) {
            Some(frames) if frames >= 0 => frames,
            _ => return Ok(Ended::halted(HaltKind::StackOverflow, given)),
        };
        self.frames.push(request.frame);
        let ran = loaded.run(self, request.entry, left, frames);
        let frame = self.frames.pop().expect("pushed above");
        let Ran { exit, gas } = ran?;
        if let Some(fatal) = self.fatal.take() {
            return Err(fatal);
        }
        let used = given - u64::try_from(gas).unwrap_or(0);
        Ok(match exit {
            // The last stretch before the return is checked here.
            None | Some(Exit::Revert | Exit::Terminated) if gas < 0 => {
                Ended::halted(HaltKind::OutOfGas, given)
            }
            None => Ended {
                status: CallStatus::Success,
                result: CallResult::Success,
                used,
                data: frame.output,
                message: None,
            },
            Some(Exit::Terminated) => Ended {
                status: CallStatus::Success,
                result: CallResult::Success,
                used,
                data: Vec::new(),
                message: None,
            },
            Some(Exit::Revert) => Ended {
                status: CallStatus::Reverted,
                result: CallResult::Revert,
                used,
                data: frame.output,
                message: frame.message,
            },
            Some(Exit::Halt(kind)) => Ended::halted(kind, given),
            Some(Exit::Fatal) => return Err(Fatal::new("a host function failed without a cause")),
        })
    }

    /// Step 5: closes the checkpoint. A deposit that cannot be paid is a revert.
    fn settle(&mut self, ended: Ended) -> Result<Ended, Fatal> {
        if !ended.result.is_success() {
            self.host.exit(false).map_err(fatal)?;
            return Ok(ended);
        }
        match self.host.exit(true) {
            Ok(()) => Ok(ended),
            Err(HostError::Guest(error)) => {
                self.host.exit(false).map_err(fatal)?;
                Ok(Ended {
                    status: status_of(error),
                    result: CallResult::Revert,
                    used: ended.used,
                    data: Vec::new(),
                    message: None,
                })
            }
            Err(HostError::Fatal(fatal)) => Err(fatal),
        }
    }
}
