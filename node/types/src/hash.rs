//! Hashes of encoded values.

use hull_host_api::Hash;
use parity_scale_codec::Encode;
use sha3::{Digest, Keccak256};

/// keccak256 of SCALE(tag, value). The tag keeps hashes of different things apart.
pub(crate) fn tagged(tag: &str, value: &impl Encode) -> Hash {
    let mut bytes = tag.encode();
    value.encode_to(&mut bytes);
    Hash(Keccak256::digest(&bytes).into())
}

/// The root of a binary tree of keccak256 over encoded values. Leaves and nodes
/// have different tags, and the root binds how many leaves there are, so that no
/// list shares a root with another. An odd node moves up as it is.
pub(crate) fn list_root<'a, T: Encode + 'a>(values: impl IntoIterator<Item = &'a T>) -> Hash {
    let mut level: Vec<Hash> = values
        .into_iter()
        .map(|value| tagged("hull/leaf", value))
        .collect();
    let count = level.len() as u64;
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => tagged("hull/node", &(left, right)),
                odd => odd[0],
            })
            .collect();
    }
    let top = level.first().copied().unwrap_or_default();
    tagged("hull/list", &(count, top))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_differ_have_roots_that_differ() {
        let lists: [&[u8]; 7] = [&[], &[0], &[1], &[0, 0], &[0, 1], &[1, 0], &[0, 0, 0]];
        for (i, one) in lists.iter().enumerate() {
            for other in &lists[i + 1..] {
                assert_ne!(list_root(*one), list_root(*other), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn the_tree_is_what_its_description_says() {
        let leaf = |byte: u8| tagged("hull/leaf", &byte);
        let left = tagged("hull/node", &(leaf(1), leaf(2)));
        let top = tagged("hull/node", &(left, leaf(3)));
        assert_eq!(list_root(&[1u8, 2, 3]), tagged("hull/list", &(3u64, top)));
    }
}
