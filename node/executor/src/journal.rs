//! The journal: a state, and what a block has changed of it so far.

use std::sync::Arc;

use hull_host_api::{Address, Balance, BlockInfo, Fatal, GuestError, Hash, HostError};
use hull_types::Parameters;

use crate::diff::StateDiff;
use crate::state::{Account, Bytes, CodeRecord, ContractState, StateReader};

mod cache;
mod deposits;
mod host;
mod scan;
mod system;
mod undo;

pub(crate) use system::system_deposit;
pub use system::validators;

use cache::{AccountSlot, CodeSlot, ItemSlot, Map, Owner, Presence};
use deposits::Unsettled;
use undo::Undo;

/// A state, and what a block has changed of it so far; the
/// [`Host`](hull_host_api::Host) that the engine runs on.
///
/// Everything is read from the state once and then kept. Changes are made in
/// place and remembered in an undo log, so that opening a checkpoint costs
/// nothing and a rollback costs as much as what it undoes. Hash maps only find
/// things here: whatever leaves is sorted.
///
/// ```
/// use hull_executor::{Journal, MemoryState};
/// use hull_types::Parameters;
/// use hull_types::host_api::{Address, BlockInfo, Host};
///
/// let (alice, bob) = (Address([1; 32]), Address([2; 32]));
/// let mut state = MemoryState::default();
/// state.fund(alice, 10);
/// let parameters = Parameters::default();
/// let mut journal = Journal::new(&state, BlockInfo::default(), &parameters);
/// journal.enter(0).unwrap();
/// journal.transfer(&alice, &bob, 4).unwrap();
/// journal.exit(true).unwrap();
/// assert_eq!(journal.into_diff().accounts[&bob].balance, 4);
/// ```
pub struct Journal<'s> {
    state: &'s dyn StateReader,
    block: BlockInfo,
    parameters: &'s Parameters,
    /// Who pays deposits.
    origin: Address,
    accounts: Map<Address, u32>,
    account_slots: Vec<AccountSlot>,
    owners: Map<Address, u32>,
    owner_slots: Vec<Owner>,
    items: Vec<ItemSlot>,
    codes: Map<Hash, CodeSlot>,
    undo: Vec<Undo>,
    checkpoints: Vec<Checkpoint>,
    /// What the outermost checkpoint that was committed last moved.
    deposit_moved: i128,
    debug_log: Vec<(Address, Vec<u8>)>,
}

/// An open checkpoint.
struct Checkpoint {
    /// Where its changes begin in the undo log.
    undo_len: usize,
    /// Most deposit that the origin may pay until it is closed.
    deposit_limit: i128,
    /// What the origin paid since, less what it got back.
    deposit: i128,
    /// What was changed in it, children not included, and may need a deposit.
    unsettled: Vec<Unsettled>,
}

impl<'s> Journal<'s> {
    /// A journal without changes.
    pub fn new(state: &'s dyn StateReader, block: BlockInfo, parameters: &'s Parameters) -> Self {
        Self {
            state,
            block,
            parameters,
            origin: Address::default(),
            accounts: Map::default(),
            account_slots: Vec::new(),
            owners: Map::default(),
            owner_slots: Vec::new(),
            items: Vec::new(),
            codes: Map::default(),
            undo: Vec::new(),
            checkpoints: Vec::new(),
            deposit_moved: 0,
            debug_log: Vec::new(),
        }
    }

    /// Begins a transaction: deposits are paid by `origin` from now on.
    pub fn begin(&mut self, origin: Address) {
        self.origin = origin;
        self.deposit_moved = 0;
    }

    /// What the origin paid in deposits since [`begin`](Self::begin), less what it
    /// got back.
    pub fn deposit_moved(&self) -> i128 {
        self.deposit_moved
    }

    pub(crate) fn parameters(&self) -> &'s Parameters {
        self.parameters
    }

    /// What contracts wrote to the debug log since this was last asked.
    pub fn take_debug_log(&mut self) -> Vec<(Address, Vec<u8>)> {
        std::mem::take(&mut self.debug_log)
    }

    /// An account as it is now.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn account(&mut self, address: &Address) -> Result<Account, Fatal> {
        let slot = self.account_slot(address)?;
        Ok(self.account_slots[slot].now)
    }

    /// Adds tokens to an account.
    pub(crate) fn credit(&mut self, address: &Address, amount: Balance) -> Result<(), Fatal> {
        if amount == 0 {
            return Ok(());
        }
        let slot = self.account_slot(address)?;
        let mut account = self.account_slots[slot].now;
        account.balance = account
            .balance
            .checked_add(amount)
            .ok_or_else(|| Fatal::new(format!("more tokens at {address} than there can be")))?;
        self.put_account(slot, account);
        Ok(())
    }

    /// Takes tokens from an account; false if it does not have them.
    pub(crate) fn debit(&mut self, address: &Address, amount: Balance) -> Result<bool, Fatal> {
        if amount == 0 {
            return Ok(true);
        }
        let slot = self.account_slot(address)?;
        let mut account = self.account_slots[slot].now;
        let Some(left) = account.balance.checked_sub(amount) else {
            return Ok(false);
        };
        account.balance = left;
        self.put_account(slot, account);
        Ok(true)
    }

    /// Counts a transaction of an account.
    pub(crate) fn use_nonce(&mut self, address: &Address) -> Result<(), Fatal> {
        let slot = self.account_slot(address)?;
        let mut account = self.account_slots[slot].now;
        account.nonce = account
            .nonce
            .checked_add(1)
            .ok_or_else(|| Fatal::new(format!("{address} has used every nonce")))?;
        self.put_account(slot, account);
        Ok(())
    }

    /// What is known of a code; `None` if it is not uploaded.
    pub(crate) fn code_record(&mut self, code_hash: &Hash) -> Result<Option<CodeRecord>, Fatal> {
        Ok(self.code_slot(code_hash)?.now)
    }

    /// Records, changes or removes a code.
    pub(crate) fn put_code(
        &mut self,
        code_hash: &Hash,
        record: Option<CodeRecord>,
    ) -> Result<(), Fatal> {
        let slot = self.code_slot(code_hash)?;
        let old = std::mem::replace(&mut slot.now, record);
        self.undo.push(Undo::Code {
            code_hash: *code_hash,
            old,
        });
        Ok(())
    }

    /// Keeps the bytes of a code that is recorded.
    pub(crate) fn put_code_bytes(&mut self, code_hash: &Hash, bytes: Bytes) -> Result<(), Fatal> {
        self.code_slot(code_hash)?.bytes = Some(bytes);
        Ok(())
    }

    /// Who created a contract, and its record; `None` if there is none (any more).
    pub(crate) fn live(&mut self, address: &Address) -> Result<Option<&cache::Live>, Fatal> {
        let owner = self.owner_slot(address)?;
        Ok(match &self.owner_slots[owner].now {
            Presence::Live(live) => Some(live),
            Presence::Absent | Presence::Terminated => None,
        })
    }

    /// What an account had at the beginning, less what was put aside for its
    /// transactions since.
    pub(crate) fn available(&mut self, address: &Address) -> Result<Balance, Fatal> {
        let slot = self.account_slot(address)?;
        Ok(self.account_slots[slot].available)
    }

    /// See [`available`](Self::available).
    pub(crate) fn set_available(
        &mut self,
        address: &Address,
        available: Balance,
    ) -> Result<(), Fatal> {
        let slot = self.account_slot(address)?;
        self.account_slots[slot].available = available;
        Ok(())
    }

    fn put_account(&mut self, slot: usize, account: Account) {
        let old = std::mem::replace(&mut self.account_slots[slot].now, account);
        if !self.checkpoints.is_empty() {
            self.undo.push(Undo::Account { slot, old });
        }
    }

    /// Where an account is kept; reads it the first time.
    fn account_slot(&mut self, address: &Address) -> Result<usize, Fatal> {
        if let Some(slot) = self.accounts.get(address) {
            return Ok(*slot as usize);
        }
        let base = self.state.account(address)?;
        let slot = self.account_slots.len();
        self.account_slots.push(AccountSlot {
            address: *address,
            base,
            now: base.unwrap_or_default(),
            available: base.unwrap_or_default().balance,
        });
        self.accounts.insert(*address, index(slot)?);
        Ok(slot)
    }

    /// Where the owner of storage is kept; reads its contract the first time.
    fn owner_slot(&mut self, address: &Address) -> Result<usize, Fatal> {
        if let Some(slot) = self.owners.get(address) {
            return Ok(*slot as usize);
        }
        let base = self.state.contract(address)?;
        let slot = self.owner_slots.len();
        self.owner_slots.push(Owner::new(*address, base));
        self.owners.insert(*address, index(slot)?);
        Ok(slot)
    }

    /// Where an item is kept; reads it the first time.
    fn item_slot(&mut self, owner: usize, key: &[u8]) -> Result<usize, Fatal> {
        if let Some(slot) = self.owner_slots[owner].items.get(key) {
            return Ok(*slot as usize);
        }
        let base = self.state.item(&self.owner_slots[owner].address, key)?;
        let slot = self.items.len();
        let key = Bytes::from(key);
        self.items.push(ItemSlot {
            owner: index(owner)?,
            key: key.clone(),
            now: base.as_ref().map(|item| item.value.clone()),
            deposit: base.as_ref().map(|item| item.deposit),
            base,
        });
        self.owner_slots[owner].items.insert(key, index(slot)?);
        Ok(slot)
    }

    fn code_slot(&mut self, code_hash: &Hash) -> Result<&mut CodeSlot, Fatal> {
        use std::collections::hash_map::Entry;
        match self.codes.entry(*code_hash) {
            Entry::Occupied(slot) => Ok(slot.into_mut()),
            Entry::Vacant(place) => {
                let base = self.state.code(code_hash)?;
                Ok(place.insert(CodeSlot {
                    base,
                    now: base,
                    bytes: None,
                }))
            }
        }
    }

    /// Counts a contract to, or no longer to, the users of a code.
    fn count_user(&mut self, code_hash: &Hash, more: bool) -> Result<(), Fatal> {
        let Some(mut record) = self.code_record(code_hash)? else {
            return Err(Fatal::new(format!(
                "a contract has the unknown code {code_hash}"
            )));
        };
        let users = match more {
            true => record.users.checked_add(1),
            false => record.users.checked_sub(1),
        };
        record.users = users.ok_or_else(|| Fatal::new("the users of a code do not add up"))?;
        self.put_code(code_hash, Some(record))
    }

    /// Everything that is another than at the beginning.
    ///
    /// # Panics
    /// Never: open checkpoints are undone first.
    pub fn into_diff(mut self) -> StateDiff {
        while let Some(checkpoint) = self.checkpoints.pop() {
            self.roll_back(checkpoint.undo_len);
        }
        let mut diff = StateDiff::default();
        for slot in self.account_slots {
            if slot.base.unwrap_or_default() != slot.now {
                diff.accounts.insert(slot.address, slot.now);
            }
        }
        for (code_hash, slot) in self.codes {
            if slot.base != slot.now {
                diff.codes.insert(code_hash, slot.now);
            }
            if let (None, Some(_), Some(bytes)) = (slot.base, slot.now, slot.bytes) {
                diff.code_bytes.insert(code_hash, bytes);
            }
        }
        for slot in self.items {
            let now = slot.now.zip(slot.deposit);
            let now = now.map(|(value, deposit)| crate::state::Item { value, deposit });
            if slot.base != now {
                let owner = self.owner_slots[slot.owner as usize].address;
                diff.storage.entry(owner).or_default().insert(slot.key, now);
            }
        }
        for owner in self.owner_slots {
            let now: Option<ContractState> = owner.state();
            if let Some(state) = now
                && owner.base.as_ref() != Some(&state)
            {
                diff.contracts.insert(owner.address, state);
            }
        }
        diff
    }
}

/// A place in a vector, as it is kept.
fn index(place: usize) -> Result<u32, Fatal> {
    u32::try_from(place).map_err(|_| Fatal::new("a block touches more than 2^32 records"))
}

/// The engine's errors from the state's.
fn refuse(error: GuestError) -> HostError {
    HostError::Guest(error)
}

/// What a code shares with the engine.
fn shared(bytes: Bytes) -> Arc<[u8]> {
    bytes.into_shared()
}
