//! A store in one file.
//!
//! Everything that is in a store, whatever its engine, and a digest of it at the end:
//!
//! | bytes | what |
//! |---|---|
//! | 12 | `hull-state\0\x01`: what it is, and the version of the form |
//! | each entry | 1: the space; 4: bytes of the key; the key; 4: bytes of the value; the value. Numbers are little-endian |
//! | 1 | 255: there are no more entries |
//! | 32 | SHA2-256 of everything before |

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::Bound;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use hull_state::{Batch, Space, Store};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 12] = b"hull-state\0\x01";
const END: u8 = 255;
/// Longest key or value: a block of the largest size, with room.
const MAX_LEN: usize = 64 * 1024 * 1024;

/// Writes a store to a file: to another one beside it first, so that a crash leaves
/// the old one.
///
/// # Errors
/// If the store cannot be read or the file cannot be written.
pub fn save(store: &dyn Store, path: &Path) -> Result<()> {
    let beside = path.with_extension("new");
    write(store, &beside).with_context(|| format!("write {}", beside.display()))?;
    std::fs::rename(&beside, path).with_context(|| format!("write {}", path.display()))
}

fn write(store: &dyn Store, path: &Path) -> Result<()> {
    let view = store.view()?;
    let mut out = Digesting {
        inner: BufWriter::new(File::create(path)?),
        digest: Sha256::new(),
    };
    out.put(MAGIC)?;
    for (index, space) in (0_u8..).zip(Space::ALL) {
        for entry in view.range(space, (Bound::Unbounded, Bound::Unbounded))? {
            let (key, value) = entry?;
            out.put(&[index])?;
            for bytes in [key, value] {
                let len = u32::try_from(bytes.len()).context("an entry is too long")?;
                out.put(&len.to_le_bytes())?;
                out.put(&bytes)?;
            }
        }
    }
    out.put(&[END])?;
    let digest = out.digest.finalize();
    out.inner.write_all(&digest)?;
    out.inner.into_inner()?.sync_all()?;
    Ok(())
}

/// Fills an empty store from a file.
///
/// # Errors
/// If the file is not one that [`save`] wrote, or is damaged: the store is then as
/// it was.
pub fn load(store: &dyn Store, path: &Path) -> Result<()> {
    let batch = read(path).with_context(|| format!("load {}", path.display()))?;
    Ok(store.write(&batch)?)
}

fn read(path: &Path) -> Result<Batch> {
    let mut input = Digesting {
        inner: BufReader::new(File::open(path)?),
        digest: Sha256::new(),
    };
    let mut batch = Batch::default();
    ensure!(
        input.take::<12>()? == *MAGIC,
        "this is no state that `hulld dev --state` of this version wrote"
    );
    loop {
        let [index] = input.take()?;
        if index == END {
            break;
        }
        let space = Space::ALL.get(usize::from(index)).copied();
        let space = space.context("it is damaged: an entry is of no space")?;
        let key = input.take_bytes()?;
        let value = input.take_bytes()?;
        batch.put(space, key, value);
    }
    let expected: [u8; 32] = input.digest.clone().finalize().into();
    ensure!(
        input.take::<32>()? == expected,
        "it is damaged: its digest does not fit"
    );
    ensure!(
        input.inner.read(&mut [0])? == 0,
        "something follows its end"
    );
    Ok(batch)
}

struct Digesting<T> {
    inner: T,
    digest: Sha256,
}

impl<W: Write> Digesting<W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.digest.update(bytes);
        self.inner.write_all(bytes)
    }
}

impl<R: Read> Digesting<R> {
    fn take<const LEN: usize>(&mut self) -> Result<[u8; LEN]> {
        let mut bytes = [0; LEN];
        let read = self.inner.read_exact(&mut bytes);
        read.context("it is damaged: it ends too early")?;
        self.digest.update(bytes);
        Ok(bytes)
    }

    fn take_bytes(&mut self) -> Result<Vec<u8>> {
        let len = u32::from_le_bytes(self.take()?) as usize;
        if len > MAX_LEN {
            bail!("it is damaged: an entry of {len} bytes");
        }
        let mut bytes = vec![0; len];
        let read = self.inner.read_exact(&mut bytes);
        read.context("it is damaged: it ends too early")?;
        self.digest.update(&bytes);
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hull_state::Redb;

    fn filled() -> Redb {
        let store = Redb::in_memory().unwrap();
        let mut batch = Batch::default();
        for (index, space) in (0_u8..).zip(Space::ALL) {
            batch.put(space, vec![index, 1], vec![index; 1_000]);
            batch.put(space, vec![index, 2], Vec::new());
        }
        store.write(&batch).unwrap();
        store
    }

    #[test]
    fn a_store_comes_back_and_a_damaged_file_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        save(&filled(), &one).unwrap();
        let store = Redb::in_memory().unwrap();
        load(&store, &one).unwrap();
        save(&store, &other).unwrap();
        let bytes = std::fs::read(&one).unwrap();
        assert_eq!(bytes, std::fs::read(&other).unwrap());

        for at in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(&other, damaged).unwrap();
            assert!(
                load(&Redb::in_memory().unwrap(), &other).is_err(),
                "byte {at}"
            );
        }
        for len in [0, 11, 12, 500, bytes.len() - 1] {
            std::fs::write(&other, &bytes[..len]).unwrap();
            assert!(
                load(&Redb::in_memory().unwrap(), &other).is_err(),
                "{len} bytes"
            );
        }
    }
}
