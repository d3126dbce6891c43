//! The form of a vector file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Bytes as lower-case hexadecimal.
pub type Hex = String;
/// A number as a decimal string.
pub type Decimal = String;

/// One file: a state, steps, and what must come of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vector {
    /// What it shows.
    pub about: String,
    /// The version of the gas schedule.
    pub schedule: u32,
    /// The state before the first step.
    pub before: State,
    /// What is done, in order; each step sees the state that the last one left.
    pub steps: Vec<Step>,
}

/// A state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct State {
    /// The block that every step sees.
    pub block: Block,
    /// Deposit for a byte of keys and values.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub deposit_per_byte: Decimal,
    /// Codes by the name of their program. Their hashes are SHA2-256 of the file.
    pub codes: Vec<String>,
    /// Balances by address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub balances: BTreeMap<Hex, Decimal>,
    /// Contracts by address.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub contracts: BTreeMap<Hex, Contract>,
    /// Storage by address and key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<Hex, BTreeMap<Hex, Hex>>,
}

/// A block.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its time in milliseconds.
    pub time: u64,
    /// The identity of the chain, 32 bytes.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub chain_id: Hex,
}

/// A contract. It may do what its code declares.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contract {
    /// The name of its program.
    pub code: String,
    /// The contracts that it may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Hex>,
}

/// One thing that is done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What.
    #[serde(rename = "do")]
    pub action: Action,
    /// What must come of it; written by a bless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<Expected>,
}

/// What can be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Judge a program.
    Admit {
        /// Its name.
        code: String,
    },
    /// Call a contract.
    Call(CallAction),
    /// Create a contract.
    Instantiate(InstantiateAction),
}

/// A call.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CallAction {
    /// Origin and caller.
    pub origin: Hex,
    /// The contract.
    pub contract: Hex,
    /// Most gas.
    pub gas_limit: Decimal,
    /// Tokens that move.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub value: Decimal,
    /// Most deposit.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub deposit_limit: Decimal,
    /// A view.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The input.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub input: Hex,
}

/// A creation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InstantiateAction {
    /// Origin and creator.
    pub origin: Hex,
    /// The name of the program.
    pub code: String,
    /// The salt, 32 bytes.
    pub salt: Hex,
    /// The contracts that the new one may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<Hex>,
    /// Most gas.
    pub gas_limit: Decimal,
    /// Tokens that move.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub value: Decimal,
    /// Most deposit.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub deposit_limit: Decimal,
    /// The input of the constructor.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub input: Hex,
}

/// What must come of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// `success`, `revert` or `halt`; `admitted` or `refused`.
    pub result: String,
    /// The rule that a refused program breaks.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// Gas used; for an admitted program the gas of its upload.
    #[serde(skip_serializing_if = "Decimal::is_empty")]
    pub gas: Decimal,
    /// Data returned or reverted with.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub data: Hex,
    /// The address of a new contract.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub address: Hex,
    /// Events, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<EventJson>,
    /// Storage that changed: by address and key the new value, or null.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub storage: BTreeMap<Hex, BTreeMap<Hex, Option<Hex>>>,
    /// Balances that changed.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub balances: BTreeMap<Hex, Decimal>,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventJson {
    /// Who emitted it.
    pub contract: Hex,
    /// Its topics.
    pub topics: Vec<Hex>,
    /// Its payload.
    pub data: Hex,
}
