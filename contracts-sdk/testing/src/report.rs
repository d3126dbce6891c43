//! What a test says when a call did not go as it had to.

use std::fmt::{self, Display, Write};

use crate::receipt::Receipt;
use crate::record::Record;
use crate::trace::{CallTrace, Detail, End, Frame, Step};
use crate::verbosity::{TRACE_VARIABLE, Verbosity, style};

impl<R> Receipt<R> {
    /// What happened inside, with names, values and source lines.
    pub fn trace(&self) -> CallTrace {
        self.record.trace()
    }
}

impl Record {
    /// A failure that no test expected.
    pub(crate) fn unexpected(&self, failed: &dyn Display) -> String {
        self.report(&format!("failed: {failed}"))
    }

    /// Something else than what was expected.
    pub(crate) fn otherwise(&self, expected: &str, found: &dyn Display) -> String {
        self.report(&format!("was to end with {expected}, and {found}"))
    }

    /// The error that the outermost frame declared.
    pub(crate) fn declared_error(&self) -> String {
        let frame = self.trace.frames.first();
        let text = frame.and_then(|frame| {
            let abi = self.known.abi(&frame.code_hash)?;
            crate::trace::error_text(&self.known, abi, frame)
        });
        text.unwrap_or_else(|| "it returned an error".into())
    }

    fn report(&self, what: &str) -> String {
        let trace = self.trace();
        let mut text = String::new();
        match trace.frames.first() {
            Some(frame) => {
                let _ = write!(text, "{} by {} {what}", frame.headline(), frame.caller);
            }
            None => {
                let _ = write!(text, "the transaction {what}");
            }
        }
        let causes = Causes(&trace);
        let _ = write!(text, "{causes}");
        if Verbosity::of_environment() >= Verbosity::Failures {
            let trace = trace.render(Detail::Storage, style());
            let _ = write!(text, "\n\n{}", trace.trim_end());
        } else if !trace.frames.is_empty() {
            let _ = write!(text, "\n  {TRACE_VARIABLE}=2 shows what happened inside");
        }
        text
    }
}

/// The failures inside the outermost frame, from there to the innermost, and
/// where in the source each was.
struct Causes<'a>(&'a CallTrace);

impl Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut frame) = self.0.frames.first().filter(|it| it.failed()) else {
            return Ok(());
        };
        places(frame, f)?;
        while let Some(cause) = last_failure(frame) {
            match cause {
                Step::Frame(inner) => {
                    if let End::Failed { reason, .. } = &inner.end {
                        write!(f, "\n  inside it, {} failed: {reason}", inner.headline())?;
                    }
                    places(inner, f)?;
                    frame = inner;
                }
                Step::Refused { contract, reason } => {
                    return write!(f, "\n  inside it, the call of {contract} failed: {reason}");
                }
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

fn places(frame: &Frame, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if let End::Failed { at, .. } = &frame.end {
        at.iter()
            .try_for_each(|place| write!(f, "\n    at {place}"))?;
    }
    Ok(())
}

/// The last call inside a frame, if it failed; a contract may have gone on after
/// it, but mostly it is the cause.
fn last_failure(frame: &Frame) -> Option<&Step> {
    let calls = frame.steps.iter().rev();
    let mut calls = calls.filter(|step| matches!(step, Step::Frame(_) | Step::Refused { .. }));
    calls.next().filter(|step| match step {
        Step::Frame(inner) => inner.failed(),
        _ => true,
    })
}
