//! What users write in the place of addresses and keys.

use std::collections::BTreeMap;

use hull_host_api::Address;
use hull_testing::trace::Known;
use hull_types::{SigningKey, dev, sender_of};

use super::{Remote, RemoteError};
use crate::error::Error;
use crate::ui::Ui;
use crate::wallet::{PasswordOptions, WalletError};

impl Remote {
    /// The prefix of addresses on this network.
    pub(crate) fn prefix(&self) -> &str {
        &self.status.address_prefix
    }

    /// An address: as text, or by the name that it has here, with `@` or without.
    pub(crate) fn address(&self, text: &str) -> Result<Address, Error> {
        let name = text.strip_prefix('@').unwrap_or(text);
        if let Some(address) = self.named()?.remove(name) {
            return Ok(address);
        }
        let found = Address::from_text(text, self.prefix()).ok();
        Ok(found.map_or_else(|| self.unknown(text), Ok)?)
    }

    fn unknown<T>(&self, text: &str) -> Result<T, RemoteError> {
        let known = self.named().unwrap_or_default();
        Err(RemoteError::BadAddress {
            text: text.into(),
            prefix: self.prefix().into(),
            known: known.into_keys().map(|name| format!("@{name}")).collect(),
        })
    }

    /// Every name: of addresses, of keys, of the accounts of a development chain.
    /// The user's own come before the others.
    pub(crate) fn named(&self) -> Result<BTreeMap<String, Address>, Error> {
        let mut named = BTreeMap::new();
        if self.status.dev {
            let accounts = dev::accounts().iter();
            named.extend(accounts.map(|it| (it.name.to_owned(), it.address)));
        }
        let keys = self.wallet.keys().list()?.into_iter();
        named.extend(keys.map(|it| (it.name, it.address)));
        let saved = self.wallet.addresses(&self.status.chain_id.to_string());
        for (name, text) in saved.all()? {
            if let Ok(address) = Address::from_text(&text, self.prefix()) {
                named.insert(name, address);
            }
        }
        Ok(named)
    }

    /// Names for what is shown to people.
    pub(crate) fn known(&self) -> Known {
        let mut known = Known::new(0);
        for (name, address) in self.named().unwrap_or_default() {
            known.name(address, &format!("@{name}"));
        }
        known
    }

    /// Gives an address a name on this chain.
    pub(crate) fn save(&self, name: &str, address: &Address) -> Result<(), Error> {
        let saved = self.wallet.addresses(&self.status.chain_id.to_string());
        Ok(saved.set(name, self.text(address))?)
    }

    /// Forgets the name of an address.
    pub(crate) fn forget(&self, name: &str) -> Result<(), Error> {
        let saved = self.wallet.addresses(&self.status.chain_id.to_string());
        Ok(saved.remove(name)?)
    }

    /// An address as text.
    pub(crate) fn text(&self, address: &Address) -> String {
        // A prefix that the node made up is no reason to fall over.
        let text = address.to_text(self.prefix());
        text.unwrap_or_else(|_| format!("0x{address}"))
    }

    /// An argument of a message with addresses in the place of names: `@bob`,
    /// `to=@bob`, and `"@bob"` inside JSON.
    pub(crate) fn argument(&self, text: &str) -> Result<String, Error> {
        if let Some((name, value)) = text.split_once("=@") {
            return Ok(format!("{name}={}", self.named_text(value)?));
        }
        if let Some(name) = text.strip_prefix('@') {
            return self.named_text(name);
        }
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("\"@") {
            let (name, after) = after.split_once('"').unwrap_or((after, ""));
            shown += &format!("{before}\"{}\"", self.named_text(name)?);
            rest = after;
        }
        Ok(shown + rest)
    }

    fn named_text(&self, name: &str) -> Result<String, Error> {
        Ok(self.text(&self.address(&format!("@{name}"))?))
    }

    /// Who sends unless somebody is named: the only key, or on a development chain
    /// its first account.
    pub(crate) fn sender(&self, from: Option<&str>) -> Result<Sender, Error> {
        let keys = self.wallet.keys();
        let Some(name) = from.map(|it| it.strip_prefix('@').unwrap_or(it)) else {
            if let [only] = keys.list()?.as_slice() {
                return Ok(Sender::key(&only.name, only.address));
            }
            let first = dev::accounts()[0].name;
            return match self.status.dev {
                true => Ok(Sender::dev(first)),
                false => Err(RemoteError::NoSender.into()),
            };
        };
        if let Some(entry) = keys.find(name)? {
            return Ok(Sender::key(name, entry.address));
        }
        if self.status.dev && dev::NAMES.contains(&name) {
            return Ok(Sender::dev(name));
        }
        let mut known: Vec<_> = keys.list()?.into_iter().map(|it| it.name).collect();
        if self.status.dev {
            known.extend(dev::NAMES.map(Into::into));
        }
        Err(WalletError::unknown("key", name, known).into())
    }

    /// The key of a sender. Asks for its password.
    pub(super) fn key(
        &self,
        sender: &Sender,
        password: &PasswordOptions,
        ui: Ui,
    ) -> Result<SigningKey, Error> {
        if sender.is_dev {
            return Ok(dev::key_of(&sender.name));
        }
        let password = password.password(&sender.name, ui)?;
        let key = self.wallet.keys().open(&sender.name, &password)?;
        Ok(SigningKey::from(key))
    }
}

/// Who signs.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    pub(crate) name: String,
    pub(crate) address: Address,
    /// An account of a development chain, whose key everybody knows.
    is_dev: bool,
}

impl Sender {
    fn key(name: &str, address: Address) -> Self {
        Self {
            name: name.into(),
            address,
            is_dev: false,
        }
    }

    fn dev(name: &str) -> Self {
        Self {
            name: name.into(),
            address: sender_of(&dev::key_of(name)),
            is_dev: true,
        }
    }
}
