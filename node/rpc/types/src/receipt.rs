//! Receipts, events, and why something failed.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, Bytes, Gas, Hash, SignedAmount};

/// How a transaction or call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum ReceiptResult {
    /// It did what it says.
    Success,
    /// It was given up; only the fee was taken.
    Revert,
    /// It broke a rule; all its gas was taken.
    Halt,
}

/// What a contract told the outside world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// The contract.
    pub contract: Address,
    /// What subscribers filter by.
    pub topics: Vec<Hash>,
    /// The payload.
    pub data: Bytes,
}

/// What became of an included transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The transaction.
    pub transaction: Hash,
    /// The height of its block.
    pub height: u64,
    /// The hash of its block.
    pub block: Hash,
    /// Its place in the block, from 0.
    pub index: u32,
    /// Who sent it.
    pub sender: Address,
    /// How it ended.
    pub result: ReceiptResult,
    /// What it returned or reverted with. That of a success is this node's knowledge,
    /// not the chain's: old ones are forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Bytes>,
    /// Gas used.
    pub gas: Gas,
    /// What was paid: gas used times gas price, and the tip.
    pub fee: Amount,
    /// Deposit that the sender paid less deposit that it got back.
    pub deposit: SignedAmount,
    /// Events in the order in which they were emitted.
    pub events: Vec<Event>,
    /// The contract that an instantiation created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Address>,
    /// The code that an upload put on the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<Hash>,
    /// Why it did not succeed. This node's knowledge, not the chain's: old ones are
    /// forgotten, and `hull_trace` brings them back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
}

/// Why a frame or a request failed. In a list the outermost comes first, each
/// followed by what failed inside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// What was tried: a call, a delegate call, an instantiation, a migration; absent
    /// if the chain itself refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Address>,
    /// The code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<Hash>,
    /// What was wrong, for people.
    pub reason: String,
    /// What the contract said when it aborted: a panic and its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The data that it gave up with, cut to a few kilobytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Bytes>,
}
