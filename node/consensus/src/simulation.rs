//! Whole networks in one thread, with a clock of their own, and faults from a seed.
//!
//! Every node has what the product has: the engine's state machine, the host, the
//! worker, the assembly of blocks, the codec, the signing guard, and the chain. What is
//! not there is what cannot be repeated: the engine's actors, libp2p, and files. In
//! their places are a queue of events, a network that loses, delays, doubles and parts,
//! and disks that keep what was flushed. One seed decides everything, so that a run that
//! fails is repeated by its number, event by event.
//!
//! ```text
//!   seed ──> faults                      World: the chains and their disks
//!              │                                       │
//!   queue ──> node: engine <──> host, worker ──> Application ──> checks
//!     ^         │ messages                                         │
//!     └─ network ┘                               agreement, validity, acknowledged,
//!                                                progress, signing, health
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | run | one network from its genesis on: faults for some seconds, then none |
//! | campaign | many runs, [`Campaign`] |
//! | world | the chains of all nodes, [`World`] |
//! | told | what a client was told as final: a receipt |
//! | liar | a Byzantine validator; there is at most one |
//! | plant | a bug that is there on purpose, to see that a [`Check`] finds it |
//!
//! # What is checked
//!
//! After every event, whatever the faults: [`Check::Agreement`], [`Check::Validity`],
//! [`Check::Acknowledged`], [`Check::Signing`] and [`Check::Health`]. When the faults are
//! over, [`Check::Progress`]: every node goes on, and every client gets receipts.
//!
//! # Example
//!
//! A campaign is run with [`Campaign::run`], given what makes a world:
//!
//! ```no_run
//! use hull_consensus::simulation::{Campaign, Options, Tally, Town, Violation, World};
//!
//! fn twenty<W: World>(world: impl Fn(&Town) -> W + Sync) -> Result<Tally, Box<Violation>> {
//!     Campaign::from_environment(20).run(Options::default(), world)
//! }
//! ```
//!
//! `HULL_SIMULATION_SEED` and `HULL_SIMULATION_CASES` choose the runs,
//! `HULL_SIMULATION_TOLD` prints every event.

mod campaign;
mod checks;
mod client;
mod disk;
mod engine;
mod faults;
mod history;
mod liar;
mod node;
mod options;
mod parcel;
mod queue;
mod random;
mod run;
mod sync;
mod witness;
mod world;

use std::time::Duration;

use hull_types::host_api::Hash;

pub use campaign::{Campaign, Tally};
pub use checks::{Check, Violation};
pub use options::{Options, Plant, Weather};
pub use run::run;
pub use world::{Town, World};

/// What happened in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// The sha2-256 of everything that happened, in its order.
    pub history: Hash,
    /// How long it took by its own clock.
    pub time: Duration,
    /// Events.
    pub events: u64,
    /// Heights that were decided.
    pub heights: u64,
    /// Heights that took more than one round.
    pub later_rounds: u64,
    /// Transactions whose receipts were told as final.
    pub acknowledged: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Crashes.
    pub crashes: u64,
    /// Blocks that came by synchronisation.
    pub synced: u64,
    /// Whether a validator was Byzantine.
    pub liar: bool,
    /// Whether the validators changed.
    pub changed: bool,
}

#[cfg(test)]
mod tests;
