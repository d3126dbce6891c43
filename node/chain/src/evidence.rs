//! Proofs that validators cheated, on their way into a block.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};

use hull_host_api::Height;
use hull_types::{Block, Evidence, EvidenceError, MAX_EVIDENCE};

use crate::chain::{Chain, Tip};
use crate::error::InvalidBlock;

impl Chain {
    /// Takes a proof that a validator cheated; the next block of this node has it, if that
    /// is a validator then. Another one against the same validator is not needed.
    ///
    /// # Errors
    /// If it proves nothing.
    pub fn accuse(&self, evidence: Evidence) -> Result<(), EvidenceError> {
        evidence.verify(&self.inner.chain_id)?;
        let tip = self.tip();
        if is_validator(&tip, &evidence.validator) {
            self.waiting_evidence()
                .entry(evidence.validator)
                .or_insert(evidence);
        }
        Ok(())
    }

    /// What the block after the head is to have.
    pub(crate) fn select_evidence(&self, tip: &Tip) -> Vec<Evidence> {
        let mut waiting = self.waiting_evidence();
        waiting.retain(|validator, _| is_validator(tip, validator));
        waiting.values().take(MAX_EVIDENCE).copied().collect()
    }

    /// Whether every piece proves something, against somebody who is a validator.
    pub(crate) fn check_evidence(&self, tip: &Tip, block: &Block) -> Result<(), InvalidBlock> {
        let found = block.evidence.len();
        if found > MAX_EVIDENCE {
            return Err(InvalidBlock::TooMuchEvidence { found });
        }
        let mut before = None;
        for (index, evidence) in block.evidence.iter().enumerate() {
            let validator = evidence.validator;
            if before >= Some(validator) || !is_validator(tip, &validator) {
                return Err(InvalidBlock::NeedlessEvidence { index });
            }
            let known = self.waiting_evidence().get(&validator) == Some(evidence);
            if !known {
                let verified = evidence.verify(&self.inner.chain_id);
                verified.map_err(|error| InvalidBlock::Evidence { index, error })?;
            }
            before = Some(validator);
        }
        Ok(())
    }

    /// Forgets what a block has: once is enough, even where the last validator keeps its
    /// power.
    pub(crate) fn forget_evidence(&self, block: &Block) {
        let mut waiting = self.waiting_evidence();
        for evidence in &block.evidence {
            waiting.remove(&evidence.validator);
        }
    }

    /// There are at most as many as validators.
    fn waiting_evidence(&self) -> MutexGuard<'_, BTreeMap<[u8; 32], Evidence>> {
        let evidence = self.inner.evidence.lock();
        evidence.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys that a block's evidence is against.
pub(crate) fn cheats(block: &Block) -> Vec<[u8; 32]> {
    block.evidence.iter().map(|one| one.validator).collect()
}

/// Whether it is one in the last set that is known: who leaves anyway need not be caught.
fn is_validator(tip: &Tip, key: &[u8; 32]) -> bool {
    let (_, last): (Height, _) = tip.validators.last();
    last.iter().any(|one| one.public_key == *key)
}
