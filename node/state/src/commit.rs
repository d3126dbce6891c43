//! What is written when a chain begins, and for each block.

use std::fmt::Display;

use hull_host_api::{Hash, Height};
use hull_types::{
    Block, Genesis, Header, Receipt, evidence_root, receipts_root, transactions_root,
};
use parity_scale_codec::Encode;

use crate::chain::{Retain, put_meta};
use crate::error::StateError;
use crate::layout::{
    FORMAT, META_FORMAT, META_GENESIS, META_LATEST, META_OLDEST, block_index, height_key,
    removed_key, transaction_index,
};
use crate::prepared::{Prepared, Records, genesis_records, set_record};
use crate::prune::{Pending, Prune};
use crate::records::{HeightRecord, Stale};
use crate::store::{Batch, Space, View};
use crate::tree::{Tree, TreeUpdate};

/// The batch that begins a chain.
pub(crate) fn genesis(view: &dyn View, genesis: &Genesis) -> Result<Batch, StateError> {
    let mut batch = Batch::default();
    put_meta(&mut batch, META_FORMAT, &FORMAT);
    put_meta(&mut batch, META_GENESIS, genesis);
    put_meta(&mut batch, META_LATEST, &0u64);
    put_meta(&mut batch, META_OLDEST, &0u64);
    let records = genesis_records(genesis);
    let tree = Tree::new(view).update(0, records.iter().cloned())?;
    let record = genesis_record(genesis, tree.root);
    batch.put(Space::Heights, height_key(0), record.encode());
    batch.put(Space::Index, block_index(&record.hash), 0u64.encode());
    put_validators(&mut batch, [set_record(&genesis.validators)]);
    put_state(&mut batch, 0, records, tree);
    Ok(batch)
}

/// The record of height 0.
pub(crate) fn genesis_record(genesis: &Genesis, root: Hash) -> HeightRecord {
    HeightRecord {
        header: Header {
            time: genesis.time,
            ..Header::default()
        },
        hash: genesis.chain_id(),
        root,
        receipts_root: receipts_root([]),
    }
}

/// A block and everything that came of it.
pub(crate) struct Decided<'b> {
    pub(crate) block: &'b Block,
    pub(crate) receipts: &'b [Receipt],
    pub(crate) certificate: &'b [u8],
    pub(crate) prepared: Prepared,
}

impl Decided<'_> {
    /// Its hash, and the batch that commits it after `parent`, the latest height.
    /// `pending` is what the block before left of dropping old heights, and then what
    /// this one leaves.
    pub(crate) fn batch(
        self,
        view: &dyn View,
        parent: &HeightRecord,
        retain: Retain,
        pending: &mut Option<Pending>,
    ) -> Result<(Hash, Batch), StateError> {
        self.check(parent)?;
        let height = self.block.header.height;
        let record = HeightRecord {
            header: self.block.header.clone(),
            hash: self.block.header.hash(),
            root: self.prepared.root(),
            receipts_root: receipts_root(self.receipts),
        };
        let mut batch = Batch::default();
        put_meta(&mut batch, META_LATEST, &height);
        self.put_block(&mut batch, &record);
        let Prepared {
            records,
            tree,
            code_bytes,
            validators,
            ..
        } = self.prepared;
        put_validators(&mut batch, validators);
        for (hash, bytes) in code_bytes {
            batch.put(Space::Code, hash.0.to_vec(), bytes.to_vec());
        }
        let retained = match retain {
            Retain::All => Height::MAX,
            Retain::Last(heights) => heights.max(2),
        };
        let prune = Prune {
            view,
            records: &records,
        };
        let least = height.saturating_sub(retained - 1);
        *pending = prune.part(&mut batch, pending.take(), least, retained)?;
        put_state(&mut batch, height, records, tree);
        Ok((record.hash, batch))
    }

    fn check(&self, parent: &HeightRecord) -> Result<(), StateError> {
        let latest = parent.header.height;
        let prepared = &self.prepared;
        if prepared.parent != latest || prepared.parent_root != parent.root {
            return Err(StateError::NotLatest {
                parent: prepared.parent,
                latest,
            });
        }
        let header = &self.block.header;
        let transactions = &self.block.transactions;
        self.same("height", header.height, latest.saturating_add(1))?;
        self.same("parent", header.parent, parent.hash)?;
        self.same("state root", header.state_root, parent.root)?;
        self.same("receipts root", header.receipts_root, parent.receipts_root)?;
        let root = transactions_root(transactions);
        self.same("transactions root", header.transactions_root, root)?;
        let root = evidence_root(&self.block.evidence);
        self.same("evidence root", header.evidence_root, root)?;
        self.same("receipts", self.receipts.len(), transactions.len())
    }

    fn same<T: PartialEq + Display>(
        &self,
        what: &'static str,
        found: T,
        expected: T,
    ) -> Result<(), StateError> {
        if found == expected {
            return Ok(());
        }
        Err(StateError::NotNext {
            height: self.block.header.height,
            what,
            found: found.to_string(),
            expected: expected.to_string(),
        })
    }

    fn put_block(&self, batch: &mut Batch, record: &HeightRecord) {
        let height = self.block.header.height;
        let key = || height_key(height);
        batch.put(Space::Heights, key(), record.encode());
        batch.put(Space::Blocks, key(), self.block.encode());
        batch.put(Space::Receipts, key(), self.receipts.encode());
        batch.put(Space::Certificates, key(), self.certificate.to_vec());
        batch.put(Space::Index, block_index(&record.hash), height.encode());
        let transactions = self.block.transactions.iter();
        let mut ids: Vec<_> = transactions.map(|signed| signed.id()).zip(0u32..).collect();
        ids.sort_unstable();
        for (id, index) in ids {
            batch.put(
                Space::Index,
                transaction_index(&id),
                (height, index).encode(),
            );
        }
    }
}

fn put_validators(batch: &mut Batch, sets: impl IntoIterator<Item = (Hash, Vec<u8>)>) {
    for (hash, validators) in sets {
        batch.put(Space::Validators, hash.0.to_vec(), validators);
    }
}

/// Records, tree nodes, and what of older heights is not needed from now on.
fn put_state(batch: &mut Batch, height: Height, records: Records, tree: TreeUpdate) {
    let mut stale = Stale {
        nodes: tree.stale,
        removed: Vec::new(),
    };
    for (key, value) in records {
        match value {
            Some(value) => batch.put(Space::State, key, value),
            None => {
                stale.removed.push(key.clone());
                batch.delete(Space::State, key);
            }
        }
    }
    for (key, node) in tree.nodes {
        batch.put(Space::Tree, key, node);
    }
    for key in &stale.removed {
        batch.put(Space::Removed, removed_key(key, height), Vec::new());
    }
    // Nothing is before the genesis.
    if height > 0 {
        batch.put(Space::Stale, height_key(height), stale.encode());
    }
}
