//! What a user keeps between commands: keys, names of addresses, networks.
//!
//! All of it lies in one folder, `HULL_HOME` or `.hull` of the home, that only
//! its owner may read:
//!
//! ```text
//! keys/<name>.json              a key, encrypted
//! addresses/<chain id>.json     name -> address
//! networks.json                 name -> url, chain id
//! ```

mod error;
mod file;
mod keys;
mod names;
mod password;

use std::path::PathBuf;

pub(crate) use error::WalletError;
pub(crate) use keys::{KeyEntry, Keys, parse as parse_key, text as address_text};
pub(crate) use names::{Names, Network, require_name};
pub(crate) use password::{PasswordOptions, new_secret};

/// The folder of a user.
#[derive(Clone, Debug)]
pub(crate) struct Wallet {
    folder: PathBuf,
}

impl Wallet {
    /// Where the environment says, or in the home.
    pub(crate) fn find() -> Result<Self, WalletError> {
        if let Some(folder) = std::env::var_os("HULL_HOME") {
            let folder = PathBuf::from(folder);
            return Ok(Self { folder });
        }
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let folder = home.ok_or(WalletError::NoHome)?.join(".hull");
        Ok(Self { folder })
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::new(self.folder.join("keys"))
    }

    /// Names of addresses on a chain.
    pub(crate) fn addresses(&self, chain_id: &str) -> Names<String> {
        let file = format!("{chain_id}.json");
        Names::new("address", self.folder.join("addresses").join(file))
    }

    /// Names of networks.
    pub(crate) fn networks(&self) -> Names<Network> {
        Names::new("network", self.folder.join("networks.json"))
    }
}
