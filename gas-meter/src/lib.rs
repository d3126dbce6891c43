//! Gas for Wasm: the schedule, and the pass that writes it into a module.
//!
//! [`instrument`] takes a valid module and returns one that computes the same
//! and, besides, counts what it does, bounds its stack, gives every NaN one bit
//! pattern and can be reset. Because all of that is Wasm again, any engine that
//! runs the output agrees on every unit of gas.
//!
//! `SPEC.md`, next to this crate's manifest, is normative: the charge of a
//! program can be computed by hand from it.

mod callgraph;
mod class;
mod config;
mod emit;
mod error;
mod facts;
mod frames;
mod height;
mod module;
pub mod names;
mod nan;
mod output;
mod pass;
mod plan;
mod prepay;
mod profile;
mod reset;
mod scan;
mod schedule;
mod source_map;
mod spin;
mod state;
mod tarjan;
mod tracker;
mod types;

pub use class::{OperatorClass, class_of};
pub use config::{CONTRACT_MAX_MEMORY_PAGES, Config, FRAME_LIMIT};
pub use error::InstrumentError;
pub use facts::{Facts, MemoryFacts};
pub use pass::{Instrumented, instrument};
pub use profile::{Profiled, ProfiledFunction, profiled};
pub use schedule::{OperatorCosts, Schedule};
pub use source_map::SourceMap;
