//! Stands between a node and its chain: crashes it at a commit, or lies for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hull_types::host_api::Height;
use hull_types::{Block, Evidence, Validator};

use crate::application::{Application, Decided, Failure, Pace, Verdict};

/// The chain of a node, as consensus sees it.
pub(super) struct Witness<A> {
    chain: Arc<A>,
    /// Whether what it proposes has a wrong state root.
    lies: bool,
    fate: Mutex<Fate>,
}

/// Whether the node crashes at the next commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    None,
    Before,
    After,
    Met,
}

impl<A: Application> Witness<A> {
    pub(super) fn new(chain: Arc<A>, lies: bool) -> Self {
        let fate = Mutex::new(Fate::None);
        Self { chain, lies, fate }
    }

    /// The node is to crash at the next commit: just before, or when it is done.
    pub(super) fn doom(&self, done: bool) {
        *self.fate() = if done { Fate::After } else { Fate::Before };
    }

    /// The node lives.
    pub(super) fn spare(&self) {
        *self.fate() = Fate::None;
    }

    /// Whether it crashed.
    pub(super) fn crashed(&self) -> bool {
        *self.fate() == Fate::Met
    }

    fn fate(&self) -> MutexGuard<'_, Fate> {
        self.fate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meet(&self, fate: Fate) -> Result<(), Failure> {
        let mut planned = self.fate();
        if *planned == fate {
            *planned = Fate::Met;
            return Err("the node was to crash here".into());
        }
        Ok(())
    }
}

impl<A: Application> Application for Witness<A> {
    fn head(&self) -> Result<Height, Failure> {
        self.chain.head()
    }

    fn oldest(&self) -> Result<Height, Failure> {
        self.chain.oldest()
    }

    fn validators(&self, height: Height) -> Result<Vec<Validator>, Failure> {
        self.chain.validators(height)
    }

    fn propose(&self, height: Height, round: u32) -> Result<Block, Failure> {
        let mut block = self.chain.propose(height, round)?;
        if self.lies {
            block.header.state_root.0[0] ^= 0xFF;
        }
        Ok(block)
    }

    fn validate(&self, block: &Block) -> Result<Verdict, Failure> {
        self.chain.validate(block)
    }

    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
        self.meet(Fate::Before)?;
        self.chain.commit(block, certificate)?;
        self.meet(Fate::After)
    }

    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure> {
        self.chain.decided(height)
    }

    fn pace(&self) -> Result<Pace, Failure> {
        self.chain.pace()
    }

    fn misbehaved(&self, evidence: &[Evidence]) -> Result<(), Failure> {
        self.chain.misbehaved(evidence)
    }
}
