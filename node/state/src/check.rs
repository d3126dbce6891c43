//! Verifying everything that a store holds.
//!
//! 1. Blocks: every height, its links to the one before, roots of transactions and
//!    receipts, the index, the validators.
//! 2. Trees: every retained root from the root down, hashed anew by code that is not
//!    the library's; no node is missing, none is left over but those that are still to
//!    be dropped.
//! 3. Flat records: exactly the leaves of the latest tree.
//! 4. Codes: their bytes have their hashes, and none is missing or left over.

mod blocks;
mod codes;
mod tree;

use hull_host_api::Height;

use crate::chain::{latest, meta, oldest};
use crate::error::StateError;
use crate::layout::META_SWEEP;
use crate::records::Sweep;
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
    let sweep = meta(view, META_SWEEP)?.unwrap_or_else(|| Sweep::done(oldest));
    let Sweep {
        after,
        last,
        removals,
        ..
    } = sweep;
    ensure(last == oldest && (after..=last).contains(&removals), || {
        "dropping old heights has come to where it cannot".into()
    })?;
    checked.transactions = blocks::check(view, latest)?;
    let listed = codes::check(view, &sweep, latest)?;
    checked.codes = listed.codes;
    (checked.nodes, checked.records) = tree::check(view, oldest, latest, listed.left)?;
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
