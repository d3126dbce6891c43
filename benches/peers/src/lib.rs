//! Hull and its peers behind one interface.
//!
//! A [`Subject`] is an engine in one configuration, tuned as its documentation
//! advises: linked once, instances from a pool where there is one, functions
//! looked up and typed ahead. All of them run the same modules. The host behind
//! the peers is the simplest that gives the right answers; Hull's has an undo
//! log besides, because Hull never runs without one.
//!
//! | subject | is |
//! |---|---|
//! | `native` | the same source, compiled for this machine |
//! | `cranelift`, `singlepass` | wasmer without metering: what metering is measured against |
//! | `cranelift-metering`, `singlepass-metering` | wasmer with `wasmer-middlewares`; CosmWasm chains run the latter |
//! | `wasmtime-fuel` | wasmtime, pooling allocator, fuel |
//! | `wasmi-fuel` | the interpreter, fuel |
//! | `hull`, `hull-singlepass` | Hull on either tier |
//! | `cosmwasm-vm` | the VM of CosmWasm with `cw20-base`, pinned in memory; `call` and `compile` only |
//!
//! # Adding one
//!
//! Implement [`Subject`] and list it in [`subjects`]. The benches check what an
//! engine computes against the native function before they measure it.

use std::any::Any;

use anyhow::Result;
use bench_workloads::token::Address;
use hull_vm::host_api::Event;

mod cosmwasm;
mod hull;
mod ledger;
mod wasmer_engine;
mod wasmi_engine;
mod wasmtime_engine;

pub use cosmwasm::{CosmWasm, Transfer};

/// An engine in one configuration.
pub trait Subject {
    /// The name under which figures are reported.
    fn name(&self) -> &'static str;

    /// Prepares `module` and returns its function `export` for calls as fast
    /// as the engine can: on one warm instance.
    fn compute(&self, module: &[u8], export: &str) -> Result<Function>;

    /// Prepares the contract `module` with `state` in its storage. `None` if
    /// the engine does not run contracts in this way.
    fn contract(
        &self,
        module: &[u8],
        instances: Instances,
        state: &State,
    ) -> Result<Option<Box<dyn Contract>>>;

    /// Sets up everything that a node has before a module arrives, and returns
    /// the function that makes an uploaded module ready to run.
    fn compiler(&self) -> Result<Compiler>;
}

/// A pure function of a module.
pub type Function = Box<dyn FnMut(u32) -> Result<u64>>;
/// Makes a module ready; the result is kept until the clock has stopped.
pub type Compiler = Box<dyn FnOnce(&[u8]) -> Result<Box<dyn Any>>>;
/// Keys and their values.
pub type State = [(Vec<u8>, Vec<u8>)];

/// A contract with its state.
pub trait Contract {
    /// Runs the entry point `call`.
    fn call(&mut self, caller: &Address, input: &[u8]) -> Result<Answer>;

    /// What the contract has stored under `key`.
    fn stored(&self, key: &[u8]) -> Option<Vec<u8>>;
}

/// What a call left, apart from its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The data it returned.
    pub data: Vec<u8>,
    /// What it told the outside world.
    pub events: Vec<Event>,
}

/// What a call finds in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instances {
    /// The module's initial memory and globals, as it must on a chain.
    Fresh,
    /// What the call before left behind. No chain can run like this: it shows
    /// what the engine takes for everything else.
    Reused,
}

/// Gas, fuel or points for one call: so much that it never ends.
const PLENTY: u64 = 1 << 60;

/// The engines, in the order in which they take turns.
pub fn subjects() -> Result<Vec<Box<dyn Subject>>> {
    use hull::Hull;
    use hull_vm::Tiering;
    use wasmer_engine::{Backend, Wasmer};

    Ok(vec![
        Box::new(Wasmer::new("cranelift", Backend::Cranelift)),
        Box::new(Hull::new("hull", Tiering::OptimizedOnly)),
        Box::new(Wasmer::new("cranelift-metering", Backend::Cranelift).metered()),
        Box::new(Wasmer::new("singlepass", Backend::Singlepass)),
        Box::new(Hull::new("hull-singlepass", Tiering::BaselineOnly)),
        Box::new(Wasmer::new("singlepass-metering", Backend::Singlepass).metered()),
        Box::new(wasmtime_engine::Wasmtime::new()?),
        Box::new(wasmi_engine::Wasmi::new()),
    ])
}
