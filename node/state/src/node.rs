//! Nodes of the tree as bytes.
//!
//! | first byte | then |
//! |---|---|
//! | 1, inner | SCALE: children that exist (`u16`, bit *n* for nibble *n*), those that are leaves (`u16`), and for each child in order its hash, its version (compact), and unless it is a leaf how many leaves are below it (compact) |
//! | 2, leaf | SCALE: the state key; then the value as it is |
//!
//! A leaf has the key and not its hash: proofs in the format of ICS23 name keys, and
//! those beside a key that is absent are found nowhere else. It has the value, so
//! that the tree is also the history of the state.

use hull_host_api::Height;
use jmt::storage::{LeafNode, Node};
use jmt::{KeyHash, SimpleHasher, ValueHash};
use parity_scale_codec::{Compact, Decode, Encode, Input};
use sha2::{Digest, Sha256};

use crate::error::StateError;

const INNER: u8 = 1;
const LEAF: u8 = 2;

/// How borsh numbers the variants of [`Node`].
const BORSH_INTERNAL: u8 = 1;

/// SHA2-256 for the tree.
pub(crate) struct Sha2(Sha256);

impl SimpleHasher for Sha2 {
    fn new() -> Self {
        Self(Sha256::new())
    }

    fn update(&mut self, data: &[u8]) {
        Digest::update(&mut self.0, data);
    }

    fn finalize(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// What the store knows of a child of an inner node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) nibble: u8,
    pub(crate) hash: [u8; 32],
    pub(crate) version: Height,
    /// `None` of a leaf.
    pub(crate) leaves: Option<u64>,
}

/// A node of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stored {
    Inner(Vec<Child>),
    Leaf { key: Vec<u8>, value: Vec<u8> },
}

impl Stored {
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        let (tag, mut rest) = bytes.split_first().ok_or_else(damaged)?;
        match *tag {
            INNER => {
                let children = decode_children(&mut rest).map_err(|_| damaged())?;
                if rest.is_empty() && is_possible(&children) {
                    Ok(Self::Inner(children))
                } else {
                    Err(damaged())
                }
            }
            LEAF => {
                let key = Vec::decode(&mut rest).map_err(|_| damaged())?;
                Ok(Self::Leaf {
                    key,
                    value: rest.to_vec(),
                })
            }
            _ => Err(damaged()),
        }
    }
}

fn damaged() -> StateError {
    StateError::corrupt("a tree node does not decode")
}

/// A node with one leaf alone would be that leaf.
fn is_possible(children: &[Child]) -> bool {
    match children {
        [] => false,
        [only] => only.leaves.is_some(),
        _ => true,
    }
}

fn decode_children(input: &mut &[u8]) -> Result<Vec<Child>, parity_scale_codec::Error> {
    let (exist, leaves) = <(u16, u16)>::decode(input)?;
    if leaves & !exist != 0 {
        return Err("a leaf that does not exist".into());
    }
    let mut children = Vec::with_capacity(exist.count_ones() as usize);
    for nibble in (0..16).filter(|nibble| exist >> nibble & 1 == 1) {
        let mut hash = [0; 32];
        input.read(&mut hash)?;
        let version = Compact::<u64>::decode(input)?.0;
        let leaves = match leaves >> nibble & 1 {
            0 => Some(Compact::<u64>::decode(input)?.0),
            _ => None,
        };
        children.push(Child {
            nibble,
            hash,
            version,
            leaves,
        });
    }
    Ok(children)
}

pub(crate) fn encode_leaf(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + key.len() + value.len());
    bytes.push(LEAF);
    key.encode_to(&mut bytes);
    bytes.extend(value);
    bytes
}

pub(crate) fn encode_inner(children: &[Child]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(5 + children.len() * 40);
    let bits = |of: &dyn Fn(&Child) -> bool| {
        let children = children.iter().filter(|child| of(child));
        children.fold(0u16, |bits, child| bits | 1 << child.nibble)
    };
    bytes.push(INNER);
    bits(&|_| true).encode_to(&mut bytes);
    bits(&|child| child.leaves.is_none()).encode_to(&mut bytes);
    for child in children {
        bytes.extend(child.hash);
        Compact(child.version).encode_to(&mut bytes);
        if let Some(leaves) = child.leaves {
            Compact(leaves).encode_to(&mut bytes);
        }
    }
    bytes
}

/// The children of a node of the library; `None` of a leaf or an empty tree.
pub(crate) fn children_of(node: &Node) -> Option<Vec<Child>> {
    let Node::Internal(inner) = node else {
        return None;
    };
    let children = inner.children_sorted().map(|(nibble, child)| Child {
        nibble: nibble.into(),
        hash: child.hash,
        version: child.version,
        leaves: (!child.is_leaf()).then(|| child.leaf_count() as u64),
    });
    Some(children.collect())
}

/// The library's node for a leaf.
pub(crate) fn leaf(key_hash: KeyHash, value: &[u8]) -> Node {
    Node::Leaf(LeafNode::new(key_hash, ValueHash::with::<Sha2>(value)))
}

/// The library's node for an inner one. Its types for them are not public; the one
/// way in is its borsh encoding: sixteen optional children, how many there are, and
/// how many leaves.
pub(crate) fn inner(children: &[Child]) -> Result<Node, StateError> {
    let mut bytes = Vec::with_capacity(1 + 16 + children.len() * 50 + 16);
    bytes.push(BORSH_INTERNAL);
    let mut next = children.iter().peekable();
    let mut total = 0u64;
    for nibble in 0..16 {
        let Some(child) = next.next_if(|child| child.nibble == nibble) else {
            bytes.push(0);
            continue;
        };
        bytes.push(1);
        bytes.extend(child.hash);
        bytes.extend(child.version.to_le_bytes());
        match child.leaves {
            None => bytes.push(0),
            Some(leaves) => {
                bytes.push(1);
                bytes.extend(leaves.to_le_bytes());
            }
        }
        total = total
            .checked_add(child.leaves.unwrap_or(1))
            .ok_or_else(damaged)?;
    }
    bytes.extend((children.len() as u64).to_le_bytes());
    bytes.extend(total.to_le_bytes());
    borsh::from_slice(&bytes).map_err(|_| damaged())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn children() -> impl Strategy<Value = Vec<Child>> {
        let child = (any::<[u8; 32]>(), any::<u64>(), any::<Option<u32>>());
        proptest::collection::btree_map(0u8..16, child, 2..=16).prop_map(|children| {
            let child = |(nibble, (hash, version, leaves)): (_, (_, _, Option<u32>))| Child {
                nibble,
                hash,
                version,
                leaves: leaves.map(u64::from),
            };
            children.into_iter().map(child).collect()
        })
    }

    proptest! {
        #[test]
        fn inner_nodes_pass_through_bytes_and_the_library(children in children()) {
            let stored = Stored::decode(&encode_inner(&children)).unwrap();
            prop_assert_eq!(&stored, &Stored::Inner(children.clone()));
            let node = inner(&children).unwrap();
            prop_assert_eq!(children_of(&node).unwrap(), children);
        }

        #[test]
        fn leaves_pass_through_bytes(key: Vec<u8>, value: Vec<u8>) {
            let stored = Stored::decode(&encode_leaf(&key, &value)).unwrap();
            prop_assert_eq!(stored, Stored::Leaf { key, value });
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes: Vec<u8>) {
            if let Ok(Stored::Inner(children)) = Stored::decode(&bytes) {
                let _ = inner(&children);
            }
        }
    }
}
