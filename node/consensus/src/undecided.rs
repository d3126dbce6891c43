//! Blocks that may be decided, on the disk.
//!
//! The write-ahead log of the engine has their hashes alone. What was said to be valid
//! has to be there after a crash, or a decision could not be committed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use hull_types::host_api::{Hash, Height};
use hull_types::{Block, decode_bounded, evidence_root, transactions_root};
use parity_scale_codec::Encode;

use crate::part::SignedHeader;

/// A block that is not decided yet.
#[derive(Clone, Debug)]
pub(crate) struct Undecided {
    pub(crate) block: Arc<Block>,
    pub(crate) encoded: Bytes,
    /// What its proposer signed; none of a block that came by synchronisation.
    pub(crate) signed: Option<SignedHeader>,
}

impl Undecided {
    /// Looks into the bytes of a block; none if they are none, or if what is in them is
    /// not what the header names: the header alone has the hash that is decided on, and
    /// whoever passes a block on could put another body under it.
    pub(crate) fn decode(encoded: Bytes, signed: Option<SignedHeader>) -> Option<(Hash, Self)> {
        let block = Block::decode_bytes(&encoded).ok()?;
        let header = &block.header;
        let whole = transactions_root(&block.transactions) == header.transactions_root
            && evidence_root(&block.evidence) == header.evidence_root;
        let hash = header.hash();
        let block = Arc::new(block);
        let one = Self {
            block,
            encoded,
            signed,
        };
        whole.then_some((hash, one))
    }
}

/// Where a shelf keeps its files.
pub(crate) trait Place: Send {
    /// The names of what is there.
    fn names(&self) -> io::Result<Vec<String>>;

    /// The content of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;

    /// Writes a file, from pieces that follow each other. It is on the disk when this
    /// returns; before, there is none of that name.
    fn write(&self, name: &str, pieces: &[&[u8]]) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
}

/// A folder of the file system.
struct Folder(PathBuf);

impl Place for Folder {
    fn names(&self) -> io::Result<Vec<String>> {
        let entries = fs::read_dir(&self.0)?;
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(name))
    }

    fn write(&self, name: &str, pieces: &[&[u8]]) -> io::Result<()> {
        let path = self.0.join(name);
        let new = path.with_extension("new");
        let mut file = File::create(&new)?;
        for piece in pieces {
            file.write_all(piece)?;
        }
        file.sync_data()?;
        fs::rename(&new, &path)?;
        File::open(&self.0)?.sync_all()
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }
}

/// Undecided blocks on the disk, and the same in memory.
pub(crate) struct Shelf {
    place: Box<dyn Place>,
    blocks: BTreeMap<Hash, Undecided>,
}

/// Bytes of a file: a block, and what its proposer signed.
const MAX_FILE: usize = Block::MAX_BYTES + 64 * 1024;
const SUFFIX: &str = ".block";

impl Shelf {
    /// Opens a folder with what is above a height; the rest is removed.
    pub(crate) fn open(folder: &Path, head: Height) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Self::open_at(Box::new(Folder(folder.into())), head)
    }

    /// Opens another place.
    pub(crate) fn open_at(place: Box<dyn Place>, head: Height) -> io::Result<Self> {
        let mut blocks = BTreeMap::new();
        for name in place.names()? {
            match read(&*place, &name) {
                Some((hash, one)) if one.block.header.height > head => {
                    blocks.insert(hash, one);
                }
                // Decided, or not written to its end: then nothing was said of it.
                _ => place.remove(&name)?,
            }
        }
        Ok(Self { place, blocks })
    }

    pub(crate) fn get(&self, hash: &Hash) -> Option<&Undecided> {
        self.blocks.get(hash)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Hash, &Undecided)> {
        self.blocks.iter()
    }

    /// Keeps a block; it is on the disk when this returns.
    pub(crate) fn put(&mut self, hash: Hash, one: Undecided) -> io::Result<()> {
        if self.blocks.contains_key(&hash) {
            return Ok(());
        }
        let mut head = one.signed.encode();
        // The bytes as SCALE has them, without copying the block.
        let length = u32::try_from(one.encoded.len()).unwrap_or(u32::MAX);
        parity_scale_codec::Compact(length).encode_to(&mut head);
        let name = name(one.block.header.height, &hash);
        self.place.write(&name, &[&head[..], &one.encoded[..]])?;
        self.blocks.insert(hash, one);
        Ok(())
    }

    /// Removes what is not above a height.
    pub(crate) fn prune(&mut self, head: Height) -> io::Result<()> {
        let over = |one: &Undecided| one.block.header.height <= head;
        let gone: Vec<(Hash, Height)> = self
            .blocks
            .iter()
            .filter(|(_, one)| over(one))
            .map(|(hash, one)| (*hash, one.block.header.height))
            .collect();
        for (hash, height) in gone {
            self.place.remove(&name(height, &hash))?;
            self.blocks.remove(&hash);
        }
        Ok(())
    }
}

fn name(height: Height, hash: &Hash) -> String {
    format!("{height:020}-{hash}{SUFFIX}")
}

fn read(place: &dyn Place, file: &str) -> Option<(Hash, Undecided)> {
    if !file.ends_with(SUFFIX) {
        return None;
    }
    let bytes = place.read(file).ok()?;
    let content: (Option<SignedHeader>, Vec<u8>) =
        decode_bounded("an undecided block", &bytes, MAX_FILE).ok()?;
    let (hash, one) = Undecided::decode(content.1.into(), content.0)?;
    (name(one.block.header.height, &hash) == file).then_some((hash, one))
}

#[cfg(test)]
mod tests {
    use hull_types::Header;

    use super::*;

    fn block(height: Height) -> (Hash, Undecided) {
        let header = Header {
            height,
            transactions_root: transactions_root([]),
            evidence_root: evidence_root(&[]),
            ..Header::default()
        };
        let block = Block {
            header,
            ..Block::default()
        };
        Undecided::decode(block.encode().into(), None).unwrap()
    }

    #[test]
    fn blocks_outlive_the_process_until_they_are_decided() {
        let folder = tempfile::tempdir().unwrap();
        let mut shelf = Shelf::open(folder.path(), 0).unwrap();
        for height in 1..=3 {
            let (hash, one) = block(height);
            shelf.put(hash, one).unwrap();
        }
        shelf.prune(1).unwrap();
        assert_eq!(shelf.iter().count(), 2);
        let again = Shelf::open(folder.path(), 2).unwrap();
        let left: Vec<Height> = again
            .iter()
            .map(|(_, one)| one.block.header.height)
            .collect();
        assert_eq!(left, [3]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_header_with_another_body_is_no_block() {
        let (_, one) = block(1);
        let mut other = Block::clone(&one.block);
        let found = |block: &Block| Undecided::decode(block.encode().into(), None).is_some();
        assert!(found(&other));
        other.header.evidence_root = Hash([1; 32]);
        assert!(!found(&other));
        other.header.evidence_root = evidence_root(&[]);
        other.header.transactions_root = Hash([1; 32]);
        assert!(!found(&other));
    }

    #[test]
    fn a_file_that_was_cut_off_or_changed_is_no_block() {
        let folder = tempfile::tempdir().unwrap();
        let (hash, one) = block(1);
        let mut shelf = Shelf::open(folder.path(), 0).unwrap();
        let path = folder.path().join(name(1, &hash));
        for damage in [0, 1] {
            shelf.put(hash, one.clone()).unwrap();
            let mut bytes = fs::read(&path).unwrap();
            match damage {
                0 => drop(bytes.pop()),
                _ => bytes[10] ^= 1,
            }
            fs::write(&path, bytes).unwrap();
            shelf = Shelf::open(folder.path(), 0).unwrap();
            assert_eq!(shelf.iter().count(), 0);
            assert!(!path.exists());
        }
    }
}
