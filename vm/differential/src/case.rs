//! A case: a module, and what is called of it with how much gas.

use arbitrary::Unstructured;
use hull_gas_meter::{Config, FRAME_LIMIT, Facts, InstrumentError, Schedule, instrument};

use crate::expose::expose;
use crate::generate;
use crate::outline::Outline;
use crate::random::Random;
use crate::value::{Type, Value};

/// Most bytes a case is made of.
const MAX_BYTES: u64 = 6 * 1024;

/// Gas of an ordinary call: some functions grow the memory (60 million a page),
/// most need less than a million, and what loops forever ends in a fraction of
/// a millisecond.
const ENOUGH: std::ops::Range<u32> = 27..29;
/// Gas of a call that is likely to run out somewhere, as a power of two.
const SCARCE: std::ops::Range<u32> = 8..27;

/// A module and the calls of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The module, not instrumented.
    pub module: Vec<u8>,
    /// What is called, one after the other, on one instance.
    pub calls: Vec<Call>,
    pub(crate) outline: Outline,
}

/// A call of an exported function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The name of the export.
    pub function: String,
    /// Its arguments.
    pub args: Vec<Value>,
    /// The gas counter before.
    pub gas: i64,
    /// The frame counter before, without what the embedder sets aside.
    pub frames: i32,
}

/// A module ready to be run, the same bytes for every engine.
#[derive(Clone, Debug)]
pub struct Metered {
    /// Instrumented, with memory and globals exported.
    pub wasm: Vec<u8>,
    pub(crate) entry_frames: i32,
    pub(crate) globals: u32,
}

impl Case {
    /// The case of a seed.
    ///
    /// Now and then the generator's choices contradict each other; the case is
    /// then that of the next number in the seed's own stream.
    pub fn from_seed(seed: u64) -> Self {
        let mut random = Random::new(seed);
        loop {
            let len = 256 + random.below(MAX_BYTES);
            let bytes = random.bytes(len as usize);
            if let Some(case) = Self::from_bytes(&bytes) {
                return case;
            }
        }
    }

    /// The case that bytes describe, or `None` if they do not suffice.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Unstructured::new(bytes);
        let arguments = bytes.arbitrary().ok()?;
        let module = generate::module(&mut bytes)?;
        Self::of_module(module, arguments)
    }

    /// The case of a module of the profile that imports nothing but the host
    /// functions of this crate; `None` if it is something else. `seed` decides
    /// on arguments and gas.
    pub fn of_module(module: Vec<u8>, seed: u64) -> Option<Self> {
        let outline = Outline::read(&module)?;
        let mut random = Random::new(seed);
        let calls = outline.functions.iter().map(|function| Call {
            function: function.name.clone(),
            args: arguments(&function.params, &mut random),
            gas: gas(&mut random),
            frames: frames(&mut random),
        });
        Some(Self {
            calls: calls.collect(),
            module,
            outline,
        })
    }

    /// Builds the meter in.
    ///
    /// # Errors
    /// As [`instrument`].
    pub fn metered(&self, schedule: &Schedule) -> Result<Metered, InstrumentError> {
        let metered = instrument(&self.module, &Config::new(schedule))?;
        Ok(self.exposed(&metered.wasm, &metered.facts))
    }

    fn exposed(&self, wasm: &[u8], facts: &Facts) -> Metered {
        Metered {
            wasm: expose(wasm, &self.outline),
            entry_frames: facts.entry_frames as i32,
            globals: self.outline.globals,
        }
    }
}

fn arguments(params: &[Type], random: &mut Random) -> Vec<Value> {
    params
        .iter()
        .map(|&ty| Value::from_bits(ty, bits(ty, random)))
        .collect()
}

/// Half of the arguments are where arithmetic has its edges.
fn bits(ty: Type, random: &mut Random) -> u64 {
    const I32: &[u64] = &[
        0,
        1,
        2,
        7,
        0xFF,
        0xFFFF,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
    ];
    const I64: &[u64] = &[
        0,
        1,
        0xFFFF_FFFF,
        0x1_0000_0000,
        0x7FFF_FFFF_FFFF_FFFF,
        0x8000_0000_0000_0000,
        0xFFFF_FFFF_FFFF_FFFF,
    ];
    /// Zeros, one, the ends of i32, infinities, and NaNs: canonical, negative,
    /// signalling, with payload.
    const F32: &[u64] = &[
        0,
        0x8000_0000,
        0x3F80_0000,
        0x4F00_0000,
        0xCF00_0000,
        0x0000_0001,
        0x7F80_0000,
        0xFF80_0000,
        0x7FC0_0000,
        0xFFC0_0000,
        0x7F80_0001,
        0x7FC0_1234,
    ];
    const F64: &[u64] = &[
        0,
        0x8000_0000_0000_0000,
        0x3FF0_0000_0000_0000,
        0x41E0_0000_0000_0000,
        0xC3E0_0000_0000_0000,
        0x0000_0000_0000_0001,
        0x7FF0_0000_0000_0000,
        0xFFF0_0000_0000_0000,
        0x7FF8_0000_0000_0000,
        0xFFF8_0000_0000_0000,
        0x7FF0_0000_0000_0001,
        0x7FF8_0000_0000_1234,
    ];
    if random.once_in(2) {
        return random.next();
    }
    random.choose(match ty {
        Type::I32 => I32,
        Type::I64 => I64,
        Type::F32 => F32,
        Type::F64 => F64,
    })
}

fn gas(random: &mut Random) -> i64 {
    let range = if random.once_in(5) { SCARCE } else { ENOUGH };
    let power = range.start + random.below(range.len() as u64) as u32;
    (1 << power) + random.below(1 << power) as i64
}

fn frames(random: &mut Random) -> i32 {
    if random.once_in(8) {
        random.below(2_048) as i32
    } else {
        FRAME_LIMIT as i32
    }
}
