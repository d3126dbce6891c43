//! Compiled code on disk: a disposable cache of files that are checked before
//! they are trusted.
//!
//! A file is a header of 40 bytes, the magic and a BLAKE3 checksum over key and
//! artifact, and the artifact. With a secret the checksum is keyed, so that only
//! this node can have written it. A file that does not check out is removed and
//! its code compiled again.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use crate::config::DiskCacheConfig;
use crate::prepare::ArtifactKey;

const MAGIC: &[u8; 8] = b"hullart1";
const HEADER_LEN: usize = MAGIC.len() + blake3::OUT_LEN;
/// Larger files are not ours: a module of the largest size makes some 15 MB.
const MAX_FILE_LEN: u64 = 64 * 1024 * 1024;

/// Tells the files apart that are being written by the engines of this process.
static TEMPORARY: AtomicU64 = AtomicU64::new(0);

/// A directory of artifacts.
#[derive(Debug)]
pub(crate) struct DiskCache {
    config: DiskCacheConfig,
    writing: Mutex<()>,
}

impl DiskCache {
    pub(crate) fn open(config: DiskCacheConfig) -> io::Result<Self> {
        fs::create_dir_all(&config.directory)?;
        Ok(Self {
            config,
            writing: Mutex::new(()),
        })
    }

    fn checksum(&self, key: &ArtifactKey, artifact: &[u8]) -> blake3::Hash {
        let mut hasher = match &self.config.secret {
            Some(secret) => blake3::Hasher::new_keyed(secret),
            None => blake3::Hasher::new(),
        };
        hasher.update(key.as_bytes()).update(artifact).finalize()
    }

    fn path(&self, key: &ArtifactKey) -> PathBuf {
        self.config.directory.join(key.file_name())
    }

    /// The artifact of a key, if there is one that checks out.
    #[expect(
        clippy::disallowed_methods,
        reason = "notes the time of a file's last use"
    )]
    pub(crate) fn get(&self, key: &ArtifactKey) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut file = read(&path)?;
        let sound = file.len() >= HEADER_LEN
            && file.starts_with(MAGIC)
            && self.checksum(key, &file[HEADER_LEN..]).as_bytes() == &file[MAGIC.len()..HEADER_LEN];
        if !sound {
            // Nothing is lost: the code is compiled again.
            let _ = fs::remove_file(&path);
            return None;
        }
        // The time of the last use decides what gives way; failing to note it
        // costs at most a compilation.
        if let Ok(handle) = fs::File::open(&path) {
            let _ = handle.set_modified(SystemTime::now());
        }
        file.drain(..HEADER_LEN);
        Some(file)
    }

    /// Keeps an artifact. The file appears whole or not at all.
    pub(crate) fn put(&self, key: &ArtifactKey, artifact: &[u8]) -> io::Result<()> {
        let _one = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let number = TEMPORARY.fetch_add(1, Ordering::Relaxed);
        let temporary = self
            .config
            .directory
            .join(format!("{}-{number}.tmp", std::process::id()));
        let written = self.write(&temporary, key, artifact);
        let renamed = written.and_then(|()| fs::rename(&temporary, self.path(key)));
        if renamed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        renamed?;
        self.shrink()
    }

    fn write(&self, path: &Path, key: &ArtifactKey, artifact: &[u8]) -> io::Result<()> {
        // What is left of an earlier process, or a link that somebody laid.
        let _ = fs::remove_file(path);
        let mut file = fs::File::create_new(path)?;
        file.write_all(MAGIC)?;
        file.write_all(self.checksum(key, artifact).as_bytes())?;
        file.write_all(artifact)
    }

    /// Removes the least recently used files until the rest fits.
    fn shrink(&self) -> io::Result<()> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.config.directory)? {
            let entry = entry?;
            // Not of what a link leads to. Folders are not ours.
            let data = entry.metadata().ok().filter(|data| !data.is_dir());
            if let Some(data) = data {
                let used = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((used, data.len(), entry.path()));
            }
        }
        files.sort();
        let mut total: u64 = files.iter().map(|(_, len, _)| len).sum();
        for (_, len, path) in files {
            if total <= self.config.max_bytes {
                break;
            }
            fs::remove_file(path)?;
            total -= len;
        }
        Ok(())
    }
}

/// The bytes of what may be a file of ours. A link, a pipe or a device is not: it
/// may lead anywhere and never end.
fn read(path: &Path) -> Option<Vec<u8>> {
    let data = fs::symlink_metadata(path).ok()?;
    if !data.is_file() || data.len() > MAX_FILE_LEN {
        return None;
    }
    let mut bytes = Vec::with_capacity(data.len() as usize);
    let file = fs::File::open(path).ok()?;
    file.take(MAX_FILE_LEN).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
