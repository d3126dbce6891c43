//! The store of a chain from outside, in one program: linking is what takes long.

mod chain;
mod check;
mod disk;
mod faults;
mod kill;
mod proofs;
#[cfg(feature = "rocksdb")]
mod rocks;
mod store;
mod support;
