//! A chain of counted transactions in memory, with bugs on request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use hull_types::host_api::{Address, Hash, Height, Timestamp};
use hull_types::{
    Block, Header, Payload, SignedTransaction, Validator, ValidatorSets, evidence_root,
    transactions_root,
};
use parity_scale_codec::Encode;
use sha2::{Digest, Sha256};

use crate::application::{Application, Decided, Failure, Pace, Verdict};
use crate::simulation::world::{Town, World};

const CHAIN: Hash = Hash([3; 32]);
const BEGINS: Timestamp = 1_767_225_600_000;
/// How far a proposal may be ahead of the clock.
const MAX_AHEAD: Timestamp = 3_000;

/// What is wrong with the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bug {
    /// One node counts otherwise.
    Diverges,
    /// Whatever is proposed is taken, and what is proposed has a transaction twice.
    BelievesAll,
    /// What is in a block that was proposed is told as final.
    TellsEarly,
    /// A crash takes the last block.
    Forgets,
}

/// Blocks and certificates.
type Blocks = Arc<Mutex<Vec<(Block, Vec<u8>)>>>;

/// The ledgers of all nodes.
pub(super) struct Ledgers {
    town: Town,
    bug: Option<Bug>,
    disks: Vec<Blocks>,
    clocks: Vec<Arc<Mutex<Timestamp>>>,
}

impl Ledgers {
    pub(super) fn new(town: &Town, bug: Option<Bug>) -> Self {
        Self {
            town: town.clone(),
            bug,
            disks: (0..town.nodes).map(|_| Blocks::default()).collect(),
            clocks: (0..town.nodes).map(|_| Arc::default()).collect(),
        }
    }
}

impl World for Ledgers {
    type Chain = Ledger;

    fn chain_id(&self) -> Hash {
        CHAIN
    }

    fn begins(&self) -> Timestamp {
        BEGINS
    }

    fn open(&mut self, node: usize) -> Result<Arc<Ledger>, Failure> {
        if self.bug == Some(Bug::Forgets) {
            self.disks[node].lock().unwrap().pop();
        }
        let mut book = Book::new(&self.town);
        let blocks = self.disks[node].lock().unwrap().clone();
        for (block, _) in &blocks {
            book.add(block, self.bug == Some(Bug::Diverges) && node == 1);
        }
        Ok(Arc::new(Ledger {
            node,
            bug: self.bug,
            blocks: Arc::clone(&self.disks[node]),
            clock: Arc::clone(&self.clocks[node]),
            book: Mutex::new(book),
        }))
    }

    fn set_time(&mut self, node: usize, time: Timestamp) {
        *self.clocks[node].lock().unwrap() = time;
    }

    fn submit(&self, chain: &Ledger, envelope: &[u8], _: Timestamp) -> bool {
        chain.submit(envelope)
    }

    fn receipt(&self, chain: &Ledger, id: &Hash) -> Result<Option<Height>, Failure> {
        let book = chain.book();
        let early = book
            .early
            .get(id)
            .filter(|_| chain.bug == Some(Bug::TellsEarly));
        Ok(book.places.get(id).or(early).copied())
    }

    fn state_root(&self, chain: &Ledger, height: Height) -> Result<Hash, Failure> {
        let root = chain.book().roots.get(usize::try_from(height)?).copied();
        Ok(root.ok_or("no such height")?)
    }
}

/// The ledger of a node.
pub(super) struct Ledger {
    node: usize,
    bug: Option<Bug>,
    blocks: Blocks,
    clock: Arc<Mutex<Timestamp>>,
    book: Mutex<Book>,
}

/// What follows from the blocks, and what waits.
struct Book {
    authority: Address,
    head: Header,
    /// After each height.
    roots: Vec<Hash>,
    sets: Vec<ValidatorSets>,
    nonces: BTreeMap<Address, u64>,
    places: BTreeMap<Hash, Height>,
    early: BTreeMap<Hash, Height>,
    pool: BTreeMap<(Address, u64), SignedTransaction>,
}

impl Book {
    fn new(town: &Town) -> Self {
        Self {
            authority: town.authority,
            head: Header::default(),
            roots: vec![Hash([1; 32])],
            sets: vec![ValidatorSets::new(town.validators.clone())],
            nonces: BTreeMap::new(),
            places: BTreeMap::new(),
            early: BTreeMap::new(),
            pool: BTreeMap::new(),
        }
    }

    fn parent(&self) -> Hash {
        match self.head.height {
            0 => CHAIN,
            _ => self.head.hash(),
        }
    }

    fn last<T: Clone>(all: &[T]) -> T {
        all.last().cloned().unwrap()
    }

    fn validators(&self, height: Height) -> Vec<Validator> {
        let before = usize::try_from(height.saturating_sub(1)).unwrap();
        let sets = self.sets.get(before).cloned();
        let sets = sets.unwrap_or_else(|| Self::last(&self.sets));
        sets.at(height).to_vec()
    }

    fn nonce(&self, sender: &Address) -> u64 {
        self.nonces.get(sender).copied().unwrap_or_default()
    }

    /// Goes on by a block.
    fn add(&mut self, block: &Block, wrong: bool) {
        let height = block.header.height;
        let mut sets = Self::last(&self.sets);
        for transaction in &block.transactions {
            let body = &transaction.transaction;
            *self.nonces.entry(body.sender).or_default() += 1;
            self.places.insert(transaction.id(), height);
            if let Payload::UpdateValidators { update } = &body.payload
                && body.sender == self.authority
            {
                // What is against the rules changes nothing.
                let _ = sets.update(height, update);
            }
        }
        let (nonces, root) = (&self.nonces, Self::last(&self.roots));
        let wrong = wrong && height > 3;
        let next = Sha256::digest((root, nonces, &block.header, wrong).encode());
        self.roots.push(Hash(next.into()));
        self.sets.push(sets);
        self.head = block.header.clone();
        let nonces = &self.nonces;
        self.pool
            .retain(|(sender, nonce), _| *nonce >= nonces.get(sender).copied().unwrap_or_default());
    }

    /// The header of the next block with these transactions.
    fn header(&self, time: Timestamp, transactions: &[SignedTransaction]) -> Header {
        let height = self.head.height + 1;
        Header {
            height,
            time,
            parent: self.parent(),
            state_root: Self::last(&self.roots),
            receipts_root: Hash::default(),
            validators_hash: Validator::set_hash(&self.validators(height)),
            transactions_root: transactions_root(transactions),
            evidence_root: evidence_root(&[]),
        }
    }

    fn check(&self, block: &Block) -> Result<(), String> {
        let header = self.header(block.header.time, &block.transactions);
        if header != block.header || !block.evidence.is_empty() {
            return Err(format!("the header is {:?}, not {header:?}", block.header));
        }
        if header.time <= self.head.time {
            return Err("its time is not after the parent's".into());
        }
        let mut nonces = BTreeMap::new();
        for transaction in &block.transactions {
            let verified = transaction.clone().verify(&CHAIN);
            let body = verified.map_err(|error| error.to_string())?;
            let sender = body.transaction().sender;
            let next = nonces.entry(sender).or_insert_with(|| self.nonce(&sender));
            if body.transaction().nonce != *next {
                return Err("a transaction is out of order".into());
            }
            *next += 1;
        }
        Ok(())
    }
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap()
    }

    fn submit(&self, envelope: &[u8]) -> bool {
        let Ok(transaction) = SignedTransaction::decode_bytes(envelope) else {
            return false;
        };
        let Ok(verified) = transaction.clone().verify(&CHAIN) else {
            return false;
        };
        let body = verified.transaction();
        let (sender, nonce) = (body.sender, body.nonce);
        let mut book = self.book();
        let new = nonce >= book.nonce(&sender) && !book.pool.contains_key(&(sender, nonce));
        if new {
            book.pool.insert((sender, nonce), transaction);
        }
        new
    }

    fn tell_early(&self, block: &Block) {
        let mut book = self.book();
        for transaction in &block.transactions {
            book.early.insert(transaction.id(), block.header.height);
        }
    }
}

impl Application for Ledger {
    fn head(&self) -> Result<Height, Failure> {
        Ok(self.book().head.height)
    }

    fn oldest(&self) -> Result<Height, Failure> {
        Ok(1)
    }

    fn validators(&self, height: Height) -> Result<Vec<Validator>, Failure> {
        Ok(self.book().validators(height))
    }

    fn propose(&self, _: Height, _: u32) -> Result<Block, Failure> {
        let book = self.book();
        let mut transactions = Vec::new();
        let mut nonces = BTreeMap::new();
        for ((sender, nonce), transaction) in &book.pool {
            let next = nonces.entry(*sender).or_insert_with(|| book.nonce(sender));
            if nonce == next {
                *next += 1;
                transactions.push(transaction.clone());
            }
        }
        if self.bug == Some(Bug::BelievesAll) {
            transactions.extend(transactions.first().cloned());
        }
        let time = (*self.clock.lock().unwrap()).max(book.head.time + 1);
        let block = Block {
            header: book.header(time, &transactions),
            transactions,
            evidence: Vec::new(),
        };
        drop(book);
        self.tell_early(&block);
        Ok(block)
    }

    fn validate(&self, block: &Block) -> Result<Verdict, Failure> {
        self.tell_early(block);
        if self.bug == Some(Bug::BelievesAll) {
            return Ok(Verdict::Valid);
        }
        if block.header.time > *self.clock.lock().unwrap() + MAX_AHEAD {
            return Ok(Verdict::Invalid("it is ahead of the clock".into()));
        }
        Ok(match self.book().check(block) {
            Ok(()) => Verdict::Valid,
            Err(why) => Verdict::Invalid(why),
        })
    }

    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
        let mut book = self.book();
        if self.bug.is_none() {
            book.check(block)?;
        }
        let mut blocks = self.blocks.lock().unwrap();
        blocks.push((block.clone(), certificate.into()));
        book.add(block, self.bug == Some(Bug::Diverges) && self.node == 1);
        Ok(())
    }

    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure> {
        let index = usize::try_from(height)?.checked_sub(1);
        let blocks = self.blocks.lock().unwrap();
        let found = index.and_then(|index| blocks.get(index));
        Ok(found.map(|(block, certificate)| Decided {
            block: block.encode(),
            certificate: certificate.clone(),
        }))
    }

    fn pace(&self) -> Result<Pace, Failure> {
        Ok(match self.book().pool.is_empty() {
            true => Pace::Idle,
            false => Pace::Now,
        })
    }
}
