//! The Merkle tree: new roots, and reads at any height that is kept.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use hull_host_api::{Hash, Height};
use jmt::storage::{HasPreimage, LeafNode, Node, NodeKey, TreeReader, TreeUpdateBatch};
use jmt::{JellyfishMerkleTree, KeyHash, OwnedValue, Version};

use crate::error::StateError;
use crate::layout::{self, node_key};
use crate::node::{Sha2, Stored, children_of, encode_inner, encode_leaf, inner, leaf};
use crate::store::{Space, View};

/// Keys and encodings of nodes.
type Nodes = Vec<(Vec<u8>, Vec<u8>)>;

/// What the changes of a block make of the tree.
#[derive(Debug)]
pub(crate) struct TreeUpdate {
    pub(crate) root: Hash,
    /// New nodes, in order of the keys.
    pub(crate) nodes: Nodes,
    /// Keys of nodes that only earlier versions have.
    pub(crate) stale: Vec<Vec<u8>>,
}

/// The tree of a store as the library reads it.
pub(crate) struct Tree<'v> {
    view: &'v dyn View,
    /// Keys and values of the leaves that were read or are new, by the hash of the key.
    leaves: RefCell<BTreeMap<[u8; 32], Leaf>>,
}

#[derive(Clone)]
struct Leaf {
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<'v> Tree<'v> {
    pub(crate) fn new(view: &'v dyn View) -> Self {
        let leaves = RefCell::default();
        Self { view, leaves }
    }

    /// The tree of `version`, from that of the version before and what changes.
    pub(crate) fn update(
        &self,
        version: Height,
        changes: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> Result<TreeUpdate, StateError> {
        let changes = changes.map(|(key, value)| (KeyHash::with::<Sha2>(&key), key, value));
        let changes: Vec<_> = changes.collect();
        let (root, batch) = contain(|| {
            let tree = JellyfishMerkleTree::<_, Sha2>::new(self);
            let puts = changes
                .iter()
                .map(|(hash, _, value)| (*hash, value.clone()));
            // One pass over the tree if nothing is removed; else key by key.
            if changes.is_empty() || changes.iter().any(|(.., value)| value.is_none()) {
                return tree.put_value_set(puts, version);
            }
            let puts = puts.filter_map(|(hash, value)| Some((hash, value?)));
            let (roots, batch) = tree.batch_put_value_sets(vec![puts.collect()], None, version)?;
            Ok((*roots.last().expect("a root for each set"), batch))
        })?;
        let mut leaves = self.leaves.borrow_mut();
        for (hash, key, value) in changes {
            match value {
                Some(value) => leaves.insert(hash.0, Leaf { key, value }),
                None => leaves.remove(&hash.0),
            };
        }
        drop(leaves);
        Ok(TreeUpdate {
            root: Hash(root.0),
            nodes: self.encode(&batch)?,
            stale: stale_keys(version, &batch),
        })
    }

    fn encode(&self, batch: &TreeUpdateBatch) -> Result<Nodes, StateError> {
        let leaves = self.leaves.borrow();
        let mut nodes = Vec::with_capacity(batch.node_batch.nodes().len());
        for (key, node) in batch.node_batch.nodes() {
            let bytes = match node {
                Node::Internal(_) => encode_inner(&children_of(node).unwrap_or_default()),
                Node::Leaf(leaf) => {
                    let found = leaves.get(&leaf.key_hash().0);
                    let found = found.ok_or_else(|| {
                        StateError::corrupt("the tree has a leaf that nothing was read or put at")
                    })?;
                    encode_leaf(&found.key, &found.value)
                }
                Node::Null => return Err(StateError::corrupt("the tree has become empty")),
            };
            nodes.push((node_key(key), bytes));
        }
        Ok(nodes)
    }

    /// The value at a state key as of a version, on the way from the root down.
    pub(crate) fn get(&self, version: Height, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let hash = KeyHash::with::<Sha2>(key);
        let mut at = layout::root_key(version);
        // A path has 64 nibbles.
        for depth in 0..=64usize {
            let bytes = self.view.get(Space::Tree, &at)?;
            let bytes = bytes.ok_or_else(|| missing(&at))?;
            match Stored::decode(&bytes)? {
                Stored::Leaf { key: found, value } => return Ok((found == key).then_some(value)),
                Stored::Inner(children) => {
                    let byte = hash.0.get(depth / 2).ok_or_else(|| missing(&at))?;
                    let nibble = if depth % 2 == 0 { byte >> 4 } else { byte & 15 };
                    let child = children.iter().find(|child| child.nibble == nibble);
                    let Some(child) = child else {
                        return Ok(None);
                    };
                    at = child_key(&at, child.version, nibble);
                }
            }
        }
        Err(missing(&at))
    }

    /// The value at a state key, and the proof of it or of its absence.
    pub(crate) fn prove(
        &self,
        version: Height,
        key: Vec<u8>,
    ) -> Result<(Option<Vec<u8>>, ics23::CommitmentProof), StateError> {
        let tree = JellyfishMerkleTree::<_, Sha2>::new(self);
        contain(|| tree.get_with_ics23_proof(key, version))
    }
}

/// The key of the child of the node at `parent`.
pub(crate) fn child_key(parent: &[u8], version: Height, nibble: u8) -> Vec<u8> {
    let mut key = version.to_be_bytes().to_vec();
    key.extend(&parent[8..]);
    let count = key[8];
    key[8] = count + 1;
    if count.is_multiple_of(2) {
        key.push(nibble << 4);
    } else if let Some(last) = key.last_mut() {
        *last |= nibble;
    }
    key
}

pub(crate) fn missing(key: &[u8]) -> StateError {
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    StateError::corrupt(format!("the tree node {hex} is missing"))
}

/// The keys of nodes that a version replaces. The library forgets one: the root, if
/// nothing changed.
fn stale_keys(version: Height, batch: &TreeUpdateBatch) -> Vec<Vec<u8>> {
    let stale = batch.stale_node_index_batch.iter();
    let mut stale: Vec<_> = stale.map(|index| node_key(&index.node_key)).collect();
    if let Some(before) = version.checked_sub(1) {
        let root = layout::root_key(before);
        if !stale.contains(&root) {
            stale.push(root);
        }
    }
    stale
}

/// The library panics at nodes that cannot be; here those are a damaged store.
fn contain<T>(work: impl FnOnce() -> anyhow::Result<T>) -> Result<T, StateError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(error
            .downcast::<StateError>()
            .unwrap_or_else(|error| StateError::corrupt(format!("{error:#}")))),
        Err(_) => Err(StateError::corrupt("the tree has nodes that cannot be")),
    }
}

impl TreeReader for Tree<'_> {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<Node>> {
        let bytes = self.view.get(Space::Tree, &node_key(key));
        let Some(bytes) = bytes.map_err(StateError::from)? else {
            return Ok(None);
        };
        Ok(Some(match Stored::decode(&bytes)? {
            Stored::Inner(children) => inner(&children)?,
            Stored::Leaf { key, value } => {
                let hash = KeyHash::with::<Sha2>(&key);
                let node = leaf(hash, &value);
                self.leaves.borrow_mut().insert(hash.0, Leaf { key, value });
                node
            }
        }))
    }

    /// Asked only for leaves on the way of a proof, which were read before.
    fn get_value_option(&self, _: Version, hash: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        Ok(self
            .leaves
            .borrow()
            .get(&hash.0)
            .map(|leaf| leaf.value.clone()))
    }

    /// Of use to a tree that is being restored alone.
    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        Ok(None)
    }
}

impl HasPreimage for Tree<'_> {
    fn preimage(&self, hash: KeyHash) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self
            .leaves
            .borrow()
            .get(&hash.0)
            .map(|leaf| leaf.key.clone()))
    }
}
