//! The home of a node: one folder with everything that makes it this node.
//!
//! | in the home | what it is |
//! |---|---|
//! | `config.toml` | settings; the environment and flags go over it |
//! | `genesis.json` | where the chain begins |
//! | `validator.key` | the secret of a validator; without it the node follows |
//! | `node.key` | the secret that names the node to its peers |
//! | `data/` | the chain; can be thrown away and fetched again |
//! | `signing/` | what the validator signed last; must never be older than what it signed |
//!
//! A key is Ed25519 in PKCS #8 as PEM, which `openssl genpkey -algorithm ed25519` makes as
//! well. It is for its owner alone to read: one that others may read is not used.

mod genesis;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use ed25519_dalek::ed25519::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::ed25519::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use hull_types::Genesis;

pub use genesis::{genesis_from_json, genesis_to_json};

/// A folder of a node.
#[derive(Clone, Debug)]
pub struct Home {
    folder: PathBuf,
}

impl Home {
    /// A folder, which need not be there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of settings.
    pub fn config(&self) -> PathBuf {
        self.folder.join("config.toml")
    }

    /// The file of the genesis.
    pub fn genesis_file(&self) -> PathBuf {
        self.folder.join("genesis.json")
    }

    /// The file of the validator's secret.
    pub fn validator_file(&self) -> PathBuf {
        self.folder.join("validator.key")
    }

    /// The file of the node's secret.
    pub fn node_file(&self) -> PathBuf {
        self.folder.join("node.key")
    }

    /// The folder of the chain.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder of the signing record.
    pub fn signing(&self) -> PathBuf {
        self.folder.join("signing")
    }

    /// Where the chain begins.
    ///
    /// # Errors
    /// If the file is not there, or no chain may begin like that.
    pub fn genesis(&self) -> Result<Genesis> {
        let path = self.genesis_file();
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("read the genesis {}", path.display()))?;
        let genesis = genesis_from_json(&text);
        genesis.with_context(|| format!("in the genesis {}", path.display()))
    }

    /// The secret that names the node.
    ///
    /// # Errors
    /// If the file is not there, or no key.
    pub fn node_key(&self) -> Result<[u8; 32]> {
        read_key(&self.node_file())
    }

    /// The secret of the validator, if this is one.
    ///
    /// # Errors
    /// If the file is no key.
    pub fn validator_key(&self) -> Result<Option<[u8; 32]>> {
        let path = self.validator_file();
        let there = path.try_exists();
        match there.with_context(|| format!("look for {}", path.display()))? {
            true => read_key(&path).map(Some),
            false => Ok(None),
        }
    }

    /// Writes a key where none is, for its owner alone to read.
    ///
    /// # Errors
    /// If there is a file, or it cannot be written.
    pub fn write_key(path: &Path, secret: &[u8; 32]) -> Result<()> {
        let mut options = OpenOptions::new();
        let file = options.create_new(true).write(true).mode(0o600).open(path);
        let mut file = file.with_context(|| format!("make the key {}", path.display()))?;
        let key = KeypairBytes {
            secret_key: *secret,
            public_key: None,
        };
        let text = key.to_pkcs8_pem(LineEnding::LF);
        let text = text.map_err(|error| anyhow!("write a key as PEM: {error}"))?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        written.with_context(|| format!("write the key {}", path.display()))
    }
}

fn read_key(path: &Path) -> Result<[u8; 32]> {
    let read = || -> std::io::Result<(u32, String)> {
        Ok((fs::metadata(path)?.mode(), fs::read_to_string(path)?))
    };
    let (mode, text) = read().with_context(|| format!("read the key {}", path.display()))?;
    if mode & 0o077 != 0 {
        bail!(
            "others may read the key {path}, so it may be theirs as well; if it is not, \
             chmod 600 {path}",
            path = path.display()
        );
    }
    // Without the cause: it might tell of the key.
    match KeypairBytes::from_pkcs8_pem(&text) {
        Ok(key) => Ok(key.secret_key),
        Err(_) => bail!(
            "{} is no Ed25519 key in PKCS #8 as PEM; `hulld keys generate` makes one where none is",
            path.display()
        ),
    }
}
