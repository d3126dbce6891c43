//! What must never change, as files that another implementation could read, and
//! the runner that holds this one to them.
//!
//! - `programs/*.wat` are contracts, with their capabilities in a comment line;
//!   `programs/*.wasm` is what they assemble to, and what the vectors run.
//! - `vectors/*.json` are [`Vector`]s: a state, steps, and what must come of them.
//! - `chains/*.json` are [`ChainVector`](chain::ChainVector)s: accounts, blocks of
//!   signed transactions, their receipts, what they change, and the state roots.
//! - `encodings.json` is one value of every type in SCALE, and hashes; see
//!   [`encodings`].
//!
//! `cargo run -p hull-test-vectors -- bless` assembles the programs and writes
//! the expectations anew. A bless is an approval: read the difference.
//!
//! In the files bytes are hexadecimal, numbers over 2^53 and all gas are decimal
//! strings, and a missing field is its zero.

pub mod chain;
pub mod encodings;
pub mod play;
pub mod programs;
pub mod run;
pub mod vector;

pub use run::{bless, check};
pub use vector::Vector;

use std::path::PathBuf;

/// The folder of this crate.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
