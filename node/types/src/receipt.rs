//! What a transaction came to.

use hull_host_api::{Event, Gas, Hash};
use parity_scale_codec::{Decode, Encode};

use crate::hash::list_root;

/// What became of an included transaction; the same on every node. Which rule a
/// halt broke, messages, traces and the data of a success are the node's own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Receipt {
    /// How it ended.
    pub result: ReceiptResult,
    /// Gas used. The fee is gas used times gas price, and the tip.
    pub gas: Gas,
    /// Events in the order in which they were emitted; empty unless it succeeded.
    pub events: Vec<Event>,
    /// Deposit that the sender paid less deposit that it got back, in the smallest
    /// unit of the token.
    pub deposit: i128,
}

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum ReceiptResult {
    /// It did what it says.
    #[codec(index = 0)]
    Success,
    /// It was given up; only the fee was taken. The data is the contract's.
    #[codec(index = 1)]
    Revert(Vec<u8>),
    /// It broke a rule; all its gas was taken.
    #[codec(index = 2)]
    Halt,
}

impl ReceiptResult {
    /// Whether its changes were kept.
    pub const fn is_success(&self) -> bool {
        matches!(self, Self::Success)
    }
}

/// The root of a block's receipts.
pub fn receipts_root<'a>(receipts: impl IntoIterator<Item = &'a Receipt>) -> Hash {
    list_root(receipts)
}
