//! What a block changes.

use std::collections::BTreeMap;

use hull_host_api::{Address, Hash};
use hull_types::{Genesis, SYSTEM, ValidatorSets};
use parity_scale_codec::{Decode, Encode};

use crate::journal::system_deposit;
use crate::state::{Account, Bytes, CodeRecord, ContractState, Item};

/// What a block changes: every record that is another at its end than at its
/// beginning, in the order of the keys. Equal on every node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct StateDiff {
    /// Accounts and balances of contracts. None is ever removed.
    pub accounts: BTreeMap<Address, Account>,
    /// Contracts. None is ever removed: a [`ContractState::Terminated`] stays.
    pub contracts: BTreeMap<Address, ContractState>,
    /// Codes; `None` where one was removed.
    pub codes: BTreeMap<Hash, Option<CodeRecord>>,
    /// The bytes of codes that are new.
    pub code_bytes: BTreeMap<Hash, Bytes>,
    /// Storage by owner and key; `None` where an item was removed.
    pub storage: BTreeMap<Address, BTreeMap<Bytes, Option<Item>>>,
}

impl StateDiff {
    /// What a chain begins with, as a change of nothing.
    pub fn of_genesis(genesis: &Genesis) -> Self {
        let accounts = genesis.accounts.iter().map(|account| {
            let record = Account {
                nonce: 0,
                balance: account.balance,
            };
            (account.address, record)
        });
        let mut diff = Self {
            accounts: accounts.collect(),
            ..Self::default()
        };
        if !genesis.validators.is_empty() {
            let value = ValidatorSets::new(genesis.validators.clone()).encode();
            let item = Item {
                deposit: system_deposit(&value),
                value: value.as_slice().into(),
            };
            let items = [(Bytes::from(ValidatorSets::KEY), Some(item))].into();
            diff.storage.insert(SYSTEM, items);
        }
        diff
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
