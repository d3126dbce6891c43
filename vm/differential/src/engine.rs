//! The engines, behind one way to run a case.

use std::fmt;

use crate::case::{Call, Metered};
use crate::observation::{Called, Halt, Memory, Observation};
use crate::value::Value;
use crate::world::Trace;

mod wasmer;
mod wasmi;

/// An engine that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Engine {
    /// The tier of every first call: wasmer's Singlepass, as the product has it.
    Baseline,
    /// The tier of hot code: wasmer's Cranelift, as the product has it.
    Optimized,
    /// wasmi: an interpreter that shares no code with the two.
    Interpreter,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Baseline, Self::Optimized, Self::Interpreter];

    /// Runs all calls on one new instance.
    ///
    /// # Errors
    /// If the engine does not take the module. Every engine takes every module
    /// of the profile.
    pub fn run(self, metered: &Metered, calls: &[Call]) -> Result<Observation, Declined> {
        let run = match self {
            Self::Baseline => wasmer::run(hull_vm::Tier::Baseline, metered, calls),
            Self::Optimized => wasmer::run(hull_vm::Tier::Optimized, metered, calls),
            Self::Interpreter => wasmi::run(metered, calls),
        };
        run.map_err(|cause| Declined {
            engine: self,
            cause,
        })
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Optimized => "optimized",
            Self::Interpreter => "interpreter",
        })
    }
}

/// An engine did not take a module.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the {engine} engine did not take the module: {cause}")]
pub struct Declined {
    /// Which.
    pub engine: Engine,
    /// Why, in its own words.
    pub cause: String,
}

/// An instance on some engine.
trait Instance {
    fn call(&mut self, function: &str, args: &[Value]) -> Result<Vec<Value>, Halt>;
    fn set_counters(&mut self, gas: i64, frames: i32);
    fn counters(&mut self) -> (i64, i32);
    fn globals(&mut self) -> Vec<Value>;
    fn memory(&mut self) -> Option<Memory>;
    fn trace(&self) -> Trace;
    fn reset(&mut self) -> Result<(), Halt>;
}

/// Runs the calls and writes down what can be seen.
fn observe(instance: &mut dyn Instance, metered: &Metered, calls: &[Call]) -> Observation {
    let initial = instance.globals();
    let calls = calls.iter().map(|call| {
        instance.set_counters(call.gas, call.frames.saturating_sub(metered.entry_frames));
        let end = instance.call(&call.function, &call.args);
        let (gas, frames) = instance.counters();
        Called {
            end,
            gas,
            frames,
            globals: instance.globals(),
            trace: instance.trace(),
        }
    });
    let calls = calls.collect();
    let memory = instance.memory();
    let reset = instance.reset().map(|()| instance.globals());
    Observation {
        refused: None,
        initial,
        calls,
        memory,
        reset: reset.unwrap_or_default(),
    }
}

/// What is seen of a module that cannot be instantiated.
fn refused(halt: Halt) -> Observation {
    Observation {
        refused: Some(halt),
        initial: Vec::new(),
        calls: Vec::new(),
        memory: None,
        reset: Vec::new(),
    }
}
