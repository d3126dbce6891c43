//! Traces, from a tree to a list.

use hull_executor::trace::{FrameTrace, Trace, TraceStep};
use hull_host_api::ScanOrder;
use hull_rpc_types as rpc;

use super::Convert;
use super::execution::call_result;

impl Convert<'_> {
    /// A trace with at most so many steps.
    pub(crate) fn trace(&self, trace: &Trace, steps: usize) -> rpc::Trace {
        let mut flat = Flat {
            convert: *self,
            left: steps,
            trace: rpc::Trace {
                frames: Vec::new(),
                truncated: trace.truncated,
            },
        };
        for frame in &trace.frames {
            flat.frame(frame, None);
        }
        flat.trace
    }
}

struct Flat<'p> {
    convert: Convert<'p>,
    left: usize,
    trace: rpc::Trace,
}

impl Flat<'_> {
    /// Writes a frame and those inside it; returns its place. Frames nest as deep as
    /// calls may, which the engine bounds.
    fn frame(&mut self, frame: &FrameTrace, parent: Option<u32>) -> u32 {
        let place = u32::try_from(self.trace.frames.len()).unwrap_or(u32::MAX);
        let convert = self.convert;
        self.trace.frames.push(rpc::Frame {
            parent,
            kind: frame.kind.to_string(),
            contract: convert.address(&frame.contract),
            code_hash: frame.code_hash.into(),
            caller: convert.address(&frame.caller),
            value: frame.value.into(),
            input: frame.input.clone().into(),
            gas_given: frame.gas_given.into(),
            read_only: frame.read_only,
            result: call_result(frame.result),
            data: frame.data.clone().into(),
            gas: frame.gas.into(),
            gas_own: frame.gas_own.into(),
            failures: frame
                .failure
                .as_ref()
                .map(|failure| convert.failures(failure))
                .unwrap_or_default(),
            steps: Vec::new(),
        });
        for step in &frame.steps {
            if self.left == 0 {
                self.trace.truncated = true;
                break;
            }
            self.left -= 1;
            let step = self.step(step, place);
            if let Some(frame) = self.trace.frames.get_mut(place as usize) {
                frame.steps.push(step);
            }
        }
        place
    }

    fn step(&mut self, step: &TraceStep, place: u32) -> rpc::Step {
        let convert = self.convert;
        match step {
            TraceStep::Frame(frame) => rpc::Step::Frame {
                index: self.frame(frame, Some(place)),
            },
            TraceStep::HostCall { function, gas } => rpc::Step::HostCall {
                function: function.spec().name.into(),
                gas: (*gas).into(),
            },
            TraceStep::Refused { status, contract } => rpc::Step::Refused {
                reason: format!("{status:?}"),
                contract: convert.address(contract),
            },
            TraceStep::Read { key, value } => rpc::Step::Read {
                key: key.clone().into(),
                value: value.clone().map(Into::into),
            },
            TraceStep::Write { key, value } => rpc::Step::Write {
                key: key.clone().into(),
                value: value.clone().into(),
            },
            TraceStep::Remove { key, found } => rpc::Step::Remove {
                key: key.clone().into(),
                found: *found,
            },
            TraceStep::Scan {
                order,
                after,
                found,
            } => rpc::Step::Scan {
                descending: matches!(order, ScanOrder::Descending),
                after: after.clone().map(Into::into),
                found: found.clone().map(Into::into),
            },
            TraceStep::Event(event) => rpc::Step::Event {
                event: convert.event(event),
            },
            TraceStep::Transfer { to, amount } => rpc::Step::Transfer {
                to: convert.address(to),
                amount: (*amount).into(),
            },
            TraceStep::CodeSet { code_hash } => rpc::Step::CodeSet {
                code_hash: (*code_hash).into(),
            },
            TraceStep::Terminated { beneficiary } => rpc::Step::Terminated {
                beneficiary: convert.address(beneficiary),
            },
            TraceStep::Stopped { stack } => rpc::Step::Stopped {
                stack: stack
                    .iter()
                    .map(|place| rpc::Place {
                        function: place.function,
                        offset: place.offset,
                    })
                    .collect(),
            },
            TraceStep::Debug { message } => rpc::Step::Debug {
                message: String::from_utf8_lossy(message).into_owned(),
            },
        }
    }
}
