//! What consensus asks of a chain.

use hull_types::host_api::Height;
use hull_types::{Block, Evidence, Validator};

/// Why this node cannot go on. It stops: a guess would be worse.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A chain that validators agree on.
///
/// `propose`, `validate`, `commit`, `pace` and `misbehaved` are called from one thread,
/// one at a time, and may take as long as executing a block takes. The others are
/// questions: called from any thread at any time, and answered at once from what is
/// stored.
///
/// An `Err` is a failure of this node alone, and ends it. What another node did wrong is
/// a [`Verdict`].
pub trait Application: Send + Sync + 'static {
    /// The height of the last committed block; 0 before the first.
    ///
    /// # Errors
    /// This node failed.
    fn head(&self) -> Result<Height, Failure>;

    /// The lowest height of which [`decided`](Self::decided) still has the block.
    ///
    /// # Errors
    /// This node failed.
    fn oldest(&self) -> Result<Height, Failure>;

    /// The validators that decide a height, in their order: of every height up to two
    /// above the head. At least one, at most
    /// [`MAX_VALIDATORS`](hull_types::MAX_VALIDATORS).
    ///
    /// # Errors
    /// This node failed.
    fn validators(&self, height: Height) -> Result<Vec<Validator>, Failure>;

    /// A new block on the head. Its header has the roots of what is in it.
    ///
    /// # Errors
    /// This node failed.
    fn propose(&self, height: Height, round: u32) -> Result<Block, Failure>;

    /// Whether a block that is not decided may follow the head. `height` is that of the
    /// block and one above the head.
    ///
    /// # Errors
    /// This node failed.
    fn validate(&self, block: &Block) -> Result<Verdict, Failure>;

    /// Makes a decided block the head, durably. It may not have been validated here
    /// before. Its encoded certificate is [`hull_types::Certificate`].
    ///
    /// # Errors
    /// This node failed, or what it computed is not what the validators decided: then
    /// the error tells both.
    fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure>;

    /// A committed block, if it is still kept.
    ///
    /// # Errors
    /// This node failed.
    fn decided(&self, height: Height) -> Result<Option<Decided>, Failure>;

    /// Whether there is something to decide, or the next block can wait.
    ///
    /// # Errors
    /// This node failed.
    fn pace(&self) -> Result<Pace, Failure>;

    /// Validators were caught. Each piece verifies.
    ///
    /// # Errors
    /// This node failed.
    fn misbehaved(&self, evidence: &[Evidence]) -> Result<(), Failure> {
        let _ = evidence;
        Ok(())
    }
}

/// What is to be said of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This node can follow it.
    Valid,
    /// It may not be. The reason is for the log.
    Invalid(String),
}

/// When the next block is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As soon as the time between blocks has passed.
    Now,
    /// Nothing waits: later, or when somebody else proposes.
    Idle,
}

/// A committed block with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The encoded block.
    pub block: Vec<u8>,
    /// Its encoded certificate.
    pub certificate: Vec<u8>,
}
