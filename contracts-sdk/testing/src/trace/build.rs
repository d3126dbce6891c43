//! From the engine's steps to names and values.

use hull_abi::{Abi, DecodedOutput};
use hull_executor::trace::{FrameTrace, Trace, TraceStep};
use hull_executor::{FrameKind, Reason};
use hull_host_api::{Event, Gas};
use hull_vm::{Failure, Schedule};
use serde_json::Value;

use super::{CallTrace, End, Frame, Step};
use crate::known::Known;
use crate::record::Record;
use crate::source;

impl CallTrace {
    /// A trace with the names and values that are known.
    pub fn new(trace: &Trace, known: &Known) -> Self {
        let Trace { frames, truncated } = trace;
        Self {
            frames: frames.iter().map(|it| frame(known, it)).collect(),
            truncated: *truncated,
        }
    }
}

impl Record {
    /// The trace, decoded.
    pub(crate) fn trace(&self) -> CallTrace {
        CallTrace::new(&self.trace, &self.known)
    }
}

/// A message or constructor with its arguments.
struct Input {
    message: Option<String>,
    args: Vec<(String, Value)>,
}

fn input(abi: Option<&Abi>, trace: &FrameTrace) -> Input {
    let decoded = abi.and_then(|abi| match trace.kind {
        FrameKind::Instantiate => abi.codec().decode_constructor(&trace.input).ok(),
        _ => abi.codec().decode_call(&trace.input).ok(),
    });
    match decoded {
        Some(call) => Input {
            message: Some(call.message.name.clone()),
            args: owned(call.args),
        },
        None => Input {
            message: (trace.kind == FrameKind::Migrate).then(|| "migrate".into()),
            args: Vec::new(),
        },
    }
}

fn owned(values: Vec<(&str, Value)>) -> Vec<(String, Value)> {
    let values = values.into_iter();
    values.map(|(name, value)| (name.into(), value)).collect()
}

fn line(known: &Known, values: &[(String, Value)]) -> String {
    let values = values.iter();
    let values: Vec<_> = values
        .map(|(name, value)| format!("{name}: {}", known.value(value)))
        .collect();
    values.join(", ")
}

fn frame(known: &Known, trace: &FrameTrace) -> Frame {
    let abi = known.abi(&trace.code_hash);
    let Input { message, args } = input(abi, trace);
    Frame {
        kind: trace.kind.to_string(),
        contract: known.label(&trace.contract),
        address: format!("0x{}", trace.contract),
        code: known.code_label(&trace.code_hash),
        message,
        args_text: line(known, &args),
        args,
        input: bytes(&trace.input),
        caller: known.label(&trace.caller),
        value: trace.value.to_string(),
        read_only: trace.read_only,
        gas: trace.gas,
        gas_own: trace.gas_own,
        gas_given: trace.gas_given,
        end: end(known, abi, trace),
        steps: steps(known, abi, trace),
    }
}

fn end(known: &Known, abi: Option<&Abi>, trace: &FrameTrace) -> End {
    match &trace.failure {
        Some(failure) => End::Failed {
            reason: reason(known, abi, trace, failure),
            at: match &failure.reason {
                Reason::Halted(_) | Reason::Aborted(_) => stopped(known, trace),
                Reason::Reverted(_) | Reason::Refused(_) => Vec::new(),
            },
        },
        // Cut off by a failure of the node.
        None if !trace.result.is_success() => End::Failed {
            reason: "it did not end".into(),
            at: Vec::new(),
        },
        None => {
            let value = abi.and_then(|abi| output(abi, trace));
            let value = match value {
                Some(DecodedOutput::Value(value)) if !value.is_null() => Some(value),
                _ => None,
            };
            let text = value.as_ref().map(|value| known.value(value));
            End::Returned {
                text: text.unwrap_or_else(|| match trace.data.as_slice() {
                    [] | [0] | [0, 0] => "()".into(),
                    data => bytes(data),
                }),
                value,
            }
        }
    }
}

/// Where in the source a frame stopped.
fn stopped(known: &Known, trace: &FrameTrace) -> Vec<String> {
    let stack = trace.steps.iter().rev().find_map(|step| match step {
        TraceStep::Stopped { stack } => Some(stack),
        _ => None,
    });
    let schedule = Schedule::by_version(known.schedule());
    match (stack, known.code(&trace.code_hash), schedule) {
        (Some(stack), Some(code), Some(schedule)) => source::lines(code, schedule, stack),
        _ => Vec::new(),
    }
}

fn output(abi: &Abi, trace: &FrameTrace) -> Option<DecodedOutput> {
    let message = match trace.kind {
        FrameKind::Instantiate => abi.constructor_of(&trace.input),
        _ => abi.message_of(&trace.input),
    };
    abi.codec().decode_output(message?, &trace.data).ok()
}

fn reason(known: &Known, abi: Option<&Abi>, trace: &FrameTrace, failure: &Failure) -> String {
    match &failure.reason {
        Reason::Reverted(_) => {
            let error = abi.and_then(|abi| error_text(known, abi, trace));
            error.unwrap_or_else(|| failure.reason.to_string())
        }
        reason => reason.to_string(),
    }
}

/// What a reverted frame declared.
pub(crate) fn error_text(known: &Known, abi: &Abi, trace: &FrameTrace) -> Option<String> {
    match output(abi, trace)? {
        DecodedOutput::Error(error) => Some(format!("error {}", known.value(&error))),
        DecodedOutput::Lang(_) => {
            Some("no message has this selector, or the arguments are of other types".into())
        }
        DecodedOutput::Value(_) => None,
    }
}

fn steps(known: &Known, abi: Option<&Abi>, trace: &FrameTrace) -> Vec<Step> {
    let mut steps = Vec::with_capacity(trace.steps.len());
    // The host function whose effect has not been seen.
    let mut pending: Option<(String, Gas)> = None;
    for step in &trace.steps {
        if let TraceStep::HostCall { function, gas } = step {
            steps.extend(
                pending
                    .take()
                    .map(|(function, gas)| Step::Host { function, gas }),
            );
            pending = Some((format!("{function:?}"), *gas));
            continue;
        }
        // Told with the end of the frame.
        if matches!(step, TraceStep::Stopped { .. }) {
            continue;
        }
        let shown = shown(
            known,
            abi,
            step,
            pending.as_ref().map_or(0, |(_, gas)| *gas),
        );
        // What shows its gas itself needs no line for the function.
        let shows_gas = matches!(
            shown,
            Step::Read { .. } | Step::Write { .. } | Step::Remove { .. } | Step::Scan { .. }
        );
        let function = pending.take().filter(|_| !shows_gas);
        steps.extend(function.map(|(function, gas)| Step::Host { function, gas }));
        steps.push(shown);
    }
    steps.extend(pending.map(|(function, gas)| Step::Host { function, gas }));
    steps
}

fn shown(known: &Known, abi: Option<&Abi>, step: &TraceStep, gas: Gas) -> Step {
    match step {
        TraceStep::Frame(inner) => Step::Frame(Box::new(frame(known, inner))),
        TraceStep::Refused { status, contract } => Step::Refused {
            contract: known.label(contract),
            reason: Reason::Refused(*status).to_string(),
        },
        TraceStep::Read { key, value } => {
            let item = Item::of(known, abi, key, value.as_deref());
            Step::Read {
                place: item.place,
                value: item.value,
                gas,
            }
        }
        TraceStep::Write { key, value } => {
            let item = Item::of(known, abi, key, Some(value));
            Step::Write {
                place: item.place,
                value: item.value.unwrap_or_default(),
                gas,
            }
        }
        TraceStep::Remove { key, found } => Step::Remove {
            place: Item::of(known, abi, key, None).place,
            found: *found,
            gas,
        },
        TraceStep::Scan { found, .. } => Step::Scan {
            found: found
                .as_deref()
                .map(|it| Item::of(known, abi, it, None).place),
            gas,
        },
        TraceStep::Event(event) => shown_event(known, abi, event),
        TraceStep::Transfer { to, amount } => Step::Transfer {
            to: known.label(to),
            amount: amount.to_string(),
        },
        TraceStep::CodeSet { code_hash } => Step::CodeSet {
            code: known.code_label(code_hash),
        },
        TraceStep::Terminated { beneficiary } => Step::Terminated {
            beneficiary: known.label(beneficiary),
        },
        TraceStep::Debug { message } => Step::Log {
            message: String::from_utf8_lossy(message).into_owned(),
        },
        // Both are the caller's.
        TraceStep::HostCall { .. } | TraceStep::Stopped { .. } => Step::Host {
            function: String::new(),
            gas,
        },
    }
}

pub(crate) fn shown_event(known: &Known, abi: Option<&Abi>, event: &Event) -> Step {
    let topic = event.topics.first();
    let decoded = abi
        .zip(topic)
        .and_then(|(abi, topic)| abi.codec().decode_event(&topic.0, &event.data).ok());
    match decoded {
        Some(decoded) => {
            let fields = owned(decoded.fields);
            Step::Event {
                name: decoded.event.name.clone(),
                text: line(known, &fields),
                fields,
            }
        }
        None => Step::Event {
            name: topic.map_or("(anonymous)".into(), |topic| format!("0x{topic}")),
            fields: Vec::new(),
            text: bytes(&event.data),
        },
    }
}

/// A storage item as people read it.
pub(crate) struct Item {
    pub(crate) place: String,
    pub(crate) value: Option<String>,
}

impl Item {
    pub(crate) fn of(known: &Known, abi: Option<&Abi>, key: &[u8], value: Option<&[u8]>) -> Self {
        let decoded = abi.and_then(|abi| abi.codec().decode_storage(key, value).ok());
        match decoded {
            Some(decoded) => Self {
                place: known.place(&decoded.place),
                value: decoded.value.map(|value| known.value(&value)),
            },
            None => Self {
                place: bytes(key),
                value: value.map(bytes),
            },
        }
    }
}

fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
