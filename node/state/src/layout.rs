//! Where everything is: the keys and values of every space.
//!
//! Heights in keys are 8 bytes, big-endian, so that they sort. Values are SCALE
//! unless something else is said.
//!
//! | space | key | value |
//! |---|---|---|
//! | `meta` | `format` | [`FORMAT`] as `u32` |
//! | | `genesis` | the genesis |
//! | | `latest` | the height of the last block |
//! | | `oldest` | the least height with a state |
//! | | `sweep` | how far dropping old heights has come; nothing while none are dropped |
//! | `state` | a state key | the record, of the latest height |
//! | `code` | code hash | the bytes of the Wasm module, as they are |
//! | `tree` | node key: version (8 bytes), number of nibbles (1), nibbles (two to a byte) | a node of the tree |
//! | `stale` | height | what no height from this one on needs |
//! | `removed` | state key, escaped, then the height | nothing: the key was removed by this block |
//! | `heights` | height | header, block hash, state root, receipts root |
//! | `blocks`, `receipts`, `certificates` | height | the block, a list of receipts, the bytes of the certificate |
//! | `index` | `b`, block hash | height |
//! | | `t`, transaction id | height, and the place in the block as `u32` |
//! | `validators` | hash of a set | the validators; of every height, so that whoever comes late can be told who decided what |
//!
//! # State keys
//!
//! The keys of the `state` space are also those of the tree, which hashes them.
//!
//! | first byte | then | record |
//! |---|---|---|
//! | 0 | nothing | the chain id; it is always there, so that the tree is never empty and every absence has a proof |
//! | 1 | address | account |
//! | 2 | address | contract |
//! | 3 | code hash | code |
//! | 4 | address of the owner, key | item of storage |

use hull_host_api::{Address, Hash, Height};
use jmt::storage::NodeKey;

/// The version of this layout. Another one is refused at opening.
pub const FORMAT: u32 = 3;

pub(crate) const META_FORMAT: &[u8] = b"format";
pub(crate) const META_GENESIS: &[u8] = b"genesis";
pub(crate) const META_LATEST: &[u8] = b"latest";
pub(crate) const META_OLDEST: &[u8] = b"oldest";
pub(crate) const META_SWEEP: &[u8] = b"sweep";

/// The state key of the chain id.
pub(crate) const CHAIN: &[u8] = &[0];

const ACCOUNT: u8 = 1;
const CONTRACT: u8 = 2;
const CODE: u8 = 3;
const ITEM: u8 = 4;

/// Bytes of an item's state key before the item's own key.
pub(crate) const ITEM_PREFIX: usize = 1 + 32;

pub(crate) fn account_key(address: &Address) -> Vec<u8> {
    tagged(ACCOUNT, &address.0, &[])
}

pub(crate) fn contract_key(address: &Address) -> Vec<u8> {
    tagged(CONTRACT, &address.0, &[])
}

pub(crate) fn code_key(hash: &Hash) -> Vec<u8> {
    tagged(CODE, &hash.0, &[])
}

pub(crate) fn item_key(owner: &Address, key: &[u8]) -> Vec<u8> {
    tagged(ITEM, &owner.0, key)
}

/// The hash of the code that a state key is for, if it is for one.
pub(crate) fn code_of(state_key: &[u8]) -> Option<&[u8]> {
    match state_key {
        [CODE, hash @ ..] => Some(hash),
        _ => None,
    }
}

fn tagged(tag: u8, first: &[u8; 32], second: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(ITEM_PREFIX + second.len());
    key.push(tag);
    key.extend(first);
    key.extend(second);
    key
}

/// The least key that is greater than all keys that begin with `prefix`; `None` if
/// there is none.
pub(crate) fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|byte| *byte != u8::MAX)?;
    let mut end = prefix[..=last].to_vec();
    end[last] += 1;
    Some(end)
}

pub(crate) fn height_key(height: Height) -> Vec<u8> {
    height.to_be_bytes().to_vec()
}

pub(crate) fn block_index(hash: &Hash) -> Vec<u8> {
    tagged(b'b', &hash.0, &[])
}

pub(crate) fn transaction_index(id: &Hash) -> Vec<u8> {
    tagged(b't', &id.0, &[])
}

/// The key of a tree node. Nodes of a version are together, and those of a level
/// within it: a block's nodes are written side by side.
pub(crate) fn node_key(key: &NodeKey) -> Vec<u8> {
    let path = key.nibble_path();
    let count = path.num_nibbles();
    let mut bytes = Vec::with_capacity(9 + count.div_ceil(2));
    bytes.extend(key.version().to_be_bytes());
    // A path has 64 nibbles at most.
    bytes.push(count as u8);
    let mut high = None;
    for nibble in path.nibbles().map(u8::from) {
        match high.take() {
            None => high = Some(nibble << 4),
            Some(high) => bytes.push(high | nibble),
        }
    }
    bytes.extend(high);
    bytes
}

/// The key of a tree's root.
pub(crate) fn root_key(version: Height) -> Vec<u8> {
    let mut key = height_key(version);
    key.push(0);
    key
}

/// A state key in a form in which no key is the beginning of another, and that
/// sorts in the same way: a zero becomes 0x00 0xff, and 0x00 0x00 ends it.
pub(crate) fn escaped(state_key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(state_key.len() + 10);
    for byte in state_key {
        bytes.push(*byte);
        if *byte == 0 {
            bytes.push(u8::MAX);
        }
    }
    bytes.extend([0, 0]);
    bytes
}

/// The state key of an entry of the space `removed`, and its height.
pub(crate) fn unescaped(bytes: &[u8]) -> Option<(Vec<u8>, Height)> {
    let mut key = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    loop {
        match *rest.next()? {
            0 => match *rest.next()? {
                0 => break,
                u8::MAX => key.push(0),
                _ => return None,
            },
            byte => key.push(byte),
        }
    }
    let height = rest.as_slice().try_into().ok()?;
    Some((key, Height::from_be_bytes(height)))
}

pub(crate) fn removed_key(state_key: &[u8], height: Height) -> Vec<u8> {
    let mut key = escaped(state_key);
    key.extend(height.to_be_bytes());
    key
}

/// Beyond every entry of a state key in the space `removed`, whatever its height.
pub(crate) fn escaped_end(state_key: &[u8]) -> Vec<u8> {
    removed_key(state_key, Height::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn escaping_keeps_the_order_and_comes_back(
            one in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()], 0..6),
            other in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), Just(255), any::<u8>()], 0..6),
            heights in any::<(u64, u64)>(),
        ) {
            let keys = (removed_key(&one, heights.0), removed_key(&other, heights.1));
            let expected = (&one, heights.0).cmp(&(&other, heights.1));
            prop_assert_eq!(keys.0.cmp(&keys.1), expected);
            prop_assert_eq!(unescaped(&keys.0), Some((one, heights.0)));
        }

        #[test]
        fn the_end_of_a_prefix_is_the_least_key_beyond_it(
            prefix in proptest::collection::vec(any::<u8>(), 1..4),
            other in proptest::collection::vec(any::<u8>(), 0..6),
        ) {
            match after_prefix(&prefix) {
                None => prop_assert!(prefix.iter().all(|byte| *byte == u8::MAX)),
                Some(end) => {
                    let within = other.starts_with(&prefix);
                    prop_assert_eq!(within, other >= prefix && other < end);
                }
            }
        }
    }
}
