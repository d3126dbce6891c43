//! A host that keeps everything in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use hull_host_api::{
    Address, Balance, BlockInfo, ContractInfo, GuestError, Hash, Host, HostResult, NewContract,
    Scan, ScanOrder, code_hash,
};

/// A [`Host`] in memory: for tests, examples and tools, and a model for embedders.
///
/// Changes are made in place and remembered in an undo log; a rollback walks it
/// back to the checkpoint.
///
/// ```
/// use hull_vm::MemoryHost;
/// use hull_vm::host_api::{Address, Host};
///
/// let mut host = MemoryHost::default();
/// let (alice, bob) = (Address([1; 32]), Address([2; 32]));
/// host.set_balance(alice, 10);
/// host.enter(0).unwrap();
/// host.transfer(&alice, &bob, 4).unwrap();
/// host.exit(false).unwrap();
/// assert_eq!(host.balance(&alice).unwrap(), 10);
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryHost {
    /// The block that calls see.
    pub block: BlockInfo,
    /// Deposit for a byte of keys and values, in the smallest unit of the token.
    pub deposit_per_byte: Balance,
    /// What contracts wrote to the debug log.
    pub debug_log: Vec<(Address, Vec<u8>)>,
    storage: BTreeMap<Address, Owned>,
    balances: BTreeMap<Address, Balance>,
    contracts: BTreeMap<Address, ContractInfo>,
    grants: BTreeSet<(Address, Address)>,
    used: BTreeSet<Address>,
    codes: BTreeMap<Hash, Arc<[u8]>>,
    undo: Vec<Undo>,
    checkpoints: Vec<Checkpoint>,
}

/// What one owner holds.
#[derive(Clone, Debug, Default)]
struct Owned {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    bytes: u64,
}

#[derive(Clone, Debug)]
struct Checkpoint {
    undo_len: usize,
    deposit_limit: Balance,
    bytes_added: i128,
}

/// How to take one change back.
#[derive(Clone, Debug)]
enum Undo {
    Value {
        owner: Address,
        key: Vec<u8>,
        old: Option<Vec<u8>>,
    },
    Owned {
        owner: Address,
        old: Owned,
    },
    Balance {
        address: Address,
        old: Balance,
    },
    Contract {
        address: Address,
        old: Option<ContractInfo>,
    },
    Used {
        address: Address,
    },
    Grant {
        contract: Address,
        callee: Address,
    },
}

impl MemoryHost {
    /// Keeps a code, without admission, and returns its hash.
    pub fn put_code(&mut self, wasm: &[u8]) -> Hash {
        let hash = code_hash(wasm);
        self.codes.insert(hash, wasm.into());
        hash
    }

    /// Puts a contract at an address, without running a constructor.
    pub fn put_contract(&mut self, address: Address, info: ContractInfo) {
        self.used.insert(address);
        self.contracts.insert(address, info);
    }

    /// Allows one contract to call another.
    pub fn grant(&mut self, contract: Address, callee: Address) {
        self.grants.insert((contract, callee));
    }

    /// Sets a balance.
    pub fn set_balance(&mut self, address: Address, balance: Balance) {
        self.balances.insert(address, balance);
    }

    /// Sets a stored value.
    pub fn set_storage(&mut self, owner: Address, key: &[u8], value: &[u8]) {
        self.put(&owner, key, Some(value));
    }

    /// Everything that an owner holds, in the order of the keys.
    pub fn storage(&self, owner: &Address) -> impl Iterator<Item = (&[u8], &[u8])> {
        let values = self.storage.get(owner).map(|owned| &owned.values);
        values
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// The owners of storage, in order.
    pub fn owners(&self) -> impl Iterator<Item = &Address> {
        self.storage
            .iter()
            .filter(|(_, owned)| !owned.values.is_empty())
            .map(|(owner, _)| owner)
    }

    /// Balances that are not zero, in the order of the addresses.
    pub fn balances(&self) -> impl Iterator<Item = (&Address, Balance)> {
        self.balances
            .iter()
            .map(|(address, balance)| (address, *balance))
            .filter(|(_, b)| *b > 0)
    }

    /// The contracts there are, in the order of their addresses.
    pub fn contracts(&self) -> impl Iterator<Item = (&Address, &ContractInfo)> {
        self.contracts.iter()
    }

    /// Replaces a value and returns the old one.
    fn put(&mut self, owner: &Address, key: &[u8], value: Option<&[u8]>) -> Option<Vec<u8>> {
        let owned = self.storage.entry(*owner).or_default();
        let old = match value {
            Some(value) => owned.values.insert(key.to_vec(), value.to_vec()),
            None => owned.values.remove(key),
        };
        let size = |value: Option<usize>| value.map_or(0, |len| (key.len() + len) as u64);
        let (before, after) = (
            size(old.as_ref().map(Vec::len)),
            size(value.map(<[u8]>::len)),
        );
        owned.bytes = owned.bytes + after - before;
        if let Some(checkpoint) = self.checkpoints.last_mut() {
            checkpoint.bytes_added += i128::from(after) - i128::from(before);
        }
        old
    }

    fn put_balance(&mut self, address: Address, balance: Balance) {
        let old = self.balances.insert(address, balance).unwrap_or(0);
        self.undo.push(Undo::Balance { address, old });
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Value { owner, key, old } => {
                self.put(&owner, &key, old.as_deref());
            }
            Undo::Owned { owner, old } => {
                self.storage.insert(owner, old);
            }
            Undo::Balance { address, old } => {
                self.balances.insert(address, old);
            }
            Undo::Contract {
                address,
                old: Some(old),
            } => {
                self.contracts.insert(address, old);
            }
            Undo::Contract { address, old: None } => {
                self.contracts.remove(&address);
            }
            Undo::Used { address } => {
                self.used.remove(&address);
            }
            Undo::Grant { contract, callee } => {
                self.grants.remove(&(contract, callee));
            }
        }
    }

    fn values(&self, owner: &Address) -> Option<&BTreeMap<Vec<u8>, Vec<u8>>> {
        self.storage.get(owner).map(|owned| &owned.values)
    }
}

impl Host for MemoryHost {
    fn block(&self) -> BlockInfo {
        self.block
    }

    fn storage_read(&mut self, owner: &Address, key: &[u8]) -> HostResult<Option<&[u8]>> {
        Ok(self
            .values(owner)
            .and_then(|values| values.get(key))
            .map(Vec::as_slice))
    }

    fn storage_write(&mut self, owner: &Address, key: &[u8], value: &[u8]) -> HostResult<u64> {
        let old = self.put(owner, key, Some(value));
        self.undo.push(Undo::Value {
            owner: *owner,
            key: key.to_vec(),
            old,
        });
        Ok(self.storage.get(owner).map_or(0, |owned| owned.bytes))
    }

    fn storage_remove(&mut self, owner: &Address, key: &[u8]) -> HostResult<bool> {
        let old = self.put(owner, key, None);
        let found = old.is_some();
        if found {
            self.undo.push(Undo::Value {
                owner: *owner,
                key: key.to_vec(),
                old,
            });
        }
        Ok(found)
    }

    fn storage_next(&mut self, owner: &Address, scan: Scan<'_>) -> HostResult<Option<Vec<u8>>> {
        let edge =
            |key: Option<&[u8]>| key.map_or(Bound::Unbounded, |key| Bound::Excluded(key.to_vec()));
        let (after, bound) = (edge(scan.after), edge(scan.bound));
        let (low, high) = match scan.order {
            ScanOrder::Ascending => (after, bound),
            ScanOrder::Descending => (bound, after),
        };
        // `range` panics where nothing can be between the edges.
        if let (Bound::Excluded(low), Bound::Excluded(high)) = (&low, &high)
            && low >= high
        {
            return Ok(None);
        }
        let Some(values) = self.values(owner) else {
            return Ok(None);
        };
        let mut range = values.range((low, high));
        let found = match scan.order {
            ScanOrder::Ascending => range.next(),
            ScanOrder::Descending => range.next_back(),
        };
        Ok(found.map(|(key, _)| key.clone()))
    }

    fn balance(&mut self, address: &Address) -> HostResult<Balance> {
        Ok(self.balances.get(address).copied().unwrap_or(0))
    }

    fn transfer(&mut self, from: &Address, to: &Address, amount: Balance) -> HostResult<()> {
        let has = self.balance(from)?;
        let left = has
            .checked_sub(amount)
            .ok_or(GuestError::InsufficientBalance)?;
        self.put_balance(*from, left);
        let gets = self.balance(to)?;
        // The supply of a chain fits a balance, so this never saturates there.
        self.put_balance(*to, gets.saturating_add(amount));
        Ok(())
    }

    fn contract(&mut self, address: &Address) -> HostResult<Option<ContractInfo>> {
        Ok(self.contracts.get(address).copied())
    }

    fn is_granted(&mut self, contract: &Address, callee: &Address) -> HostResult<bool> {
        Ok(self.grants.contains(&(*contract, *callee)))
    }

    fn code(&mut self, code_hash: &Hash) -> HostResult<Option<Arc<[u8]>>> {
        Ok(self.codes.get(code_hash).cloned())
    }

    fn has_code(&mut self, code_hash: &Hash) -> HostResult<bool> {
        Ok(self.codes.contains_key(code_hash))
    }

    fn storage_items(&mut self, owner: &Address) -> HostResult<u64> {
        Ok(self.values(owner).map_or(0, |values| values.len() as u64))
    }

    fn create_contract(&mut self, address: &Address, new: NewContract<'_>) -> HostResult<()> {
        if !self.used.insert(*address) {
            return Err(GuestError::AddressTaken.into());
        }
        self.undo.push(Undo::Used { address: *address });
        let old = self.contracts.insert(*address, new.info);
        self.undo.push(Undo::Contract {
            address: *address,
            old,
        });
        for callee in new.grants {
            if self.grants.insert((*address, *callee)) {
                self.undo.push(Undo::Grant {
                    contract: *address,
                    callee: *callee,
                });
            }
        }
        Ok(())
    }

    fn set_contract(&mut self, address: &Address, info: ContractInfo) -> HostResult<()> {
        let old = self.contracts.insert(*address, info);
        self.undo.push(Undo::Contract {
            address: *address,
            old,
        });
        Ok(())
    }

    fn terminate(&mut self, address: &Address, beneficiary: &Address) -> HostResult<()> {
        let balance = self.balance(address)?;
        self.transfer(address, beneficiary, balance)?;
        if let Some(old) = self.storage.remove(address) {
            if let Some(checkpoint) = self.checkpoints.last_mut() {
                checkpoint.bytes_added -= i128::from(old.bytes);
            }
            self.undo.push(Undo::Owned {
                owner: *address,
                old,
            });
        }
        let old = self.contracts.remove(address);
        self.undo.push(Undo::Contract {
            address: *address,
            old,
        });
        Ok(())
    }

    fn enter(&mut self, deposit_limit: Balance) -> HostResult<()> {
        let undo_len = self.undo.len();
        self.checkpoints.push(Checkpoint {
            undo_len,
            deposit_limit,
            bytes_added: 0,
        });
        Ok(())
    }

    fn exit(&mut self, commit: bool) -> HostResult<()> {
        let Some(checkpoint) = self.checkpoints.last().cloned() else {
            return Ok(());
        };
        if commit {
            let bytes = Balance::try_from(checkpoint.bytes_added).unwrap_or(0);
            if bytes.saturating_mul(self.deposit_per_byte) > checkpoint.deposit_limit {
                return Err(GuestError::DepositExceeded.into());
            }
        } else {
            while self.undo.len() > checkpoint.undo_len {
                let Some(undo) = self.undo.pop() else { break };
                self.take_back(undo);
            }
        }
        self.checkpoints.pop();
        match self.checkpoints.last_mut() {
            Some(outer) if commit => outer.bytes_added += checkpoint.bytes_added,
            Some(_) => {}
            None => self.undo.clear(),
        }
        Ok(())
    }

    fn debug(&mut self, contract: &Address, message: &[u8]) {
        self.debug_log.push((*contract, message.to_vec()));
    }
}
