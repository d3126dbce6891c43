//! A contract that calls what it is told to call, and tells what came of it.

use hull_vm::host_api::{Address, CallFlags, CallStatus};

use crate::support::number;

/// Reads a [`Script`] from its input and runs it.
pub(crate) const ACTOR: &str = r#"(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (import "hull" "returned_len" (func $returned_len (result i32)))
  (import "hull" "returned" (func $returned (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "revert" (func $revert (param i32 i32)))
  (memory 2)
  (func (export "call") (local $from i32) (local $end i32) (local $to i32) (local $len i32)
    (call $input (i32.const 1024) (i32.const 0) (call $input_len))
    (local.set $from (i32.const 1025))
    (local.set $end (i32.add (i32.const 1024) (call $input_len)))
    (local.set $to (i32.const 0x10000))
    (block (loop
      (br_if 1 (i32.ge_u (local.get $from) (local.get $end)))
      (local.set $len (i32.load (local.get $from)))
      (i32.store (local.get $to)
        (call $call (i32.add (local.get $from) (i32.const 4)) (i32.const 0) (i64.const 0)
          (i32.const 0) (i32.load offset=36 (local.get $from))
          (i32.add (local.get $from) (i32.const 40)) (local.get $len)))
      (i32.store offset=4 (local.get $to) (call $returned_len))
      (call $returned (i32.add (local.get $to) (i32.const 8)) (i32.const 0) (call $returned_len))
      (local.set $to (i32.add (i32.add (local.get $to) (i32.const 8)) (call $returned_len)))
      (local.set $from (i32.add (i32.add (local.get $from) (i32.const 40)) (local.get $len)))
      (br 0)))
    (local.set $to (i32.sub (local.get $to) (i32.const 0x10000)))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 1))
      (then (call $revert (i32.const 0x10000) (local.get $to))))
    (if (i32.eq (i32.load8_u (i32.const 1024)) (i32.const 2)) (then unreachable))
    (call $return (i32.const 0x10000) (local.get $to))))"#;

/// How an actor ends.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Return = 0,
    Revert = 1,
    Trap = 2,
}

/// What an actor does: calls, one after the other, and its end.
#[derive(Clone)]
pub(crate) struct Script(Vec<u8>);

impl Script {
    pub(crate) fn new(end: End) -> Self {
        Self(vec![end as u8])
    }

    /// The input of a contract that is no actor.
    pub(crate) fn raw(input: &[u8]) -> Self {
        Self(input.to_vec())
    }

    /// Calls a contract with a script of its own.
    #[must_use]
    pub(crate) fn call(mut self, callee: Address, flags: CallFlags, script: &Script) -> Self {
        self.0.extend((script.0.len() as u32).to_le_bytes());
        self.0.extend(callee.0);
        self.0.extend(flags.bits().to_le_bytes());
        self.0.extend(&script.0);
        self
    }

    pub(crate) fn input(&self) -> &[u8] {
        &self.0
    }
}

/// What came of a call: its status, and of the calls that it made.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Called(pub(crate) CallStatus, pub(crate) Vec<Called>);

/// Reads what an actor returned.
pub(crate) fn called(mut data: &[u8]) -> Vec<Called> {
    let mut calls = Vec::new();
    while let Some((head, rest)) = data.split_at_checked(8) {
        let status = CallStatus::from_code(number(&head[..4]) as u32);
        let (inner, rest) = rest.split_at(number(&head[4..]) as usize);
        calls.push(Called(status.expect("a status"), called(inner)));
        data = rest;
    }
    calls
}
