//! What a transaction changed in storage, by name.

use std::fmt;

use hull_host_api::Address;

use crate::receipt::Receipt;
use crate::trace::Item;

/// A storage item that is another after a transaction.
///
/// As text: `token: balances[alice] 1000 -> 995`.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let receipt = chain.call(counter, messages::add(2)).run();
/// assert_eq!(receipt.storage()[0].to_string(), "counter: count 40 -> 42");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageChange {
    /// The contract that it belongs to.
    pub contract: Address,
    /// The contract's name, or the beginning of its address.
    pub name: String,
    /// The place by the contract's layout, `balances[alice]`, or the key in
    /// hexadecimal.
    pub place: String,
    /// The key.
    pub key: Vec<u8>,
    /// The value before; `None` if there was none.
    pub before: Option<Vec<u8>>,
    /// The value afterwards; `None` if there is none.
    pub after: Option<Vec<u8>>,
    /// [`before`](Self::before) as text.
    pub before_text: Option<String>,
    /// [`after`](Self::after) as text.
    pub after_text: Option<String>,
}

impl fmt::Display for StorageChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nothing = "(nothing)";
        let before = self.before_text.as_deref().unwrap_or(nothing);
        let after = self.after_text.as_deref().unwrap_or(nothing);
        write!(f, "{}: {} {before} -> {after}", self.name, self.place)
    }
}

impl<R> Receipt<R> {
    /// The storage items that are others afterwards, by contract and key.
    pub fn storage(&self) -> Vec<StorageChange> {
        let known = &self.record.known;
        let changes = self.record.changes.items.iter();
        changes
            .map(|change| {
                let abi = known.abi_at(&change.owner);
                let item = |value| Item::of(known, abi, &change.key, value);
                let before = item(change.before.as_deref());
                StorageChange {
                    contract: change.owner,
                    name: known.label(&change.owner),
                    place: before.place,
                    key: change.key.clone(),
                    before: change.before.clone(),
                    after: change.after.clone(),
                    before_text: before.value,
                    after_text: item(change.after.as_deref()).value,
                }
            })
            .collect()
    }
}
