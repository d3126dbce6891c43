//! Dropping the state of old heights.

use std::ops::Bound;

use hull_host_api::Height;

use crate::chain::{decode, put_meta};
use crate::error::StateError;
use crate::layout::{META_OLDEST, code_of, escaped_end, height_key, removed_key};
use crate::prepared::Records;
use crate::records::Stale;
use crate::store::{Batch, Order, Space, View};

/// Most heights that one commit drops: it drops one in the steady state, and catches
/// up, without a long pause or a large batch, after an operator has chosen to retain less.
const MAX_HEIGHTS: u64 = 4;

/// What is dropped with a block.
pub(crate) struct Prune<'a> {
    /// The store before the block.
    pub(crate) view: &'a dyn View,
    /// What the block changes.
    pub(crate) records: &'a Records,
}

impl Prune<'_> {
    /// Adds to a batch what makes `least` the oldest height, or as near to it as one
    /// commit goes. `oldest` is the oldest one now; the block itself is never dropped.
    pub(crate) fn drop_heights(
        &self,
        batch: &mut Batch,
        oldest: Height,
        least: Height,
    ) -> Result<(), StateError> {
        let least = least.min(oldest.saturating_add(MAX_HEIGHTS));
        if least <= oldest {
            return Ok(());
        }
        // What a height replaced is needed by the heights before it alone.
        for height in oldest + 1..=least {
            let found = self.view.get(Space::Stale, &height_key(height))?;
            let found = found.ok_or_else(|| {
                StateError::corrupt(format!(
                    "the list of what height {height} replaced is missing"
                ))
            })?;
            let stale: Stale = decode("the list of what a height replaced", &found)?;
            for key in stale.removed {
                self.drop_code(batch, &key, height)?;
                batch.delete(Space::Removed, removed_key(&key, height));
            }
            for key in stale.nodes {
                batch.delete(Space::Tree, key);
            }
            batch.delete(Space::Stale, height_key(height));
        }
        put_meta(batch, META_OLDEST, &least);
        Ok(())
    }

    /// The bytes of a code go with the last height that has it: unless it is back, or
    /// was back and was removed again.
    fn drop_code(&self, batch: &mut Batch, key: &[u8], height: Height) -> Result<(), StateError> {
        let Some(hash) = code_of(key) else {
            return Ok(());
        };
        let changes = self
            .records
            .binary_search_by(|(changed, _)| (**changed).cmp(key));
        if changes.is_ok() || self.view.get(Space::State, key)?.is_some() {
            return Ok(());
        }
        let (removal, end) = (removed_key(key, height), escaped_end(key));
        let later = (Bound::Excluded(&*removal), Bound::Excluded(&*end));
        let later = self
            .view
            .next_key(Space::Removed, later, Order::Ascending)?;
        if later.is_none() {
            batch.delete(Space::Code, hash.to_vec());
        }
        Ok(())
    }
}
