//! Blocks that are not decided: built here, or by another node and checked.

use std::fmt::Display;
use std::sync::Arc;

use hull_executor::{BlockError, BlockOutput, InvalidTransaction, TransactionError};
use hull_host_api::{Gas, Hash, Timestamp};
use hull_mempool::Room;
use hull_state::Prepared;
use hull_types::{
    Block, Header, SignedTransaction, Validator, VerifiedTransaction, evidence_root,
    transactions_root,
};
use rayon::prelude::*;

use crate::chain::{Chain, Tip};
use crate::error::{ChainError, InvalidBlock};
use crate::evidence::cheats;
use crate::work::Stage;

/// A block that was executed. Nothing of it is kept until it is committed.
#[derive(Debug)]
pub struct Candidate {
    pub(crate) block: Block,
    pub(crate) ids: Vec<Hash>,
    pub(crate) output: BlockOutput,
    pub(crate) prepared: Prepared,
}

/// What is in a candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Transactions.
    pub transactions: usize,
    /// Gas that they used.
    pub gas: Gas,
    /// Whether it changes the state, so that another block has to follow before the
    /// change can be proved.
    pub changes: bool,
}

impl Candidate {
    /// The block.
    pub fn block(&self) -> &Block {
        &self.block
    }

    /// The state root after it.
    pub fn state_root(&self) -> Hash {
        self.prepared.root()
    }

    /// What is in it.
    pub fn tally(&self) -> Tally {
        Tally {
            transactions: self.ids.len(),
            gas: self.output.gas,
            changes: !self.output.diff.is_empty(),
        }
    }
}

impl Chain {
    /// A block of what waits, at a time. What turns out not to be valid any more is
    /// dropped from the pool.
    ///
    /// # Errors
    /// [`ChainError::Time`], or this node failed.
    pub fn propose(&self, time: Timestamp) -> Result<Candidate, ChainError> {
        let build = || self.build(time);
        self.inner.work.measure(Stage::Propose, build)
    }

    fn build(&self, time: Timestamp) -> Result<Candidate, ChainError> {
        let tip = self.tip();
        if time <= tip.head.time {
            return Err(ChainError::Time {
                found: time,
                parent: tip.head.time,
            });
        }
        let height = tip.head.height.saturating_add(1);
        let parameters = self.inner.executor.parameters(height);
        let selected = self.pool().select(Room {
            gas: parameters.block_gas,
            bytes: u64::from(parameters.block_bytes),
            transactions: self.inner.block_transactions,
        });
        let info = self.block_info(height, time);
        let mut block = Block {
            header: Header::default(),
            transactions: Vec::new(),
            evidence: self.select_evidence(&tip),
        };
        let mut run = self.inner.executor.begin(&tip.state, info);
        run.punish(&cheats(&block))?;
        let (mut transactions, mut ids) = (Vec::new(), Vec::new());
        for transaction in &selected {
            match run.execute(transaction) {
                Ok(_) => {
                    transactions.push(transaction.envelope().clone());
                    ids.push(transaction.id());
                }
                Err(TransactionError::Invalid(why)) => self.drop_invalid(transaction, &why),
                Err(TransactionError::Fatal(fatal)) => return Err(fatal.into()),
            }
        }
        let output = run.finish()?;
        let prepared = self.inner.store.prepare(tip.head.height, &output.diff)?;
        block.transactions = transactions;
        block.header = Self::header(&tip, time, &block);
        Ok(Candidate {
            block,
            ids,
            output,
            prepared,
        })
    }

    /// Checks and executes a block that another node proposes, on the head. The
    /// signatures of what waits in the pool were checked before; those of the rest
    /// are checked in parallel.
    ///
    /// # Errors
    /// [`ChainError::Invalid`] if no node may accept it, or this node failed.
    pub fn validate(&self, block: Block) -> Result<Candidate, ChainError> {
        let follow = || self.follow(block);
        self.inner.work.measure(Stage::Validate, follow)
    }

    fn follow(&self, block: Block) -> Result<Candidate, ChainError> {
        let tip = self.tip();
        Self::check_header(&tip, &block)?;
        self.check_evidence(&tip, &block)?;
        let verified = self.verify(&block.transactions)?;
        let info = self.block_info(block.header.height, block.header.time);
        let output =
            self.inner
                .executor
                .execute_block(&tip.state, info, &cheats(&block), &verified);
        let output = output.map_err(|error| match error {
            BlockError::Invalid { index, error } => {
                InvalidBlock::Transaction { index, error }.into()
            }
            BlockError::Fatal(fatal) => ChainError::Fatal(fatal),
        })?;
        let prepared = self.inner.store.prepare(tip.head.height, &output.diff)?;
        Ok(Candidate {
            ids: verified.iter().map(VerifiedTransaction::id).collect(),
            block,
            output,
            prepared,
        })
    }

    /// The header of the next block, with what is in `block`.
    fn header(tip: &Tip, time: Timestamp, block: &Block) -> Header {
        let height = tip.head.height.saturating_add(1);
        Header {
            height,
            time,
            parent: tip.head.hash,
            state_root: tip.head.state_root,
            receipts_root: tip.head.receipts_root,
            validators_hash: Validator::set_hash(tip.validators.at(height)),
            transactions_root: transactions_root(&block.transactions),
            evidence_root: evidence_root(&block.evidence),
        }
    }

    fn check_header(tip: &Tip, block: &Block) -> Result<(), InvalidBlock> {
        let found = &block.header;
        let expected = Self::header(tip, found.time, block);
        same("the height", found.height, expected.height)?;
        same("the parent", found.parent, expected.parent)?;
        same("the state root", found.state_root, expected.state_root)?;
        same(
            "the receipts root",
            found.receipts_root,
            expected.receipts_root,
        )?;
        let validators = expected.validators_hash;
        same("the hash of validators", found.validators_hash, validators)?;
        let root = expected.transactions_root;
        same("the transactions root", found.transactions_root, root)?;
        let root = expected.evidence_root;
        same("the evidence root", found.evidence_root, root)?;
        if found.time <= tip.head.time {
            return Err(InvalidBlock::Header {
                what: "the time",
                found: found.time.to_string(),
                expected: format!("more than {}", tip.head.time),
            });
        }
        Ok(())
    }

    /// Checks signatures, each at most once on this node.
    fn verify(
        &self,
        transactions: &[SignedTransaction],
    ) -> Result<Vec<VerifiedTransaction>, InvalidBlock> {
        let known: Vec<Option<Arc<VerifiedTransaction>>> = {
            let ids: Vec<Hash> = transactions.par_iter().map(SignedTransaction::id).collect();
            let pool = self.pool();
            ids.iter().map(|id| pool.get(id).cloned()).collect()
        };
        let chain_id = self.inner.chain_id;
        let checked: Vec<_> = transactions
            .par_iter()
            .zip(known)
            .map(|(transaction, known)| match known {
                Some(known) => Ok((*known).clone()),
                None => self
                    .inner
                    .work
                    .measure(Stage::Validate, || transaction.clone().verify(&chain_id)),
            })
            .collect();
        let checked = checked.into_iter().enumerate();
        checked
            .map(|(index, one)| one.map_err(|error| InvalidBlock::Signature { index, error }))
            .collect()
    }

    fn drop_invalid(&self, transaction: &VerifiedTransaction, why: &InvalidTransaction) {
        // A block that is full is nothing against the transaction.
        let full = matches!(why, InvalidTransaction::BlockFull { .. });
        if !full {
            self.pool().remove(&transaction.id());
        }
    }
}

fn same<T: PartialEq + Display>(
    what: &'static str,
    found: T,
    expected: T,
) -> Result<(), InvalidBlock> {
    if found == expected {
        return Ok(());
    }
    Err(InvalidBlock::Header {
        what,
        found: found.to_string(),
        expected: expected.to_string(),
    })
}
