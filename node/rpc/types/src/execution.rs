//! Calls and transactions that are only tried.

use serde::{Deserialize, Serialize};

use crate::{
    Address, Amount, BlockId, Bytes, Event, Failure, Gas, Hash, ReceiptResult, SignedAmount, Trace,
    TransactionRequest,
};

/// A question to a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallParams {
    /// The contract.
    pub contract: Address,
    /// The input of the message.
    pub input: Bytes,
    /// Who asks; the zero address unless given.
    #[serde(default)]
    pub caller: Option<Address>,
    /// Most gas; the node sets a limit.
    #[serde(default)]
    pub gas_limit: Option<Gas>,
    /// On the state after which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// What a contract answered. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// How it ended.
    pub result: ReceiptResult,
    /// What it returned or reverted with.
    pub data: Bytes,
    /// Gas used.
    pub gas: Gas,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The height of the block on whose state it ran.
    pub height: u64,
}

/// A transaction that is only tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulateParams {
    /// The transaction.
    pub transaction: TransactionRequest,
    /// On the state after which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
    /// Whether a trace is made.
    #[serde(default)]
    pub trace: bool,
}

/// What a transaction would come to, on the way that an included one takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Simulated {
    /// How it would end.
    pub result: ReceiptResult,
    /// What it would return or revert with.
    pub data: Bytes,
    /// Gas that it would use.
    pub gas: Gas,
    /// What would be paid.
    pub fee: Amount,
    /// Deposit that the sender would pay less deposit that it would get back.
    pub deposit: SignedAmount,
    /// The events.
    pub events: Vec<Event>,
    /// The contract that an instantiation would create.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Address>,
    /// The code that an upload would put on the chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<Hash>,
    /// Why it would not succeed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The height of the block on whose state it ran.
    pub height: u64,
    /// The trace, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// What a transaction needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
    /// The gas that it uses.
    pub gas: Gas,
    /// A gas limit with which it was tried and does the same. Calls between contracts
    /// can need more than they use.
    pub gas_limit: Gas,
    /// What is paid for the gas used.
    pub fee: Amount,
    /// The deposit limit that it needs.
    pub deposit_limit: Amount,
    /// How it ends with that.
    pub result: ReceiptResult,
    /// Why it does not succeed, whatever the gas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The height of the block on whose state it ran.
    pub height: u64,
}
