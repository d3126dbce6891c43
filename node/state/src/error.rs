//! What can go wrong.

use hull_host_api::{Fatal, Hash, Height};
use hull_types::GenesisError;

use crate::store::StoreError;

/// Why the chain's store cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The storage engine failed: disk, memory, damaged file.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not what was written, or is missing. Restore the node from a
    /// snapshot or sync it again.
    #[error("the store is damaged: {what}; restore it from a snapshot or sync it again")]
    Corrupt {
        /// Which record, and how it is wrong.
        what: String,
    },
    /// Another version of the software wrote this store.
    #[error(
        "the store has format {found}, this software reads format {expected}; use the software that wrote it, or sync again"
    )]
    Format {
        /// The version in the store.
        found: u32,
        /// The version of this software.
        expected: u32,
    },
    /// No chain has begun in this store.
    #[error("the store is empty; begin a chain in it with a genesis")]
    Empty,
    /// The store holds another chain.
    #[error("the store holds the chain {found}, not {expected}; choose another data directory")]
    OtherChain {
        /// The chain id in the store.
        found: Hash,
        /// The chain id of the genesis.
        expected: Hash,
    },
    /// The genesis cannot begin a chain.
    #[error(transparent)]
    Genesis(#[from] GenesisError),
    /// The state at the height is not here.
    #[error("the state at height {height} is not kept; the store has heights {oldest} to {latest}")]
    NotRetained {
        /// The height asked for.
        height: Height,
        /// The oldest with a state.
        oldest: Height,
        /// The newest.
        latest: Height,
    },
    /// Scans at a past height passed over too many keys that are newer or gone.
    #[error(
        "scans at height {height} pass over too many keys that it does not have; ask at a later height"
    )]
    TooFarBack {
        /// The height.
        height: Height,
    },
    /// Prepared on a state that is not the latest one (any more).
    #[error("prepared on height {parent}, but the latest is {latest}")]
    NotLatest {
        /// What it was prepared on.
        parent: Height,
        /// The latest height.
        latest: Height,
    },
    /// The block does not follow the latest one.
    #[error("block {height} does not follow: {what} is {found}, expected {expected}")]
    NotNext {
        /// The height in the header.
        height: Height,
        /// Which field.
        what: &'static str,
        /// What the block has.
        found: String,
        /// What has to be there.
        expected: String,
    },
}

impl StateError {
    pub(crate) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }
}

impl From<StateError> for Fatal {
    fn from(error: StateError) -> Self {
        Self::new(error)
    }
}
