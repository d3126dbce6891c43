//! Traces: what happened inside a call, as a tree.
//!
//! ```
//! use hull_executor::trace::Tracer;
//! use hull_executor::{Executor, MemoryState, View};
//! use hull_types::host_api::{Address, BlockInfo};
//! use hull_types::{Parameters, ParametersHistory};
//!
//! let history = ParametersHistory::constant(Parameters::default()).unwrap();
//! let executor = Executor::new(history, &hull_vm::Config::default()).unwrap();
//! let view = View {
//!     caller: Address([1; 32]),
//!     contract: Address([2; 32]),
//!     input: vec![],
//!     gas_limit: 1_000_000_000,
//! };
//! let mut tracer = Tracer::default();
//! let state = MemoryState::default();
//! executor.view(&state, BlockInfo::default(), &view, Some(&mut tracer)).unwrap();
//! // There is no such contract, so nothing ran.
//! assert!(tracer.finish().frames.is_empty());
//! ```

use hull_host_api::{Address, Balance, CallStatus, Event, Gas, Hash, HostFunction, ScanOrder};
use hull_vm::{CallResult, CodePlace, Entered, Failure, FrameKind, Left, Observer, Step};

/// Most steps of a trace: some hundred megabytes. A call can make more in its
/// gas, and a node must not die of being watched.
pub const MAX_STEPS: usize = 1_000_000;

/// What happened inside a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// The outermost frames; one, or none if nothing ran.
    pub frames: Vec<FrameTrace>,
    /// Whether steps are missing, because there were more than [`MAX_STEPS`].
    pub truncated: bool,
}

/// What happened inside a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameTrace {
    /// How it came about.
    pub kind: FrameKind,
    /// The owner of storage and balance.
    pub contract: Address,
    /// The code that ran.
    pub code_hash: Hash,
    /// Who called.
    pub caller: Address,
    /// The value that came with the call, in the smallest unit of the token.
    pub value: Balance,
    /// The input.
    pub input: Vec<u8>,
    /// The gas that it was given.
    pub gas_given: Gas,
    /// The most deposit that it might cause.
    pub deposit_limit: Balance,
    /// Whether it might not change state.
    pub read_only: bool,
    /// How it ended; a frame that the node's failure cut off counts as reverted.
    pub result: CallResult,
    /// The same as its caller saw it.
    pub status: CallStatus,
    /// What it returned or reverted with.
    pub data: Vec<u8>,
    /// Gas used, nested frames included.
    pub gas: Gas,
    /// Gas used by the frame itself.
    pub gas_own: Gas,
    /// Why it did not succeed; `None` if it did.
    pub failure: Option<Failure>,
    /// What happened, in order. It was undone if this frame or one around it did
    /// not succeed.
    pub steps: Vec<TraceStep>,
}

/// Something that happened in a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceStep {
    /// A host function was called; what it did follows.
    HostCall {
        /// Which.
        function: HostFunction,
        /// What it cost, without the gas of nested frames.
        gas: Gas,
    },
    /// A nested frame ran.
    Frame(Box<FrameTrace>),
    /// A nested call did not come about.
    Refused {
        /// Why.
        status: CallStatus,
        /// Whom it was for.
        contract: Address,
    },
    /// A storage item was read.
    Read {
        /// Its key.
        key: Vec<u8>,
        /// Its value; `None` if there was none.
        value: Option<Vec<u8>>,
    },
    /// A storage item was written.
    Write {
        /// Its key.
        key: Vec<u8>,
        /// Its new value.
        value: Vec<u8>,
    },
    /// A storage item was removed.
    Remove {
        /// Its key.
        key: Vec<u8>,
        /// Whether there was one.
        found: bool,
    },
    /// The next key of a scan was looked for.
    Scan {
        /// The direction.
        order: ScanOrder,
        /// Where it started.
        after: Option<Vec<u8>>,
        /// The key found.
        found: Option<Vec<u8>>,
    },
    /// An event was emitted.
    Event(Event),
    /// Tokens were sent without a call.
    Transfer {
        /// To whom.
        to: Address,
        /// How many, in the smallest unit.
        amount: Balance,
    },
    /// The contract's code was replaced.
    CodeSet {
        /// The new code.
        code_hash: Hash,
    },
    /// The contract removed itself.
    Terminated {
        /// Who got its balance.
        beneficiary: Address,
    },
    /// The code stopped before its entry point returned: at a trap, or in a host
    /// function that does not return.
    Stopped {
        /// Where it was, the innermost function first.
        stack: Vec<CodePlace>,
    },
    /// A message of the debug log.
    Debug {
        /// The message.
        message: Vec<u8>,
    },
}

impl FrameTrace {
    /// The frames inside this one, in order, without those inside them.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.steps.iter().filter_map(|step| match step {
            TraceStep::Frame(frame) => Some(&**frame),
            _ => None,
        })
    }
}

/// Collects a [`Trace`].
#[derive(Default)]
pub struct Tracer {
    trace: Trace,
    open: Vec<Open>,
    steps: usize,
}

/// A frame that runs.
struct Open {
    frame: FrameTrace,
    /// Gas of the frames inside it that ended.
    nested: Gas,
    /// The host function that runs.
    call: Option<OpenCall>,
}

struct OpenCall {
    /// Its step; `None` if there was no room for it.
    step: Option<usize>,
    gas_left: Gas,
    /// [`Open::nested`] when it began.
    nested: Gas,
}

impl Tracer {
    /// The trace. Frames that did not end, because the node failed, are closed.
    pub fn finish(mut self) -> Trace {
        while !self.open.is_empty() {
            self.close();
        }
        self.trace
    }

    fn enter(&mut self, entered: &Entered<'_>) {
        self.open.push(Open {
            frame: FrameTrace {
                kind: entered.kind,
                contract: entered.contract,
                code_hash: entered.code_hash,
                caller: entered.caller,
                value: entered.value,
                input: entered.input.to_vec(),
                gas_given: entered.gas,
                deposit_limit: entered.deposit_limit,
                read_only: entered.read_only,
                result: CallResult::Revert,
                status: CallStatus::Reverted,
                data: Vec::new(),
                gas: 0,
                gas_own: 0,
                failure: None,
                steps: Vec::new(),
            },
            nested: 0,
            call: None,
        });
    }

    fn leave(&mut self, left: &Left<'_>) {
        if let Some(open) = self.open.last_mut() {
            let frame = &mut open.frame;
            (frame.result, frame.status) = (left.result, left.status);
            frame.data = left.data.to_vec();
            frame.gas = left.gas;
            frame.gas_own = left.gas.saturating_sub(open.nested);
            frame.failure = left.failure.cloned();
        }
        self.close();
    }

    /// Hands the innermost frame to the one around it.
    fn close(&mut self) {
        let Some(Open { frame, .. }) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            // Frames are kept in any case: without them the tree has no meaning,
            // and gas bounds them well.
            Some(outer) => {
                outer.nested = outer.nested.saturating_add(frame.gas);
                outer.frame.steps.push(TraceStep::Frame(Box::new(frame)));
            }
            None => self.trace.frames.push(frame),
        }
    }

    /// Returns where the step is in its frame.
    fn push(&mut self, step: TraceStep) -> Option<usize> {
        let open = self.open.last_mut()?;
        if self.steps >= MAX_STEPS {
            self.trace.truncated = true;
            return None;
        }
        self.steps += 1;
        open.frame.steps.push(step);
        Some(open.frame.steps.len() - 1)
    }

    fn called(&mut self, function: HostFunction, gas_left: Gas) {
        let step = self.push(TraceStep::HostCall { function, gas: 0 });
        if let Some(open) = self.open.last_mut() {
            open.call = Some(OpenCall {
                step,
                gas_left,
                nested: open.nested,
            });
        }
    }

    fn returned(&mut self, gas_left: Gas) {
        let Some(open) = self.open.last_mut() else {
            return;
        };
        let Some(call) = open.call.take() else { return };
        let nested = open.nested.saturating_sub(call.nested);
        let all = call.gas_left.saturating_sub(gas_left);
        let step = call.step.and_then(|step| open.frame.steps.get_mut(step));
        if let Some(TraceStep::HostCall { gas, .. }) = step {
            *gas = all.saturating_sub(nested);
        }
    }
}

impl Observer for Tracer {
    fn observe(&mut self, step: &Step<'_>) {
        let step = match *step {
            Step::Entered(entered) => return self.enter(entered),
            Step::Left(left) => return self.leave(left),
            Step::HostCalled { function, gas_left } => return self.called(function, gas_left),
            Step::HostReturned { gas_left, .. } => return self.returned(gas_left),
            Step::Refused { status, contract } => TraceStep::Refused { status, contract },
            Step::Read { key, value } => TraceStep::Read {
                key: key.to_vec(),
                value: value.map(<[u8]>::to_vec),
            },
            Step::Write { key, value } => TraceStep::Write {
                key: key.to_vec(),
                value: value.to_vec(),
            },
            Step::Remove { key, found } => TraceStep::Remove {
                key: key.to_vec(),
                found,
            },
            Step::Scanned {
                order,
                after,
                found,
            } => TraceStep::Scan {
                order,
                after: after.map(<[u8]>::to_vec),
                found: found.map(<[u8]>::to_vec),
            },
            Step::Event(event) => TraceStep::Event(event.clone()),
            Step::Transfer { to, amount, .. } => TraceStep::Transfer { to, amount },
            Step::CodeSet { code_hash } => TraceStep::CodeSet { code_hash },
            Step::Terminated { beneficiary } => TraceStep::Terminated { beneficiary },
            Step::Stopped { stack } => TraceStep::Stopped {
                stack: stack.to_vec(),
            },
            Step::Debug { message } => TraceStep::Debug {
                message: message.to_vec(),
            },
            // A step of a later engine that this version does not know.
            _ => return,
        };
        self.push(step);
    }
}
