//! The store of a chain.

use std::sync::{Arc, Mutex, PoisonError};

use hull_executor::StateDiff;
use hull_host_api::{Hash, Height};
use hull_proof::Subject;
use hull_types::{Block, Genesis, Header, Receipt, Validator};
use parity_scale_codec::{DecodeAll, Encode};
use prost::Message;

use crate::check::{Checked, check};
use crate::commit;
use crate::error::StateError;
use crate::layout::{
    FORMAT, META_FORMAT, META_GENESIS, META_LATEST, META_OLDEST, block_index, height_key,
    transaction_index,
};
use crate::prepared::Prepared;
use crate::prune::Pending;
use crate::records::HeightRecord;
use crate::snapshot::Snapshot;
use crate::store::{Space, Store, View};
use crate::tree::Tree;

/// How many heights keep their state. Blocks, receipts and certificates are always
/// kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retain {
    /// All of them: an archive.
    All,
    /// The last so many, at least two; and some more, up to a quarter, since it is
    /// cheaper to drop many at once.
    Last(u64),
}

/// What an operator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many heights keep their state.
    pub retain: Retain,
}

impl Default for Options {
    /// A thousand heights: some minutes of questions about the past.
    fn default() -> Self {
        Self {
            retain: Retain::Last(1_000),
        }
    }
}

/// What there is at a subject of the state, and that this is so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The record in SCALE; `None` if there is none.
    pub value: Option<Vec<u8>>,
    /// A `CommitmentProof` of ICS23, of existence or absence.
    pub proof: Vec<u8>,
}

/// State, blocks and receipts of one chain. Clones are the same store.
///
/// Reads see whole blocks only; one block is committed at a time.
#[derive(Clone)]
pub struct ChainStore {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    options: Options,
    /// Held while a block is committed: what the last one left of dropping old heights.
    writer: Mutex<Option<Pending>>,
}

impl ChainStore {
    /// Opens a store, empty or not.
    ///
    /// # Errors
    /// If another version of the software wrote it, or the engine fails.
    pub fn open(store: Arc<dyn Store>, options: Options) -> Result<Self, StateError> {
        let view = store.view()?;
        if let Some(found) = meta::<u32>(&*view, META_FORMAT)?
            && found != FORMAT
        {
            return Err(StateError::Format {
                found,
                expected: FORMAT,
            });
        }
        Ok(Self {
            inner: Arc::new(Inner {
                store,
                options,
                writer: Mutex::default(),
            }),
        })
    }

    /// Begins a chain in an empty store, at height 0; in another one makes sure that
    /// the chain is this one. Returns the chain id, which block 1 names as its parent.
    ///
    /// # Errors
    /// [`StateError::Genesis`], [`StateError::OtherChain`], or the engine fails.
    pub fn begin(&self, genesis: &Genesis) -> Result<Hash, StateError> {
        genesis.check()?;
        let _writing = self.lock();
        let expected = genesis.chain_id();
        let view = self.view()?;
        if let Some(found) = record_at(&*view, 0)? {
            return match found.hash == expected {
                true => Ok(expected),
                false => Err(StateError::OtherChain {
                    found: found.hash,
                    expected,
                }),
            };
        }
        let batch = commit::genesis(&*view, genesis)?;
        self.inner.store.write(&batch)?;
        Ok(expected)
    }

    /// The genesis of the chain.
    ///
    /// # Errors
    /// [`StateError::Empty`], or the engine fails.
    pub fn genesis(&self) -> Result<Genesis, StateError> {
        meta(&*self.view()?, META_GENESIS)?.ok_or(StateError::Empty)
    }

    /// The height of the last block; 0 after [`begin`](Self::begin).
    ///
    /// # Errors
    /// [`StateError::Empty`], or the engine fails.
    pub fn latest(&self) -> Result<Height, StateError> {
        latest(&*self.view()?)
    }

    /// The least height whose state is kept.
    ///
    /// # Errors
    /// [`StateError::Empty`], or the engine fails.
    pub fn oldest(&self) -> Result<Height, StateError> {
        oldest(&*self.view()?)
    }

    /// The state root after the block of a height; `None` if there is none yet. Roots
    /// are kept for ever.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn root(&self, height: Height) -> Result<Option<Hash>, StateError> {
        let record = record_at(&*self.view()?, height)?;
        Ok(record.map(|record| record.root))
    }

    /// The state after the block of a height.
    ///
    /// # Errors
    /// [`StateError::NotRetained`], or the engine fails.
    pub fn at(&self, height: Height) -> Result<Snapshot, StateError> {
        let view: Arc<dyn View> = self.view()?.into();
        let (latest, root) = retained(&*view, height)?;
        Ok(Snapshot::new(view, height, latest, root))
    }

    /// The root and the records after a block on the state of `parent`, for a block
    /// that is only proposed. Writes nothing.
    ///
    /// # Errors
    /// [`StateError::NotRetained`], or the engine fails.
    pub fn prepare(&self, parent: Height, diff: &StateDiff) -> Result<Prepared, StateError> {
        let view = self.view()?;
        let (_, root) = retained(&*view, parent)?;
        Prepared::new(&*view, (parent, root), diff)
    }

    /// Makes a decided block the latest one: block, receipts, certificate and state in
    /// one atomic, durable batch. Returns the hash of the block, which the next one
    /// names as its parent.
    ///
    /// # Errors
    /// [`StateError::NotLatest`] or [`StateError::NotNext`] if it does not follow the
    /// latest block: nothing is written. If the engine fails, either nothing or
    /// everything was written, and the store has to be opened again.
    pub fn commit(
        &self,
        block: &Block,
        receipts: &[Receipt],
        prepared: Prepared,
        certificate: &[u8],
    ) -> Result<Hash, StateError> {
        let mut writing = self.lock();
        let view = self.view()?;
        let latest = latest(&*view)?;
        let parent = record_at(&*view, latest)?.ok_or_else(|| {
            StateError::corrupt(format!("the record of height {latest} is missing"))
        })?;
        let decided = commit::Decided {
            block,
            receipts,
            certificate,
            prepared,
        };
        // Taken, so that it is read anew after a failure.
        let mut pending = writing.take();
        let retain = self.inner.options.retain;
        let (hash, batch) = decided.batch(&*view, &parent, retain, &mut pending)?;
        self.inner.store.write(&batch)?;
        *writing = pending;
        Ok(hash)
    }

    /// What the state after the block of a height has at a subject, and the proof:
    /// [`hull_proof::verify`] checks it against the root.
    ///
    /// # Errors
    /// [`StateError::NotRetained`], or the engine fails.
    pub fn prove(&self, height: Height, subject: &Subject) -> Result<Proof, StateError> {
        let view = self.view()?;
        retained(&*view, height)?;
        let (value, proof) = Tree::new(&*view).prove(height, subject.key())?;
        Ok(Proof {
            value,
            proof: proof.encode_to_vec(),
        })
    }

    /// The block of a height; `None` of the genesis.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn block(&self, height: Height) -> Result<Option<Block>, StateError> {
        self.by_height(Space::Blocks, "a block", height)
    }

    /// The header of a block; that of the genesis has its time and zeros.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn header(&self, height: Height) -> Result<Option<Header>, StateError> {
        let record = record_at(&*self.view()?, height)?;
        Ok(record.map(|record| record.header))
    }

    /// The validators that decided the block of a height, kept for ever; `None` of the
    /// genesis.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn validators(&self, height: Height) -> Result<Option<Vec<Validator>>, StateError> {
        let view = self.view()?;
        let Some(record) = record_at(&*view, height)?.filter(|_| height > 0) else {
            return Ok(None);
        };
        validators_at(&*view, &record.header).map(Some)
    }

    /// The hash of a block, as the next one names it; of the genesis the chain id.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn hash(&self, height: Height) -> Result<Option<Hash>, StateError> {
        let record = record_at(&*self.view()?, height)?;
        Ok(record.map(|record| record.hash))
    }

    /// The height of a block.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn height_of(&self, block: &Hash) -> Result<Option<Height>, StateError> {
        self.indexed("a height", &block_index(block))
    }

    /// Where a transaction is: the height, and its place in the block.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn transaction(&self, id: &Hash) -> Result<Option<(Height, u32)>, StateError> {
        self.indexed("the place of a transaction", &transaction_index(id))
    }

    /// The receipts of a block, in the order of its transactions.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn receipts(&self, height: Height) -> Result<Option<Vec<Receipt>>, StateError> {
        self.by_height(Space::Receipts, "receipts", height)
    }

    /// The certificate that came with a block.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn certificate(&self, height: Height) -> Result<Option<Vec<u8>>, StateError> {
        let view = self.view()?;
        Ok(view.get(Space::Certificates, &height_key(height))?)
    }

    /// Verifies everything in the store: blocks and their links, every retained tree
    /// from its root down, the flat records, codes, receipts, the index. Reads all of
    /// it, in little memory, while the store can be used.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] with the first thing that is wrong, or the engine fails.
    pub fn check(&self) -> Result<Checked, StateError> {
        check(&*self.view()?)
    }

    fn by_height<T: DecodeAll>(
        &self,
        space: Space,
        what: &str,
        height: Height,
    ) -> Result<Option<T>, StateError> {
        let found = self.view()?.get(space, &height_key(height))?;
        found.map(|bytes| decode(what, &bytes)).transpose()
    }

    fn indexed<T: DecodeAll>(&self, what: &str, key: &[u8]) -> Result<Option<T>, StateError> {
        let found = self.view()?.get(Space::Index, key)?;
        found.map(|bytes| decode(what, &bytes)).transpose()
    }

    pub(crate) fn view(&self) -> Result<Box<dyn View>, StateError> {
        Ok(self.inner.store.view()?)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Pending>> {
        // Nothing is kept under the lock that a panic could leave half done.
        self.inner
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn decode<T: DecodeAll>(what: &str, bytes: &[u8]) -> Result<T, StateError> {
    T::decode_all(&mut &*bytes)
        .map_err(|error| StateError::corrupt(format!("{what} does not decode: {error}")))
}

pub(crate) fn meta<T: DecodeAll>(view: &dyn View, key: &[u8]) -> Result<Option<T>, StateError> {
    let found = view.get(Space::Meta, key)?;
    found
        .map(|bytes| decode("a record of the store", &bytes))
        .transpose()
}

pub(crate) fn latest(view: &dyn View) -> Result<Height, StateError> {
    meta(view, META_LATEST)?.ok_or(StateError::Empty)
}

pub(crate) fn oldest(view: &dyn View) -> Result<Height, StateError> {
    meta(view, META_OLDEST)?.ok_or(StateError::Empty)
}

pub(crate) fn record_at(
    view: &dyn View,
    height: Height,
) -> Result<Option<HeightRecord>, StateError> {
    let found = view.get(Space::Heights, &height_key(height))?;
    found
        .map(|bytes| decode("the record of a height", &bytes))
        .transpose()
}

/// The set that a header names.
pub(crate) fn validators_at(
    view: &dyn View,
    header: &Header,
) -> Result<Vec<Validator>, StateError> {
    let found = view.get(Space::Validators, &header.validators_hash.0)?;
    let height = header.height;
    let bytes = found.ok_or_else(|| {
        StateError::corrupt(format!("the validators of height {height} are missing"))
    })?;
    decode("a set of validators", &bytes)
}

/// The latest height, and the root of one that is retained.
pub(crate) fn retained(view: &dyn View, height: Height) -> Result<(Height, Hash), StateError> {
    let (oldest, latest) = (oldest(view)?, latest(view)?);
    if !(oldest..=latest).contains(&height) {
        return Err(StateError::NotRetained {
            height,
            oldest,
            latest,
        });
    }
    let record = record_at(view, height)?;
    let record = record
        .ok_or_else(|| StateError::corrupt(format!("the record of height {height} is missing")))?;
    Ok((latest, record.root))
}

pub(crate) fn put_meta<T: Encode>(batch: &mut crate::store::Batch, key: &[u8], value: &T) {
    batch.put(Space::Meta, key.to_vec(), value.encode());
}
