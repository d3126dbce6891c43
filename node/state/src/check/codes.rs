//! Bytes of codes, and what is kept for past heights alone.

use std::ops::Bound;

use hull_host_api::{Hash, Height, code_hash};

use super::ensure;
use crate::chain::decode;
use crate::error::StateError;
use crate::layout::{code_key, code_of, escaped, escaped_end, removed_key, unescaped};
use crate::records::Stale;
use crate::store::{Order, Range, Space, View};

const ALL: Range<'static> = (Bound::Unbounded, Bound::Unbounded);

/// Verifies codes and removals, and returns how many codes have bytes.
pub(super) fn check(view: &dyn View, oldest: Height, latest: Height) -> Result<u64, StateError> {
    let mut removals = 0;
    let mut lists = 0;
    for entry in view.range(Space::Stale, ALL)? {
        let (key, bytes) = entry?;
        let height = <[u8; 8]>::try_from(key.as_slice()).map(Height::from_be_bytes);
        let kept = |height: &Height| (oldest + 1..=latest).contains(height);
        let height = height.ok().filter(kept);
        let height =
            height.ok_or_else(|| StateError::corrupt("a list of a height that is not kept"))?;
        removals += list(view, height, &decode("a list of what is stale", &bytes)?)?;
        lists += 1;
    }
    ensure(lists == latest - oldest, || {
        "the list of what a height replaced is missing".into()
    })?;
    let mut found = 0;
    for entry in view.range(Space::Removed, ALL)? {
        let (key, _) = entry?;
        let height = unescaped(&key).map(|(_, height)| height);
        ensure(height.is_some_and(|height| height > oldest), || {
            "a removal is listed of a height that is not kept".into()
        })?;
        found += 1;
    }
    ensure(found == removals, || {
        format!("{found} removals are kept, but heights list {removals}")
    })?;
    codes(view)
}

/// What a height lists as replaced by it has to be there.
fn list(view: &dyn View, height: Height, stale: &Stale) -> Result<u64, StateError> {
    for key in &stale.nodes {
        let version = key.first_chunk().map(|bytes| Height::from_be_bytes(*bytes));
        let older = version.is_some_and(|version| version < height);
        ensure(older && view.get(Space::Tree, key)?.is_some(), || {
            format!("height {height} lists a tree node that is not there")
        })?;
    }
    for key in &stale.removed {
        let there = view.get(Space::Removed, &removed_key(key, height))?;
        ensure(there.is_some(), || {
            format!("a removal by height {height} is missing")
        })?;
    }
    Ok(stale.removed.len() as u64)
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
        ensure(view.get(Space::Code, hash)?.is_some(), || {
            "the bytes of a code are missing".into()
        })?;
    }
    Ok(count)
}
