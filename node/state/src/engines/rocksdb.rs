//! RocksDB: a folder of files, for stores that are larger than memory.

use std::ops::Bound;
use std::path::Path;
use std::sync::Arc;

use ::rocksdb::{
    ColumnFamily, ColumnFamilyDescriptor, DB, DBRawIterator, Error, ErrorKind, Options,
    ReadOptions, Snapshot, WriteBatch, WriteOptions,
};
use self_cell::self_cell;

use crate::store::{Batch, Entry, Order, Range, Space, Store, StoreError, View, is_empty};

/// Files that are open at once: below the limit that systems set for a process.
const OPEN_FILES: i32 = 512;

/// A [`Store`] in a folder of RocksDB, a column family for each space.
///
/// Checksums are verified whenever something is read. After a crash the log is
/// followed up to the first record that is not whole: a batch is there or is not.
pub struct Rocks {
    database: Arc<DB>,
}

impl Rocks {
    /// Opens the folder, and makes it if it is not there.
    ///
    /// # Errors
    /// If it is damaged, in use, or the system fails.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        let mut options = Options::default();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        options.set_paranoid_checks(true);
        options.set_max_open_files(OPEN_FILES);
        let families =
            Space::ALL.map(|space| ColumnFamilyDescriptor::new(space.name(), Options::default()));
        let database = DB::open_cf_descriptors(&options, path, families).map_err(|error| {
            let in_use = error.kind() == ErrorKind::IOError && error.to_string().contains("lock");
            match in_use {
                true => StoreError::InUse { path: path.into() },
                false => sort(&error),
            }
        })?;
        Ok(Self {
            database: Arc::new(database),
        })
    }
}

impl Store for Rocks {
    fn view(&self) -> Result<Box<dyn View>, StoreError> {
        let moment = Moment::new(Arc::clone(&self.database), |database| database.snapshot());
        Ok(Box::new(RocksView(moment)))
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut changes = WriteBatch::default();
        for change in batch.writes() {
            let family = family(&self.database, change.space)?;
            match &change.value {
                Some(value) => changes.put_cf(family, &change.key, value),
                None => changes.delete_cf(family, &change.key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        let written = self.database.write_opt(changes, &options);
        written.map_err(|error| sort(&error))
    }
}

type Held<'d> = Snapshot<'d>;

self_cell!(
    /// A snapshot, and the database that it is of.
    struct Moment {
        owner: Arc<DB>,

        #[covariant]
        dependent: Held,
    }
);

struct RocksView(Moment);

impl RocksView {
    fn iterator(&self, space: Space, range: Range<'_>) -> Result<DBRawIterator<'_>, StoreError> {
        let mut options = ReadOptions::default();
        match range.0 {
            Bound::Included(key) => options.set_iterate_lower_bound(key),
            Bound::Excluded(key) => options.set_iterate_lower_bound(after(key)),
            Bound::Unbounded => {}
        }
        match range.1 {
            Bound::Excluded(key) => options.set_iterate_upper_bound(key),
            Bound::Included(key) => options.set_iterate_upper_bound(after(key)),
            Bound::Unbounded => {}
        }
        let family = family(self.0.borrow_owner(), space)?;
        let snapshot = self.0.borrow_dependent();
        Ok(snapshot.raw_iterator_cf_opt(family, options))
    }
}

impl View for RocksView {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let family = family(self.0.borrow_owner(), space)?;
        let found = self.0.borrow_dependent().get_cf(family, key);
        found.map_err(|error| sort(&error))
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
        let mut iterator = self.iterator(space, range)?;
        match order {
            Order::Ascending => iterator.seek_to_first(),
            Order::Descending => iterator.seek_to_last(),
        }
        iterator.status().map_err(|error| sort(&error))?;
        Ok(iterator.key().map(<[u8]>::to_vec))
    }

    fn range<'v>(
        &'v self,
        space: Space,
        range: Range<'_>,
    ) -> Result<Box<dyn Iterator<Item = Entry> + 'v>, StoreError> {
        if is_empty(range) {
            return Ok(Box::new(std::iter::empty()));
        }
        let mut iterator = self.iterator(space, range)?;
        iterator.seek_to_first();
        Ok(Box::new(std::iter::from_fn(move || {
            let entry = iterator.item();
            let entry = entry.map(|(key, value)| Ok((key.to_vec(), value.to_vec())));
            match entry {
                Some(entry) => {
                    iterator.next();
                    Some(entry)
                }
                None => iterator.status().err().map(|error| Err(sort(&error))),
            }
        })))
    }
}

/// The least key beyond another.
fn after(key: &[u8]) -> Vec<u8> {
    [key, &[0]].concat()
}

fn family(database: &DB, space: Space) -> Result<&ColumnFamily, StoreError> {
    database
        .cf_handle(space.name())
        .ok_or_else(|| StoreError::Corrupt {
            detail: format!("there is no column family {}", space.name()),
        })
}

/// The engine has one kind for all failures of the system; its text is that of the
/// system, `strerror`.
fn is_full(detail: &str) -> bool {
    let texts = ["No space left", "File too large", "quota exceeded"];
    texts.iter().any(|text| detail.contains(text))
}

fn sort(error: &Error) -> StoreError {
    let detail = error.to_string();
    match error.kind() {
        ErrorKind::Corruption => StoreError::Corrupt { detail },
        ErrorKind::IOError if is_full(&detail) => StoreError::Full { detail },
        ErrorKind::ShutdownInProgress | ErrorKind::Aborted => StoreError::Stopped { detail },
        _ => StoreError::Io { detail },
    }
}
