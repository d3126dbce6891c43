//! Records of the store that are its own.

use hull_host_api::{Hash, Height};
use hull_types::Header;
use parity_scale_codec::{Decode, Encode};

/// What is known of a height.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct HeightRecord {
    /// The header of the block.
    pub(crate) header: Header,
    /// Its hash; of the genesis the chain id.
    pub(crate) hash: Hash,
    /// The state root after the block.
    pub(crate) root: Hash,
    /// The root of its receipts.
    pub(crate) receipts_root: Hash,
}

/// What no height from a certain one on needs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Stale {
    /// Keys of tree nodes that the height replaced.
    pub(crate) nodes: Vec<Vec<u8>>,
    /// State keys that the height removed.
    pub(crate) removed: Vec<Vec<u8>>,
}

/// Old heights that are being dropped together, a part with each block.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Sweep {
    /// The oldest height before the sweep. What the heights after it replaced goes.
    pub(crate) after: Height,
    /// The last of those; the oldest height from now on.
    pub(crate) last: Height,
    /// Entries of removals by heights up to this one are gone.
    pub(crate) removals: Height,
    /// Listed tree nodes up to this key are gone; none yet if it is empty.
    pub(crate) nodes: Vec<u8>,
    /// Nodes that go with a block.
    pub(crate) part: u64,
    /// Heights whose removals go with a block.
    pub(crate) heights: u64,
}

impl Sweep {
    /// No sweep: everything older than a height is gone.
    pub(crate) const fn done(oldest: Height) -> Self {
        Self {
            after: oldest,
            last: oldest,
            removals: oldest,
            nodes: Vec::new(),
            part: 0,
            heights: 0,
        }
    }

    /// Nodes that go with a block, of so many.
    pub(crate) fn part_of(&self, nodes: u64) -> u64 {
        let heights = self.last.saturating_sub(self.after);
        nodes.div_ceil(heights.div_ceil(self.heights.max(1)).max(1))
    }

    /// Whether a tree node that a height of the sweep lists is still there.
    pub(crate) fn has_node(&self, key: &[u8]) -> bool {
        *key > *self.nodes
    }
}
