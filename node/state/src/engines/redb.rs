//! redb: pure Rust, one file, or memory.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::redb::backends::InMemoryBackend;
use ::redb::{
    Builder, CommitError, Database, DatabaseError, ReadOnlyTable, ReadableDatabase, StorageBackend,
    StorageError, TableDefinition, TableError, TransactionError,
};

use crate::store::{Batch, Entry, Order, Range, Space, Store, StoreError, View, is_empty};

/// Bytes of the engine's cache unless others are given: the upper levels of the trees
/// and the accounts that are used, within what a small node has.
const CACHE_BYTES: usize = 256 * 1024 * 1024;

type Table = ReadOnlyTable<&'static [u8], &'static [u8]>;

const fn table(space: Space) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(space.name())
}

/// A [`Store`] in a file of redb, or in memory.
///
/// Opening a file verifies the checksum of every page, so that a damaged file is
/// refused instead of believed; that reads the whole file.
pub struct Redb {
    database: Arc<Database>,
}

impl Redb {
    /// Opens the file, and makes it if it is not there.
    ///
    /// # Errors
    /// If it is damaged, in use, or the system fails.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with_cache(path, CACHE_BYTES)
    }

    /// As [`open`](Self::open), with so many bytes of pages in memory. What is read
    /// and written of a state that does not fit costs a call of the system for each page.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with_cache(path: impl AsRef<Path>, bytes: usize) -> Result<Self, StoreError> {
        let path = path.as_ref();
        Self::build(path, || builder(bytes).create(path))
    }

    /// An empty store in memory.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::with_backend(InMemoryBackend::new())
    }

    /// A store on bytes that are somewhere else: tests put failing disks there.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn with_backend(backend: impl StorageBackend) -> Result<Self, StoreError> {
        Self::build(Path::new("memory"), move || {
            builder(CACHE_BYTES).create_with_backend(backend)
        })
    }

    fn build(
        path: &Path,
        open: impl FnOnce() -> Result<Database, DatabaseError>,
    ) -> Result<Self, StoreError> {
        let database = contain(|| open().map_err(|error| from_open(error, path)))?;
        let store = Self {
            database: Arc::new(database),
        };
        store.make_tables()?;
        Ok(store)
    }

    /// Tables that are missing appear, so that every later view has them all.
    fn make_tables(&self) -> Result<(), StoreError> {
        contain(|| {
            let read = self.database.begin_read().map_err(from_transaction)?;
            let found = read.list_tables().map_err(from_storage)?.count();
            drop(read);
            if found == Space::ALL.len() {
                return Ok(());
            }
            let write = self.database.begin_write().map_err(from_transaction)?;
            for space in Space::ALL {
                write.open_table(table(space)).map_err(from_table)?;
            }
            write.commit().map_err(from_commit)
        })
    }
}

impl Store for Redb {
    fn view(&self) -> Result<Box<dyn View>, StoreError> {
        contain(|| {
            let read = self.database.begin_read().map_err(from_transaction)?;
            let mut tables = Vec::with_capacity(Space::ALL.len());
            for space in Space::ALL {
                tables.push(read.open_table(table(space)).map_err(from_table)?);
            }
            Ok(Box::new(RedbView {
                tables,
                _database: Arc::clone(&self.database),
            }) as Box<dyn View>)
        })
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        contain(|| {
            let mut write = self.database.begin_write().map_err(from_transaction)?;
            // With one phase a torn commit is told by a checksum alone that is no
            // match for somebody who chooses what is written, as contracts do.
            write.set_two_phase_commit(true);
            for run in batch.writes().chunk_by(|one, next| one.space == next.space) {
                let mut table = write.open_table(table(run[0].space)).map_err(from_table)?;
                for change in run {
                    let key = change.key.as_slice();
                    match &change.value {
                        Some(value) => table.insert(key, value.as_slice()).map(drop),
                        None => table.remove(key).map(drop),
                    }
                    .map_err(from_storage)?;
                }
            }
            write.commit().map_err(from_commit)
        })
    }
}

/// The tables of one read transaction.
struct RedbView {
    /// In the order of [`Space::ALL`].
    tables: Vec<Table>,
    /// A closed database ends its reads.
    _database: Arc<Database>,
}

impl RedbView {
    fn table(&self, space: Space) -> &Table {
        &self.tables[space as usize]
    }
}

impl View for RedbView {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        contain(|| {
            let found = self.table(space).get(key).map_err(from_storage)?;
            Ok(found.map(|value| value.value().to_vec()))
        })
    }

    fn next_key(
        &self,
        space: Space,
        range: Range<'_>,
        order: Order,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if is_empty(range) {
            return Ok(None);
        }
        contain(|| {
            let mut range = self
                .table(space)
                .range::<&[u8]>(range)
                .map_err(from_storage)?;
            let found = match order {
                Order::Ascending => range.next(),
                Order::Descending => range.next_back(),
            };
            let found = found.transpose().map_err(from_storage)?;
            Ok(found.map(|(key, _)| key.value().to_vec()))
        })
    }

    fn range<'v>(
        &'v self,
        space: Space,
        range: Range<'_>,
    ) -> Result<Box<dyn Iterator<Item = Entry> + 'v>, StoreError> {
        if is_empty(range) {
            return Ok(Box::new(std::iter::empty()));
        }
        let mut entries = contain(|| {
            self.table(space)
                .range::<&[u8]>(range)
                .map_err(from_storage)
        })?;
        Ok(Box::new(std::iter::from_fn(move || {
            contain(|| {
                let entry = entries.next().transpose().map_err(from_storage)?;
                Ok(entry.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())))
            })
            .transpose()
        })))
    }
}

fn builder(cache: usize) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(cache);
    builder.set_check_integrity_on_open(true);
    builder
}

/// redb panics at bytes that it cannot have written. For the node that is a damaged
/// file like any other, not the end of the thread.
fn contain<T>(work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let detail = format!("the engine panicked: {}", text.unwrap_or("no message"));
        Err(StoreError::Corrupt { detail })
    })
}

fn from_open(error: DatabaseError, path: &Path) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen => StoreError::InUse {
            path: PathBuf::from(path),
        },
        DatabaseError::Storage(error) => from_storage(error),
        other => StoreError::Corrupt {
            detail: other.to_string(),
        },
    }
}

fn from_storage(error: StorageError) -> StoreError {
    let detail = error.to_string();
    match error {
        StorageError::Io(error) => StoreError::io(&error),
        StorageError::Corrupted(detail) => StoreError::Corrupt { detail },
        StorageError::PreviousIo | StorageError::DatabaseClosed | StorageError::LockPoisoned(_) => {
            StoreError::Stopped { detail }
        }
        _ => StoreError::Io { detail },
    }
}

fn from_transaction(error: TransactionError) -> StoreError {
    match error {
        TransactionError::Storage(error) => from_storage(error),
        other => StoreError::Io {
            detail: other.to_string(),
        },
    }
}

fn from_commit(error: CommitError) -> StoreError {
    match error {
        CommitError::Storage(error) => from_storage(error),
        other => StoreError::Io {
            detail: other.to_string(),
        },
    }
}

fn from_table(error: TableError) -> StoreError {
    match error {
        TableError::Storage(error) => from_storage(error),
        other => StoreError::Corrupt {
            detail: other.to_string(),
        },
    }
}
