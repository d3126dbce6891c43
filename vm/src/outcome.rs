//! What a call comes to.

use core::fmt;

use hull_host_api::{Event, Gas, Group};

use crate::failure::Failure;

/// What a contract did. Equal on every node for equal inputs, but for
/// [`failure`](Self::failure).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub result: CallResult,
    /// Gas used, that of nested calls included. After a halt this is all the
    /// gas that the call was given.
    pub gas: Gas,
    /// What the contract returned, or the data of its revert; empty after a halt.
    pub data: Vec<u8>,
    /// The events that survived rollback, in the order in which they were
    /// emitted; empty unless the call succeeded.
    pub events: Vec<Event>,
    /// Why it did not succeed, for people; `None` if it did. Never part of
    /// consensus: a node may drop or cut it.
    pub failure: Option<Failure>,
}

impl Outcome {
    /// What the called contract said when it aborted.
    pub fn message(&self) -> Option<&str> {
        self.failure.as_ref()?.message()
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallResult {
    /// The contract returned.
    Success,
    /// The contract gave up; its changes are undone.
    Revert,
    /// The contract broke a rule; its changes are undone and its gas is gone.
    Halt(HaltKind),
}

impl CallResult {
    /// Whether changes were kept.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success)
    }
}

/// Which rule a contract broke. For people and tools: a receipt says only that
/// there was a halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HaltKind {
    /// The gas did not last.
    OutOfGas,
    /// Calls inside the contract nested too deep.
    StackOverflow,
    /// The contract executed `unreachable`.
    Unreachable,
    /// A load or store outside the memory.
    MemoryOutOfBounds,
    /// A table index outside the table.
    TableOutOfBounds,
    /// An indirect call of an empty table entry.
    IndirectCallToNull,
    /// An indirect call of a function of another type.
    BadSignature,
    /// An integer division overflowed.
    IntegerOverflow,
    /// A division by zero.
    DivisionByZero,
    /// A float that no integer can hold was converted.
    BadConversion,
    /// A host function was given a range outside the memory.
    HostRange,
    /// A host function was given something over a limit.
    Limit {
        /// What was limited.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A host function was given a code or flag that does not exist.
    UnknownCode {
        /// Which argument.
        what: &'static str,
    },
    /// The frame's capabilities do not cover a host function.
    NotPermitted(Group),
    /// A change of state in a read-only frame.
    ReadOnly,
    /// More storage than the contract's quota.
    QuotaExceeded,
    /// The contract removed itself while it was running further up.
    TerminatedWhileRunning,
}

impl fmt::Display for HaltKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::OutOfGas => "the gas did not last",
            Self::StackOverflow => "calls inside the contract nested too deep",
            Self::Unreachable => "the contract executed `unreachable`",
            Self::MemoryOutOfBounds => "a load or store outside the memory",
            Self::TableOutOfBounds => "a table index outside the table",
            Self::IndirectCallToNull => "an indirect call of an empty table entry",
            Self::BadSignature => "an indirect call of a function of another type",
            Self::IntegerOverflow => "an integer division overflowed",
            Self::DivisionByZero => "a division by zero",
            Self::BadConversion => "a float that no integer can hold was converted",
            Self::HostRange => "a host function was given a range outside the memory",
            Self::Limit { what, limit } => return write!(f, "{what} over the limit of {limit}"),
            Self::UnknownCode { what } => return write!(f, "unknown code or flag for {what}"),
            Self::NotPermitted(group) => {
                return write!(f, "the contract may not use the group `{group}`");
            }
            Self::ReadOnly => "a change of state in a read-only call",
            Self::QuotaExceeded => "more storage than the contract's quota",
            Self::TerminatedWhileRunning => "the contract removed itself while running further up",
        };
        f.write_str(text)
    }
}
