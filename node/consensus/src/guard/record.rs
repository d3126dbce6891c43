//! The record of what was signed last, in a file that survives a crash at any point.
//!
//! Two slots of fixed size, written in turn, each with a checksum and a count: a write
//! that a crash cut off damages the older slot alone. No name changes, so one flush of
//! the file is enough, and nothing is signed before it has returned.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use hull_types::host_api::{Hash, Height};
use hull_types::{Says, Statement, Step};
use parity_scale_codec::{Decode, DecodeAll, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::GuardError;

/// A step of a round of a height; `None` before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub struct Position(pub Option<(Height, u32, Step)>);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("nothing"),
            Some((height, round, step)) => {
                write!(f, "height {height}, round {round}, {step}")
            }
        }
    }
}

impl Position {
    /// Where a statement stands.
    pub const fn of(statement: &Statement) -> Self {
        Self(Some((statement.height, statement.round, statement.step())))
    }
}

/// The last statement that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(super) struct Mark {
    pub(super) position: Position,
    /// The sha2-256 of what was signed.
    digest: Hash,
    /// What was said; not known of a record that was imported.
    said: Option<Says>,
}

impl Mark {
    pub(super) fn of(statement: &Statement, preimage: &[u8]) -> Self {
        Self {
            position: Position::of(statement),
            digest: Hash(Sha256::digest(preimage).into()),
            said: Some(statement.says),
        }
    }

    /// Whether both are of the very same statement.
    pub(super) fn is_of(&self, other: &Self) -> bool {
        (self.position, self.digest) == (other.position, other.digest)
    }

    /// The statement, if it is known.
    pub(super) fn statement(&self) -> Option<Statement> {
        let (height, round, _) = self.position.0?;
        let says = self.said?;
        Some(Statement {
            height,
            round,
            says,
        })
    }
}

/// What a validator signed last, on which chain and with which key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SigningRecord {
    /// The chain.
    pub chain_id: Hash,
    /// The validator's public key.
    pub public_key: [u8; 32],
    /// How often it was written; tells the newer slot.
    count: u64,
    pub(super) mark: Option<Mark>,
}

/// The record as people see it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Text {
    chain_id: String,
    public_key: String,
    last: Option<LastText>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct LastText {
    height: Height,
    round: u32,
    step: String,
    digest: String,
}

const STEPS: [Step; 3] = [Step::Propose, Step::Prevote, Step::Precommit];

impl SigningRecord {
    pub(super) fn empty(chain_id: Hash, public_key: [u8; 32]) -> Self {
        Self {
            chain_id,
            public_key,
            count: 0,
            mark: None,
        }
    }

    /// Where the last statement stands.
    pub fn position(&self) -> Position {
        self.mark.map(|mark| mark.position).unwrap_or_default()
    }

    pub(super) fn to_text(&self) -> String {
        let last = self.mark.and_then(|mark| {
            let (height, round, step) = mark.position.0?;
            let (step, digest) = (step.to_string(), mark.digest.to_string());
            Some(LastText {
                height,
                round,
                step,
                digest,
            })
        });
        let text = Text {
            chain_id: self.chain_id.to_string(),
            public_key: hex::encode(self.public_key),
            last,
        };
        // Strings and numbers always serialise.
        serde_json::to_string_pretty(&text).unwrap_or_default()
    }

    pub(super) fn from_text(text: &str) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let bytes = |name: &str, text: &str| {
            let mut bytes = [0; 32];
            let decoded = hex::decode_to_slice(text, &mut bytes);
            decoded.map_err(|_| format!("{name} has to be 64 hexadecimal digits"))?;
            Ok::<_, String>(bytes)
        };
        let mark = match &text.last {
            None => None,
            Some(last) => {
                let step = STEPS.iter().find(|step| step.to_string() == last.step);
                let step = step.ok_or("step has to be propose, prevote or precommit")?;
                Some(Mark {
                    position: Position(Some((last.height, last.round, *step))),
                    digest: Hash(bytes("digest", &last.digest)?),
                    said: None,
                })
            }
        };
        Ok(Self {
            chain_id: Hash(bytes("chainId", &text.chain_id)?),
            public_key: bytes("publicKey", &text.public_key)?,
            count: 0,
            mark,
        })
    }
}

/// Bytes of a slot: that of a disk's sector, so that the two never share one.
const SLOT: usize = 4096;
const CHECKSUM: usize = 32;
const FILE: &str = "record";

/// What keeps two slots.
pub(super) trait Medium: fmt::Debug + Send {
    /// The bytes of a slot.
    fn read(&self, slot: u64) -> io::Result<Vec<u8>>;

    /// Writes a slot; it is on the disk when this returns.
    fn write(&self, slot: u64, bytes: &[u8]) -> io::Result<()>;
}

impl Medium for File {
    fn read(&self, slot: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; SLOT];
        self.read_exact_at(&mut bytes, slot * SLOT as u64)?;
        Ok(bytes)
    }

    fn write(&self, slot: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, slot * SLOT as u64)?;
        self.sync_data()
    }
}

/// The slots, and what they say.
#[derive(Debug)]
pub(super) struct RecordFile {
    medium: Box<dyn Medium>,
    folder: PathBuf,
    record: SigningRecord,
}

impl RecordFile {
    /// Writes the first record of a folder.
    pub(super) fn create(folder: &Path, record: &SigningRecord) -> Result<(), GuardError> {
        let exists = folder.join(FILE).try_exists();
        if exists.map_err(|cause| io_error(folder, "looking for the file", cause))? {
            return Err(GuardError::Exists {
                folder: folder.into(),
            });
        }
        Self::replace(folder, record)
    }

    /// Writes a whole new file: beside, then in place of what is there.
    pub(super) fn replace(folder: &Path, record: &SigningRecord) -> Result<(), GuardError> {
        let io = |cause| io_error(folder, "writing", cause);
        let new = folder.join("record.new");
        let file = File::create(&new).map_err(io)?;
        let slot = encode_slot(record);
        // Both slots, so that either alone is a record.
        file.write_all_at(&slot, 0).map_err(io)?;
        file.write_all_at(&slot, SLOT as u64).map_err(io)?;
        file.sync_all().map_err(io)?;
        std::fs::rename(&new, folder.join(FILE)).map_err(io)?;
        let folder_file = File::open(folder).map_err(io)?;
        folder_file.sync_all().map_err(io)
    }

    pub(super) fn open(folder: &Path) -> Result<Self, GuardError> {
        let mut options = OpenOptions::new();
        let opened = options.read(true).write(true).open(folder.join(FILE));
        let file = opened.map_err(|cause| match cause.kind() {
            io::ErrorKind::NotFound => GuardError::Missing {
                folder: folder.into(),
            },
            _ => io_error(folder, "opening the file", cause),
        })?;
        Self::read(Box::new(file), folder)
    }

    /// Reads what is in the slots. The folder is their name in messages.
    pub(super) fn read(medium: Box<dyn Medium>, folder: &Path) -> Result<Self, GuardError> {
        let record = [0, 1]
            .into_iter()
            .filter_map(|slot| decode_slot(&medium.read(slot).ok()?))
            .max_by_key(|record| record.count);
        let record = record.ok_or_else(|| GuardError::Damaged {
            folder: folder.into(),
        })?;
        Ok(Self {
            medium,
            folder: folder.into(),
            record,
        })
    }

    pub(super) fn record(&self) -> &SigningRecord {
        &self.record
    }

    /// Records a mark; it is on the disk when this returns.
    pub(super) fn write(&mut self, mark: Option<Mark>) -> Result<(), GuardError> {
        let next = SigningRecord {
            count: self.record.count.saturating_add(1),
            mark,
            ..self.record.clone()
        };
        let written = self.medium.write(next.count % 2, &encode_slot(&next));
        written.map_err(|cause| io_error(&self.folder, "writing", cause))?;
        self.record = next;
        Ok(())
    }
}

fn io_error(folder: &Path, what: &'static str, cause: io::Error) -> GuardError {
    GuardError::Io {
        what,
        folder: folder.into(),
        cause,
    }
}

/// Checksum, length, record, zeros.
pub(super) fn encode_slot(record: &SigningRecord) -> Vec<u8> {
    let record = record.encode();
    let mut slot = vec![0; CHECKSUM];
    // A record has less than 200 bytes.
    slot.extend_from_slice(&(record.len() as u64).to_le_bytes());
    slot.extend_from_slice(&record);
    slot.resize(SLOT, 0);
    let checksum: [u8; CHECKSUM] = Sha256::digest(&slot[CHECKSUM..]).into();
    slot[..CHECKSUM].copy_from_slice(&checksum);
    slot
}

fn decode_slot(bytes: &[u8]) -> Option<SigningRecord> {
    let (checksum, rest) = bytes.split_at_checked(CHECKSUM)?;
    let expected: [u8; CHECKSUM] = Sha256::digest(rest).into();
    let (length, rest) = rest.split_at_checked(8)?;
    let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
    let record = rest.get(..length)?;
    if checksum != expected {
        return None;
    }
    SigningRecord::decode_all(&mut &*record).ok()
}
