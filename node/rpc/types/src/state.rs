//! What is in the state: accounts, code, contracts, storage, and proofs of it.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, BlockId, Bytes, Hash, Header, Nonce};

/// Which account, as of which block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountParams {
    /// The account or contract.
    pub address: Address,
    /// As of which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// An account, or what a contract holds. One that never had a transaction or tokens
/// is all zeros.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Its address.
    pub address: Address,
    /// How many of its transactions were included.
    pub nonce: Nonce,
    /// The nonce that its next transaction should have: after those that wait on
    /// this node and are ready. Only told as of the last block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_nonce: Option<Nonce>,
    /// Its balance.
    pub balance: Amount,
    /// Whether it is a contract.
    pub contract: bool,
    /// The height of the block.
    pub height: u64,
}

/// Which code, as of which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CodeParams {
    /// The code.
    pub code_hash: Hash,
    /// Whether the Wasm bytes are told too.
    #[serde(default)]
    pub wasm: bool,
    /// As of which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// A code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Code {
    /// Its hash: SHA2-256 of its bytes.
    pub code_hash: Hash,
    /// Who uploaded it, may remove it, and then gets the deposit back.
    pub uploader: Address,
    /// What is held for it.
    pub deposit: Amount,
    /// Bytes of the module.
    pub length: u32,
    /// How many contracts have it.
    pub users: u64,
    /// What it declares that it may do.
    pub capabilities: Capabilities,
    /// Whether it has a migration to run on old storage.
    pub migrates: bool,
    /// The module, if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wasm: Option<Bytes>,
}

/// What a contract may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Capabilities {
    /// The groups of host functions.
    pub groups: Vec<String>,
    /// Which contracts it may call: `none`, `granted` or `any`.
    pub callees: String,
    /// Bytes of keys and values that it may hold in storage.
    pub storage_quota: crate::Decimal<u64>,
    /// What may become of its code: `never`, `narrowing` or `widening`.
    pub upgrade: String,
}

/// Which contract, as of which block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContractParams {
    /// The contract.
    pub contract: Address,
    /// As of which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// Tokens held while the state that they pay for exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Deposit {
    /// Who paid, and gets them back.
    pub payer: Address,
    /// How many tokens.
    pub amount: Amount,
    /// For how many bytes.
    pub bytes: u32,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Its address.
    pub address: Address,
    /// Its code.
    pub code_hash: Hash,
    /// Who created it.
    pub creator: Address,
    /// What it may do.
    pub capabilities: Capabilities,
    /// The contracts that it may call under the capability "granted".
    pub grants: Vec<Address>,
    /// Its balance.
    pub balance: Amount,
    /// What is held for its record.
    pub deposit: Deposit,
    /// Bytes of keys and values in its storage.
    pub storage_bytes: crate::Decimal<u64>,
    /// Items in its storage.
    pub storage_items: crate::Decimal<u64>,
    /// Its ABI as JSON, if its code carries one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abi: Option<serde_json::Value>,
    /// The height of the block.
    pub height: u64,
}

/// Which item of storage, as of which block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ItemParams {
    /// The contract.
    pub contract: Address,
    /// The key.
    pub key: Bytes,
    /// As of which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// An item of storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Item {
    /// The key.
    pub key: Bytes,
    /// The value.
    pub value: Bytes,
    /// What is held for it.
    pub deposit: Deposit,
}

/// Which part of a contract's storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StorageParams {
    /// The contract.
    pub contract: Address,
    /// What keys begin with; any unless given.
    #[serde(default)]
    pub prefix: Bytes,
    /// Most items of a page; the node sets a limit.
    #[serde(default)]
    pub limit: Option<u32>,
    /// That of the page before; it also says as of which block.
    #[serde(default)]
    pub cursor: Option<String>,
    /// As of which block; the last one unless given.
    #[serde(default)]
    pub block: BlockId,
}

/// A page of storage, in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StoragePage {
    /// The items.
    pub items: Vec<Item>,
    /// For the next page; absent if there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The height of the block.
    pub height: u64,
}

/// What is proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum ProofSubject {
    /// An account or what a contract holds.
    Account {
        /// Its address.
        address: Address,
    },
    /// A contract.
    Contract {
        /// Its address.
        contract: Address,
    },
    /// That a code is on the chain.
    Code {
        /// Its hash.
        code_hash: Hash,
    },
    /// An item of storage.
    Item {
        /// The contract.
        contract: Address,
        /// The key.
        key: Bytes,
    },
}

/// What is to be proved, as of which block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProofParams {
    /// What.
    pub subject: ProofSubject,
    /// As of the end of which block; the last one that another block follows
    /// unless given.
    #[serde(default)]
    pub height: Option<u64>,
}

/// That something is, or is not, in the state after a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Proof {
    /// The height of the block.
    pub height: u64,
    /// The state root after it.
    pub state_root: Hash,
    /// The key in the tree.
    pub key: Bytes,
    /// The record there, in SCALE; absent if the proof is one of absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Bytes>,
    /// The proof: an ICS23 `CommitmentProof` in protobuf.
    pub proof: Bytes,
    /// The next header, which has the root.
    pub header: Header,
    /// The same in SCALE, as it is hashed and signed.
    pub header_bytes: Bytes,
    /// What validators signed of that header; empty on a development chain.
    pub certificate: Bytes,
}
