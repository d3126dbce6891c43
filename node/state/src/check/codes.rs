//! Bytes of codes, and what is kept for past heights alone.

use std::ops::Bound;

use hull_host_api::{Hash, Height, code_hash};

use super::ensure;
use crate::chain::decode;
use crate::error::StateError;
use crate::layout::{code_key, code_of, escaped, escaped_end, removed_key, unescaped};
use crate::prune::CATCHING_UP;
use crate::records::{Stale, Sweep};
use crate::store::{Order, Range, Space, View};

const ALL: Range<'static> = (Bound::Unbounded, Bound::Unbounded);

/// What codes and lists come to.
pub(super) struct Listed {
    /// Codes with bytes.
    pub(super) codes: u64,
    /// Tree nodes that no height needs and that are still to be dropped.
    pub(super) left: u64,
}

/// Verifies codes, removals, and what is listed as stale.
pub(super) fn check(view: &dyn View, sweep: &Sweep, latest: Height) -> Result<Listed, StateError> {
    let (mut removals, mut lists) = (0, 0);
    let (mut swept, mut left, mut at_key) = (0, 0, sweep.nodes.is_empty());
    for entry in view.range(Space::Stale, ALL)? {
        let (key, bytes) = entry?;
        let height = <[u8; 8]>::try_from(key.as_slice()).map(Height::from_be_bytes);
        let kept = |height: &Height| (sweep.after + 1..=latest).contains(height);
        let height = height.ok().filter(kept);
        let height =
            height.ok_or_else(|| StateError::corrupt("a list of a height that is not kept"))?;
        let stale: Stale = decode("a list of what is stale", &bytes)?;
        let (nodes, removed) = list(view, sweep, height, &stale)?;
        if height <= sweep.last {
            swept += stale.nodes.len() as u64;
            left += nodes;
            at_key |= stale.nodes.contains(&sweep.nodes);
        }
        removals += removed;
        lists += 1;
    }
    ensure(lists == latest - sweep.after, || {
        "the list of what a height replaced is missing".into()
    })?;
    let pace = [1, CATCHING_UP].contains(&sweep.heights) && sweep.part == sweep.part_of(swept);
    ensure(*sweep == Sweep::done(sweep.last) || at_key && pace, || {
        "how far dropping old heights has come is not what it can be".into()
    })?;
    let mut found = 0;
    for entry in view.range(Space::Removed, ALL)? {
        let (key, _) = entry?;
        let listed = unescaped(&key).filter(|(_, height)| *height > sweep.removals);
        let (key, height) = listed.ok_or_else(|| {
            StateError::corrupt("a removal is listed of a height that is not kept")
        })?;
        // The height before it has the code, and is kept.
        if let Some(hash) = code_of(&key).filter(|_| height > sweep.last) {
            bytes_of(view, hash)?;
        }
        found += 1;
    }
    ensure(found == removals, || {
        format!("{found} removals are kept, but heights list {removals}")
    })?;
    let codes = codes(view)?;
    Ok(Listed { codes, left })
}

/// What a height lists as replaced by it has to be there, unless a sweep has come by:
/// how many nodes and how many removals are.
fn list(
    view: &dyn View,
    sweep: &Sweep,
    height: Height,
    stale: &Stale,
) -> Result<(u64, u64), StateError> {
    let mut nodes = 0;
    for key in &stale.nodes {
        let version = key.first_chunk().map(|bytes| Height::from_be_bytes(*bytes));
        let older = version.is_some_and(|version| version < height);
        let expected = height > sweep.last || sweep.has_node(key);
        let there = view.get(Space::Tree, key)?.is_some();
        ensure(older && there == expected, || {
            format!("height {height} lists a tree node that is missing or should be")
        })?;
        nodes += u64::from(there);
    }
    if height <= sweep.removals {
        return Ok((nodes, 0));
    }
    for key in &stale.removed {
        let there = view.get(Space::Removed, &removed_key(key, height))?;
        ensure(there.is_some(), || {
            format!("a removal by height {height} is missing")
        })?;
    }
    Ok((nodes, stale.removed.len() as u64))
}

fn codes(view: &dyn View) -> Result<u64, StateError> {
    let mut count = 0;
    for entry in view.range(Space::Code, ALL)? {
        let (key, bytes) = entry?;
        let hash = code_hash(&bytes);
        ensure(key == hash.0, || {
            format!("the bytes of a code have the hash {hash}, not their own")
        })?;
        let record = code_key(&hash);
        let (low, high) = (escaped(&record), escaped_end(&record));
        let range = (Bound::Included(&*low), Bound::Excluded(&*high));
        let wanted = view.get(Space::State, &record)?.is_some()
            || view
                .next_key(Space::Removed, range, Order::Ascending)?
                .is_some();
        ensure(wanted, || format!("no height has the code {hash}"))?;
        count += 1;
    }
    let first = code_key(&Hash([0; 32]));
    let range = (Bound::Included(&*first), Bound::Unbounded);
    for entry in view.range(Space::State, range)? {
        let (key, _) = entry?;
        let Some(hash) = code_of(&key) else {
            break;
        };
        bytes_of(view, hash)?;
    }
    Ok(count)
}

fn bytes_of(view: &dyn View, hash: &[u8]) -> Result<(), StateError> {
    ensure(view.get(Space::Code, hash)?.is_some(), || {
        "the bytes of a code are missing".into()
    })
}
