//! The node that the API speaks for.

use std::sync::Arc;

use hull_chain::{Chain, ChainError};
use hull_host_api::Timestamp;
use hull_rpc_types::{Peer, Sealed};
use prometheus_client::registry::Registry;

/// What time it is, in milliseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The node that the API speaks for.
#[derive(Clone)]
pub struct Node {
    /// Its chain.
    pub chain: Chain,
    /// Its clock. On a development node it can be moved.
    pub clock: Clock,
    /// Called after a transaction was taken into the pool.
    pub submitted: Arc<dyn Fn() + Send + Sync>,
    /// Whether the node may be asked; else why not, for `/readyz`.
    pub ready: Arc<dyn Fn() -> Result<(), String> + Send + Sync>,
    /// Its network, if it has one.
    pub network: Option<Arc<dyn NetworkControl>>,
    /// Figures of other parts of the node for `/metrics`, in the text format of
    /// OpenMetrics without its end mark.
    pub figures: Arc<dyn Fn() -> String + Send + Sync>,
    /// What a development node does besides.
    pub dev: Option<Arc<dyn DevControl>>,
    /// The version of the software.
    pub version: &'static str,
}

impl Node {
    /// A node whose clock stands at the head and that nobody drives.
    pub fn new(chain: Chain) -> Self {
        let clock = chain.clone();
        Self {
            chain,
            clock: Arc::new(move || clock.head().time.saturating_add(1)),
            submitted: Arc::new(|| ()),
            ready: Arc::new(|| Ok(())),
            network: None,
            figures: Arc::new(String::new),
            dev: None,
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// What the API does with the network of a node. Called on threads that may block.
pub trait NetworkControl: Send + Sync {
    /// Sends a transaction to other nodes, which the pool of this one has taken.
    fn publish(&self, transaction: &[u8]);

    /// Who is connected.
    fn peers(&self) -> Vec<Peer>;

    /// Counts what it counts with the rest of the node.
    fn register(&self, registry: &mut Registry);
}

/// What a development node does on request. Called on threads that may block.
pub trait DevControl: Send + Sync {
    /// Seals blocks now, empty ones if nothing waits.
    ///
    /// # Errors
    /// If the node failed.
    fn seal(&self, blocks: u32) -> Result<Sealed, ChainError>;

    /// Moves the clock forward, and says what it shows then.
    fn increase_time(&self, milliseconds: u64) -> Timestamp;

    /// Sets the clock.
    ///
    /// # Errors
    /// [`ChainError::Time`] if that is not later than the last block.
    fn set_time(&self, time: Timestamp) -> Result<Timestamp, ChainError>;
}
