//! Events and receipts, past ones and those to come.

use serde::{Deserialize, Serialize};

use crate::{Address, Bytes, Hash};

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventFilter {
    /// Those of a contract; of any unless given.
    #[serde(default)]
    pub contract: Option<Address>,
    /// By position, the topics that may be there; null where any may. Topic 0 says
    /// which event it is.
    #[serde(default)]
    pub topics: Vec<Option<Vec<Hash>>>,
    /// From which height on; those of later blocks than now unless given. Who was cut
    /// off goes on where it was.
    #[serde(default)]
    pub from: Option<u64>,
}

/// Which receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReceiptFilter {
    /// Those of a sender; of any unless given.
    #[serde(default)]
    pub sender: Option<Address>,
    /// From which height on; those of later blocks than now unless given.
    #[serde(default)]
    pub from: Option<u64>,
}

/// From where on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FromParams {
    /// From which height on; later blocks than now unless given.
    #[serde(default)]
    pub from: Option<u64>,
}

/// Which past events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventsParams {
    /// Those of a contract; of any unless given.
    #[serde(default)]
    pub contract: Option<Address>,
    /// By position, the topics that may be there; null where any may.
    #[serde(default)]
    pub topics: Vec<Option<Vec<Hash>>>,
    /// The first height; 1 unless given.
    #[serde(default)]
    pub from: Option<u64>,
    /// The last height; that of the last block unless given.
    #[serde(default)]
    pub to: Option<u64>,
    /// Most events of a page; the node sets a limit.
    #[serde(default)]
    pub limit: Option<u32>,
    /// That of the page before.
    #[serde(default)]
    pub cursor: Option<String>,
}

/// An event, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LocatedEvent {
    /// The height of the block.
    pub height: u64,
    /// The transaction.
    pub transaction: Hash,
    /// The place of the transaction in the block, from 0.
    pub transaction_index: u32,
    /// The place of the event in the receipt, from 0.
    pub index: u32,
    /// The contract.
    pub contract: Address,
    /// What subscribers filter by.
    pub topics: Vec<Hash>,
    /// The payload.
    pub data: Bytes,
}

/// A page of events, in the order in which they were emitted. It may be empty and have
/// a cursor: a page also ends after so many blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventsPage {
    /// The events.
    pub events: Vec<LocatedEvent>,
    /// For the next page; absent if there is no more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
