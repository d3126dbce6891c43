//! Chains of made-up blocks, and what their state has to be.

use std::sync::Arc;

use hull_executor::{
    Account, Bytes, CodeRecord, ContractRecord, ContractState, Deposit, Item, MemoryState,
    StateDiff, StateReader,
};
use hull_host_api::{
    Address, Capabilities, ContractInfo, Hash, Height, Scan, ScanOrder, code_hash,
};
use hull_state::{ChainStore, Options, Retain, StateError, Store};
use hull_types::{
    Block, Genesis, GenesisAccount, Header, Parameters, Payload, Receipt, ReceiptResult, Signature,
    SignedTransaction, Transaction, Validator, evidence_root, receipts_root, transactions_root,
};

pub(crate) fn address(n: u8) -> Address {
    Address([n; 32])
}

pub(crate) fn genesis() -> Genesis {
    let account = |n| GenesisAccount {
        address: address(n),
        balance: 1_000 + u128::from(n),
    };
    Genesis {
        name: "test".into(),
        time: 7,
        parameters: Parameters::default(),
        accounts: (1..=20).map(account).collect(),
        validators: Vec::new(),
    }
}

pub(crate) fn archive() -> Options {
    Options {
        retain: Retain::All,
    }
}

/// A generator of numbers: the same seed, the same blocks.
#[derive(Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// The seeds of the chains that a fault happens to: one, or as many as `HULL_ROUNDS`
/// says.
pub(crate) fn seeds(first: u64) -> std::ops::Range<u64> {
    let rounds = std::env::var("HULL_ROUNDS").ok();
    let rounds = rounds.and_then(|rounds| rounds.parse().ok()).unwrap_or(1);
    first..first + rounds
}

/// A store and the states that it has to have.
pub(crate) struct Chain {
    pub(crate) store: ChainStore,
    pub(crate) states: Vec<MemoryState>,
    /// What each block changed, from height 1 on.
    pub(crate) diffs: Vec<StateDiff>,
    pub(crate) random: Random,
}

impl Chain {
    pub(crate) fn new(store: Arc<dyn Store>, options: Options, seed: u64) -> Self {
        let store = ChainStore::open(store, options).unwrap();
        store.begin(&genesis()).unwrap();
        Self {
            store,
            states: vec![MemoryState::from_genesis(&genesis())],
            diffs: Vec::new(),
            random: Random(seed),
        }
    }

    /// Commits a block of random changes.
    pub(crate) fn grow(&mut self) -> Height {
        let diff = random_diff(&mut self.random, self.states.last().unwrap());
        self.commit(diff)
    }

    pub(crate) fn commit(&mut self, diff: StateDiff) -> Height {
        let height = try_commit(&self.store, &diff).unwrap();
        let mut state = self.states.last().unwrap().clone();
        state.apply(diff.clone());
        self.states.push(state);
        self.diffs.push(diff);
        height
    }

    /// What the store has to be like when it has been committed to up to a height, and
    /// that the next block goes on from there. `self` is one that nothing happened to.
    pub(crate) fn assert_is_at(&self, store: &ChainStore, height: Height) {
        assert_eq!(store.latest().unwrap(), height);
        let checked = store.check().unwrap();
        assert_eq!(checked.latest, height);
        for height in 0..=height {
            let root = store.root(height).unwrap();
            assert_eq!(root, self.store.root(height).unwrap(), "root {height}");
        }
        assert_same(&store.at(height).unwrap(), &self.states[height as usize]);
        if let Some(diff) = self.diffs.get(height as usize) {
            let next = try_commit(store, diff).unwrap();
            let root = store.root(next).unwrap();
            assert_eq!(root, self.store.root(next).unwrap(), "root {next}");
        }
    }
}

/// Commits the next block with these changes.
pub(crate) fn try_commit(store: &ChainStore, diff: &StateDiff) -> Result<Height, StateError> {
    let parent = store.latest()?;
    let (block, receipts) = next_block(store, 2);
    let prepared = store.prepare(parent, diff)?;
    let root = prepared.root();
    let hash = store.commit(&block, &receipts, prepared, &[parent as u8; 3])?;
    assert_eq!(hash, block.header.hash());
    let height = parent + 1;
    assert_eq!(store.latest()?, height);
    assert_eq!(store.root(height)?, Some(root));
    Ok(height)
}

/// A block with so many transactions that follows the latest one, and its receipts.
pub(crate) fn next_block(store: &ChainStore, transactions: u64) -> (Block, Vec<Receipt>) {
    block_of(store, transactions, &[])
}

/// The same, decided by these validators.
pub(crate) fn block_of(
    store: &ChainStore,
    transactions: u64,
    validators: &[Validator],
) -> (Block, Vec<Receipt>) {
    let parent = store.latest().unwrap();
    let transactions: Vec<_> = (0..transactions)
        .map(|nonce| transaction(parent * 100 + nonce))
        .collect();
    let header = Header {
        height: parent + 1,
        time: 1_000 * (parent + 1),
        parent: store.hash(parent).unwrap().unwrap(),
        state_root: store.root(parent).unwrap().unwrap(),
        receipts_root: receipts_root(&store.receipts(parent).unwrap().unwrap_or_default()),
        validators_hash: Validator::set_hash(validators),
        transactions_root: transactions_root(&transactions),
        evidence_root: evidence_root(&[]),
    };
    let receipts = transactions.iter().map(|signed| Receipt {
        result: ReceiptResult::Success,
        gas: signed.transaction.nonce + 1,
        events: Vec::new(),
        deposit: 0,
    });
    let receipts = receipts.collect();
    let block = Block {
        header,
        transactions,
        evidence: Vec::new(),
    };
    (block, receipts)
}

pub(crate) fn transaction(nonce: u64) -> SignedTransaction {
    SignedTransaction {
        transaction: Transaction {
            sender: address(1),
            nonce,
            gas_limit: 1,
            gas_price: 1,
            tip: 0,
            deposit_limit: 0,
            payload: Payload::Transfer {
                to: address(2),
                value: 3,
            },
        },
        signature: Signature::Secp256k1([0; 65]),
    }
}

pub(crate) fn item(n: u64) -> Item {
    Item {
        value: Bytes::from(vec![n as u8; (n % 40) as usize].as_slice()),
        deposit: Deposit {
            payer: address(3),
            amount: u128::from(n),
            bytes: n as u32,
        },
    }
}

pub(crate) fn contract(code_hash: Hash, n: u64) -> ContractState {
    let capabilities = Capabilities::LEAST;
    ContractState::Live(ContractRecord {
        info: ContractInfo {
            code_hash,
            capabilities,
        },
        creator: address(1),
        grants: Arc::default(),
        deposit: item(n).deposit,
        bytes: n,
        items: n,
    })
}

pub(crate) fn code_bytes(n: u64) -> Vec<u8> {
    vec![n as u8; 10 + n as usize]
}

/// Keys that are beginnings of each other, have zeros, or are nothing at all.
pub(crate) fn item_key(n: u64) -> Vec<u8> {
    let bytes = [0u8, 1, 255, 7];
    (0..n % 4)
        .map(|at| bytes[(n >> (2 * at) & 3) as usize])
        .collect()
}

fn random_diff(random: &mut Random, state: &MemoryState) -> StateDiff {
    let mut diff = StateDiff::default();
    if random.below(8) == 0 {
        return diff;
    }
    for _ in 0..random.below(6) {
        let account = Account {
            nonce: random.below(100),
            balance: u128::from(random.next()),
        };
        diff.accounts
            .insert(address(random.below(60) as u8), account);
    }
    for _ in 0..random.below(3) {
        let bytes = code_bytes(random.below(5));
        let hash = code_hash(&bytes);
        if state.code(&hash).unwrap().is_some() {
            diff.codes.insert(hash, None);
            diff.code_bytes.remove(&hash);
            continue;
        }
        let record = CodeRecord {
            uploader: address(1),
            deposit: u128::from(random.below(1_000)),
            len: bytes.len() as u32,
            users: 0,
            capabilities: Capabilities::LEAST,
            migrates: false,
        };
        diff.codes.insert(hash, Some(record));
        diff.code_bytes.insert(hash, Bytes::from(bytes.as_slice()));
    }
    for _ in 0..random.below(3) {
        let n = random.next();
        let state = contract(Hash([n as u8; 32]), n % 1_000);
        diff.contracts.insert(address(random.below(9) as u8), state);
    }
    for _ in 0..random.below(12) {
        let owner = address([9, 10, 255][random.below(3) as usize]);
        let key = item_key(random.next());
        let there = state.item(&owner, &key).unwrap().is_some();
        let change = (!there || random.below(2) == 0).then(|| item(random.below(500)));
        let items = diff.storage.entry(owner).or_default();
        items.insert(Bytes::from(key.as_slice()), change);
    }
    diff
}

/// Every answer of a state is that of the other one.
pub(crate) fn assert_same(found: &dyn StateReader, expected: &MemoryState) {
    for n in 0..=255 {
        let at = address(n);
        assert_eq!(found.account(&at).unwrap(), expected.account(&at).unwrap());
        assert_eq!(
            found.contract(&at).unwrap(),
            expected.contract(&at).unwrap()
        );
    }
    for n in 0..5 {
        let hash = code_hash(&code_bytes(n));
        assert_eq!(found.code(&hash).unwrap(), expected.code(&hash).unwrap());
        assert_eq!(
            found.code_bytes(&hash).unwrap(),
            expected.code_bytes(&hash).unwrap()
        );
    }
    for owner in [8, 9, 10, 254, 255].map(address) {
        let keys = all_keys(found, &owner, ScanOrder::Ascending);
        let wanted: Vec<_> = expected
            .storage(&owner)
            .map(|(key, _)| key.to_vec())
            .collect();
        assert_eq!(keys, wanted);
        let mut back = all_keys(found, &owner, ScanOrder::Descending);
        back.reverse();
        assert_eq!(back, wanted);
        for n in 0..256 {
            let key = item_key(n);
            assert_eq!(
                found.item(&owner, &key).unwrap(),
                expected.item(&owner, &key).unwrap()
            );
            for order in [ScanOrder::Ascending, ScanOrder::Descending] {
                let (after, bound) = (item_key(n), item_key(n * 7 + 3));
                let scan = Scan {
                    after: Some(&after),
                    bound: Some(&bound),
                    order,
                };
                assert_eq!(
                    found.next_key(&owner, scan).unwrap(),
                    expected.next_key(&owner, scan).unwrap(),
                    "{scan:?}"
                );
            }
        }
    }
}

fn all_keys(state: &dyn StateReader, owner: &Address, order: ScanOrder) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    loop {
        let scan = Scan {
            after: keys.last().map(Vec::as_slice),
            bound: None,
            order,
        };
        match state.next_key(owner, scan).unwrap() {
            Some(key) => keys.push(key),
            None => return keys,
        }
    }
}
