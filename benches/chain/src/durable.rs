//! Transfers between accounts on a store on disk: what a committed block takes, and
//! where that goes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use hull_executor::Executor;
use hull_state::{ChainStore, Options, Redb, Retain};
use hull_types::host_api::{Address, BlockInfo, Hash};
use hull_types::{
    Block, Genesis, GenesisAccount, Header, Parameters, ParametersHistory, Payload, Signature,
    SignedTransaction, Transaction, Validator, VerifiedTransaction, evidence_root, receipts_root,
    transactions_root,
};
use hull_vm::{Config, Tiering};

use crate::{BLOCK, account};

/// Heights that keep their state: pruning is part of what is measured.
const RETAINED: u64 = 32;
const GAS_LIMIT: u64 = 400_000_000;
const WEALTH: u128 = 1 << 80;
/// A prime beyond the number of accounts, so that a block's are all over the place.
const STRIDE: usize = 15_485_863;

/// The time of the stages of some blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Executing, on the state in the store.
    pub execute: Duration,
    /// The new root and the records.
    pub prepare: Duration,
    /// The batch, and its way to the disk.
    pub commit: Duration,
}

impl Stages {
    /// All of it.
    pub fn sum(&self) -> Duration {
        self.execute + self.prepare + self.commit
    }
}

/// A chain on disk.
pub struct Durable {
    executor: Executor,
    store: ChainStore,
    addresses: Vec<Address>,
    chain_id: Hash,
    blocks: u64,
}

impl Durable {
    /// A chain with so many accounts, in a new file in a folder.
    ///
    /// # Errors
    /// If the system fails.
    pub fn new(folder: &Path, accounts: usize) -> Result<Self> {
        let parameters = Parameters {
            block_gas: GAS_LIMIT * BLOCK as u64,
            ..Parameters::default()
        };
        let config = Config {
            tiering: Tiering::BaselineOnly,
            ..Config::default()
        };
        let history = ParametersHistory::constant(parameters.clone())?;
        let executor = Executor::new(history, &config)?;
        let mut addresses: Vec<_> = (0..accounts).map(account).collect();
        addresses.sort_unstable();
        let genesis = Genesis {
            name: "bench".to_owned(),
            time: 0,
            parameters,
            accounts: addresses
                .iter()
                .map(|address| GenesisAccount {
                    address: *address,
                    balance: WEALTH,
                })
                .collect(),
            validators: Vec::new(),
        };
        let engine = Redb::open(folder.join("chain"))?;
        let options = Options {
            retain: Retain::Last(RETAINED),
        };
        let store = ChainStore::open(Arc::new(engine), options)?;
        let chain_id = store.begin(&genesis)?;
        Ok(Self {
            executor,
            store,
            addresses,
            chain_id,
            blocks: 0,
        })
    }

    /// Executes and commits the next block.
    ///
    /// # Errors
    /// If a transfer did not succeed, or the store fails.
    #[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
    pub fn block(&mut self) -> Result<Stages> {
        let parent = self.store.latest()?;
        let signed = self.transactions();
        let verified: Vec<_> = signed
            .iter()
            .map(|signed| VerifiedTransaction::assume(signed.transaction.clone()))
            .collect();
        let block = self.assemble(parent, signed)?;
        let info = BlockInfo {
            height: parent + 1,
            time: parent + 1,
            chain_id: self.chain_id,
        };

        let start = Instant::now();
        let state = self.store.at(parent)?;
        let output = self.executor.execute_block(&state, info, &[], &verified)?;
        let execute = start.elapsed();

        let receipts: Vec<_> = output.receipts().cloned().collect();
        let failed = receipts.iter().find(|one| !one.result.is_success());
        ensure!(failed.is_none(), "{failed:?}");

        let start = Instant::now();
        let prepared = self.store.prepare(parent, &output.diff)?;
        let prepare = start.elapsed();

        let start = Instant::now();
        self.store.commit(&block, &receipts, prepared, &[])?;
        let commit = start.elapsed();
        self.blocks += 1;
        Ok(Stages {
            execute,
            prepare,
            commit,
        })
    }

    fn transactions(&self) -> Vec<SignedTransaction> {
        let first = self.blocks as usize * BLOCK;
        let accounts = self.addresses.len();
        let transfers = (first..first + BLOCK).map(|number| {
            let transaction = Transaction {
                sender: self.addresses[number * STRIDE % accounts],
                // Everybody has a turn before anybody has the next.
                nonce: (number / accounts) as u64,
                gas_limit: GAS_LIMIT,
                gas_price: 1,
                tip: 0,
                deposit_limit: 0,
                payload: Payload::Transfer {
                    to: self.addresses[(number * STRIDE + accounts / 2 + 1) % accounts],
                    value: 1,
                },
            };
            SignedTransaction {
                transaction,
                signature: Signature::Secp256k1([0; 65]),
            }
        });
        transfers.collect()
    }

    fn assemble(&self, parent: u64, transactions: Vec<SignedTransaction>) -> Result<Block> {
        let receipts = self.store.receipts(parent)?.unwrap_or_default();
        let header = Header {
            height: parent + 1,
            time: parent + 1,
            parent: self.store.hash(parent)?.context("no parent")?,
            state_root: self.store.root(parent)?.context("no root")?,
            receipts_root: receipts_root(&receipts),
            validators_hash: Validator::set_hash(&[]),
            transactions_root: transactions_root(&transactions),
            evidence_root: evidence_root(&[]),
        };
        Ok(Block {
            header,
            transactions,
            evidence: Vec::new(),
        })
    }

    /// Whether the store holds what it should.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self) -> Result<()> {
        let checked = self.store.check()?;
        ensure!(checked.latest == self.blocks, "{checked:?}");
        Ok(())
    }
}
