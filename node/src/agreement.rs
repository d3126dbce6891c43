//! The chain, as validators agree on it.
//!
//! What a block is and does, [`hull_chain`] knows; how it is agreed on,
//! [`hull_consensus`]. Here is what lies between: the clock that times proposals, the
//! candidates that are voted on, and which of the chain's errors is whose fault.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hull_chain::{Candidate, Chain, ChainError};
use hull_consensus::{Application, Decided, Failure, Pace, Verdict};
use hull_mempool::Room;
use hull_types::host_api::{Hash, Height, Timestamp};
use hull_types::{Block, Evidence, Validator};
use parity_scale_codec::Encode;

use crate::clock::Clock;

/// How far, in milliseconds, a proposal may be ahead of this node's clock. More than
/// clocks that are kept differ, less than a contract could profit from.
const MAX_AHEAD: Timestamp = 5_000;

/// Candidates that are kept while they are voted on: those of a few rounds.
const MAX_CANDIDATES: usize = 8;

/// A chain that is driven by consensus.
pub struct Agreement {
    chain: Chain,
    clock: Clock,
    candidates: Mutex<BTreeMap<Hash, Candidate>>,
}

impl Agreement {
    /// A chain and the clock of the node.
    pub fn new(chain: Chain, clock: Clock) -> Self {
        Self {
            chain,
            clock,
            candidates: Mutex::default(),
        }
    }

    /// The chain.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    fn candidates(&self) -> MutexGuard<'_, BTreeMap<Hash, Candidate>> {
        // A candidate that is lost is executed again.
        self.candidates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, hash: Hash, candidate: Candidate) {
        let mut candidates = self.candidates();
        while candidates.len() >= MAX_CANDIDATES {
            candidates.pop_first();
        }
        candidates.insert(hash, candidate);
    }

    /// Whether the head's change of the state is in no header yet.
    fn owes_a_block(&self) -> Result<bool, Failure> {
        let head = self.chain.head();
        let header = self.chain.store().header(head.height)?;
        Ok(head.height > 0 && header.is_some_and(|it| it.state_root != head.state_root))
    }
}

impl Application for Agreement {
    fn head(&self) -> Result<Height, Failure> {
        Ok(self.chain.head().height)
    }

    fn oldest(&self) -> Result<Height, Failure> {
        // Blocks are kept for ever, and so is who decided them.
        Ok(1)
    }

    fn validators(&self, height: Height) -> Result<Vec<Validator>, Failure> {
        Ok(self.chain.validators(height)?)
    }

    fn propose(&self, _height: Height, _round: u32) -> Result<Block, Failure> {
        let after_parent = self.chain.head().time.saturating_add(1);
        let candidate = self.chain.propose(self.clock.now().max(after_parent))?;
        let block = candidate.block().clone();
        self.keep(block.header.hash(), candidate);
        Ok(block)
    }

    fn validate(&self, block: &Block) -> Result<Verdict, Failure> {
        let hash = block.header.hash();
        if self.candidates().contains_key(&hash) {
            return Ok(Verdict::Valid);
        }
        let ahead = block.header.time.saturating_sub(self.clock.now());
        if ahead > MAX_AHEAD {
            let reason = format!("its time is {ahead} ms ahead of the clock here");
            return Ok(Verdict::Invalid(reason));
        }
        match self.chain.validate(block.clone()) {
            Ok(candidate) => {
                self.keep(hash, candidate);
                Ok(Verdict::Valid)
            }
            Err(ChainError::Invalid(why)) => Ok(Verdict::Invalid(why.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
        let (height, hash) = (block.header.height, block.header.hash());
        let known = self.candidates().remove(&hash);
        let candidate = match known {
            Some(candidate) => candidate,
            None => self.chain.validate(block.clone()).map_err(|error| {
                let head = self.chain.head();
                format!(
                    "block {hash} of height {height} was decided and this node cannot follow it: \
                     {error}. The state root after height {} is {} here",
                    head.height, head.state_root
                )
            })?,
        };
        self.chain.commit(candidate, certificate)?;
        self.candidates().clear();
        Ok(())
    }

    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure> {
        if height == 0 || height > self.chain.head().height {
            return Ok(None);
        }
        let store = self.chain.store();
        let (block, certificate) = (store.block(height)?, store.certificate(height)?);
        Ok(block.zip(certificate).map(|(block, certificate)| Decided {
            block: block.encode(),
            certificate,
        }))
    }

    fn pace(&self) -> Result<Pace, Failure> {
        let one = Room {
            gas: u64::MAX,
            bytes: u64::MAX,
            transactions: 1,
        };
        let waits = self.chain.with_pool(|pool| !pool.select(one).is_empty());
        Ok(match waits || self.owes_a_block()? {
            true => Pace::Now,
            false => Pace::Idle,
        })
    }

    fn misbehaved(&self, evidence: &[Evidence]) -> Result<(), Failure> {
        for one in evidence {
            let validator = hex::encode(one.validator);
            let (statement, _) = one.first;
            let step = statement.step();
            tracing::error!(
                validator,
                height = statement.height,
                round = statement.round,
                ?step,
                evidence = hex::encode(one.encode()),
                "a validator said two things about one step"
            );
            // Into the next block of this node.
            self.chain.accuse(*one)?;
        }
        Ok(())
    }
}
