//! Transactions.

use serde::{Deserialize, Serialize};

use crate::{Address, Amount, Bytes, Gas, Hash, Nonce, Validator};

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase",
    deny_unknown_fields
)]
pub enum Payload {
    /// Sends tokens, without running code.
    Transfer {
        /// Who gets them.
        to: Address,
        /// How many.
        value: Amount,
    },
    /// Puts code on the chain.
    Upload {
        /// A Wasm module.
        code: Bytes,
    },
    /// Creates a contract.
    Instantiate {
        /// Uploaded code.
        code_hash: Hash,
        /// Tells contracts of one sender and code apart.
        salt: Hash,
        /// The contracts that the new one may call under the capability "granted".
        #[serde(default)]
        grants: Vec<Address>,
        /// Tokens that move from the sender to the contract.
        #[serde(default)]
        value: Amount,
        /// The input of the constructor.
        input: Bytes,
    },
    /// Calls a contract.
    Call {
        /// The contract.
        contract: Address,
        /// Tokens that move from the sender to the contract.
        #[serde(default)]
        value: Amount,
        /// The input of the message.
        input: Bytes,
    },
    /// Replaces the code of a contract that the sender created.
    SetCode {
        /// The contract.
        contract: Address,
        /// Uploaded code.
        code_hash: Hash,
        /// The input of the migration.
        #[serde(default)]
        input: Bytes,
    },
    /// Removes code that the sender uploaded and no contract uses.
    RemoveCode {
        /// The code.
        code_hash: Hash,
    },
    /// Changes validators, from the second block after this one on. Of the authority of
    /// the chain alone.
    UpdateValidators {
        /// By key in ascending order: new ones, others' new power, and with power 0
        /// those that leave.
        update: Vec<Validator>,
    },
}

/// A transaction that is only tried: nothing is signed, and what is left out has a
/// default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransactionRequest {
    /// Who sends it.
    pub sender: Address,
    /// What it does.
    pub payload: Payload,
    /// Most gas; that of a block unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_limit: Option<Gas>,
    /// What a unit of gas costs; the least of the chain unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gas_price: Option<Amount>,
    /// What is paid on top.
    #[serde(default)]
    pub tip: Amount,
    /// Most storage deposit; what the sender has unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deposit_limit: Option<Amount>,
}

/// A transaction with its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Transaction {
    /// Its name.
    pub hash: Hash,
    /// The account that signs and pays.
    pub sender: Address,
    /// How many transactions of the sender came before.
    pub nonce: Nonce,
    /// Most gas.
    pub gas_limit: Gas,
    /// What a unit of gas costs.
    pub gas_price: Amount,
    /// What is paid on top.
    pub tip: Amount,
    /// Most storage deposit.
    pub deposit_limit: Amount,
    /// What is to be done.
    pub payload: Payload,
    /// The signature in SCALE.
    pub signature: Bytes,
    /// Where it is.
    pub state: TransactionState,
}

/// Where a transaction is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(
    tag = "state",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum TransactionState {
    /// In the pool of this node.
    Waiting {
        /// Whether it may be in the next block; otherwise a nonce is missing before it.
        ready: bool,
    },
    /// In a block.
    Included {
        /// The block's height.
        height: u64,
        /// Its place in the block, from 0.
        index: u32,
    },
}

/// Which transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HashParams {
    /// The hash of the transaction.
    pub hash: Hash,
    /// Milliseconds to wait until it is in a block; the node sets a limit.
    #[serde(default)]
    pub wait: u64,
}

/// A transaction to be included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SendParams {
    /// The signed transaction in SCALE.
    pub transaction: Bytes,
}

/// A transaction was taken into the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// Its name.
    pub hash: Hash,
    /// Whether it may be in the next block; otherwise a nonce is missing before it.
    pub ready: bool,
    /// The transaction with the same nonce that it replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<Hash>,
}
