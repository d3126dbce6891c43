//! What a build is doing.

use std::fmt;
use std::time::{Duration, Instant};

use crate::BuildError;

/// A part of a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Looking for the crate and for a compiler.
    Prepare,
    /// Compiling for Wasm.
    Compile,
    /// Compiling for this machine and asking for the ABI.
    Abi,
    /// Stripping, adding sections, writing files.
    Finish,
}

/// Where a build stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The step begins.
    Started(Step),
    /// The step has ended well.
    Finished(Step, Duration),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Prepare => "prepare",
            Self::Compile => "compile",
            Self::Abi => "describe",
            Self::Finish => "finish",
        })
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Started(step) => write!(f, "{step} ..."),
            Self::Finished(step, time) => write!(f, "{step} {:.1} s", time.as_secs_f32()),
        }
    }
}

/// Does a step and tells of it.
pub(crate) fn step<T>(
    step: Step,
    tell: &mut dyn FnMut(Progress),
    work: impl FnOnce() -> Result<T, BuildError>,
) -> Result<T, BuildError> {
    tell(Progress::Started(step));
    #[expect(
        clippy::disallowed_methods,
        reason = "shown to people, in no result of the build"
    )]
    let start = Instant::now();
    let done = work()?;
    tell(Progress::Finished(step, start.elapsed()));
    Ok(done)
}
