//! What an observer sees, and what is said of failures.

mod support;

use hull_executor::trace::{FrameTrace, Trace, TraceStep, Tracer};
use hull_executor::{Cause, FrameKind, HaltKind, Reason};
use hull_host_api::{Address, Balance, CallStatus, HostFunction};
use hull_types::{Payload, ReceiptResult, VerifiedTransaction};
use support::{ALICE, Chain};

/// The input of the router: calls `callee` with the rest.
fn route(callee: Address, input: &[u8]) -> Vec<u8> {
    let mut bytes = callee.0.to_vec();
    bytes.extend(Balance::to_le_bytes(0));
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(0u32.to_le_bytes());
    bytes.extend(input);
    bytes
}

/// Makes a call while it is traced; the receipt must be that of an untraced one.
fn traced(chain: &Chain, contract: Address, input: &[u8]) -> (hull_executor::Executed, Trace) {
    let body = chain.body(
        ALICE,
        Payload::Call {
            contract,
            value: 0,
            input: input.to_vec(),
        },
    );
    let plain = chain.try_block(std::slice::from_ref(&body)).unwrap();
    let mut run = chain.executor.begin(&chain.state, chain.block);
    let mut tracer = Tracer::default();
    let transaction = VerifiedTransaction::assume(body);
    run.execute_observed(&transaction, &mut tracer).unwrap();
    let mut watched = run.finish().unwrap();
    assert_eq!(watched, plain, "watching changed the result");
    (watched.executed.remove(0), tracer.finish())
}

/// The gas of a frame is its own and that of the frames inside.
fn check_gas(frame: &FrameTrace) {
    let inside: u64 = frame.children().map(|child| child.gas).sum();
    assert_eq!(frame.gas, frame.gas_own + inside);
    frame.children().for_each(check_gas);
}

#[test]
fn a_trace_is_the_tree_of_what_happened() {
    let mut chain = Chain::new();
    let router = chain.place("router", 1);
    let counter = chain.deploy("counter", 1, 0, &[]);
    chain.call(ALICE, counter, &[]);
    let (executed, trace) = traced(&chain, router, &route(counter, b"hello"));

    let [outer] = trace.frames.as_slice() else {
        panic!("{trace:?}")
    };
    check_gas(outer);
    assert_eq!((outer.kind, outer.contract), (FrameKind::Call, router));
    assert_eq!(outer.data, executed.data);
    let children: Vec<_> = outer.children().collect();
    let [inner] = children.as_slice() else {
        panic!("{outer:?}")
    };
    assert_eq!((inner.caller, inner.contract), (router, counter));
    assert_eq!(inner.input, b"hello");
    assert_eq!(inner.data, 2u64.to_le_bytes());
    let reads_and_writes: Vec<_> = inner
        .steps
        .iter()
        .filter(|step| !matches!(step, TraceStep::HostCall { .. }))
        .cloned()
        .collect();
    let read = TraceStep::Read {
        key: b"n".to_vec(),
        value: Some(1u64.to_le_bytes().to_vec()),
    };
    let write = TraceStep::Write {
        key: b"n".to_vec(),
        value: 2u64.to_le_bytes().to_vec(),
    };
    assert_eq!(reads_and_writes, [read, write]);
    let calls: Vec<_> = outer
        .steps
        .iter()
        .filter_map(|step| match step {
            TraceStep::HostCall {
                function: HostFunction::call,
                gas,
            } => Some(*gas),
            _ => None,
        })
        .collect();
    // The base, 200 a byte of input, and nothing of the frame inside.
    assert_eq!(calls, [20_000_000 + 5 * 200]);
    let events = |frame: &FrameTrace| {
        let steps = frame.steps.iter();
        steps
            .filter(|step| matches!(step, TraceStep::Event(_)))
            .count()
    };
    assert_eq!((events(outer), events(inner)), (1, 0));
}

#[test]
fn a_failure_names_every_frame_on_its_way() {
    let mut chain = Chain::new();
    // Reverts when its callee does, with the callee's data.
    let strict = support::contract(
        r#"(module
          (import "hull" "input_len" (func $input_len (result i32)))
          (import "hull" "input" (func $input (param i32 i32 i32)))
          (import "hull" "revert" (func $revert (param i32 i32)))
          (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "instantiate"))
          (func (export "call")
            (call $input (i32.const 0) (i32.const 0) (call $input_len))
            (if (call $call (i32.const 0) (i32.const 512) (i64.const 0) (i32.const 0)
                  (i32.const 0) (i32.const 32) (i32.sub (call $input_len) (i32.const 32)))
              (then (call $revert (i32.const 0) (i32.const 2))))))"#,
    );
    let strict = chain.create(strict, 1);
    let ends = chain.place("ends", 1);
    let via = |inner: &[u8]| [ends.0.as_slice(), inner].concat();

    let (executed, trace) = traced(&chain, strict, &via(b"\x02because"));
    let Some(Cause::Contract(failure)) = &executed.cause else {
        panic!("{executed:?}")
    };
    let chain_of: Vec<_> = failure
        .chain()
        .map(|one| (one.contract, &one.reason))
        .collect();
    let aborted = Reason::Aborted("\x02because".into());
    let reverted = Reason::Reverted(ends.0[..2].to_vec());
    assert_eq!(chain_of, [(strict, &reverted), (ends, &aborted)]);
    assert_eq!(trace.frames[0].failure.as_ref(), Some(failure));

    let (executed, _) = traced(&chain, strict, &via(&[6]));
    let Some(Cause::Contract(failure)) = &executed.cause else {
        panic!("{executed:?}")
    };
    let inner = failure.inner.as_ref().unwrap();
    assert_eq!(inner.reason, Reason::Halted(HaltKind::DivisionByZero));

    // Nobody is there.
    let (executed, trace) = traced(&chain, strict, &[7; 32]);
    let Some(Cause::Contract(failure)) = &executed.cause else {
        panic!("{executed:?}")
    };
    let inner = failure.inner.as_ref().unwrap();
    assert_eq!(inner.reason, Reason::Refused(CallStatus::NotFound));
    assert_eq!(inner.contract, Address([7; 32]));
    assert!(trace.frames[0].steps.iter().any(|step| matches!(
        step,
        TraceStep::Refused {
            status: CallStatus::NotFound,
            ..
        }
    )));
}

/// A failure that was dealt with is not the cause of a later one in the frame
/// around, nor of a success.
#[test]
fn a_failure_that_was_dealt_with_is_forgotten() {
    let mut chain = Chain::new();
    let router = chain.place("router", 1);
    let ends = chain.place("ends", 1);
    let outer = chain.place("router", 2);
    // The router goes on when its callee fails.
    let (executed, trace) = traced(&chain, outer, &route(router, &route(ends, b"\x02no")));
    assert_eq!(executed.receipt.result, ReceiptResult::Success);
    assert_eq!(executed.cause, None);
    let inner = trace.frames[0].children().next().unwrap();
    assert_eq!(inner.failure, None);
    assert!(inner.children().next().unwrap().failure.is_some());
}
