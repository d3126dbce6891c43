//! The native host functions, in the order of the table. Signatures, costs,
//! groups and documentation are in the table itself; `link` checks capability
//! and read-only and takes the base cost before any of these runs.

mod calls;
mod context;
mod crypto;
mod storage;

pub(crate) use calls::*;
pub(crate) use context::*;
pub(crate) use crypto::*;
pub(crate) use storage::*;
