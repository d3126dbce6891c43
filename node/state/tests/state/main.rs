//! The store of a chain from outside, in one program: linking is what takes long.

mod chain;
mod proofs;
mod support;
