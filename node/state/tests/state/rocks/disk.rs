//! Real files, and what is left of them when the power fails.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::support::Random;

/// A file system writes these whole.
const SECTOR: usize = 512;

/// Files of a store, and the mirror that the library keeps of what was synced.
pub(super) struct Files {
    folder: TempDir,
}

impl Files {
    pub(super) fn new() -> Self {
        let files = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::create_dir(files.store()).unwrap();
        fs::create_dir(files.mirror()).unwrap();
        files
    }

    /// The same files, whose mirror is still empty.
    pub(super) fn copy(store: &Path) -> Self {
        let files = Self::new();
        write(&files.store(), read(store));
        files
    }

    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(super) fn mirror(&self) -> PathBuf {
        self.folder.path().join("mirror")
    }

    /// Where a process complains.
    pub(super) fn complaints(&self) -> PathBuf {
        self.folder.path().join("complaints")
    }

    /// Loads the library into a process.
    pub(super) fn watch(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", library())
            .env("POWERLOSS_FOLDER", fs::canonicalize(self.store()).unwrap())
            .env("POWERLOSS_MIRROR", self.mirror());
    }

    /// What is on the disk after the power came back, if nothing was that was not synced.
    pub(super) fn forgetful(&self) -> TempDir {
        materialised(self.synced())
    }

    /// What is, if of what was written after the last sync of a file some is there.
    pub(super) fn torn(&self, random: &mut Random) -> TempDir {
        let written = read(&self.store());
        let mut found = self.synced();
        for (name, bytes) in &mut found {
            let Some(all) = written.get(name).filter(|all| all.len() > bytes.len()) else {
                continue;
            };
            let sectors = (all.len() - bytes.len()).div_ceil(SECTOR) as u64;
            let more = random.below(sectors + 1) as usize * SECTOR;
            let end = all.len().min(bytes.len() + more);
            let begin = bytes.len();
            bytes.extend(&all[begin..end]);
            // A sector that never came, between those that did.
            if random.below(2) == 0 && end > begin {
                let at = begin + random.below((end - begin) as u64) as usize;
                let until = end.min(at + SECTOR);
                bytes[at..until].fill(0);
            }
        }
        materialised(found)
    }

    /// Bytes that were written and not synced.
    pub(super) fn unsynced(&self) -> usize {
        let synced = self.synced();
        let written = read(&self.store());
        let lost = written
            .iter()
            .map(|(name, bytes)| bytes.len().abs_diff(synced.get(name).map_or(0, Vec::len)));
        lost.sum()
    }

    fn synced(&self) -> BTreeMap<String, Vec<u8>> {
        let names = fs::read_to_string(self.mirror().join("names")).unwrap();
        let files = names.lines().map(|line| {
            let (inode, name) = line.split_once(' ').unwrap();
            // A name alone: the file was made and never synced.
            let bytes = fs::read(self.mirror().join(inode)).unwrap_or_default();
            (name.to_owned(), bytes)
        });
        files.collect()
    }
}

/// The files of a folder.
pub(super) fn read(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read(entry.path()).unwrap())
    });
    files.collect()
}

pub(super) fn write(folder: &Path, files: BTreeMap<String, Vec<u8>>) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

pub(super) fn materialised(files: BTreeMap<String, Vec<u8>>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), files);
    folder
}

/// `powerloss.c`, compiled by whatever links the tests.
fn library() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("powerloss.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/state/rocks/powerloss.c");
        let status = Command::new("cc")
            .args(["-O1", "-shared", "-fPIC", "-o"])
            .args([path.as_os_str(), source.as_ref()])
            .arg("-ldl")
            .status()
            .expect("a C compiler is here: RocksDB was linked");
        assert!(status.success());
        (folder, path)
    });
    path
}
