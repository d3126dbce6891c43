//! The chain, and what is at its head.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use hull_executor::Executor;
use hull_host_api::{BlockInfo, Hash, Height, Timestamp};
use hull_mempool::{Limits, Mempool};
use hull_state::{ChainStore, Options, Redb, Snapshot, Store};
use hull_types::{Evidence, Genesis, ParametersHistory, Validator, ValidatorSets, receipts_root};

use crate::commit::{Committed, Recent};
use crate::error::ChainError;
use crate::notes::Notes;
use crate::work::{Stage, Work};

/// What a chain is opened with.
pub struct Settings {
    /// Where the chain begins.
    pub genesis: Genesis,
    /// Where it is kept.
    pub store: Arc<dyn Store>,
    /// What of it is kept.
    pub options: Options,
    /// Settings of the engine.
    pub engine: hull_vm::Config,
    /// How much waits.
    pub pool: Limits,
    /// Most transactions of a block that this node proposes.
    pub block_transactions: usize,
}

/// Enough for a block of a second of transfers.
const DEFAULT_BLOCK_TRANSACTIONS: usize = 10_000;

impl Settings {
    /// A chain that is gone when the process ends.
    ///
    /// # Panics
    /// If memory for the empty store cannot be had.
    pub fn in_memory(genesis: Genesis) -> Self {
        let store = Redb::in_memory().expect("memory takes an empty store");
        Self::new(genesis, Arc::new(store))
    }

    /// A chain in a store, everything else as by default.
    pub fn new(genesis: Genesis, store: Arc<dyn Store>) -> Self {
        Self {
            genesis,
            store,
            options: Options::default(),
            engine: hull_vm::Config::default(),
            pool: Limits::default(),
            block_transactions: DEFAULT_BLOCK_TRANSACTIONS,
        }
    }
}

/// A chain on this node. Clones are the same chain.
#[derive(Clone)]
pub struct Chain {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) genesis: Genesis,
    pub(crate) chain_id: Hash,
    pub(crate) executor: Executor,
    pub(crate) store: ChainStore,
    pub(crate) block_transactions: usize,
    /// Taken before `tip` where both are.
    pub(crate) pool: Mutex<Mempool>,
    pub(crate) tip: RwLock<Tip>,
    pub(crate) notes: Mutex<Notes>,
    /// By the key of the validator that each is against.
    pub(crate) evidence: Mutex<BTreeMap<[u8; 32], Evidence>>,
    pub(crate) recent: Mutex<Recent>,
    pub(crate) listeners: RwLock<Vec<Listener>>,
    /// Held while a candidate is committed.
    pub(crate) committing: Mutex<()>,
    pub(crate) work: Work,
}

pub(crate) type Listener = Box<dyn Fn(&Arc<Committed>) + Send + Sync>;

/// The last committed block, and what the next one says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its height; 0 of the genesis.
    pub height: Height,
    /// Its hash; of the genesis the chain id.
    pub hash: Hash,
    /// Its time.
    pub time: Timestamp,
    /// The state root after it.
    pub state_root: Hash,
    /// The root of its receipts.
    pub receipts_root: Hash,
}

/// The head, its state, and who decides the blocks after it.
#[derive(Clone)]
pub(crate) struct Tip {
    pub(crate) head: Head,
    pub(crate) state: Snapshot,
    pub(crate) validators: Arc<ValidatorSets>,
}

impl Tip {
    pub(crate) fn new(head: Head, state: Snapshot) -> Result<Self, ChainError> {
        let validators = Arc::new(hull_executor::validators(&state)?);
        Ok(Self {
            head,
            state,
            validators,
        })
    }
}

impl Chain {
    /// Opens a chain, where it was left.
    ///
    /// # Errors
    /// If the store is another chain's or damaged, or the executor does not start.
    pub fn open(settings: Settings) -> Result<Self, ChainError> {
        let Settings { genesis, .. } = settings;
        let store = ChainStore::open(settings.store, settings.options)?;
        let chain_id = store.begin(&genesis)?;
        let parameters = ParametersHistory::constant(genesis.parameters.clone())
            .map_err(hull_executor::SetupError::from)?;
        let executor = Executor::new(parameters, &settings.engine)?;
        let tip = tip(&store)?;
        Ok(Self {
            inner: Arc::new(Inner {
                genesis,
                chain_id,
                executor,
                store,
                block_transactions: settings.block_transactions,
                pool: Mutex::new(Mempool::new(settings.pool)),
                tip: RwLock::new(tip),
                notes: Mutex::default(),
                evidence: Mutex::default(),
                recent: Mutex::default(),
                listeners: RwLock::default(),
                committing: Mutex::default(),
                work: Work::default(),
            }),
        })
    }

    /// The hash of the genesis; part of what is signed.
    pub fn chain_id(&self) -> Hash {
        self.inner.chain_id
    }

    /// Where the chain began.
    pub fn genesis(&self) -> &Genesis {
        &self.inner.genesis
    }

    /// The last committed block.
    pub fn head(&self) -> Head {
        self.tip().head
    }

    /// What executes.
    pub fn executor(&self) -> &Executor {
        &self.inner.executor
    }

    /// What is kept: blocks, receipts, states.
    pub fn store(&self) -> &ChainStore {
        &self.inner.store
    }

    /// The state after the block of a height.
    ///
    /// # Errors
    /// If it is not kept, or there is no such block yet.
    pub fn state_at(&self, height: Height) -> Result<Snapshot, ChainError> {
        let tip = self.tip();
        match height {
            latest if latest == tip.head.height => Ok(tip.state),
            height => Ok(self.inner.store.at(height)?),
        }
    }

    /// The validators that decide the block of a height: of the next one, the one after
    /// it, and as far as they are known now, of all that follow. Of a block that is
    /// committed, those of its header.
    ///
    /// # Errors
    /// If the store fails.
    pub fn validators(&self, height: Height) -> Result<Vec<Validator>, ChainError> {
        let tip = self.tip();
        if height > tip.head.height {
            return Ok(tip.validators.at(height).to_vec());
        }
        // The genesis decides nothing; it has those of the first block.
        let height = height.max(1);
        let found = self.inner.store.validators(height)?;
        found.ok_or(ChainError::NoBlock {
            height,
            latest: tip.head.height,
        })
    }

    /// What this node's processors did for the chain since it was opened, all threads
    /// together.
    pub fn work(&self, stage: Stage) -> Duration {
        self.inner.work.of(stage)
    }

    /// Calls back after every commit, in its order, on the thread that committed.
    /// Keep it short: the next block waits.
    pub fn on_commit(&self, listener: impl Fn(&Arc<Committed>) + Send + Sync + 'static) {
        let listeners = self.inner.listeners.write();
        let mut listeners = listeners.unwrap_or_else(PoisonError::into_inner);
        listeners.push(Box::new(listener));
    }

    /// What waits. Nothing else goes on while it is looked at.
    pub fn with_pool<R>(&self, look: impl FnOnce(&Mempool) -> R) -> R {
        look(&self.pool())
    }

    pub(crate) fn pool(&self) -> MutexGuard<'_, Mempool> {
        // The pool's functions leave it whole or panic at a bug; to go on with what is
        // there is better than to stop the node.
        self.inner
            .pool
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tip(&self) -> Tip {
        let tip = self.inner.tip.read();
        tip.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What contracts see of a block.
    pub(crate) fn block_info(&self, height: Height, time: Timestamp) -> BlockInfo {
        BlockInfo {
            height,
            time,
            chain_id: self.inner.chain_id,
        }
    }
}

fn tip(store: &ChainStore) -> Result<Tip, ChainError> {
    let height = store.latest()?;
    let missing = || ChainError::NoBlock {
        height,
        latest: height,
    };
    let header = store.header(height)?.ok_or_else(missing)?;
    let receipts = store.receipts(height)?.unwrap_or_default();
    let head = Head {
        height,
        hash: store.hash(height)?.ok_or_else(missing)?,
        time: header.time,
        state_root: store.root(height)?.ok_or_else(missing)?,
        receipts_root: receipts_root(&receipts),
    };
    Tip::new(head, store.at(height)?)
}
