//! What is simulated.

use std::sync::Arc;

use hull_types::Validator;
use hull_types::host_api::{Address, Hash, Height, Timestamp};

use crate::application::{Application, Failure};

/// Who takes part in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Town {
    /// The validators from the beginning, by key.
    pub validators: Vec<Validator>,
    /// How many nodes there are, numbered from 0: the validators in their order, then
    /// one that may be a full node.
    pub nodes: usize,
    /// The account that may change the validators, of
    /// [`dev::accounts`](hull_types::dev::accounts).
    pub authority: Address,
}

/// The chains of all nodes of a run, with their disks.
///
/// The simulation is single-threaded; what a world does has to follow from what it was
/// asked, in its order.
pub trait World {
    /// The chain of a node.
    type Chain: Application;

    /// What is signed for: the parent of the first block.
    fn chain_id(&self) -> Hash;

    /// When the chain begins.
    fn begins(&self) -> Timestamp;

    /// Opens the chain of a node as its disk has it: at the beginning, and after every
    /// crash, when nothing of the last one is in use any more.
    ///
    /// # Errors
    /// The node failed.
    fn open(&mut self, node: usize) -> Result<Arc<Self::Chain>, Failure>;

    /// What time it is for a node from now on.
    fn set_time(&mut self, node: usize, time: Timestamp);

    /// An encoded transaction comes to a node. Whether it took it.
    fn submit(&self, chain: &Self::Chain, envelope: &[u8], time: Timestamp) -> bool;

    /// The height of the block that has a transaction, if the node would tell its
    /// receipt as final.
    ///
    /// # Errors
    /// The node failed.
    fn receipt(&self, chain: &Self::Chain, id: &Hash) -> Result<Option<Height>, Failure>;

    /// The state root after a height that is committed.
    ///
    /// # Errors
    /// The node failed.
    fn state_root(&self, chain: &Self::Chain, height: Height) -> Result<Hash, Failure>;
}
