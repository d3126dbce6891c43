//! Whether a decided block is one that may be.

use hull_types::host_api::{Hash, Height};
use hull_types::{Block, Validator, evidence_root, transactions_root};

use super::Checks;

impl Checks {
    /// Whether a block fits its parent and holds together; its transactions are counted.
    pub(super) fn valid(
        &mut self,
        block: &Block,
        height: Height,
        before: Hash,
        validators: &[Validator],
    ) -> Result<(), String> {
        let header = &block.header;
        let parent = self.decisions.get(&height.saturating_sub(1));
        let (hash, time) = parent.map_or((self.chain_id, 0), |parent| {
            (parent.hash, parent.header.time)
        });
        same("the height", header.height, height)?;
        same("the parent", header.parent, hash)?;
        same("the state root", header.state_root, before)?;
        if header.time <= time {
            return Err(format!("its time is {}, the parent's {time}", header.time));
        }
        let hash = Validator::set_hash(validators);
        same("the hash of validators", header.validators_hash, hash)?;
        let root = transactions_root(&block.transactions);
        same("the transactions root", header.transactions_root, root)?;
        let root = evidence_root(&block.evidence);
        same("the evidence root", header.evidence_root, root)?;
        self.transactions(block)?;
        let mut evidence = block.evidence.iter();
        let proves = evidence.try_for_each(|one| one.verify(&self.chain_id));
        proves.map_err(|error| format!("its evidence: {error}"))
    }

    /// Every transaction is signed, and the next of its sender.
    fn transactions(&mut self, block: &Block) -> Result<(), String> {
        for (index, transaction) in block.transactions.iter().enumerate() {
            let verified = transaction.clone().verify(&self.chain_id);
            let verified = verified.map_err(|error| format!("transaction {index}: {error}"))?;
            let body = verified.transaction();
            let next = self.nonces.entry(body.sender).or_default();
            same(&format!("nonce {index}"), body.nonce, *next)?;
            *next += 1;
        }
        Ok(())
    }
}

fn same<T: PartialEq + std::fmt::Display>(what: &str, found: T, expected: T) -> Result<(), String> {
    match found == expected {
        true => Ok(()),
        false => Err(format!("{what} is {found}, not {expected}")),
    }
}
