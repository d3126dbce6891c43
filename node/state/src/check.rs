//! Verifying everything that a store holds.
//!
//! 1. Blocks: every height, its links to the one before, roots of transactions and
//!    receipts, the index.
//! 2. Trees: every retained root from the root down, hashed anew by code that is not
//!    the library's; no node is missing, none is left over.
//! 3. Flat records: exactly the leaves of the latest tree.
//! 4. Codes: their bytes have their hashes, and none is missing or left over.

mod blocks;
mod codes;
mod tree;

use hull_host_api::Height;

use crate::chain::{latest, oldest};
use crate::error::StateError;
use crate::store::View;

/// What was verified: everything there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The oldest height with a state.
    pub oldest: Height,
    /// The latest height.
    pub latest: Height,
    /// Transactions of all blocks.
    pub transactions: u64,
    /// Records of the latest state.
    pub records: u64,
    /// Nodes of all trees.
    pub nodes: u64,
    /// Codes with bytes.
    pub codes: u64,
}

/// Verifies a store.
pub(crate) fn check(view: &dyn View) -> Result<Checked, StateError> {
    let (oldest, latest) = (oldest(view)?, latest(view)?);
    let mut checked = Checked {
        oldest,
        latest,
        ..Checked::default()
    };
    checked.transactions = blocks::check(view, latest)?;
    (checked.nodes, checked.records) = tree::check(view, oldest, latest)?;
    checked.codes = codes::check(view, oldest, latest)?;
    Ok(checked)
}

/// Refuses what does not hold.
fn ensure(holds: bool, what: impl FnOnce() -> String) -> Result<(), StateError> {
    if holds {
        Ok(())
    } else {
        Err(StateError::corrupt(what()))
    }
}
