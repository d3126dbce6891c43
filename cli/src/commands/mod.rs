//! The commands, a file each: its options, its answer, the way from one to the other.

pub(crate) mod abi;
pub(crate) mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod decode;
pub(crate) mod doctor;
pub(crate) mod encode;
pub(crate) mod gas;
pub(crate) mod info;
pub(crate) mod keys;
pub(crate) mod new;
pub(crate) mod profile;
pub(crate) mod test;
