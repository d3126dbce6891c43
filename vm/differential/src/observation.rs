//! What can be seen of a run, and where two runs differ.

use std::fmt;

use crate::case::Call;
use crate::value::Value;
use crate::world::{HostHalt, Trace};

/// A run of a case on one engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Why there is no instance, if there is none.
    pub refused: Option<Halt>,
    /// Every global before the first call.
    pub initial: Vec<Value>,
    /// What each call came to.
    pub calls: Vec<Called>,
    /// The memory when all calls are done.
    pub memory: Option<Memory>,
    /// Every global after the reset function, which was called last; none if it
    /// halted.
    pub reset: Vec<Value>,
}

/// What a call came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The results, or what stopped it.
    pub end: Result<Vec<Value>, Halt>,
    /// The gas counter. Negative if the gas did not last.
    pub gas: i64,
    /// The frame counter.
    pub frames: i32,
    /// Every global of the module.
    pub globals: Vec<Value>,
    /// What the host saw up to here.
    pub trace: Trace,
}

/// A memory as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its length in bytes.
    pub len: u64,
    /// The hash of all of it.
    pub hash: blake3::Hash,
}

/// What stopped a guest, in words that every engine has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Halt {
    /// `unreachable`, of the author or of the meter.
    Unreachable,
    /// A load, store or bulk operation outside of the memory.
    MemoryOutOfBounds,
    /// A table index or bulk operation outside of the table.
    TableOutOfBounds,
    /// An indirect call of an empty entry.
    IndirectCallToNull,
    /// An indirect call of a function of another type.
    BadSignature,
    /// A division or conversion without a result that fits.
    IntegerOverflow,
    /// A division by zero.
    DivisionByZero,
    /// A conversion of what is no number.
    BadConversion,
    /// The engine's own stack did not suffice: the meter should have stopped
    /// the guest before.
    NativeStack,
    /// A host function stopped it without gas.
    HostOutOfGas,
    /// A host function refused.
    HostRefused,
}

impl From<HostHalt> for Halt {
    fn from(halt: HostHalt) -> Self {
        match halt {
            HostHalt::OutOfGas => Self::HostOutOfGas,
            HostHalt::Refused => Self::HostRefused,
        }
    }
}

/// How a call ended, as far as the meter is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The function returned in time.
    Returned,
    /// The gas did not last.
    OutOfGas,
    /// Calls nested too deep.
    OutOfFrames,
    /// Something else stopped it.
    Halted(Halt),
}

impl Called {
    /// How the call ended.
    pub fn how(&self) -> End {
        match self.end {
            // The last stretch before the return is checked by the embedder.
            _ if self.gas < 0 => End::OutOfGas,
            Ok(_) => End::Returned,
            Err(Halt::Unreachable) if self.frames < 0 => End::OutOfFrames,
            Err(halt) => End::Halted(halt),
        }
    }
}

/// Where two observations differ first: on the left `left`, on the right `right`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs.
    pub what: String,
    /// What it is on one engine.
    pub left: String,
    /// What it is on the other.
    pub right: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} against {}", self.what, self.left, self.right)
    }
}

/// Compares two observations of the same calls.
pub fn difference(calls: &[Call], left: &Observation, right: &Observation) -> Option<Difference> {
    let differ = |what: String, left: &dyn fmt::Debug, right: &dyn fmt::Debug| Difference {
        what,
        left: format!("{left:?}"),
        right: format!("{right:?}"),
    };
    macro_rules! compare {
        ($left:expr, $right:expr, $($what:tt)+) => {
            if $left != $right {
                return Some(differ(format!($($what)+), &$left, &$right));
            }
        };
    }
    compare!(left.refused, right.refused, "instantiation");
    compare!(left.initial, right.initial, "globals at the beginning");
    let pairs = left.calls.iter().zip(&right.calls).zip(calls);
    for (number, ((left, right), call)) in pairs.enumerate() {
        let name = &call.function;
        compare!(left.end, right.end, "end of call {number}, {name:?}");
        compare!(left.gas, right.gas, "gas left by call {number}, {name:?}");
        compare!(
            left.frames,
            right.frames,
            "frames left by call {number}, {name:?}"
        );
        compare!(
            left.trace,
            right.trace,
            "what the host saw in call {number}, {name:?}"
        );
        let globals = left.globals.iter().zip(&right.globals).enumerate();
        for (global, (left, right)) in globals {
            compare!(left, right, "global {global} after call {number}, {name:?}");
        }
    }
    compare!(left.calls.len(), right.calls.len(), "number of calls");
    compare!(left.memory, right.memory, "memory at the end");
    compare!(left.reset, right.reset, "globals after the reset function");
    None
}
