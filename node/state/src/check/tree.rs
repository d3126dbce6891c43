//! Trees from the root down, and the flat records.

use std::ops::Bound;

use hull_host_api::{Hash, Height};
use sha2::{Digest, Sha256};

use super::ensure;
use crate::chain::record_at;
use crate::error::StateError;
use crate::layout::root_key;
use crate::node::{Child, Stored};
use crate::store::{Space, View};
use crate::tree::{child_key, missing};

const LEAF_DOMAIN: &[u8] = b"JMT::LeafNode";
const INNER_DOMAIN: &[u8] = b"JMT::IntrnalNode";
const EMPTY: [u8; 32] = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// Verifies the trees of all retained heights and that the latest one has the flat
/// records. Returns how many nodes and how many records there are. `left` nodes besides
/// are still to be dropped.
pub(super) fn check(
    view: &dyn View,
    oldest: Height,
    latest: Height,
    left: u64,
) -> Result<(u64, u64), StateError> {
    let mut walk = Walk {
        view,
        versions: 0..=oldest,
        flat: false,
        nodes: 0,
        leaves: 0,
    };
    // All of the oldest tree; of each later one what is new in it, and that the rest
    // has the hash that it says.
    for height in oldest..=latest {
        walk.root(height)?;
        walk.versions = height + 1..=height + 1;
    }
    let nodes = walk.nodes;
    let found = entries(view, Space::Tree)?;
    ensure(found == nodes + left, || {
        format!(
            "there are {found} tree nodes, but the trees have {nodes}, and {left} are to be dropped"
        )
    })?;
    let mut walk = Walk {
        view,
        versions: 0..=latest,
        flat: true,
        nodes: 0,
        leaves: 0,
    };
    walk.root(latest)?;
    let records = walk.leaves;
    let found = entries(view, Space::State)?;
    ensure(found == records, || {
        format!("there are {found} records, but the latest tree has {records}")
    })?;
    Ok((nodes, records))
}

struct Walk<'v> {
    view: &'v dyn View,
    /// Nodes of these versions are followed; of others the hash alone is looked at.
    versions: std::ops::RangeInclusive<Height>,
    /// Whether leaves have to be flat records too.
    flat: bool,
    nodes: u64,
    leaves: u64,
}

impl Walk<'_> {
    fn root(&mut self, height: Height) -> Result<(), StateError> {
        let found = self.node(&root_key(height), &mut Vec::new())?;
        let record = record_at(self.view, height)?;
        ensure(
            record.is_some_and(|record| record.root == found.hash),
            || format!("the tree of height {height} does not have the root of its block"),
        )
    }

    /// Hashes the node at a key. `path` has the nibbles that lead to it; a tree is 64
    /// of them deep at most, and so is the recursion.
    fn node(&mut self, at: &[u8], path: &mut Vec<u8>) -> Result<Found, StateError> {
        let bytes = self.view.get(Space::Tree, at)?.ok_or_else(|| missing(at))?;
        self.nodes += 1;
        match Stored::decode(&bytes)? {
            Stored::Leaf { key, value } => {
                self.leaves += 1;
                self.leaf(path, &key, &value)
            }
            Stored::Inner(children) => {
                ensure(path.len() < 64, || "a path of the tree is too long".into())?;
                let mut leaves = 0u64;
                for child in &children {
                    leaves = leaves.saturating_add(self.child(at, path, child)?);
                }
                let hash = Hash(subtree(&children, 0, 16));
                let leaves = Some(leaves);
                Ok(Found { hash, leaves })
            }
        }
    }

    /// Verifies what a node says of a child, and returns how many leaves that has.
    fn child(&mut self, at: &[u8], path: &mut Vec<u8>, child: &Child) -> Result<u64, StateError> {
        let key = child_key(at, child.version, child.nibble);
        path.push(child.nibble);
        let found = if self.versions.contains(&child.version) {
            self.node(&key, path)?
        } else {
            self.glance(&key, path)?
        };
        path.pop();
        let same = found.hash.0 == child.hash && found.leaves == child.leaves;
        ensure(same, || {
            let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("the tree node {hex} is not what the node above it says")
        })?;
        Ok(found.leaves.unwrap_or(1))
    }

    /// The hash of a node that was followed from an older root.
    fn glance(&self, at: &[u8], path: &[u8]) -> Result<Found, StateError> {
        let bytes = self.view.get(Space::Tree, at)?.ok_or_else(|| missing(at))?;
        match Stored::decode(&bytes)? {
            Stored::Leaf { key, value } => self.leaf(path, &key, &value),
            Stored::Inner(children) => {
                let leaves = children.iter().map(|child| child.leaves.unwrap_or(1));
                let leaves = leaves.fold(0, u64::saturating_add);
                let hash = Hash(subtree(&children, 0, 16));
                let leaves = Some(leaves);
                Ok(Found { hash, leaves })
            }
        }
    }

    fn leaf(&self, path: &[u8], key: &[u8], value: &[u8]) -> Result<Found, StateError> {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let nibble = |at: usize| hash[at / 2] >> (4 * (1 - at % 2)) & 15;
        let belongs = path.iter().enumerate().all(|(at, n)| nibble(at) == *n);
        ensure(belongs, || {
            "a leaf of the tree is at another's place".into()
        })?;
        if self.flat {
            let flat = self.view.get(Space::State, key)?;
            ensure(flat.as_deref() == Some(value), || {
                let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("the record {hex} is not that of the tree")
            })?;
        }
        let parts = [LEAF_DOMAIN, &hash, &Sha256::digest(value)].concat();
        Ok(Found {
            hash: Hash(Sha256::digest(parts).into()),
            leaves: None,
        })
    }
}

/// What there is at a node.
struct Found {
    hash: Hash,
    /// `None` of a leaf.
    leaves: Option<u64>,
}

/// The hash of the binary tree over the children from `start` on, `width` of them: a
/// subtree without a leaf is empty, one with a single leaf is that leaf.
fn subtree(children: &[Child], start: u8, width: u8) -> [u8; 32] {
    let within = |child: &&Child| (start..start + width).contains(&child.nibble);
    let mut inside = children.iter().filter(within);
    match (inside.next(), inside.next()) {
        (None, _) => EMPTY,
        (Some(only), None) if only.leaves.is_none() || width == 1 => only.hash,
        _ => {
            let half = width / 2;
            let left = subtree(children, start, half);
            let right = subtree(children, start + half, half);
            Sha256::digest([INNER_DOMAIN, &left, &right].concat()).into()
        }
    }
}

fn entries(view: &dyn View, space: Space) -> Result<u64, StateError> {
    let mut count = 0;
    for entry in view.range(space, (Bound::Unbounded, Bound::Unbounded))? {
        entry?;
        count += 1;
    }
    Ok(count)
}
