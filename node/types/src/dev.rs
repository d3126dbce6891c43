//! Development chains: accounts whose keys everybody knows.
//!
//! The same names have the same addresses on every development node. Their keys are
//! in the source of Hull: whatever is sent to these addresses on another chain
//! belongs to whoever takes it first.
//!
//! ```
//! use hull_types::{dev, sender_of};
//!
//! let alice = &dev::accounts()[0];
//! assert_eq!(alice.name, "alice");
//! assert_eq!(sender_of(&alice.key()), alice.address);
//! ```

use std::sync::OnceLock;

use hull_host_api::{Address, Balance, Gas, Timestamp};
use sha3::{Digest, Keccak256};

use crate::SigningKey;
use crate::genesis::{Genesis, GenesisAccount};
use crate::parameters::Parameters;
use crate::signature::sender_of;
use crate::transaction::{Payload, Transaction};

/// The names of the accounts that have tokens from the beginning.
pub const NAMES: [&str; 10] = [
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy",
];

/// Tokens that each of [`accounts`] has at the beginning, in the smallest unit: a
/// million of 12 decimals.
pub const WEALTH: Balance = 1_000_000 * 1_000_000_000_000;

/// The time of a development genesis: the beginning of 2026.
pub const GENESIS_TIME: Timestamp = 1_767_225_600_000;

/// Gas of [`transaction`]: a millisecond, five times what a transfer takes.
pub const GAS: Gas = 1_000_000_000;

/// An account whose key everybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub address: Address,
}

impl Account {
    /// Its key, which is no secret.
    pub fn key(&self) -> SigningKey {
        key_of(self.name)
    }
}

/// The accounts of [`NAMES`], in that order.
pub fn accounts() -> &'static [Account; 10] {
    static ACCOUNTS: OnceLock<[Account; 10]> = OnceLock::new();
    ACCOUNTS.get_or_init(|| {
        NAMES.map(|name| Account {
            name,
            address: sender_of(&key_of(name)),
        })
    })
}

/// The key of a name: keccak256 of "hull/dev/NAME/COUNT", with the first count from
/// 0 on that makes it one.
pub fn key_of(name: &str) -> SigningKey {
    // All but one in 2^128 digests are keys; the count is for form.
    let keys = (0_u32..4).filter_map(|count| {
        let digest = Keccak256::digest(format!("hull/dev/{name}/{count}"));
        SigningKey::from_slice(&digest).ok()
    });
    let mut keys = keys;
    keys.next().expect("one of four digests is a key")
}

/// What somebody does on a development chain, not signed yet: at the least price, with
/// gas for transfers and small calls and none for code, and without a deposit.
///
/// ```
/// use hull_types::{Payload, dev};
///
/// let [alice, bob, ..] = dev::accounts();
/// let payload = Payload::Transfer { to: bob.address, value: 7 };
/// let transfer = dev::transaction(alice.address, 0, payload);
/// let envelope = transfer.sign(&dev::genesis("example").chain_id(), &alice.key());
/// assert_eq!(envelope.transaction.sender, alice.address);
/// ```
pub fn transaction(sender: Address, nonce: u64, payload: Payload) -> Transaction {
    Transaction {
        sender,
        nonce,
        gas_limit: GAS,
        gas_price: 1,
        tip: 0,
        deposit_limit: 0,
        payload,
    }
}

/// The genesis of a development chain: [`accounts`] with [`WEALTH`] each, the default
/// parameters, no validators.
pub fn genesis(name: &str) -> Genesis {
    let mut accounts: Vec<GenesisAccount> = accounts()
        .iter()
        .map(|account| GenesisAccount {
            address: account.address,
            balance: WEALTH,
        })
        .collect();
    accounts.sort_by_key(|account| account.address);
    Genesis {
        name: name.into(),
        time: GENESIS_TIME,
        parameters: Parameters::default(),
        accounts,
        validators: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_genesis_is_one() {
        let genesis = genesis("hull-dev");
        genesis.check().unwrap();
        assert_eq!(genesis.supply(), Ok(10 * WEALTH));
    }

    #[test]
    fn addresses_stay() {
        let text = accounts()[0].address.to_string();
        assert_eq!(
            text,
            "9d482c4ab884fe9c5cdee87dfe57efd9dba28d919cee70a7b412d5b81f9756a1"
        );
    }
}
