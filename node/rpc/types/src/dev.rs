//! What only a development node does.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, Bytes, Hash};

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NoParams {}

/// How many blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevSealParams {
    /// How many blocks; 1 unless given, and at most 1,000.
    #[serde(default = "one")]
    pub blocks: u32,
}

fn one() -> u32 {
    1
}

/// The last block that was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sealed {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub block: Hash,
    /// Transactions in all blocks that were sealed.
    pub transactions: u64,
}

/// How far the clock moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IncreaseTimeParams {
    /// Milliseconds forward.
    pub milliseconds: u64,
}

/// What the clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DevSetTimeParams {
    /// Milliseconds since the Unix epoch; later than the last block.
    pub time: u64,
}

/// What the clock of the chain shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DevTime {
    /// Milliseconds since the Unix epoch.
    pub time: u64,
}

/// An account of a development chain. Its key is in the source of Hull.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DevAccount {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// What it has.
    pub balance: Amount,
    /// Its key, which everybody knows.
    pub public_knowledge_key: Bytes,
}
