//! What a chain keeps: state, its Merkle tree, code, blocks and receipts.
//!
//! ```text
//!   executor ──reads──> Snapshot <── at(height) ──┐
//!      │                                          │
//!    diff ──> prepare ──> root, records, nodes    ChainStore ──> Store: redb, RocksDB
//!                              │                  │
//!   block, receipts ──> commit ┴─ one atomic, durable batch
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | flat | records of the latest state under their own keys: one look-up each |
//! | tree | a Jellyfish Merkle tree (SHA2-256) over the same records, of every height that is kept; its root is the state root |
//! | prepared | what a block would write, while it is only proposed |
//! | retained | a height whose state can be read and proved; see [`Retain`] |
//! | store | an engine of ordered bytes; [`Store`] |
//!
//! [`layout`] says which bytes are where.
//!
//! # Engines
//!
//! [`Redb`] is pure Rust, in one file or in memory. RocksDB stands behind the feature
//! `rocksdb`, for states that are larger than memory; it is C++, and linked from the
//! folder in `ROCKSDB_LIB_DIR` if that is set, else compiled. Both pass the same suite,
//! and the same blocks leave the same entries in either.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use hull_executor::{Account, StateDiff, StateReader};
//! use hull_state::{ChainStore, Options, Redb};
//! use hull_types::host_api::Address;
//! use hull_types::{Block, Genesis, Header, Parameters, evidence_root, receipts_root, transactions_root};
//!
//! let genesis = Genesis {
//!     name: "example".into(),
//!     time: 0,
//!     parameters: Parameters::default(),
//!     accounts: Vec::new(),
//!     validators: Vec::new(),
//! };
//! let chain = ChainStore::open(Arc::new(Redb::in_memory()?), Options::default())?;
//! let parent = chain.begin(&genesis)?;
//!
//! // What an executor says of the block:
//! let mut diff = StateDiff::default();
//! let alice = Address([1; 32]);
//! diff.accounts.insert(alice, Account { nonce: 0, balance: 5 });
//!
//! let prepared = chain.prepare(0, &diff)?;
//! let root = prepared.root();
//! let header = Header {
//!     height: 1,
//!     time: 1,
//!     parent,
//!     state_root: chain.root(0)?.unwrap(),
//!     receipts_root: receipts_root([]),
//!     transactions_root: transactions_root([]),
//!     evidence_root: evidence_root(&[]),
//!     ..Header::default()
//! };
//! let block = Block { header, ..Block::default() };
//! chain.commit(&block, &[], prepared, b"certificate")?;
//!
//! assert_eq!(chain.root(1)?, Some(root));
//! assert_eq!(chain.at(1)?.account(&alice)?.unwrap().balance, 5);
//! assert_eq!(chain.at(0)?.account(&alice)?, None);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod chain;
mod check;
mod commit;
mod engines;
mod error;
pub mod layout;
mod node;
mod prepared;
mod prune;
mod records;
mod snapshot;
mod store;
mod tree;

pub use chain::{ChainStore, Options, Proof, Retain};
pub use check::Checked;
pub use engines::redb::Redb;
#[cfg(feature = "rocksdb")]
#[cfg_attr(docsrs, doc(cfg(feature = "rocksdb")))]
pub use engines::rocksdb::Rocks;
pub use error::StateError;
pub use hull_proof::Subject;
pub use prepared::Prepared;
pub use snapshot::Snapshot;
pub use store::{Batch, Entry, Order, Range, Space, Store, StoreError, View, Write};
