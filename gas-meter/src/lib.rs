//! Gas for Wasm: the schedule, and the pass that writes it into a module.
//!
//! [`instrument`] takes a valid module and returns one that computes the same
//! and, besides, counts what it does, bounds its stack, gives every NaN one bit
//! pattern and can be reset. Because all of that is Wasm again, any engine that
//! runs the output agrees on every unit of gas.
//!
//! `SPEC.md`, next to this crate's manifest, is normative: the charge of a
//! program can be computed by hand from it.

mod class;
mod config;
mod error;
mod facts;
mod module;
pub mod names;
mod output;
mod reset;
mod schedule;

use wasm_encoder::CodeSection;

pub use class::{OperatorClass, class_of};
pub use config::{CONTRACT_MAX_MEMORY_PAGES, Config, FRAME_LIMIT};
pub use error::InstrumentError;
pub use facts::{Facts, MemoryFacts};
pub use schedule::{OperatorCosts, Schedule};

/// A module after the pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrumented {
    /// The module's bytes.
    pub wasm: Vec<u8>,
    /// What the embedder has to know about it.
    pub facts: Facts,
}

/// Instruments a module.
///
/// The module must have passed validation; of any other, the pass returns an
/// error or a module that does not validate, but it never panics.
pub fn instrument(wasm: &[u8], config: &Config<'_>) -> Result<Instrumented, InstrumentError> {
    let module = module::Module::read(wasm)?;
    let mut code = CodeSection::new();
    for body in &module.bodies {
        code.raw(body.as_bytes());
    }
    code.function(&reset::reset_function(&module));
    let additions = output::Additions {
        types: vec![vec![0x60, 0, 0]],
        reset_type: module.types.len() as u32,
        code: &code,
    };
    let wasm = output::write(&module, config, additions);
    let memory = module.memories.first().map(|memory| MemoryFacts {
        min: memory.initial.min(u32::MAX.into()) as u32,
        max: memory
            .maximum
            .unwrap_or(1 << 16)
            .min(config.max_memory_pages.into()) as u32,
    });
    Ok(Instrumented {
        wasm,
        facts: Facts {
            poolable: false,
            memory,
            entry_frames: 0,
        },
    })
}
