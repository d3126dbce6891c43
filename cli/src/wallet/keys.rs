//! Keys, encrypted at rest.
//!
//! A key is PKCS #8 with PBES2: scrypt and AES-256-CBC, which other tools open as
//! well (`openssl pkcs8`). Beside it stands its address, so that a list needs no
//! password.

use std::path::PathBuf;

use hull_host_api::{Address, DEFAULT_PREFIX};
use hull_types::{SigningKey, sender_of};
use k256::SecretKey;
use pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use serde::{Deserialize, Serialize, Serializer};
use zeroize::Zeroizing;

use super::WalletError;
use super::file;
use super::names::require_name;

/// The folder of keys.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    folder: PathBuf,
}

/// What is known of a key without its password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct KeyEntry {
    pub(crate) name: String,
    /// As text with the usual prefix.
    #[serde(serialize_with = "as_text")]
    pub(crate) address: Address,
}

/// The form of a file.
#[derive(Serialize, Deserialize)]
struct Stored {
    version: u32,
    kind: String,
    address: String,
    /// PEM, `ENCRYPTED PRIVATE KEY`.
    key: String,
}

/// The version of the form.
const VERSION: u32 = 1;
/// The one kind of key that signs transactions.
const KIND: &str = "secp256k1";

impl Keys {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Keeps a new key under a password.
    pub(crate) fn add(
        &self,
        name: &str,
        key: &SecretKey,
        password: &str,
    ) -> Result<KeyEntry, WalletError> {
        require_name("key", name)?;
        let encrypted = key.to_pkcs8_encrypted_pem(password, LineEnding::LF);
        let encrypted = encrypted.map_err(|error| WalletError::BadKey {
            what: "a key".into(),
            reason: error.to_string(),
        })?;
        let address = sender_of(&SigningKey::from(key));
        let stored = Stored {
            version: VERSION,
            kind: KIND.into(),
            address: text(&address),
            key: encrypted.to_string(),
        };
        let content = serde_json::to_string_pretty(&stored).expect("it is text") + "\n";
        if !file::write_new(&self.path(name), &content)? {
            return Err(WalletError::KeyExists { name: name.into() });
        }
        Ok(KeyEntry {
            name: name.into(),
            address,
        })
    }

    /// What there is, by name.
    pub(crate) fn list(&self) -> Result<Vec<KeyEntry>, WalletError> {
        let entries = match self.folder.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(WalletError::file("read", &self.folder)(error)),
        };
        let mut list = Vec::new();
        for entry in entries {
            let name = entry
                .map_err(WalletError::file("read", &self.folder))?
                .file_name();
            // What is half written ends otherwise.
            if let Some(name) = name.to_str().and_then(|it| it.strip_suffix(".json")) {
                list.push(self.entry(name)?);
            }
        }
        list.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(list)
    }

    /// The key of a name, if there is one.
    pub(crate) fn find(&self, name: &str) -> Result<Option<KeyEntry>, WalletError> {
        // A name that could not be given may be a path.
        if require_name("key", name).is_err() || !self.path(name).exists() {
            return Ok(None);
        }
        self.entry(name).map(Some)
    }

    fn entry(&self, name: &str) -> Result<KeyEntry, WalletError> {
        let text = self.stored(name)?.address;
        let address = Address::from_text(&text, DEFAULT_PREFIX);
        let address = address.map_err(|error| WalletError::Damaged {
            path: self.path(name),
            reason: format!("{text}: {error}"),
        })?;
        let name = name.into();
        Ok(KeyEntry { name, address })
    }

    /// Decrypts a key.
    pub(crate) fn open(&self, name: &str, password: &str) -> Result<SecretKey, WalletError> {
        let stored = self.stored(name)?;
        let key = SecretKey::from_pkcs8_encrypted_pem(&stored.key, password);
        let key = key.map_err(|_| WalletError::WrongPassword { name: name.into() })?;
        let address = text(&sender_of(&SigningKey::from(&key)));
        if address != stored.address {
            let reason = format!("it says {} and holds the key of {address}", stored.address);
            return Err(WalletError::Damaged {
                path: self.path(name),
                reason,
            });
        }
        Ok(key)
    }

    /// The key as it is kept: PEM, encrypted.
    pub(crate) fn encrypted(&self, name: &str) -> Result<String, WalletError> {
        self.stored(name).map(|stored| stored.key)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn stored(&self, name: &str) -> Result<Stored, WalletError> {
        let unknown = || -> Result<WalletError, WalletError> {
            let known = self.list()?.into_iter().map(|it| it.name);
            Ok(WalletError::unknown("key", name, known.collect()))
        };
        if require_name("key", name).is_err() {
            return Err(unknown()?);
        }
        let path = self.path(name);
        let Some(content) = file::read(&path)? else {
            return Err(unknown()?);
        };
        let damaged = |reason: String| WalletError::Damaged {
            path: path.clone(),
            reason,
        };
        let stored: Stored =
            serde_json::from_str(&content).map_err(|error| damaged(error.to_string()))?;
        if (stored.version, &*stored.kind) != (VERSION, KIND) {
            return Err(damaged(format!(
                "it is a {} key of version {}; this program knows {KIND} of version {VERSION}",
                stored.kind, stored.version
            )));
        }
        Ok(stored)
    }
}

/// A key from what a user has: 32 bytes as hexadecimal, or PKCS #8 as PEM,
/// encrypted or not.
pub(crate) fn parse(
    content: &str,
    password: impl FnOnce() -> Result<Zeroizing<String>, WalletError>,
) -> Result<SecretKey, WalletError> {
    let bad = |reason: String| WalletError::BadKey {
        what: "what was given".into(),
        reason,
    };
    let content = content.trim();
    if content.starts_with("-----BEGIN ENCRYPTED") {
        let key = SecretKey::from_pkcs8_encrypted_pem(content, password()?.as_str());
        return key.map_err(|_| bad("the password does not open it".into()));
    }
    if content.starts_with("-----BEGIN") {
        return SecretKey::from_pkcs8_pem(content).map_err(|error| bad(error.to_string()));
    }
    let digits = content.strip_prefix("0x").unwrap_or(content);
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(digits, bytes.as_mut_slice())
        .map_err(|_| bad("it is neither 64 hexadecimal digits nor PEM".into()))?;
    SecretKey::from_slice(bytes.as_slice())
        .map_err(|_| bad("the number is zero or above the group's order".into()))
}

fn as_text<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&text(address))
}

/// The text of an address with the usual prefix.
pub(crate) fn text(address: &Address) -> String {
    let text = address.to_text(DEFAULT_PREFIX);
    text.expect("the prefix is a prefix")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::new(folder.path().join("keys"));
        (folder, keys)
    }

    fn no_password() -> Result<Zeroizing<String>, WalletError> {
        panic!("it asks for a password")
    }

    #[test]
    fn a_key_comes_back_with_its_password_alone() {
        let (_folder, keys) = keys();
        let key = parse(&"07".repeat(32), no_password).unwrap();
        let entry = keys.add("ann", &key, "secret").unwrap();
        assert_eq!(keys.list().unwrap(), std::slice::from_ref(&entry));
        assert_eq!(entry.address, sender_of(&SigningKey::from(&key)));
        assert_eq!(keys.open("ann", "secret").unwrap(), key);
        assert!(matches!(
            keys.open("ann", "Secret"),
            Err(WalletError::WrongPassword { .. })
        ));
        assert!(matches!(
            keys.open("anm", ""),
            Err(WalletError::Unknown { .. })
        ));
        assert!(matches!(
            keys.add("ann", &key, "x"),
            Err(WalletError::KeyExists { .. })
        ));
        // The first one is still there.
        assert_eq!(keys.open("ann", "secret").unwrap(), key);
    }

    #[test]
    fn the_file_is_its_owners_and_holds_no_secret() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, keys) = keys();
        let key = parse(&"5a".repeat(32), no_password).unwrap();
        keys.add("ann", &key, "secret").unwrap();
        let path = folder.path().join("keys/ann.json");
        let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let content = std::fs::read_to_string(path).unwrap();
        assert!(!content.contains("5a5a") && content.contains("ENCRYPTED PRIVATE KEY"));
    }

    #[test]
    fn what_others_wrote_is_read() {
        let key = parse(&format!(" 0x{}\n", "07".repeat(32)), no_password).unwrap();
        let plain = key.to_pkcs8_pem(LineEnding::LF).unwrap();
        assert_eq!(parse(&plain, no_password).unwrap(), key);
        let (_folder, keys) = keys();
        keys.add("ann", &key, "old").unwrap();
        let encrypted = keys.encrypted("ann").unwrap();
        let password = || Ok(Zeroizing::new("old".to_owned()));
        assert_eq!(parse(&encrypted, password).unwrap(), key);
        for bad in [
            "",
            "07",
            "zz",
            &"00".repeat(32),
            &"ff".repeat(32),
            "-----BEGIN X-----",
        ] {
            assert!(
                matches!(parse(bad, no_password), Err(WalletError::BadKey { .. })),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_file_that_holds_another_key_is_refused() {
        let (folder, keys) = keys();
        for (name, digits) in [("ann", "07"), ("ben", "08")] {
            let key = parse(&digits.repeat(32), no_password).unwrap();
            keys.add(name, &key, "secret").unwrap();
        }
        let path = |name: &str| folder.path().join(format!("keys/{name}.json"));
        let read = |name: &str| -> Stored {
            serde_json::from_str(&std::fs::read_to_string(path(name)).unwrap()).unwrap()
        };
        let swapped = Stored {
            key: read("ben").key,
            ..read("ann")
        };
        std::fs::write(path("ann"), serde_json::to_string(&swapped).unwrap()).unwrap();
        assert!(matches!(
            keys.open("ann", "secret"),
            Err(WalletError::Damaged { .. })
        ));
    }
}
