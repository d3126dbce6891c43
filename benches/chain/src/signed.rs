//! Signed token transfers from their bytes to the disk: decode, signature, pool, block,
//! executor, tree, durable batch.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bench_workloads::token::transfer_input;
use hull_chain::{Candidate, Chain, Settings};
use hull_executor::Executor;
use hull_mempool::Limits;
use hull_state::{ChainStore, Options, Redb, Retain, Store};
use hull_types::host_api::{Address, code_hash};
use hull_types::{
    Block, Genesis, GenesisAccount, Header, Parameters, ParametersHistory, Payload, SigningKey,
    Transaction, Validator, evidence_root, receipts_root, sender_of, transactions_root,
};
use hull_vm::{Config, Tiering};
use rayon::prelude::*;

use crate::stages::{Clocks, Lap, Stages, Watched};
use crate::{BLOCK, TOKEN, WEALTH, token_state};

const GAS_LIMIT: u64 = 400_000_000;
/// A prime beyond the number of accounts, so that a block's are all over the place.
const STRIDE: usize = 15_485_863;
/// Bytes of redb's cache: what a validator has for it.
const CACHE: usize = 2 << 30;
/// Transactions that arrive together, as from a neighbour.
const ARRIVAL: usize = 250;
/// Most that waits while a stream runs, in blocks: those who submit wait for the chain.
const WAITING: usize = 4;

/// The engines of this build.
pub const ENGINES: &[&str] = &[
    "redb",
    #[cfg(feature = "rocksdb")]
    "rocksdb",
];

/// A new store of an engine in a folder.
///
/// # Errors
/// If it is not in this build, or the system fails.
pub fn engine(name: &str, folder: &Path) -> Result<Arc<dyn Store>> {
    Ok(match name {
        "redb" => Arc::new(Redb::open_with_cache(folder.join("redb"), CACHE)?),
        #[cfg(feature = "rocksdb")]
        "rocksdb" => Arc::new(hull_state::Rocks::open(folder.join("rocksdb"))?),
        other => bail!("{other} is not in this build"),
    })
}

/// A chain on disk whose accounts hold a token, and whose keys are known.
pub struct Signed {
    chain: Chain,
    watched: Arc<Watched>,
    keys: Vec<SigningKey>,
    addresses: Vec<Address>,
    sent: usize,
}

impl Signed {
    /// A chain with so many accounts, in an empty store.
    ///
    /// # Errors
    /// If the system fails.
    pub fn new(
        engine: Arc<dyn Store>,
        module: &[u8],
        accounts: usize,
        retain: Retain,
    ) -> Result<Self> {
        let keys: Vec<_> = (0..accounts).into_par_iter().map(key).collect();
        let addresses: Vec<_> = keys.par_iter().map(sender_of).collect();
        let genesis = genesis(&addresses);
        let vm = Config {
            tiering: Tiering::OptimizedOnly,
            ..Config::default()
        };
        let watched = Arc::new(Watched::new(engine));
        let store: Arc<dyn Store> = Arc::clone(&watched) as _;
        let options = Options { retain };
        with_token(
            &genesis,
            &vm,
            ChainStore::open(Arc::clone(&store), options)?,
            module,
            &addresses,
        )?;
        let chain = Chain::open(Settings {
            options,
            engine: vm,
            pool: Limits {
                transactions: (WAITING + 2) * BLOCK,
                ..Limits::default()
            },
            block_transactions: BLOCK,
            ..Settings::new(genesis, store)
        })?;
        Ok(Self {
            chain,
            watched,
            keys,
            addresses,
            sent: 0,
        })
    }

    /// The next transactions, signed and encoded.
    pub fn sign(&mut self, count: usize) -> Vec<Vec<u8>> {
        let numbers = self.sent..self.sent + count;
        self.sent += count;
        numbers
            .into_par_iter()
            .map(|one| self.transfer(one))
            .collect()
    }

    fn transfer(&self, number: usize) -> Vec<u8> {
        let accounts = self.keys.len();
        let from = number * STRIDE % accounts;
        let to = (number * STRIDE + accounts / 2 + 1) % accounts;
        let transaction = Transaction {
            sender: self.addresses[from],
            // Everybody has a turn before anybody has the next.
            nonce: (number / accounts) as u64,
            gas_limit: GAS_LIMIT,
            gas_price: 1,
            tip: 0,
            deposit_limit: 0,
            payload: Payload::Call {
                contract: TOKEN,
                value: 0,
                input: transfer_input(&self.addresses[to].0, 1).to_vec(),
            },
        };
        let signed = transaction.sign(&self.chain.chain_id(), &self.keys[from]);
        signed.encode_bytes()
    }

    /// One block after the other, with nothing at the same time: where the time goes.
    ///
    /// # Errors
    /// If a transfer did not succeed, or the system fails.
    pub fn block(&mut self) -> Result<Stages> {
        let transactions = self.sign(BLOCK);
        let begin = Lap::now();
        for part in transactions.chunks(ARRIVAL) {
            self.submit(part)?;
        }
        let submitted = Lap::now();
        let candidate = self.chain.propose(self.chain.head().time + 1)?;
        let proposed = Lap::now();
        let executed = self.watched.last_view();
        self.commit(candidate, BLOCK)?;
        let write = self.watched.last_write();
        Ok(Stages {
            submit: submitted - begin,
            execute: executed - submitted,
            tree: proposed - executed,
            batch: write.begin - proposed,
            write: write.end - write.begin,
            after: Lap::now() - write.end,
            removed: write.removed,
        })
    }

    /// All of them, transactions coming in while blocks are made.
    ///
    /// # Errors
    /// If a transfer did not succeed, or the system fails.
    pub fn stream(&mut self, transactions: &[Vec<u8>]) -> Result<Clocks> {
        let begin = Lap::now();
        let this = &*self;
        thread::scope(|scope| {
            let submitted = scope.spawn(|| this.submit_slowly(transactions));
            let mut done = 0;
            while done < transactions.len() {
                if this.waiting() < BLOCK && !submitted.is_finished() {
                    thread::sleep(Duration::from_micros(100));
                    continue;
                }
                let candidate = this.chain.propose(this.chain.head().time + 1)?;
                let count = candidate.tally().transactions;
                ensure!(count > 0, "the pool is empty after {done}");
                this.commit(candidate, count)?;
                done += count;
            }
            submitted.join().ok().context("the submitter panicked")?
        })?;
        Ok(Lap::now() - begin)
    }

    fn submit_slowly(&self, transactions: &[Vec<u8>]) -> Result<()> {
        for part in transactions.chunks(ARRIVAL) {
            while self.waiting() >= WAITING * BLOCK {
                thread::sleep(Duration::from_micros(100));
            }
            self.submit(part)?;
        }
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.chain.with_pool(|pool| pool.size().transactions)
    }

    fn submit(&self, transactions: &[Vec<u8>]) -> Result<()> {
        for submitted in self.chain.submit_all(transactions, 1) {
            submitted?;
        }
        Ok(())
    }

    fn commit(&self, candidate: Candidate, count: usize) -> Result<()> {
        let committed = self.chain.commit(candidate, &[])?;
        let receipts = &committed.receipts;
        ensure!(receipts.len() == count, "{} of {count}", receipts.len());
        let failed = receipts.iter().zip(&committed.ids);
        let mut failed = failed.filter(|(receipt, _)| !receipt.result.is_success());
        if let Some((receipt, id)) = failed.next() {
            bail!("{receipt:?}: {:?}", self.chain.note_of(id));
        }
        Ok(())
    }

    /// Whether the store holds what it should.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self) -> Result<()> {
        let checked = self.chain.store().check()?;
        ensure!(checked.transactions as usize == self.sent, "{checked:?}");
        Ok(())
    }
}

/// Block 1: the token, as if somebody had deployed it.
fn with_token(
    genesis: &Genesis,
    engine: &Config,
    store: ChainStore,
    module: &[u8],
    addresses: &[Address],
) -> Result<()> {
    let history = ParametersHistory::constant(genesis.parameters.clone())?;
    let admission = Executor::new(history, engine)?.vm(1).upload(module)?;
    let parent = store.begin(genesis)?;
    let state = token_state(module, &admission, addresses);
    let prepared = store.prepare(0, &state)?;
    let header = Header {
        height: 1,
        time: 1,
        parent,
        state_root: store.root(0)?.context("no root")?,
        receipts_root: receipts_root(&[]),
        validators_hash: Validator::set_hash(&[]),
        transactions_root: transactions_root(&[]),
        evidence_root: evidence_root(&[]),
    };
    let block = Block {
        header,
        transactions: Vec::new(),
        evidence: Vec::new(),
    };
    store.commit(&block, &[], prepared, &[])?;
    Ok(())
}

fn genesis(addresses: &[Address]) -> Genesis {
    let mut sorted = addresses.to_vec();
    sorted.sort_unstable();
    Genesis {
        name: "bench".to_owned(),
        time: 0,
        parameters: Parameters {
            block_gas: GAS_LIMIT * BLOCK as u64,
            ..Parameters::default()
        },
        accounts: sorted
            .iter()
            .map(|address| GenesisAccount {
                address: *address,
                balance: WEALTH,
            })
            .collect(),
        validators: Vec::new(),
    }
}

/// A key for each number.
fn key(number: usize) -> SigningKey {
    let digest = code_hash(&(number as u64).to_be_bytes());
    SigningKey::from_slice(&digest.0).expect("all but one in 2^128 digests are keys")
}
