//! Checks that a state root has, or has not, a record.
//!
//! `no_std`, for light clients, bridges and contracts of other chains. The proof is a
//! `CommitmentProof` of [ICS23](https://github.com/cosmos/ics23), of one existence or
//! one absence, over a Jellyfish Merkle tree with SHA2-256. Nothing here is shared
//! with what builds the tree.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | root | the state root after a block; the header of the next block has it, and a certificate signs that header |
//! | subject | what the proof is about: an account, a contract, a code, an item of storage |
//! | value | the record in SCALE, as the chain keeps it |
//! | absence | there is no record: a proof of the two that would be beside it, with nothing between them |
//!
//! Whoever has a valid proof knows as much as who computed the root. A proof has one
//! encoding: changing any byte of a valid one makes it invalid.
//!
//! # Example
//!
//! ```
//! use hull_host_api::{Address, Hash};
//! use hull_proof::{Invalid, Subject, verify};
//!
//! let alice = Subject::Account(Address([1; 32]));
//! let refused = verify(&Hash([0; 32]), &alice, Some(b"5 tokens"), b"trust me");
//! assert_eq!(refused, Err(Invalid::Encoding));
//! ```
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod hash;
mod subject;
mod verify;

pub use subject::Subject;
pub use verify::{Invalid, MAX_DEPTH, MAX_PROOF_BYTES, verify};
