//! The seam to a storage engine: ordered bytes in spaces, snapshots, one atomic
//! batch.

use std::ops::Bound;
use std::path::PathBuf;

/// A part of the store with keys of its own: a table of redb, a column family of
/// RocksDB. The keys and values of each are in [`layout`](crate::layout).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Space {
    /// Single records: format, chain, heights.
    Meta,
    /// The latest state.
    State,
    /// The bytes of codes.
    Code,
    /// Nodes of the Merkle tree, of every retained height.
    Tree,
    /// By height, what is dropped when the heights before it are.
    Stale,
    /// Keys that the latest state does not have and a retained one may.
    Removed,
    /// By height, the header and what came of the block.
    Heights,
    /// By height, the block.
    Blocks,
    /// By height, the receipts.
    Receipts,
    /// By height, the certificate.
    Certificates,
    /// Heights by hash of block or transaction.
    Index,
    /// Sets of validators, by the hash that headers have of them.
    Validators,
}

impl Space {
    /// Every space.
    pub const ALL: [Self; 12] = [
        Self::Meta,
        Self::State,
        Self::Code,
        Self::Tree,
        Self::Stale,
        Self::Removed,
        Self::Heights,
        Self::Blocks,
        Self::Receipts,
        Self::Certificates,
        Self::Index,
        Self::Validators,
    ];

    /// Its name in the engine.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::State => "state",
            Self::Code => "code",
            Self::Tree => "tree",
            Self::Stale => "stale",
            Self::Removed => "removed",
            Self::Heights => "heights",
            Self::Blocks => "blocks",
            Self::Receipts => "receipts",
            Self::Certificates => "certificates",
            Self::Index => "index",
            Self::Validators => "validators",
        }
    }
}

/// A storage engine: ordered keys and values in [`Space`]s.
///
/// # Obligations
///
/// - **Atomic**: of a batch, all or nothing is there after any failure, that of the
///   machine included.
/// - **Durable**: when [`write`](Store::write) has returned, the batch survives a
///   power loss, and so does every batch before it.
/// - **Snapshots**: a [`View`] shows the store as it was when it was made, for as
///   long as it lives, whatever is written since.
/// - **Ordered**: keys compare byte by byte.
/// - After a failed write the store may refuse everything until it is opened again.
pub trait Store: Send + Sync {
    /// What is in the store now.
    ///
    /// # Errors
    /// If the engine fails.
    fn view(&self) -> Result<Box<dyn View>, StoreError>;

    /// Makes all changes of a batch, in order, and returns when they are durable.
    ///
    /// # Errors
    /// If the engine fails; then nothing has changed, or everything has.
    fn write(&self, batch: &Batch) -> Result<(), StoreError>;
}

/// Key and value, or why there is none.
pub type Entry = Result<(Vec<u8>, Vec<u8>), StoreError>;

/// The direction of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From low keys to high ones.
    Ascending,
    /// From high keys to low ones.
    Descending,
}

/// The bounds of a scan; empty if the lower one is beyond the upper one.
pub type Range<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// A store at one moment.
pub trait View: Send + Sync {
    /// The value at a key.
    ///
    /// # Errors
    /// If the engine fails.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// The first key of a range in a direction. Costs a logarithm.
    ///
    /// # Errors
    /// If the engine fails.
    fn next_key(
        &self,
        space: Space,
        range: Range<'_>,
        order: Order,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// The entries of a range, in ascending order.
    ///
    /// # Errors
    /// If the engine fails.
    fn range<'v>(
        &'v self,
        space: Space,
        range: Range<'_>,
    ) -> Result<Box<dyn Iterator<Item = Entry> + 'v>, StoreError>;
}

/// Whether no key can be in a range. Engines panic at such ones, or differ.
pub(crate) fn is_empty(range: Range<'_>) -> bool {
    match range {
        (Bound::Included(low), Bound::Included(high)) => low > high,
        (Bound::Included(low) | Bound::Excluded(low), Bound::Excluded(high))
        | (Bound::Excluded(low), Bound::Included(high)) => low >= high,
        _ => false,
    }
}

/// Changes that are made together.
///
/// ```
/// use hull_state::{Batch, Space};
///
/// let mut batch = Batch::default();
/// batch.put(Space::Meta, b"name".to_vec(), b"hull".to_vec());
/// batch.delete(Space::Meta, b"old name".to_vec());
/// assert_eq!(batch.writes().len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Batch {
    writes: Vec<Write>,
}

/// One change.
#[derive(Clone, Debug)]
pub struct Write {
    /// Where.
    pub space: Space,
    /// The key.
    pub key: Vec<u8>,
    /// The new value; `None` removes.
    pub value: Option<Vec<u8>>,
}

impl Batch {
    /// Puts a value at a key, whatever is there.
    pub fn put(&mut self, space: Space, key: Vec<u8>, value: Vec<u8>) {
        let value = Some(value);
        self.writes.push(Write { space, key, value });
    }

    /// Removes a key, if it is there.
    pub fn delete(&mut self, space: Space, key: Vec<u8>) {
        let value = None;
        self.writes.push(Write { space, key, value });
    }

    /// The changes, in order.
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// Bytes of keys and values.
    pub fn bytes(&self) -> usize {
        let bytes = |write: &Write| write.key.len() + write.value.as_ref().map_or(0, Vec::len);
        self.writes.iter().map(bytes).sum()
    }
}

/// Why an engine failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk, or in a quota. What was written before is safe.
    #[error("the disk is full ({detail}); make room and start the node again")]
    Full {
        /// What the system said.
        detail: String,
    },
    /// The system failed to read or write.
    #[error("the store cannot be read or written ({detail})")]
    Io {
        /// What the system said.
        detail: String,
    },
    /// The file is not what the engine wrote.
    #[error("the store is damaged ({detail}); restore it from a snapshot or sync it again")]
    Corrupt {
        /// What the engine said.
        detail: String,
    },
    /// Another process has it.
    #[error("{path} is in use by another process")]
    InUse {
        /// The file or folder.
        path: PathBuf,
    },
    /// The engine refuses everything after a failure, or was closed.
    #[error("the store stopped after an earlier failure ({detail}); start the node again")]
    Stopped {
        /// What the engine said.
        detail: String,
    },
}

impl StoreError {
    /// Sorts a failure of the system.
    pub(crate) fn io(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let detail = error.to_string();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::Full { detail }
            }
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof => Self::Corrupt { detail },
            _ => Self::Io { detail },
        }
    }
}
