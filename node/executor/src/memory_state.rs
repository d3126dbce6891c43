//! A state in memory.

use std::collections::BTreeMap;
use std::ops::Bound;

use hull_host_api::{Address, Balance, Fatal, Hash, Scan, ScanOrder};
use hull_types::Genesis;

use crate::diff::StateDiff;
use crate::state::{Account, Bytes, CodeRecord, ContractState, Item, StateReader};

/// A whole state in memory: for tests, tools and benches.
///
/// ```
/// use hull_executor::{MemoryState, StateReader};
/// use hull_types::host_api::Address;
///
/// let mut state = MemoryState::default();
/// state.fund(Address([1; 32]), 10);
/// assert_eq!(state.account(&Address([1; 32])).unwrap().unwrap().balance, 10);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryState {
    accounts: BTreeMap<Address, Account>,
    contracts: BTreeMap<Address, ContractState>,
    codes: BTreeMap<Hash, CodeRecord>,
    code_bytes: BTreeMap<Hash, Bytes>,
    storage: BTreeMap<Address, BTreeMap<Bytes, Item>>,
}

impl MemoryState {
    /// The state that a chain begins with.
    pub fn from_genesis(genesis: &Genesis) -> Self {
        let mut state = Self::default();
        state.apply(StateDiff::of_genesis(genesis));
        state
    }

    /// Adds tokens to an account out of nothing, as only a test may.
    pub fn fund(&mut self, address: Address, amount: Balance) {
        let account = self.accounts.entry(address).or_default();
        account.balance = account.balance.saturating_add(amount);
    }

    /// Makes the changes of a block.
    pub fn apply(&mut self, diff: StateDiff) {
        self.accounts.extend(diff.accounts);
        self.contracts.extend(diff.contracts);
        self.code_bytes.extend(diff.code_bytes);
        for (hash, record) in diff.codes {
            match record {
                Some(record) => {
                    self.codes.insert(hash, record);
                }
                None => {
                    self.codes.remove(&hash);
                    self.code_bytes.remove(&hash);
                }
            }
        }
        for (owner, changes) in diff.storage {
            let items = self.storage.entry(owner).or_default();
            for (key, item) in changes {
                match item {
                    Some(item) => {
                        items.insert(key, item);
                    }
                    None => {
                        items.remove(&key);
                    }
                }
            }
            if items.is_empty() {
                self.storage.remove(&owner);
            }
        }
    }

    /// Accounts, in the order of their addresses.
    pub fn accounts(&self) -> impl Iterator<Item = (&Address, &Account)> {
        self.accounts.iter()
    }

    /// Contracts, in the order of their addresses.
    pub fn contracts(&self) -> impl Iterator<Item = (&Address, &ContractState)> {
        self.contracts.iter()
    }

    /// Codes, in the order of their hashes.
    pub fn codes(&self) -> impl Iterator<Item = (&Hash, &CodeRecord)> {
        self.codes.iter()
    }

    /// The storage of an owner, in the order of the keys.
    pub fn storage(&self, owner: &Address) -> impl Iterator<Item = (&[u8], &Item)> {
        let items = self.storage.get(owner).into_iter().flatten();
        items.map(|(key, item)| (&**key, item))
    }

    /// All balances and deposits together: what no block may change.
    pub fn supply(&self) -> Balance {
        let balances = self.accounts.values().map(|account| account.balance);
        let contracts = self.contracts.values().map(|contract| match contract {
            ContractState::Live(record) => record.deposit.amount,
            ContractState::Terminated => 0,
        });
        let codes = self.codes.values().map(|code| code.deposit);
        let items = self.storage.values().flat_map(BTreeMap::values);
        let items = items.map(|item| item.deposit.amount);
        balances.chain(contracts).chain(codes).chain(items).sum()
    }
}

impl StateReader for MemoryState {
    fn account(&self, address: &Address) -> Result<Option<Account>, Fatal> {
        Ok(self.accounts.get(address).copied())
    }

    fn contract(&self, address: &Address) -> Result<Option<ContractState>, Fatal> {
        Ok(self.contracts.get(address).cloned())
    }

    fn code(&self, code_hash: &Hash) -> Result<Option<CodeRecord>, Fatal> {
        Ok(self.codes.get(code_hash).copied())
    }

    fn code_bytes(&self, code_hash: &Hash) -> Result<Option<Bytes>, Fatal> {
        Ok(self.code_bytes.get(code_hash).cloned())
    }

    fn item(&self, owner: &Address, key: &[u8]) -> Result<Option<Item>, Fatal> {
        Ok(self
            .storage
            .get(owner)
            .and_then(|items| items.get(key))
            .cloned())
    }

    fn next_key(&self, owner: &Address, scan: Scan<'_>) -> Result<Option<Vec<u8>>, Fatal> {
        let Some(items) = self.storage.get(owner) else {
            return Ok(None);
        };
        let edge = |key| match key {
            Some(key) => Bound::Excluded(key),
            None => Bound::Unbounded,
        };
        let (low, high) = match scan.order {
            ScanOrder::Ascending => (scan.after, scan.bound),
            ScanOrder::Descending => (scan.bound, scan.after),
        };
        // A map panics at a range that ends before it begins.
        if low.zip(high).is_some_and(|(low, high)| low >= high) {
            return Ok(None);
        }
        let mut range = items.range::<[u8], _>((edge(low), edge(high)));
        let found = match scan.order {
            ScanOrder::Ascending => range.next(),
            ScanOrder::Descending => range.next_back(),
        };
        Ok(found.map(|(key, _)| key.to_vec()))
    }
}
