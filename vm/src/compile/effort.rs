//! What the optimizing compiler is given.
//!
//! Admission bounds what the baseline compiler takes, because a chain waits for
//! it. The optimizing one works in the background, but all modules share its
//! thread, and for some shapes its work grows with a square that admission need
//! not know of. A module with such a function stays on the baseline tier. That
//! is the node's own business: no result depends on the tier.

use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Calls in a function times its locals, parameters not counted: whatever is
/// alive across a call has to be put away and found again, and the compiler
/// considers each value at each call. The reference contracts stay below
/// 100,000.
const MAX_CALLS_TIMES_LOCALS: u64 = 1024 * 1024;

/// Whether the optimizing compiler is done with a valid module in a time that is
/// about proportional to its length.
pub(crate) fn is_bounded(wasm: &[u8]) -> bool {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let bodies = payloads.filter_map(|payload| match payload {
        Payload::CodeSectionEntry(body) => Some(body),
        _ => None,
    });
    let mut efforts = bodies.map(|body| calls_times_locals(&body));
    efforts.all(|effort| effort.is_ok_and(|effort| effort <= MAX_CALLS_TIMES_LOCALS))
}

fn calls_times_locals(body: &FunctionBody<'_>) -> wasmparser::Result<u64> {
    let mut locals = 0u64;
    for group in body.get_locals_reader()? {
        locals += u64::from(group?.0);
    }
    // A call is two bytes.
    if locals.saturating_mul(body.as_bytes().len() as u64 / 2) <= MAX_CALLS_TIMES_LOCALS {
        return Ok(0);
    }
    let mut calls = 0u64;
    for operator in body.get_operators_reader()? {
        let operator = operator?;
        let is_call = matches!(
            operator,
            Operator::Call { .. } | Operator::CallIndirect { .. }
        );
        calls += u64::from(is_call);
    }
    Ok(calls.saturating_mul(locals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(locals: u64, calls: u64) -> Vec<u8> {
        let locals = "i64 ".repeat(locals as usize);
        let calls = "(call $f)".repeat(calls as usize);
        wat::parse_str(format!(
            "(module (func) (func $f (local {locals}) {calls}))"
        ))
        .unwrap()
    }

    #[test]
    fn a_square_of_calls_and_locals_is_not_bounded() {
        const SIDE: u64 = 1024;
        assert_eq!(SIDE * SIDE, MAX_CALLS_TIMES_LOCALS);
        assert!(is_bounded(&module(SIDE, SIDE)));
        assert!(!is_bounded(&module(SIDE, SIDE + 1)));
        assert!(!is_bounded(&module(SIDE + 1, SIDE)));
        assert!(is_bounded(&module(4_096, 10)) && is_bounded(&module(10, 4_096)));
    }
}
