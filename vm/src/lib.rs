//! Runs WebAssembly contracts: deterministic, metered to the unit of gas, fast.
//!
//! An embedder hands a [`Vm`] the bytes of a contract and a
//! [`Host`](hull_host_api::Host), and gets an [`Outcome`]. The engine owns
//! everything that is dangerous (frames, gas, capabilities, depth, reentrancy,
//! rollback); the host keeps state.
//!
//! # The way of a contract
//!
//! ```text
//! bytes -> admit -> prepare -> compile -> cache -> link -> call -> Outcome
//!          |        |          |          |        |       |
//!          |        |          |          |        |       frames, host functions
//!          |        |          |          |        pooled instances
//!          |        |          |          memory, disk; bounded in bytes
//!          |        |          Singlepass at once, Cranelift when hot
//!          |        the meter's pass: gas, frames, NaN, memory maximum
//!          rules and limits; the only judge of an upload
//! ```
//!
//! Results and gas do not depend on the tier, on what is cached, or on the
//! machine. [`Err`] is for failures of the node alone: they are never a result.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod admit;
mod cache;
mod compile;
mod config;
mod context;
pub mod dialect;
mod failure;
mod frame;
pub mod limits;
mod link;
mod memory;
mod memory_host;
mod native;
mod observe;
mod outcome;
mod pool;
mod prepare;
mod profile;
mod vm;

pub use admit::{Admission, AdmissionError, Rule};
pub use compile::Tier;
#[doc(hidden)]
pub use compile::engine;
pub use config::{Config, DiskCacheConfig, Tiering};
pub use context::{Context, Exit};
pub use dialect::{Dialect, Entry};
pub use failure::{Failure, FrameKind, Reason};
pub use hull_gas_meter::Schedule;
pub use hull_host_api as host_api;
pub use link::Linker;
pub use memory_host::MemoryHost;
pub use observe::{CodePlace, Entered, Left, Observer, Step};
pub use outcome::{CallResult, HaltKind, Outcome};
pub use profile::{Place, Profile};
pub use vm::{Call, Instantiate, Stats, UploadError, Vm};
