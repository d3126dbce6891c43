//! Files that their owner alone may read, written whole or not at all.

use std::io::Write;
use std::path::Path;

use tempfile::NamedTempFile;

use super::WalletError;

/// Longest file that is read: none of them grows past some kilobytes by itself.
const MAX_BYTES: u64 = 1 << 20;

/// Writes a file in the place of an older one; after a crash there is either.
pub(super) fn write(path: &Path, content: &str) -> Result<(), WalletError> {
    let failed = |source| WalletError::file("write", path)(source);
    persist(path, content)?
        .persist(path)
        .map_err(|error| failed(error.error))?;
    Ok(())
}

/// Writes a file that must not be there yet; `false` if it is.
pub(super) fn write_new(path: &Path, content: &str) -> Result<bool, WalletError> {
    match persist(path, content)?.persist_noclobber(path) {
        Ok(_) => Ok(true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(WalletError::file("write", path)(error.error)),
    }
}

/// Temporary files are readable by their owner alone, and stay so.
fn persist(path: &Path, content: &str) -> Result<NamedTempFile, WalletError> {
    let failed = WalletError::file("write", path);
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        make_folder(folder)?;
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(content.as_bytes())?;
        file.as_file().sync_all()?;
        Ok(file)
    };
    write().map_err(failed)
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Reads a file; `None` if it is not there.
pub(super) fn read(path: &Path) -> Result<Option<String>, WalletError> {
    let read = || {
        if std::fs::metadata(path)?.len() > MAX_BYTES {
            return Err(std::io::Error::other(format!(
                "it is longer than {MAX_BYTES} bytes"
            )));
        }
        std::fs::read_to_string(path)
    };
    match read() {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WalletError::file("read", path)(error)),
    }
}
