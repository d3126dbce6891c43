//! Validators agree on blocks.
//!
//! The algorithm is Tendermint, in the implementation of
//! [Malachite](https://github.com/circlefin/malachite); nothing of it is visible outside
//! this crate. A chain is an [`Application`]; a node of its network is a [`Consensus`].
//!
//! ```text
//!                 ┌────────── host (answers at once) ──────────┐
//!   peers ──> engine ──> pieces of blocks ──> assembly          │
//!     ^         │  ^                             │              v
//!     │         │  │ judged block                v        peers that are behind
//!     └─ votes ─┘  └───────────────────────── worker ──> Application
//!                                       build, judge, commit
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | height, round | the place of a block in the chain; an attempt to decide it, from 0 |
//! | proposal | whose turn it is sends a block: a signed header and 128 KiB chunks |
//! | nil | what a validator votes for when it cannot follow a proposal |
//! | certificate | the precommits that decide a block, [`hull_types::Certificate`] |
//! | undecided | a block that was valid here and may be decided; on the disk until it is over |
//! | guard | keeps a key from signing two things about one step, [`SigningGuard`] |
//! | held | the write-ahead log failed, and the node stands still until somebody has looked |
//!
//! # What a node may say
//!
//! A block that is not decided and not valid here gets nil. A block that *is* decided,
//! and that this node cannot follow, ends the node: it, or two thirds of the power, are
//! wrong, and no vote of it would help. A failure of the node itself ends it too.
//!
//! # Simulation
//!
//! With the feature `simulation`, the module of that name runs networks of nodes in one
//! thread, on a clock of their own, with faults that a seed decides.
//!
//! # Example
//!
//! One validator without peers, for a chain of empty blocks.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use hull_consensus::{Application, Consensus, Decided, Failure, Pace, Settings, SigningGuard, Verdict};
//! use hull_types::host_api::{Hash, Height};
//! use hull_types::{Block, Header, Validator};
//! use hull_types::{evidence_root, transactions_root, verify_certificate};
//!
//! const CHAIN: Hash = Hash([1; 32]);
//!
//! struct Empty(Validator, Mutex<Vec<(Block, Vec<u8>)>>);
//!
//! impl Application for Empty {
//!     fn head(&self) -> Result<Height, Failure> {
//!         Ok(self.1.lock().unwrap().len() as Height)
//!     }
//!     fn oldest(&self) -> Result<Height, Failure> {
//!         Ok(1)
//!     }
//!     fn validators(&self, _: Height) -> Result<Vec<Validator>, Failure> {
//!         Ok(vec![self.0])
//!     }
//!     fn propose(&self, height: Height, _: u32) -> Result<Block, Failure> {
//!         // What a header names has to be in its block.
//!         let header = Header {
//!             height,
//!             transactions_root: transactions_root([]),
//!             evidence_root: evidence_root(&[]),
//!             ..Header::default()
//!         };
//!         Ok(Block { header, ..Block::default() })
//!     }
//!     fn validate(&self, _: &Block) -> Result<Verdict, Failure> {
//!         Ok(Verdict::Valid)
//!     }
//!     fn commit(&self, block: &Block, certificate: &[u8]) -> Result<(), Failure> {
//!         self.1.lock().unwrap().push((block.clone(), certificate.into()));
//!         Ok(())
//!     }
//!     fn decided(&self, _: Height) -> Result<Option<Decided>, Failure> {
//!         Ok(None)
//!     }
//!     fn pace(&self) -> Result<Pace, Failure> {
//!         Ok(Pace::Now)
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let folder = tempfile::tempdir().unwrap();
//! let (signing, data) = (folder.path().join("signing"), folder.path().join("data"));
//! SigningGuard::create(&signing, &CHAIN, &[7; 32]).unwrap();
//! let guard = SigningGuard::open(&signing, &CHAIN, &[7; 32]).unwrap();
//! let only = Validator { public_key: guard.public_key(), power: 1 };
//! let chain = Arc::new(Empty(only, Mutex::default()));
//!
//! let mut settings = Settings::new(CHAIN, data, [8; 32], "127.0.0.1:0".parse().unwrap());
//! settings.validator = Some(guard);
//! let node = Consensus::start(settings, chain.clone()).await.unwrap();
//! while chain.head().unwrap() < 3 {
//!     tokio::task::yield_now().await;
//! }
//! node.stop().await.unwrap();
//!
//! let (block, certificate) = chain.1.lock().unwrap()[2].clone();
//! let hash = block.header.hash();
//! verify_certificate(&CHAIN, &[only], 3, &hash, &certificate).unwrap();
//! # }
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod application;
mod assembly;
mod codec;
mod consensus;
mod context;
mod engine;
mod guard;
mod host;
mod logged;
mod outbox;
mod part;
mod scheme;
mod settings;
mod signer;
#[cfg(any(test, feature = "simulation"))]
pub mod simulation;
mod undecided;
mod wire;
mod worker;

pub use application::{Application, Decided, Failure, Pace, Verdict};
pub use consensus::{Consensus, Waker, metrics};
pub use guard::{GuardError, Position, SigningGuard, SigningRecord};
pub use settings::{Settings, Timeouts};

#[cfg(test)]
mod tests;
