//! Traces. Frames are a flat list, so that no nesting of calls nests the JSON.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, Bytes, Event, Failure, Gas, Hash, ReceiptResult};

/// What happened inside a transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Trace {
    /// The frames in the order in which they began; the first is the outermost. None
    /// if nothing ran.
    pub frames: Vec<Frame>,
    /// Whether steps are missing, because there were more than the node tells.
    pub truncated: bool,
}

/// What happened inside a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// The frame around it: its place in the list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// How it came about: `call`, `delegate call`, `instantiation` or `migration`.
    pub kind: String,
    /// The owner of storage and balance.
    pub contract: Address,
    /// The code that ran.
    pub code_hash: Hash,
    /// Who called.
    pub caller: Address,
    /// The value that came with the call.
    pub value: Amount,
    /// The input.
    pub input: Bytes,
    /// The gas that it was given.
    pub gas_given: Gas,
    /// Whether it might not change state.
    pub read_only: bool,
    /// How it ended.
    pub result: ReceiptResult,
    /// What it returned or reverted with.
    pub data: Bytes,
    /// Gas used, nested frames included.
    pub gas: Gas,
    /// Gas used by the frame itself.
    pub gas_own: Gas,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// What happened, in order.
    pub steps: Vec<Step>,
}

/// Something that happened in a frame.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    tag = "step",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Step {
    /// A host function was called; what it did follows.
    HostCall {
        /// Which.
        function: String,
        /// What it cost, without the gas of nested frames.
        gas: Gas,
    },
    /// A nested frame ran.
    Frame {
        /// Its place in the list.
        index: u32,
    },
    /// A nested call did not come about.
    Refused {
        /// Why.
        reason: String,
        /// Whom it was for.
        contract: Address,
    },
    /// A storage item was read.
    Read {
        /// Its key.
        key: Bytes,
        /// Its value; null if there was none.
        value: Option<Bytes>,
    },
    /// A storage item was written.
    Write {
        /// Its key.
        key: Bytes,
        /// Its new value.
        value: Bytes,
    },
    /// A storage item was removed.
    Remove {
        /// Its key.
        key: Bytes,
        /// Whether there was one.
        found: bool,
    },
    /// The next key of a scan was looked for.
    Scan {
        /// Whether from high to low.
        descending: bool,
        /// Where it started.
        after: Option<Bytes>,
        /// The key found.
        found: Option<Bytes>,
    },
    /// An event was emitted.
    Event {
        /// The event.
        event: Event,
    },
    /// Tokens were sent without a call.
    Transfer {
        /// To whom.
        to: Address,
        /// How many.
        amount: Amount,
    },
    /// The contract's code was replaced.
    CodeSet {
        /// The new code.
        code_hash: Hash,
    },
    /// The contract removed itself.
    Terminated {
        /// Who got its balance.
        beneficiary: Address,
    },
    /// The code stopped before its entry point returned.
    Stopped {
        /// Where it was, the innermost function first.
        stack: Vec<Place>,
    },
    /// A message of the debug log.
    Debug {
        /// The message; what is not UTF-8 of it is replaced.
        message: String,
    },
}

/// A place in code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The index of the function, imports counted.
    pub function: u32,
    /// The offset in the function's body as the node compiled it, in bytes.
    pub offset: u32,
}
