//! Blocks.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Bytes, Hash, Transaction};

/// Which block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockId {
    /// The last one: `"latest"`.
    #[default]
    Latest,
    /// By its number, as a number.
    Height(u64),
    /// By its hash.
    Hash(Hash),
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Latest => serializer.serialize_str("latest"),
            Self::Height(height) => serializer.serialize_u64(*height),
            Self::Hash(hash) => hash.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Id;
        impl Visitor<'_> for Id {
            type Value = BlockId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"latest\", a height, or a block hash")
            }

            fn visit_u64<E: Error>(self, height: u64) -> Result<BlockId, E> {
                Ok(BlockId::Height(height))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<BlockId, E> {
                match text {
                    "latest" => Ok(BlockId::Latest),
                    hash => hash.parse().map(BlockId::Hash).map_err(E::custom),
                }
            }
        }
        deserializer.deserialize_any(Id)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for BlockId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BlockId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "Which block: \"latest\", a height, or a block hash.",
            "oneOf": [
                { "const": "latest" },
                { "type": "integer", "minimum": 0 },
                { "type": "string", "pattern": "^0x[0-9a-fA-F]{64}$" },
            ],
        })
    }
}

/// Which block, and how much of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BlockParams {
    /// Which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
    /// Whether transactions are told whole instead of by their hashes.
    #[serde(default)]
    pub full: bool,
}

/// What validators agree on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Header {
    /// The number of the block; the genesis is 0.
    pub height: u64,
    /// Milliseconds since the Unix epoch.
    pub time: u64,
    /// The hash of the parent's header; of block 1 the chain id.
    pub parent: Hash,
    /// The state root after the parent.
    pub state_root: Hash,
    /// The root of the parent's receipts.
    pub receipts_root: Hash,
    /// The hash of the set of validators that decides this block.
    pub validators_hash: Hash,
    /// The root of the transactions of this block.
    pub transactions_root: Hash,
    /// The root of the evidence in this block.
    pub evidence_root: Hash,
}

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Block {
    /// The hash of the header: the name of the block. Of the genesis the chain id.
    pub hash: Hash,
    /// The header.
    pub header: Header,
    /// The state root after this block; the next header has it too.
    pub state_root_after: Hash,
    /// The transactions in order.
    pub transactions: BlockTransactions,
    /// What validators signed; empty on a development chain.
    pub certificate: Bytes,
    /// Proofs that validators cheated: they lose their power two blocks later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// A proof that a validator cheated: two statements of which it may have made one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// Its Ed25519 key.
    pub validator: Hash,
    /// The height about which it said both.
    pub height: u64,
    /// The round.
    pub round: u32,
    /// Both statements with their signatures, in SCALE.
    pub proof: Bytes,
}

/// The transactions of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum BlockTransactions {
    /// Their hashes.
    Hashes(Vec<Hash>),
    /// Whole.
    Full(Vec<Transaction>),
}
