//! The commands, a file each: its options, its answer, the way from one to the other.

pub(crate) mod abi;
pub(crate) mod account;
pub(crate) mod address;
pub(crate) mod build;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod decode;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod encode;
pub(crate) mod gas;
pub(crate) mod info;
pub(crate) mod instantiate;
pub(crate) mod keys;
pub(crate) mod network;
pub(crate) mod new;
pub(crate) mod node;
pub(crate) mod profile;
pub(crate) mod query;
pub(crate) mod storage;
pub(crate) mod test;
pub(crate) mod trace;
pub(crate) mod transfer;
pub(crate) mod tx;
pub(crate) mod upload;
