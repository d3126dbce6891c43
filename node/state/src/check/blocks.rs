//! Blocks, receipts, certificates, and the index of them.

use std::ops::Bound;

use hull_host_api::Height;
use hull_types::{
    Block, Genesis, Receipt, Validator, evidence_root, receipts_root, transactions_root,
};

use super::ensure;
use crate::chain::{decode, meta, record_at, validators_at};
use crate::commit::genesis_record;
use crate::error::StateError;
use crate::layout::{META_GENESIS, block_index, height_key, transaction_index};
use crate::records::HeightRecord;
use crate::store::{Space, View};

/// Verifies every height, and returns how many transactions there are.
pub(super) fn check(view: &dyn View, latest: Height) -> Result<u64, StateError> {
    let mut parent = genesis(view)?;
    let mut transactions = 0;
    for height in 1..=latest {
        let (record, found) = block(view, &parent, height)?;
        transactions += found;
        parent = record;
    }
    let heights = latest + 1;
    for (space, expected) in [
        (Space::Heights, heights),
        (Space::Blocks, latest),
        (Space::Receipts, latest),
        (Space::Certificates, latest),
        // The same transaction cannot be twice in a chain: its nonce is used up.
        (Space::Index, heights + transactions),
    ] {
        let found = count(view, space)?;
        ensure(found == expected, || {
            format!("there are {found} {}, not {expected}", space.name())
        })?;
    }
    sets(view)?;
    Ok(transactions)
}

/// Every set of validators has its hash.
fn sets(view: &dyn View) -> Result<(), StateError> {
    for entry in view.range(Space::Validators, (Bound::Unbounded, Bound::Unbounded))? {
        let (key, bytes) = entry?;
        let set: Vec<Validator> = decode("a set of validators", &bytes)?;
        ensure(key == Validator::set_hash(&set).0, || {
            "a set of validators has another hash".into()
        })?;
    }
    Ok(())
}

fn genesis(view: &dyn View) -> Result<HeightRecord, StateError> {
    let genesis: Genesis = meta(view, META_GENESIS)?.ok_or(StateError::Empty)?;
    let record = record(view, 0)?;
    ensure(record == genesis_record(&genesis, record.root), || {
        "the genesis is not the one of the chain".into()
    })?;
    indexed(view, &block_index(&record.hash), &0u64, 0)?;
    Ok(record)
}

fn record(view: &dyn View, height: Height) -> Result<HeightRecord, StateError> {
    let record = record_at(view, height)?;
    let record = record
        .ok_or_else(|| StateError::corrupt(format!("the record of height {height} is missing")))?;
    ensure(record.header.height == height, || {
        format!("the record of height {height} is that of another")
    })?;
    Ok(record)
}

fn block(
    view: &dyn View,
    parent: &HeightRecord,
    height: Height,
) -> Result<(HeightRecord, u64), StateError> {
    let record = record(view, height)?;
    let header = &record.header;
    let block: Block = at(view, Space::Blocks, height)?;
    let receipts: Vec<Receipt> = at(view, Space::Receipts, height)?;
    let transactions = &block.transactions;
    for (holds, what) in [
        (header.hash() == record.hash, "its hash"),
        (block.header == *header, "its header"),
        (header.parent == parent.hash, "its parent"),
        (header.state_root == parent.root, "the state root before it"),
        (
            header.receipts_root == parent.receipts_root,
            "the receipts root before it",
        ),
        (
            header.transactions_root == transactions_root(transactions),
            "its transactions",
        ),
        (
            header.evidence_root == evidence_root(&block.evidence),
            "its evidence",
        ),
        (
            record.receipts_root == receipts_root(&receipts),
            "its receipts",
        ),
        (
            receipts.len() == transactions.len(),
            "the number of its receipts",
        ),
    ] {
        ensure(holds, || format!("block {height} and {what} differ"))?;
    }
    validators_at(view, header)?;
    indexed(view, &block_index(&record.hash), &height, height)?;
    for (signed, index) in transactions.iter().zip(0u32..) {
        let key = transaction_index(&signed.id());
        indexed(view, &key, &(height, index), height)?;
    }
    Ok((record, transactions.len() as u64))
}

fn at<T: parity_scale_codec::DecodeAll>(
    view: &dyn View,
    space: Space,
    height: Height,
) -> Result<T, StateError> {
    let bytes = view.get(space, &height_key(height))?;
    let what = || format!("entry {height} of {}", space.name());
    let bytes = bytes.ok_or_else(|| StateError::corrupt(format!("{} is missing", what())))?;
    decode(&what(), &bytes)
}

fn indexed<T>(view: &dyn View, key: &[u8], place: &T, height: Height) -> Result<(), StateError>
where
    T: parity_scale_codec::Encode,
{
    let found = view.get(Space::Index, key)?;
    ensure(found == Some(place.encode()), || {
        format!("the index does not lead to block {height}")
    })
}

/// How many entries a space has.
fn count(view: &dyn View, space: Space) -> Result<u64, StateError> {
    let mut count = 0;
    for entry in view.range(space, (Bound::Unbounded, Bound::Unbounded))? {
        entry?;
        count += 1;
    }
    Ok(count)
}
