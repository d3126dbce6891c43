//! Generated modules on three engines: equal results, equal gas.
//!
//! Hull runs a contract on one of two compilers, and another implementation of
//! the chain may run it on a third engine. All must agree on every bit of the
//! result and on every unit of gas, or the chain splits. This crate makes
//! modules out of random numbers, lets the meter's pass work on them, and runs
//! the very same bytes on Singlepass, on Cranelift (both configured as the
//! product does) and on the interpreter wasmi, which shares no code with them.
//!
//! ```text
//! seed -> bytes -> wasm-smith -> enrich -> Case -> instrument -> Metered
//!                                                                |
//!                       Baseline, Optimized, Interpreter <-------+
//!                                    |
//!                              Observation == Observation
//! ```
//!
//! What is compared: results by their bits, NaN included; whether and why a call
//! halted; both counters of the meter; every global; the memory as a whole; and
//! at each crossing to the host its arguments and the counters.
//!
//! [`Campaign`] runs many cases on all processors and replays one from its seed.
//! [`contracts`] does the same for whole contracts through the public interface
//! of `hull-vm`, and [`admission`] for what is to become one. [`plant`] spoils
//! one engine's copy, to show that a difference is found, and [`coverage`] tells
//! what the cases execute; [`transparent`] that the pass changes none of it.
//!
//! The crate is for tests: `vm/tests/differential.rs`, `cargo xtask soak` and the
//! fuzz targets.

pub mod admission;
mod campaign;
mod case;
mod compare;
pub mod contracts;
pub mod coverage;
mod engine;
mod enrich;
mod expose;
mod generate;
mod observation;
mod outline;
pub mod plant;
mod random;
mod tally;
pub mod transparent;
mod value;
mod world;

pub use campaign::{Campaign, Failed};
pub use case::{Call, Case, Metered};
pub use compare::{Agreed, Fault, compare, compare_metered};
pub use engine::{Declined, Engine};
pub use observation::{Called, Difference, End, Halt, Memory, Observation, difference};
pub use random::Random;
pub use tally::Tally;
pub use value::{Type, Value};
pub use world::{HostHalt, Trace};
