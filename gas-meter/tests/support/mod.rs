//! What the tests of the pass share: instances on three engines, under one
//! interface, and modules from text.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

mod interpreter;
mod native;
pub(crate) mod programs;

use hull_gas_meter::{Config, FRAME_LIMIT, Instrumented, Schedule, instrument, names};

pub(crate) use native::Native;

/// Gas of a call unless a test says otherwise.
pub(crate) const GAS: i64 = 1_000_000_000_000;

/// What runs instrumented modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    Singlepass,
    Cranelift,
    Interpreter,
}

/// Every engine there is.
pub(crate) const MACHINES: [Machine; 3] = [
    Machine::Singlepass,
    Machine::Cranelift,
    Machine::Interpreter,
];

/// An instance of a module.
pub(crate) trait Guest {
    /// Calls an exported function. Arguments and results are bit patterns, and
    /// missing arguments are zero. `None` means that it trapped.
    fn call(&mut self, export: &str, args: &[u64]) -> Option<Vec<u64>>;
    /// An exported global, as a bit pattern.
    fn global(&mut self, name: &str) -> u64;
    fn set_global(&mut self, name: &str, value: u64);
    /// The bytes of the memory exported as `memory`.
    fn memory(&mut self) -> Vec<u8>;
    /// How often the guest has called the host.
    fn host_calls(&self) -> u32;
}

/// Makes an instance. `None` means that its start function trapped.
pub(crate) fn guest(machine: Machine, wasm: &[u8]) -> Option<Box<dyn Guest>> {
    match machine {
        Machine::Interpreter => interpreter::guest(wasm),
        native => Native::new(native, wasm).map(|guest| Box::new(guest) as Box<dyn Guest>),
    }
}

/// The bytes of a module in text form.
pub(crate) fn wasm(wat: &str) -> Vec<u8> {
    wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}\n{wat}"))
}

/// A module as contracts are instrumented; the result is valid.
pub(crate) fn metered(wasm: &[u8], schedule: &Schedule) -> Instrumented {
    metered_with(wasm, &Config::new(schedule))
}

/// A module instrumented in any way; the result is valid.
pub(crate) fn metered_with(wasm: &[u8], config: &Config<'_>) -> Instrumented {
    let metered = instrument(wasm, config).unwrap_or_else(|error| panic!("{error}"));
    wasmparser::validate(&metered.wasm).unwrap_or_else(|error| panic!("{error}"));
    metered
}

/// What a call showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// `None` if the call trapped.
    pub(crate) results: Option<Vec<u64>>,
    /// The gas counter after the call.
    pub(crate) left: i64,
    /// The frame counter after the call.
    pub(crate) frames: i32,
    pub(crate) host_calls: u32,
}

/// Calls `run` of a new instance as an embedder does: with gas, and with the
/// frame bytes that no function counts already taken away.
pub(crate) fn run(machine: Machine, module: &Instrumented, gas: i64) -> Run {
    let mut guest = guest(machine, &module.wasm).expect("the module has no start function");
    run_again(guest.as_mut(), module, gas)
}

/// Calls `run` of an instance that there is.
pub(crate) fn run_again(guest: &mut dyn Guest, module: &Instrumented, gas: i64) -> Run {
    guest.set_global(names::GAS, gas as u64);
    let frames = FRAME_LIMIT - module.facts.entry_frames;
    guest.set_global(names::FRAMES, frames.into());
    Run {
        results: guest.call("run", &[]),
        left: guest.global(names::GAS) as i64,
        frames: guest.global(names::FRAMES) as u32 as i32,
        host_calls: guest.host_calls(),
    }
}

/// Runs a module on every engine; what it shows must not depend on which.
pub(crate) fn run_everywhere(module: &Instrumented, gas: i64) -> Run {
    let [one, two, three] = MACHINES.map(|machine| run(machine, module, gas));
    assert_eq!(one, two, "the tiers differ");
    assert_eq!(one, three, "the interpreter differs");
    one
}
