//! The node and its chain.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, BlockId, Bytes, Gas, Hash, Power};

/// Which block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AtParams {
    /// Which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// What the node and its chain are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// The hash of the genesis; part of what is signed.
    pub chain_id: Hash,
    /// The name of the chain.
    pub chain_name: String,
    /// The prefix of addresses.
    pub address_prefix: String,
    /// The software of the node.
    pub version: String,
    /// Whether this is a development node, with `dev_*` methods.
    pub dev: bool,
    /// The height of the last block.
    pub height: u64,
    /// The hash of the last block.
    pub block: Hash,
    /// The time of the last block, in milliseconds since the Unix epoch.
    pub time: u64,
    /// The state root after the last block.
    pub state_root: Hash,
    /// What waits.
    pub pool: Pool,
}

/// The transactions that wait on this node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pool {
    /// How many.
    pub transactions: u64,
    /// Bytes of them.
    pub bytes: u64,
}

/// Limits and prices of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Parameters {
    /// The version of the gas schedule.
    pub schedule: u32,
    /// Most gas of a block.
    pub block_gas: Gas,
    /// Most bytes of the transactions of a block.
    pub block_bytes: u32,
    /// Most bytes of a transaction.
    pub transaction_bytes: u32,
    /// Gas of every transaction.
    pub transaction_gas: Gas,
    /// Gas for a byte of a transaction.
    pub transaction_byte_gas: Gas,
    /// The least gas price.
    pub least_gas_price: Amount,
    /// Deposit for an item of state.
    pub deposit_item: Amount,
    /// Deposit for a byte of an item.
    pub deposit_byte: Amount,
    /// Deposit for a byte of code.
    pub deposit_code_byte: Amount,
    /// Who gets the fees.
    pub fee_account: Address,
    /// Who changes validators; without it nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authority: Option<Address>,
}

/// Where a chain began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Genesis {
    /// The genesis in SCALE.
    pub bytes: Bytes,
}

/// A validator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Validator {
    /// Its Ed25519 key.
    pub public_key: Hash,
    /// Its share of the votes.
    pub power: Power,
}

/// Who decides blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Validators {
    /// The height of the block that they decide.
    pub height: u64,
    /// The hash that the block's header has of them.
    pub hash: Hash,
    /// By key in ascending order.
    pub validators: Vec<Validator>,
    /// The height from which on those in `next` decide; absent if no change is on its
    /// way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_from: Option<u64>,
    /// Who follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next: Vec<Validator>,
}
