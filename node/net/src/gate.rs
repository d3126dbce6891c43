//! What the network asks the node.

use hull_types::host_api::Hash;

/// What the network asks the node. Its functions are called on threads that may block,
/// on as many at once as [`Limits::workers`](crate::Limits::workers); what they do is
/// bounded by what they are given.
pub trait Gate: Send + Sync + 'static {
    /// Judges the bytes of a transaction that a peer sent, and takes it if it is good.
    ///
    /// The verdict has to be the same on every honest node when it is
    /// [`Verdict::Reject`]: whoever sent it on is punished.
    fn transaction(&self, bytes: &[u8]) -> Verdict;

    /// A code that the node has, by its hash.
    fn code(&self, hash: &Hash) -> Option<Vec<u8>>;
}

/// What a node thinks of a transaction from a peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken; the network sends it on.
    Accept,
    /// It is not wanted here and now: known already, its price too low, the pool full.
    /// It goes no further, and nobody is to blame.
    Ignore,
    /// No honest node would have sent it, for this reason. It goes no further, and its
    /// sender loses standing.
    Reject(String),
}
