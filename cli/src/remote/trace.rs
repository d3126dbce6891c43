//! Traces that a node tells, with names, values and source lines.

use std::collections::BTreeSet;

use hull_executor::trace::{FrameTrace, Trace, TraceStep};
use hull_executor::{Failure, FrameKind, HaltKind, Reason};
use hull_host_api::{Address, CallStatus, Event, Hash, HostFunction, ScanOrder};
use hull_rpc_types::{
    self as rpc_types, AtParams, BlockId, CodeParams, GetCode, GetParameters, ReceiptResult,
};
use hull_testing::Code;
use hull_testing::trace::{CallTrace, End, Frame, Known, Step};
use hull_vm::{CallResult, CodePlace};

use super::{Remote, RemoteError};
use crate::contract::Contract;
use crate::error::Error;

impl Remote {
    /// A trace for people. `built` is the project's contract, whose symbols name
    /// source lines where its code ran.
    pub(crate) fn explain(
        &self,
        told: &rpc_types::Trace,
        built: Option<&Contract>,
    ) -> Result<CallTrace, Error> {
        let trace = self.read(told)?;
        let mut known = Known::new(self.ask::<GetParameters>(&AtParams::default())?.schedule);
        for (name, address) in self.named()? {
            known.name(address, &name);
        }
        let codes: BTreeSet<_> = told.frames.iter().map(|frame| frame.code_hash).collect();
        for code_hash in codes {
            if let Some(code) = self.code(code_hash, built)? {
                known.learn(&code);
            }
        }
        let mut shown = CallTrace::new(&trace, &known);
        let mut all = told.frames.iter();
        shown.frames.iter_mut().for_each(|it| halts(it, &mut all));
        Ok(shown)
    }

    fn code(
        &self,
        code_hash: rpc_types::Hash,
        built: Option<&Contract>,
    ) -> Result<Option<Code>, Error> {
        let code = self.look::<GetCode>(&CodeParams {
            code_hash,
            wasm: true,
            block: BlockId::Latest,
        })?;
        let Some(wasm) = code.and_then(|code| code.wasm) else {
            return Ok(None);
        };
        // Without an ABI that can be read there are still the bytes.
        let Ok(code) = Code::from_wasm("contract", &wasm.0) else {
            return Ok(None);
        };
        let symbols = built
            .filter(|built| built.wasm == wasm.0)
            .and_then(|built| built.debug_wasm.clone());
        Ok(Some(match symbols {
            Some(symbols) => code.with_symbols(symbols),
            None => code,
        }))
    }

    /// The tree that the list of frames stands for.
    fn read(&self, told: &rpc_types::Trace) -> Result<Trace, Error> {
        let roots = told.frames.iter().enumerate();
        let roots = roots.filter(|(_, frame)| frame.parent.is_none());
        let frames: Result<Vec<_>, _> = roots
            .map(|(index, _)| self.frame(&told.frames, index))
            .collect();
        Ok(Trace {
            frames: frames?,
            truncated: told.truncated,
        })
    }

    fn frame(&self, all: &[rpc_types::Frame], index: usize) -> Result<FrameTrace, Error> {
        let told = &all[index];
        let result = match told.result {
            ReceiptResult::Success => CallResult::Success,
            ReceiptResult::Revert => CallResult::Revert,
            // Which rule it broke is told as text alone.
            ReceiptResult::Halt => CallResult::Halt(HaltKind::Unreachable),
        };
        let steps = told.steps.iter().map(|step| self.step(all, index, step));
        Ok(FrameTrace {
            kind: frame_kind(&told.kind)?,
            contract: self.told_address(&told.contract)?,
            code_hash: told.code_hash.into(),
            caller: self.told_address(&told.caller)?,
            value: told.value.0,
            input: told.input.0.clone(),
            gas_given: told.gas_given.0,
            deposit_limit: 0,
            read_only: told.read_only,
            result,
            status: CallStatus::Success,
            data: told.data.0.clone(),
            gas: told.gas.0,
            gas_own: told.gas_own.0,
            failure: told
                .failures
                .first()
                .map(|first| self.failure(told, first, result))
                .transpose()?,
            steps: steps.collect::<Result<_, _>>()?,
        })
    }

    fn failure(
        &self,
        told: &rpc_types::Frame,
        failure: &rpc_types::Failure,
        result: CallResult,
    ) -> Result<Failure, Error> {
        let reason = match (&failure.message, result) {
            (Some(message), _) => Reason::Aborted(message.clone()),
            (None, CallResult::Halt(kind)) => Reason::Halted(kind),
            (None, _) => Reason::Reverted(told.data.0.clone()),
        };
        Ok(Failure {
            kind: frame_kind(&told.kind)?,
            contract: self.told_address(&told.contract)?,
            code_hash: Some(told.code_hash.into()),
            reason,
            inner: None,
        })
    }

    fn step(
        &self,
        all: &[rpc_types::Frame],
        within: usize,
        step: &rpc_types::Step,
    ) -> Result<TraceStep, Error> {
        use rpc_types::Step as Told;
        Ok(match step {
            Told::HostCall { function, gas } => TraceStep::HostCall {
                function: HostFunction::by_name(function)
                    .ok_or_else(|| bad(format!("there is no host function {function}")))?,
                gas: gas.0,
            },
            Told::Frame { index } => {
                let index = usize::try_from(*index).unwrap_or(usize::MAX);
                // Frames come in the order in which they began, so this ends.
                if index <= within || index >= all.len() {
                    return Err(bad(format!("frame {within} has frame {index} in it")).into());
                }
                TraceStep::Frame(Box::new(self.frame(all, index)?))
            }
            Told::Refused { reason, contract } => TraceStep::Refused {
                status: CallStatus::ALL
                    .into_iter()
                    .find(|it| Reason::Refused(*it).to_string() == *reason)
                    .unwrap_or(CallStatus::Reverted),
                contract: self.told_address(contract)?,
            },
            Told::Read { key, value } => TraceStep::Read {
                key: key.0.clone(),
                value: value.as_ref().map(|it| it.0.clone()),
            },
            Told::Write { key, value } => TraceStep::Write {
                key: key.0.clone(),
                value: value.0.clone(),
            },
            Told::Remove { key, found } => TraceStep::Remove {
                key: key.0.clone(),
                found: *found,
            },
            Told::Scan {
                descending,
                after,
                found,
            } => TraceStep::Scan {
                order: match descending {
                    true => ScanOrder::Descending,
                    false => ScanOrder::Ascending,
                },
                after: after.as_ref().map(|it| it.0.clone()),
                found: found.as_ref().map(|it| it.0.clone()),
            },
            Told::Event { event } => TraceStep::Event(Event {
                contract: self.told_address(&event.contract)?,
                topics: event.topics.iter().map(|it| Hash(it.0)).collect(),
                data: event.data.0.clone(),
            }),
            Told::Transfer { to, amount } => TraceStep::Transfer {
                to: self.told_address(to)?,
                amount: amount.0,
            },
            Told::CodeSet { code_hash } => TraceStep::CodeSet {
                code_hash: (*code_hash).into(),
            },
            Told::Terminated { beneficiary } => TraceStep::Terminated {
                beneficiary: self.told_address(beneficiary)?,
            },
            Told::Stopped { stack } => TraceStep::Stopped {
                stack: stack
                    .iter()
                    .map(|place| CodePlace {
                        function: place.function,
                        offset: place.offset,
                    })
                    .collect(),
            },
            Told::Debug { message } => TraceStep::Debug {
                message: message.clone().into_bytes(),
            },
        })
    }

    fn told_address(&self, text: &rpc_types::Address) -> Result<Address, RemoteError> {
        Address::from_text(&text.0, self.prefix())
            .map_err(|error| bad(format!("{text} is no address: {error}")))
    }
}

fn frame_kind(text: &str) -> Result<FrameKind, RemoteError> {
    let all = [
        FrameKind::Call,
        FrameKind::DelegateCall,
        FrameKind::Instantiate,
        FrameKind::Migrate,
    ];
    let found = all.into_iter().find(|it| it.to_string() == text);
    found.ok_or_else(|| bad(format!("there is no frame of kind {text}")))
}

fn bad(reason: String) -> RemoteError {
    RemoteError::BadAnswer { reason }
}

/// Says which rule a frame broke, in the words of the node.
fn halts<'a>(frame: &mut Frame, told: &mut impl Iterator<Item = &'a rpc_types::Frame>) {
    let told_frame = told.next();
    if let (End::Failed { reason, .. }, Some(told)) = (&mut frame.end, told_frame)
        && told.result == ReceiptResult::Halt
        && let Some(failure) = told.failures.first()
    {
        reason.clone_from(&failure.reason);
    }
    for step in &mut frame.steps {
        if let Step::Frame(inner) = step {
            halts(inner, told);
        }
    }
}
