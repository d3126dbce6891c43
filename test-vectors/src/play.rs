//! Playing chains on the stores of nodes.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use hull_executor::{Executor, MemoryState};
use hull_host_api::BlockInfo;
use hull_state::{ChainStore, Options, Redb, Retain};
use hull_types::{
    Activation, Block, Genesis, GenesisAccount, Header, Parameters, ParametersHistory,
    SignedTransaction, Validator, VerifiedTransaction, evidence_root, receipts_root, sender_of,
    transactions_root,
};
use hull_vm::{Config, Schedule, Tiering};

use crate::chain::{
    BlockExpected, ChainVector, describe, of_transaction, parameters, secret, sign,
};
use crate::run::number;

/// The version of a schedule that only vectors have, so that there are two.
pub const DEARER: u32 = 1_000_000;

/// Everything that is not an operator costs twice as much as in the first schedule.
static DEARER_SCHEDULE: Schedule = Schedule {
    version: DEARER,
    local: 2 * Schedule::V1.local,
    frame: 2 * Schedule::V1.frame,
    memory_page: 2 * Schedule::V1.memory_page,
    load_base: 2 * Schedule::V1.load_base,
    load_byte: 2 * Schedule::V1.load_byte,
    upload_base: 2 * Schedule::V1.upload_base,
    ..Schedule::V1
};

/// An archive in memory.
///
/// # Errors
/// If the engine fails.
pub fn in_memory() -> Result<ChainStore> {
    let options = Options {
        retain: Retain::All,
    };
    Ok(ChainStore::open(Arc::new(Redb::in_memory()?), options)?)
}

/// A chain that can be played.
pub struct Player<'v> {
    vector: &'v ChainVector,
    executor: Executor,
    genesis: Genesis,
}

impl<'v> Player<'v> {
    /// Prepares to play a vector on one tier.
    ///
    /// # Errors
    /// If it does not describe a chain.
    pub fn new(vector: &'v ChainVector, tiering: Tiering) -> Result<Self> {
        let parameters = parameters(&vector.parameters)?;
        let config = Config {
            tiering,
            ..Config::default()
        };
        let find = |version| match version {
            DEARER => Some(&DEARER_SCHEDULE),
            _ => Schedule::by_version(version),
        };
        let history = history(vector, &parameters)?;
        Ok(Self {
            vector,
            executor: Executor::with_schedules(history, &config, find)?,
            genesis: genesis(vector, parameters)?,
        })
    }

    /// The genesis of the chain.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// Plays all blocks on an empty store.
    ///
    /// # Errors
    /// If a block cannot be played, or tokens appear or vanish.
    pub fn play(&self, store: &ChainStore) -> Result<Vec<BlockExpected>> {
        let chain_id = store.begin(&self.genesis)?;
        let mut memory = MemoryState::from_genesis(&self.genesis);
        let supply = memory.supply();
        let mut results = Vec::new();
        for json in &self.vector.blocks {
            let signed = json.transactions.iter().map(|one| sign(one, &chain_id));
            let block = next(store, signed.collect::<Result<_>>()?)?;
            let height = block.header.height;
            let output = self.execute(store, &block)?;
            let transactions = block.transactions.iter().zip(&output.executed);
            let mut expected = describe(&output.diff);
            expected.transactions = transactions
                .map(|(signed, executed)| of_transaction(signed, executed))
                .collect();
            expected.receipts_root = output.receipts_root().to_string();
            memory.apply(output.diff.clone());
            ensure!(
                memory.supply() == supply,
                "block {height} changes the supply"
            );
            expected.hash = commit(store, &block, output)?.to_string();
            expected.state_root = root(store, height)?.to_string();
            results.push(expected);
        }
        Ok(results)
    }

    /// Executes the blocks of one store again, onto another one from `to`'s latest
    /// height up to `last`.
    ///
    /// # Errors
    /// If a block does not come to what it came to before.
    pub fn replay(&self, from: &ChainStore, to: &ChainStore, last: u64) -> Result<()> {
        to.begin(&self.genesis)?;
        for height in to.latest()? + 1..=last {
            let block = from.block(height)?.context("the block is missing")?;
            let output = self.execute(to, &block)?;
            let receipts: Vec<_> = output.receipts().cloned().collect();
            ensure!(
                from.receipts(height)?.as_deref() == Some(&*receipts),
                "the receipts of block {height} differ"
            );
            commit(to, &block, output)?;
            let (found, expected) = (root(to, height)?, root(from, height)?);
            ensure!(found == expected, "the root of block {height} is {found}");
        }
        Ok(())
    }

    fn execute(&self, store: &ChainStore, block: &Block) -> Result<hull_executor::BlockOutput> {
        let chain_id = self.genesis.chain_id();
        let verified = block.transactions.iter().map(|one| {
            // As it travels.
            let received = SignedTransaction::decode_bytes(&one.encode_bytes())?;
            Ok(received.verify(&chain_id)?)
        });
        let verified: Vec<VerifiedTransaction> = verified.collect::<Result<_>>()?;
        let info = BlockInfo {
            height: block.header.height,
            time: block.header.time,
            chain_id,
        };
        let state = store.at(block.header.height - 1)?;
        Ok(self.executor.execute_block(&state, info, &[], &verified)?)
    }
}

fn history(vector: &ChainVector, first: &Parameters) -> Result<ParametersHistory> {
    let mut activations = vec![Activation {
        height: 0,
        parameters: first.clone(),
    }];
    for later in &vector.activations {
        let parameters = Parameters {
            schedule: later.schedule,
            ..first.clone()
        };
        activations.push(Activation {
            height: later.height,
            parameters,
        });
    }
    Ok(ParametersHistory::new(activations)?)
}

fn genesis(vector: &ChainVector, parameters: Parameters) -> Result<Genesis> {
    let accounts = vector.keys.iter().map(|(key, balance)| {
        Ok(GenesisAccount {
            address: sender_of(&secret(key)?),
            balance: number(balance)?,
        })
    });
    let mut accounts: Vec<_> = accounts.collect::<Result<_>>()?;
    accounts.sort_unstable_by_key(|account| account.address);
    Ok(Genesis {
        name: vector.name.clone(),
        time: 0,
        parameters,
        accounts,
        validators: Vec::new(),
    })
}

/// The block with these transactions after the latest one, a second later.
fn next(store: &ChainStore, transactions: Vec<SignedTransaction>) -> Result<Block> {
    let parent = store.latest()?;
    let receipts = store.receipts(parent)?.unwrap_or_default();
    let header = Header {
        height: parent + 1,
        time: 1_000 * (parent + 1),
        parent: store.hash(parent)?.context("the parent is missing")?,
        state_root: root(store, parent)?,
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

fn commit(
    store: &ChainStore,
    block: &Block,
    output: hull_executor::BlockOutput,
) -> Result<hull_host_api::Hash> {
    let receipts: Vec<_> = output.receipts().cloned().collect();
    let prepared = store.prepare(block.header.height - 1, &output.diff)?;
    Ok(store.commit(block, &receipts, prepared, &[])?)
}

fn root(store: &ChainStore, height: u64) -> Result<hull_host_api::Hash> {
    let root = store.root(height)?;
    root.with_context(|| format!("height {height} has no root"))
}
