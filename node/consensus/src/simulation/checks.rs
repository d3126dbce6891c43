//! What has to hold, whatever happens.

mod validity;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use hull_types::host_api::{Address, Hash, Height};
use hull_types::{Block, Header, Statement, verify_certificate};

use super::options::Options;
use super::world::World;
use crate::application::{Application, Failure};
use crate::guard::Position;

/// The checks, by what each finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Two nodes have different blocks at a height, or different state roots after it.
    Agreement,
    /// A decided block is not valid: its header does not fit the parent, a transaction is
    /// not signed or out of order, or its certificate proves nothing.
    Validity,
    /// A transaction whose receipt was told as final is not on every chain.
    Acknowledged,
    /// After the faults nothing more is decided, or a node stays behind.
    Progress,
    /// An honest validator said two things about one step.
    Signing,
    /// An honest node ended by itself.
    Health,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Agreement => "agreement",
            Self::Validity => "validity",
            Self::Acknowledged => "acknowledged",
            Self::Progress => "progress",
            Self::Signing => "signing",
            Self::Health => "health",
        })
    }
}

/// What does not hold in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What found it.
    pub check: Check,
    /// The seed of the run.
    pub seed: u64,
    /// When, by the clock of the run.
    pub at: Duration,
    /// What was found.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            check,
            seed,
            at,
            what,
        } = self;
        writeln!(f, "{check}: {what}, after {at:?}")?;
        let (seed_name, cases_name) = (super::campaign::SEED, super::campaign::CASES);
        write!(f, "to see it again, set {seed_name}={seed} {cases_name}=1")
    }
}

impl std::error::Error for Violation {}

/// What a check found.
pub(super) type Found = (Check, String);

/// A height that is decided.
struct Decision {
    header: Header,
    hash: Hash,
    root: Hash,
    transactions: Vec<Hash>,
}

/// A receipt that somebody was told.
#[derive(Clone, Copy, Debug)]
struct Receipt {
    id: Hash,
    height: Height,
}

/// Everything that was seen of a run.
pub(super) struct Checks {
    only: Option<Check>,
    chain_id: Hash,
    decisions: BTreeMap<Height, Decision>,
    /// How many transactions of each account there are.
    nonces: BTreeMap<Address, u64>,
    receipts: Vec<Receipt>,
    /// What each validator said of each step.
    statements: BTreeMap<(usize, Position), Statement>,
}

impl Checks {
    pub(super) fn new(options: &Options, chain_id: Hash) -> Self {
        Self {
            only: options.only,
            chain_id,
            decisions: BTreeMap::new(),
            nonces: BTreeMap::new(),
            receipts: Vec::new(),
            statements: BTreeMap::new(),
        }
    }

    /// The highest decided height.
    pub(super) fn top(&self) -> Height {
        self.decisions
            .last_key_value()
            .map_or(0, |(height, _)| *height)
    }

    pub(super) fn receipts(&self) -> u64 {
        self.receipts.len() as u64
    }

    /// Whether not all blocks were decided by the same validators.
    pub(super) fn validators_changed(&self) -> bool {
        let mut sets = self
            .decisions
            .values()
            .map(|one| one.header.validators_hash);
        let first = sets.next();
        sets.any(|set| Some(set) != first)
    }

    /// Something was found. Whether it counts in this run.
    pub(super) fn find<T>(&self, check: Check, what: String) -> Result<T, Found>
    where
        T: Default,
    {
        match self.only.is_none_or(|only| only == check) {
            true => Err((check, what)),
            false => Ok(T::default()),
        }
    }

    /// A node has committed a block. Says its hash and the round of its certificate.
    pub(super) fn committed<W: World>(
        &mut self,
        world: &W,
        node: usize,
        chain: &W::Chain,
        height: Height,
    ) -> Result<(Hash, u32), Found> {
        let failed = |error: Failure| (Check::Health, format!("node {node}: {error}"));
        let missing = || {
            (
                Check::Acknowledged,
                format!("node {node} lost block {height}"),
            )
        };
        let decided = chain.decided(height).map_err(failed)?.ok_or_else(missing)?;
        let root = world.state_root(chain, height).map_err(failed)?;
        let validators = chain.validators(height).map_err(failed)?;
        let decoded = Block::decode_bytes(&decided.block);
        let block = decoded.map_err(|error| (Check::Validity, error.to_string()))?;
        let hash = block.header.hash();
        let proof = &decided.certificate;
        let round = match verify_certificate(&self.chain_id, &validators, height, &hash, proof) {
            Ok(certificate) => certificate.round,
            Err(error) => {
                let what = format!("node {node}, certificate of height {height}: {error}");
                self.find(Check::Validity, what)?
            }
        };
        if !self.decisions.contains_key(&height) {
            let before = world.state_root(chain, height.saturating_sub(1));
            let before = before.map_err(failed)?;
            if let Err(what) = self.valid(&block, height, before, &validators) {
                self.find::<()>(Check::Validity, format!("block {height}: {what}"))?;
            }
        }
        self.agree(node, height, (block, hash, root))?;
        Ok((hash, round))
    }

    /// Whether a node has what the others have.
    fn agree(
        &mut self,
        node: usize,
        height: Height,
        (block, hash, root): (Block, Hash, Hash),
    ) -> Result<(), Found> {
        let Some(known) = self.decisions.get(&height) else {
            let transactions = block.transactions.iter().map(|one| one.id()).collect();
            let decision = Decision {
                header: block.header,
                hash,
                root,
                transactions,
            };
            self.decisions.insert(height, decision);
            return Ok(());
        };
        if known.hash != hash {
            let what = format!(
                "node {node} has block {hash} at height {height}, not {}",
                known.hash
            );
            self.find::<()>(Check::Agreement, what)?;
        }
        if known.root != root {
            let what = format!(
                "node {node} has root {root} after height {height}, not {}",
                known.root
            );
            self.find::<()>(Check::Agreement, what)?;
        }
        Ok(())
    }

    /// A node came back. What it had committed has to be there.
    pub(super) fn returned(&self, node: usize, seen: Height, head: Height) -> Result<(), Found> {
        if head < seen {
            let what = format!("node {node} had height {seen} and has {head} after a crash");
            self.find::<()>(Check::Acknowledged, what)?;
        }
        Ok(())
    }

    /// Somebody was told a receipt.
    pub(super) fn told(&mut self, node: usize, id: Hash, height: Height) -> Result<(), Found> {
        let decision = self.decisions.get(&height);
        if !decision.is_some_and(|decision| decision.transactions.contains(&id)) {
            let what = format!("node {node} told that {id} is in block {height}, and it is not");
            self.find::<()>(Check::Acknowledged, what)?;
        }
        self.receipts.push(Receipt { id, height });
        Ok(())
    }

    /// Whether a node has everything that was told.
    pub(super) fn kept<W: World>(
        &self,
        world: &W,
        node: usize,
        chain: &W::Chain,
    ) -> Result<(), Found> {
        for receipt in &self.receipts {
            let found = world.receipt(chain, &receipt.id);
            let found = found.map_err(|error| (Check::Health, error.to_string()))?;
            if found != Some(receipt.height) {
                let Receipt { id, height } = receipt;
                let what = format!(
                    "{id} was told to be in block {height}; node {node} has it in {found:?}"
                );
                self.find::<()>(Check::Acknowledged, what)?;
            }
        }
        Ok(())
    }

    /// An honest validator said something.
    pub(super) fn said(&mut self, node: usize, statement: Statement) -> Result<(), Found> {
        let step = (node, Position::of(&statement));
        let before = self.statements.insert(step, statement);
        if let Some(before) = before
            && before != statement
        {
            let what = format!("node {node} said {before:?} and {statement:?}");
            self.find::<()>(Check::Signing, what)?;
        }
        Ok(())
    }
}
