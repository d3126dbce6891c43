//! Names that a user gives.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::WalletError;
use super::file;

/// A file of names.
#[derive(Clone, Debug)]
pub(crate) struct Names<T> {
    kind: &'static str,
    path: PathBuf,
    of: std::marker::PhantomData<T>,
}

/// A network as the user knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Network {
    /// Of the RPC of a node, with `http://` or `https://`.
    pub(crate) url: String,
    /// The chain that was there when the name was given. Another one is refused:
    /// what is signed counts on one chain only.
    pub(crate) chain_id: String,
}

impl<T: Clone + Serialize + DeserializeOwned> Names<T> {
    pub(super) fn new(kind: &'static str, path: PathBuf) -> Self {
        Self {
            kind,
            path,
            of: std::marker::PhantomData,
        }
    }

    /// All of them, by name.
    pub(crate) fn all(&self) -> Result<BTreeMap<String, T>, WalletError> {
        let Some(text) = file::read(&self.path)? else {
            return Ok(BTreeMap::new());
        };
        serde_json::from_str(&text).map_err(|source| WalletError::Damaged {
            path: self.path.clone(),
            reason: source.to_string(),
        })
    }

    /// Gives a name, or gives it to something else.
    pub(crate) fn set(&self, name: &str, to: T) -> Result<(), WalletError> {
        require_name(self.kind, name)?;
        let mut all = self.all()?;
        all.insert(name.into(), to);
        self.write(&all)
    }

    /// Forgets a name.
    pub(crate) fn remove(&self, name: &str) -> Result<(), WalletError> {
        let mut all = self.all()?;
        if all.remove(name).is_none() {
            return Err(WalletError::unknown(
                self.kind,
                name,
                all.into_keys().collect(),
            ));
        }
        self.write(&all)
    }

    fn write(&self, all: &BTreeMap<String, T>) -> Result<(), WalletError> {
        let text = serde_json::to_string_pretty(all).expect("names are text");
        file::write(&self.path, &(text + "\n"))
    }
}

/// Longest name that is given.
const MAX_NAME: usize = 64;

/// A name is the name of a file too, and is told apart from an address.
pub(crate) fn require_name(kind: &'static str, name: &str) -> Result<(), WalletError> {
    let plain = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
    let reason = match name.chars().next() {
        None => "it is empty",
        Some(first) if !first.is_ascii_alphabetic() => "it does not begin with a letter",
        _ if name.len() > MAX_NAME => "it has more than 64 letters",
        _ if !name.chars().all(plain) => "only letters, digits, - and _ may be in it",
        _ if name.starts_with("hull1") => "it looks like an address",
        _ if hull_types::dev::NAMES.contains(&name) => {
            "an account of every development chain has that name"
        }
        _ => return Ok(()),
    };
    Err(WalletError::BadLabel {
        kind,
        name: name.into(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths_and_no_addresses() {
        for bad in ["", "../x", "a b", "7up", "hull1qqq", "alice", "a/b", ".x"] {
            assert!(require_name("key", bad).is_err(), "{bad}");
        }
        for good in ["alicia", "a-1_b", "token"] {
            require_name("key", good).unwrap();
        }
    }

    #[test]
    fn names_outlive_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let names = || Names::<String>::new("address", folder.path().join("deep/names.json"));
        assert!(names().all().unwrap().is_empty());
        names().set("ben", "x".into()).unwrap();
        names().set("ben", "y".into()).unwrap();
        assert_eq!(
            names().all().unwrap().get("ben").map(String::as_str),
            Some("y")
        );
        assert!(
            matches!(names().remove("bem"), Err(WalletError::Unknown { nearest: Some(it), .. }) if it == "ben")
        );
        names().remove("ben").unwrap();
        assert!(names().all().unwrap().is_empty());
    }

    #[test]
    fn a_damaged_file_is_told_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("names.json");
        std::fs::write(&path, "{").unwrap();
        let names = Names::<String>::new("address", path.clone());
        assert!(matches!(
            names.set("a", "b".into()),
            Err(WalletError::Damaged { .. })
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{");
    }
}
