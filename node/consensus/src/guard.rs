//! Never to sign twice.
//!
//! A validator that says two things about one step of one round can be proved to have
//! cheated, whatever the cause: a restored backup, a second process with the same key, a
//! lost write-ahead log. So every statement is first recorded, durably, in a folder of
//! its own that is not restored with the data; what is not beyond the record is not
//! signed, but for the very same statement again.

#[cfg(any(test, feature = "simulation"))]
mod memory;
mod record;

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signer, SigningKey};
use hull_types::Statement;
use hull_types::host_api::Hash;

#[cfg(any(test, feature = "simulation"))]
pub(crate) use memory::Slots;
pub use record::{Position, SigningRecord};

use record::{Mark, RecordFile};

/// Holds a validator's key and signs each step once.
///
/// ```
/// use hull_consensus::SigningGuard;
/// use hull_types::host_api::Hash;
/// use hull_types::{Says, Statement};
///
/// let folder = tempfile::tempdir().unwrap();
/// let (chain_id, secret) = (Hash([1; 32]), [7; 32]);
/// SigningGuard::create(folder.path(), &chain_id, &secret).unwrap();
/// let mut guard = SigningGuard::open(folder.path(), &chain_id, &secret).unwrap();
///
/// let yes = Statement { height: 1, round: 0, says: Says::Prevote(Some(Hash([9; 32]))) };
/// let no = Statement { says: Says::Prevote(None), ..yes };
/// let signature = guard.sign(&yes).unwrap();
/// assert_eq!(guard.sign(&yes).unwrap(), signature);
/// assert!(guard.sign(&no).is_err());
/// ```
pub struct SigningGuard {
    key: SigningKey,
    chain_id: Hash,
    file: RecordFile,
    /// Held while the guard lives; the system frees it when the process ends.
    _lock: Option<File>,
}

/// Why a guard does not open, or does not sign.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// Another process holds the key.
    #[error("another process signs with the record in {}; stop it first", folder.display())]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// There is no record.
    #[error(
        "there is no signing record in {}; import the one that the validator had, or create one if this key never signed",
        folder.display()
    )]
    Missing {
        /// The folder.
        folder: PathBuf,
    },
    /// There is one already.
    #[error("there is a signing record in {} already", folder.display())]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// The record is damaged beyond what a crash can do.
    #[error("the signing record in {} is damaged; import a good one", folder.display())]
    Damaged {
        /// The folder.
        folder: PathBuf,
    },
    /// The record, that of the folder or the imported one, is of another key or chain.
    #[error("the signing record for {} is of another {what}", folder.display())]
    Foreign {
        /// The folder.
        folder: PathBuf,
        /// Key or chain.
        what: &'static str,
    },
    /// The write-ahead log has statements of this validator that the record has not.
    #[error(
        "the signing record ends at {record}, the write-ahead log at {log}: the record is old; import the newest one"
    )]
    Behind {
        /// Where the record ends.
        record: Position,
        /// Where the log ends.
        log: Position,
    },
    /// An import would take back what was recorded.
    #[error("the signing record is at {here} already, the imported one at {imported}")]
    Backwards {
        /// Where the record is.
        here: Position,
        /// Where the other one is.
        imported: Position,
    },
    /// The text is no exported record.
    #[error("the text is no exported signing record: {0}")]
    Text(String),
    /// To sign this could be to say two things about one step.
    #[error("refused to sign for {asked}: signed for {signed} already")]
    Refused {
        /// What was to be signed.
        asked: Position,
        /// What was signed last.
        signed: Position,
    },
    /// The folder cannot be read or written.
    #[error("{what} of the signing record in {}: {cause}", folder.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

impl SigningGuard {
    /// Begins a record for a key that never signed on this chain. Only its holder can
    /// know that.
    ///
    /// # Errors
    /// If there is a record, or the folder cannot be written.
    pub fn create(folder: &Path, chain_id: &Hash, secret: &[u8; 32]) -> Result<(), GuardError> {
        let public_key = SigningKey::from_bytes(secret).verifying_key().to_bytes();
        let _lock = lock(folder)?;
        RecordFile::create(folder, &SigningRecord::empty(*chain_id, public_key))
    }

    /// Opens the record and takes hold of it: nobody else can until this is dropped.
    ///
    /// # Errors
    /// See [`GuardError`]; then nothing may be signed with this key here.
    pub fn open(folder: &Path, chain_id: &Hash, secret: &[u8; 32]) -> Result<Self, GuardError> {
        let lock = lock(folder)?;
        let file = RecordFile::open(folder)?;
        Self::of(file, folder, chain_id, secret, Some(lock))
    }

    fn of(
        file: RecordFile,
        folder: &Path,
        chain_id: &Hash,
        secret: &[u8; 32],
        lock: Option<File>,
    ) -> Result<Self, GuardError> {
        let key = SigningKey::from_bytes(secret);
        let public_key = key.verifying_key().to_bytes();
        check_is_of(file.record(), chain_id, &public_key, folder)?;
        Ok(Self {
            key,
            chain_id: *chain_id,
            file,
            _lock: lock,
        })
    }

    /// The record of a folder as text, to be kept safe or moved to another machine.
    ///
    /// # Errors
    /// If another process holds it, or there is none. A record that is exported while
    /// its validator runs would be old at once.
    pub fn export(folder: &Path) -> Result<String, GuardError> {
        let _lock = lock(folder)?;
        Ok(RecordFile::open(folder)?.record().to_text())
    }

    /// Takes in an exported record, where there is none or one that is behind it.
    ///
    /// # Errors
    /// If it is not beyond what was recorded, or is of another key or chain.
    pub fn import(
        folder: &Path,
        chain_id: &Hash,
        secret: &[u8; 32],
        text: &str,
    ) -> Result<(), GuardError> {
        let imported = SigningRecord::from_text(text).map_err(GuardError::Text)?;
        let public_key = SigningKey::from_bytes(secret).verifying_key().to_bytes();
        check_is_of(&imported, chain_id, &public_key, folder)?;
        let _lock = lock(folder)?;
        match RecordFile::open(folder) {
            Ok(mut file) => {
                check_is_of(file.record(), chain_id, &public_key, folder)?;
                let here = file.record();
                let is_same = match (here.mark, imported.mark) {
                    (Some(here), Some(imported)) => here.is_of(&imported),
                    (here, imported) => here.is_none() && imported.is_none(),
                };
                if is_same {
                    return Ok(());
                }
                let (here, there) = (here.position(), imported.position());
                if there <= here {
                    return Err(GuardError::Backwards {
                        here,
                        imported: there,
                    });
                }
                file.write(imported.mark)
            }
            Err(GuardError::Missing { .. } | GuardError::Damaged { .. }) => {
                RecordFile::replace(folder, &imported)
            }
            Err(error) => Err(error),
        }
    }

    /// The public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }

    /// The chain for which this signs.
    pub fn chain_id(&self) -> Hash {
        self.chain_id
    }

    /// What was signed last.
    pub fn position(&self) -> Position {
        self.file.record().position()
    }

    /// Records a statement, durably, and signs it.
    ///
    /// # Errors
    /// [`GuardError::Refused`] if it is not beyond what was signed last and not the
    /// same; [`GuardError::Io`] if it could not be recorded.
    pub fn sign(&mut self, statement: &Statement) -> Result<[u8; 64], GuardError> {
        let preimage = statement.preimage(&self.chain_id);
        let asked = Mark::of(statement, &preimage);
        let last = self.file.record().mark;
        if !last.is_some_and(|last| last.is_of(&asked)) {
            let signed = self.position();
            if asked.position <= signed {
                let asked = asked.position;
                return Err(GuardError::Refused { asked, signed });
            }
            self.file.write(Some(asked))?;
        }
        Ok(self.key.sign(&preimage).to_bytes())
    }

    /// What was signed last, and its signature, which is the same again.
    pub(crate) fn last(&self) -> Option<(Statement, [u8; 64])> {
        let statement = self.file.record().mark?.statement()?;
        let preimage = statement.preimage(&self.chain_id);
        Some((statement, self.key.sign(&preimage).to_bytes()))
    }

    /// Signs what is no statement: it commits to nothing.
    pub(crate) fn sign_plain(&self, preimage: &[u8]) -> [u8; 64] {
        self.key.sign(preimage).to_bytes()
    }

    /// Whether the record knows of what a write-ahead log has.
    pub(crate) fn check_log(&self, log: Position) -> Result<(), GuardError> {
        let record = self.position();
        if log > record {
            return Err(GuardError::Behind { record, log });
        }
        Ok(())
    }
}

fn check_is_of(
    record: &SigningRecord,
    chain_id: &Hash,
    public_key: &[u8; 32],
    folder: &Path,
) -> Result<(), GuardError> {
    let foreign = |what| GuardError::Foreign {
        folder: folder.into(),
        what,
    };
    if record.public_key != *public_key {
        return Err(foreign("key"));
    }
    if record.chain_id != *chain_id {
        return Err(foreign("chain"));
    }
    Ok(())
}

fn lock(folder: &Path) -> Result<File, GuardError> {
    let io = |cause| GuardError::Io {
        what: "the lock",
        folder: folder.into(),
        cause,
    };
    std::fs::create_dir_all(folder).map_err(io)?;
    let mut options = OpenOptions::new();
    let options = options.create(true).truncate(false).write(true);
    let file = options.open(folder.join("lock")).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(GuardError::Locked {
            folder: folder.into(),
        }),
        Err(TryLockError::Error(cause)) => Err(io(cause)),
    }
}

#[cfg(test)]
mod tests;
