//! Accounts with names and keys.

use std::fmt;
use std::sync::OnceLock;

use hull_host_api::Address;
use hull_types::{SigningKey, dev, sender_of};
use parity_scale_codec::{Encode, EncodeLike, Output};

/// Somebody who signs transactions. The key comes from the name, as on a development
/// chain: the address is the same in every test, and there.
///
/// Passes for an [`Address`] as an argument of a message, and in
/// [`by`](crate::Call::by).
///
/// ```
/// use hull_testing::{Account, alice};
///
/// assert_eq!(alice(), Account::named("alice"));
/// assert_ne!(alice().address(), Account::named("mallory").address());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Account {
    name: &'static str,
    address: Address,
    secret: [u8; 32],
}

/// The accounts that every chain begins with, funded.
pub fn accounts() -> &'static [Account; 10] {
    static ACCOUNTS: OnceLock<[Account; 10]> = OnceLock::new();
    ACCOUNTS.get_or_init(|| dev::NAMES.map(Account::named))
}

macro_rules! funded {
    ($($name:ident $index:literal)*) => { $(
        #[doc = concat!("The account `", stringify!($name), "`, funded on every chain.")]
        pub fn $name() -> Account {
            accounts()[$index]
        }
    )* };
}
funded!(alice 0 bob 1 carol 2 dave 3 erin 4 frank 5 grace 6 heidi 7 ivan 8 judy 9);

impl Account {
    /// The account of a name. It has no tokens unless it is one of
    /// [`accounts`]; see [`Chain::fund`](crate::Chain::fund).
    pub fn named(name: &'static str) -> Self {
        let key = dev::key_of(name);
        Self {
            name,
            address: sender_of(&key),
            secret: key.to_bytes().into(),
        }
    }

    /// The name, which traces show.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The address.
    pub fn address(&self) -> Address {
        self.address
    }

    /// The secp256k1 key behind the address, for tests of signatures.
    pub fn key(&self) -> SigningKey {
        SigningKey::from_slice(&self.secret).expect("the secret came from a key")
    }
}

/// Without the secret.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.name, self.address)
    }
}

impl From<Account> for Address {
    fn from(account: Account) -> Self {
        account.address
    }
}

impl From<&Account> for Address {
    fn from(account: &Account) -> Self {
        account.address
    }
}

impl PartialEq<Account> for Address {
    fn eq(&self, other: &Account) -> bool {
        *self == other.address
    }
}

impl PartialEq<Address> for Account {
    fn eq(&self, other: &Address) -> bool {
        self.address == *other
    }
}

/// As its address.
impl Encode for Account {
    fn size_hint(&self) -> usize {
        self.address.size_hint()
    }

    fn encode_to<O: Output + ?Sized>(&self, out: &mut O) {
        self.address.encode_to(out);
    }
}

impl EncodeLike<Address> for Account {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_signs_for_its_address() {
        for account in accounts() {
            assert_eq!(sender_of(&account.key()), account.address());
            assert_eq!(account.encode(), account.address().encode());
        }
        assert_eq!(alice().name(), "alice");
        assert_eq!(judy().name(), "judy");
    }

    #[test]
    fn a_development_chain_has_the_same_accounts() {
        let there = dev::accounts().each_ref().map(|it| (it.name, it.address));
        assert_eq!(accounts().map(|it| (it.name(), it.address())), there);
    }
}
