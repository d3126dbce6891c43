//! Records of the store that are its own.

use hull_host_api::Hash;
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
