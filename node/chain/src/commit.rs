//! A decided block becomes the head.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};

use hull_host_api::{Hash, Height};
use hull_types::{Block, Receipt, receipts_root};

use crate::candidate::Candidate;
use crate::chain::{Chain, Head, Tip};
use crate::error::ChainError;
use crate::notes::Note;
use crate::work::Stage;

/// A committed block, with what came of it.
#[derive(Clone, Debug)]
pub struct Committed {
    /// The block.
    pub block: Block,
    /// Its hash.
    pub hash: Hash,
    /// The ids of its transactions, in order.
    pub ids: Vec<Hash>,
    /// What became of them, in order.
    pub receipts: Vec<Receipt>,
    /// The state root after it.
    pub state_root: Hash,
    /// What validators signed.
    pub certificate: Vec<u8>,
}

/// The last committed blocks, so that many who ask for one read it once.
#[derive(Default)]
pub(crate) struct Recent(VecDeque<Arc<Committed>>);

/// Blocks kept in memory. A subscriber that is further behind reads from the store.
const RECENT: usize = 16;

impl Recent {
    fn push(&mut self, committed: Arc<Committed>) {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back(committed);
    }

    fn get(&self, height: Height) -> Option<Arc<Committed>> {
        let found = |one: &&Arc<Committed>| one.block.header.height == height;
        self.0.iter().find(found).cloned()
    }
}

impl Chain {
    /// Makes a decided block the head: durable, then seen by everybody.
    ///
    /// # Errors
    /// If it does not follow the head (any more), or this node failed: then it has
    /// to stop.
    pub fn commit(
        &self,
        candidate: Candidate,
        certificate: &[u8],
    ) -> Result<Arc<Committed>, ChainError> {
        let make_head = || self.make_head(candidate, certificate);
        self.inner.work.measure(Stage::Commit, make_head)
    }

    fn make_head(
        &self,
        candidate: Candidate,
        certificate: &[u8],
    ) -> Result<Arc<Committed>, ChainError> {
        let _committing = self.inner.committing.lock();
        let Candidate {
            block,
            ids,
            output,
            prepared,
        } = candidate;
        let receipts: Vec<Receipt> = output.receipts().cloned().collect();
        let state_root = prepared.root();
        let store = &self.inner.store;
        let hash = store.commit(&block, &receipts, prepared, certificate)?;
        let header = &block.header;
        let head = Head {
            height: header.height,
            hash,
            time: header.time,
            state_root,
            receipts_root: receipts_root(&receipts),
        };
        let tip = Tip::new(head, store.at(header.height)?)?;
        self.note(&ids, output.executed);
        self.forget_evidence(&block);
        let committed = Arc::new(Committed {
            block,
            hash,
            ids,
            receipts,
            state_root,
            certificate: certificate.to_vec(),
        });
        self.move_on(tip, &output.diff.accounts);
        let mut recent = self
            .inner
            .recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        recent.push(Arc::clone(&committed));
        drop(recent);
        let listeners = self.inner.listeners.read();
        let listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        listeners.iter().for_each(|listener| listener(&committed));
        Ok(committed)
    }

    /// The block of a height, with what came of it; not of the genesis.
    ///
    /// # Errors
    /// [`ChainError::NoBlock`], or the store failed.
    pub fn committed(&self, height: Height) -> Result<Arc<Committed>, ChainError> {
        let recent = self
            .inner
            .recent
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(committed) = recent.get(height) {
            return Ok(committed);
        }
        drop(recent);
        let missing = || ChainError::NoBlock {
            height,
            latest: self.head().height,
        };
        let store = &self.inner.store;
        let block = store.block(height)?.ok_or_else(missing)?;
        Ok(Arc::new(Committed {
            hash: block.header.hash(),
            ids: block.transactions.iter().map(|one| one.id()).collect(),
            block,
            receipts: store.receipts(height)?.ok_or_else(missing)?,
            state_root: store.root(height)?.ok_or_else(missing)?,
            certificate: store.certificate(height)?.unwrap_or_default(),
        }))
    }

    /// Where a transaction is: the height, and its place in the block. Like everything
    /// that is told of the chain, not before the block is the head: who has seen a
    /// receipt finds the state after it.
    ///
    /// # Errors
    /// If the store failed.
    pub fn place_of(&self, id: &Hash) -> Result<Option<(Height, u32)>, ChainError> {
        let place = self.inner.store.transaction(id)?;
        let latest = self.head().height;
        Ok(place.filter(|(height, _)| *height <= latest))
    }

    /// Pool and tip change together, so that nothing is admitted on the state before.
    fn move_on(
        &self,
        tip: Tip,
        accounts: &std::collections::BTreeMap<hull_host_api::Address, hull_executor::Account>,
    ) {
        let mut pool = self.pool();
        pool.committed(accounts);
        pool.expire(tip.head.time);
        *self
            .inner
            .tip
            .write()
            .unwrap_or_else(PoisonError::into_inner) = tip;
    }

    fn note(&self, ids: &[Hash], executed: Vec<hull_executor::Executed>) {
        let mut notes = self
            .inner
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (id, executed) in ids.iter().zip(executed) {
            notes.put(
                *id,
                Note {
                    data: executed.data,
                    cause: executed.cause,
                },
            );
        }
    }

    /// What is remembered of a transaction; old ones are forgotten.
    pub fn note_of(&self, id: &Hash) -> Option<Note> {
        let notes = self
            .inner
            .notes
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        notes.get(id).cloned()
    }
}
