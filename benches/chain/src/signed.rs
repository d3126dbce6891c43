//! Signed token transfers from their bytes to the disk: decode, signature, pool, block,
//! executor, tree, durable batch.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use bench_workloads::token::transfer_input;
use hull_chain::{Chain, Settings};
use hull_executor::Executor;
use hull_mempool::Limits;
use hull_state::{ChainStore, Options, Redb, Retain, Store};
use hull_types::host_api::{Address, code_hash};
use hull_types::{
    Block, Genesis, GenesisAccount, Header, Parameters, ParametersHistory, Payload, SigningKey,
    Transaction, receipts_root, sender_of, transactions_root,
};
use hull_vm::{Config, Tiering};

use crate::{BLOCK, TOKEN, WEALTH, token_state};

/// Heights that keep their state.
const RETAINED: u64 = 32;
const GAS_LIMIT: u64 = 400_000_000;
/// A prime beyond the number of accounts, so that a block's are all over the place.
const STRIDE: usize = 15_485_863;
/// As many as the machine of the target has cores.
const SUBMITTERS: usize = 2;

/// A chain on disk whose accounts hold a token, and whose keys are known.
pub struct Signed {
    chain: Chain,
    keys: Vec<SigningKey>,
    addresses: Vec<Address>,
    sent: usize,
}

/// Where the time of a block's transactions went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Decode, signature, pool, on as many threads as there are cores.
    pub submit: Duration,
    /// Selecting, executing, and the new root.
    pub propose: Duration,
    /// The batch, its way to the disk, and the pool after it.
    pub commit: Duration,
}

impl Signed {
    /// A chain with so many accounts, in a new file in a folder.
    ///
    /// # Errors
    /// If the system fails.
    pub fn new(folder: &Path, module: &[u8], accounts: usize) -> Result<Self> {
        let keys: Vec<_> = (0..accounts).map(key).collect();
        let addresses: Vec<_> = keys.iter().map(sender_of).collect();
        let genesis = genesis(&addresses);
        let engine = Config {
            tiering: Tiering::OptimizedOnly,
            ..Config::default()
        };
        let store: Arc<dyn Store> = Arc::new(Redb::open(folder.join("chain"))?);
        let options = Options {
            retain: Retain::Last(RETAINED),
        };
        with_token(
            &genesis,
            &engine,
            Arc::clone(&store),
            options,
            module,
            &addresses,
        )?;
        let chain = Chain::open(Settings {
            options,
            engine,
            pool: Limits {
                transactions: 100_000,
                ..Limits::default()
            },
            block_transactions: BLOCK,
            ..Settings::new(genesis, store)
        })?;
        Ok(Self {
            chain,
            keys,
            addresses,
            sent: 0,
        })
    }

    /// The next transactions, signed and encoded.
    pub fn sign(&mut self, count: usize) -> Vec<Vec<u8>> {
        let accounts = self.keys.len();
        let numbers = self.sent..self.sent + count;
        self.sent += count;
        let envelopes = numbers.map(|number| {
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
        });
        envelopes.collect()
    }

    /// One block after the other, with nothing at the same time: where the time goes.
    ///
    /// # Errors
    /// If a transfer did not succeed, or the system fails.
    #[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
    pub fn block(&mut self) -> Result<Stages> {
        let transactions = self.sign(BLOCK);
        let start = Instant::now();
        self.submit(&transactions)?;
        let submit = start.elapsed();
        let start = Instant::now();
        let candidate = self.chain.propose(self.chain.head().time + 1)?;
        let propose = start.elapsed();
        let start = Instant::now();
        self.commit_all(candidate, BLOCK)?;
        Ok(Stages {
            submit,
            propose,
            commit: start.elapsed(),
        })
    }

    /// All of them, transactions coming in while blocks are made.
    ///
    /// # Errors
    /// If a transfer did not succeed, or the system fails.
    #[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
    pub fn stream(&mut self, transactions: &[Vec<u8>]) -> Result<Duration> {
        let start = Instant::now();
        let this = &*self;
        thread::scope(|scope| {
            let submitted = scope.spawn(|| this.submit(transactions));
            let mut done = 0;
            while done < transactions.len() {
                let waiting = this.chain.with_pool(|pool| pool.size().transactions);
                if waiting < BLOCK && !submitted.is_finished() {
                    thread::yield_now();
                    continue;
                }
                let candidate = this.chain.propose(this.chain.head().time + 1)?;
                let count = candidate.tally().transactions;
                ensure!(count > 0, "the pool is empty after {done}");
                this.commit_all(candidate, count)?;
                done += count;
            }
            submitted.join().ok().context("a submitter panicked")?
        })?;
        Ok(start.elapsed())
    }

    fn submit(&self, transactions: &[Vec<u8>]) -> Result<()> {
        let part = transactions.len().div_ceil(SUBMITTERS);
        thread::scope(|scope| {
            let submitters: Vec<_> = transactions
                .chunks(part)
                .map(|part| scope.spawn(|| self.submit_part(part)))
                .collect();
            submitters
                .into_iter()
                .try_for_each(|it| it.join().ok().context("a submitter panicked")?)
        })
    }

    fn submit_part(&self, transactions: &[Vec<u8>]) -> Result<()> {
        for bytes in transactions {
            self.chain.submit(bytes, 1)?;
        }
        Ok(())
    }

    fn commit_all(&self, candidate: hull_chain::Candidate, count: usize) -> Result<()> {
        let committed = self.chain.commit(candidate, &[])?;
        let receipts = &committed.receipts;
        ensure!(receipts.len() == count, "{} of {count}", receipts.len());
        let failed = receipts.iter().find(|it| !it.result.is_success());
        ensure!(failed.is_none(), "{failed:?}");
        Ok(())
    }
}

/// Block 1: the token, as if somebody had deployed it.
fn with_token(
    genesis: &Genesis,
    engine: &Config,
    store: Arc<dyn Store>,
    options: Options,
    module: &[u8],
    addresses: &[Address],
) -> Result<()> {
    let history = ParametersHistory::constant(genesis.parameters.clone())?;
    let admission = Executor::new(history, engine)?.vm(1).upload(module)?;
    let store = ChainStore::open(store, options)?;
    let parent = store.begin(genesis)?;
    let state = token_state(module, &admission, addresses);
    let prepared = store.prepare(0, &state)?;
    let header = Header {
        height: 1,
        time: 1,
        parent,
        state_root: store.root(0)?.context("no root")?,
        receipts_root: receipts_root(&[]),
        transactions_root: transactions_root(&[]),
        ..Header::default()
    };
    let block = Block {
        header,
        transactions: Vec::new(),
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
