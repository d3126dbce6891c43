//! The host functions of generated modules, written once for every engine.
//!
//! They do what host functions do to a meter: read the counter, lower it, stop
//! the guest. And each leaves a trace of its arguments and of the counters it
//! found, so that two engines are compared at every crossing and not only at
//! the end.

use hull_host_api::Gas;

use crate::value::{Type, Value};

/// Where modules import them from.
pub(crate) const MODULE: &str = "world";

/// The host function that tells a guest how much gas is left.
pub(crate) const ASKS_FOR_GAS: &str = "gas_left";

/// Gas of every crossing, about what the cheapest native host function costs:
/// a guest that does nothing but call out is bounded by it.
const CROSSING: Gas = 40_000;

/// What a host function can reach of the instance that called it.
pub(crate) trait Guest {
    fn gas(&mut self) -> i64;
    fn set_gas(&mut self, gas: i64);
    fn frames(&mut self) -> i32;
    /// Length of the memory in bytes; 0 without one.
    fn memory_len(&mut self) -> u64;
    /// A byte inside the memory.
    fn read(&mut self, at: u64) -> u8;
    fn write(&mut self, at: u64, byte: u8);
    fn trace(&mut self) -> &mut Trace;
}

/// Why a host function stopped the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostHalt {
    /// It cost more than was left.
    #[error("the host found too little gas")]
    OutOfGas,
    /// It was asked to.
    #[error("the host refused")]
    Refused,
}

/// What the host functions saw, folded into two numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// How often the host was called.
    pub calls: u64,
    functions: u64,
    counters: u64,
}

impl Trace {
    /// Leaves what the guest called, and with what.
    pub(crate) fn forget_counters(&mut self) {
        self.counters = 0;
    }
}

fn fold(into: &mut u64, word: u64) {
    // The multiplier of PCG: odd, so that no word is lost.
    *into = (into.rotate_left(23) ^ word).wrapping_mul(0x5851_F42D_4C95_7F2D);
}

/// What a host function does with its arguments.
type Run = fn(&[u64], &mut dyn Guest) -> Result<Vec<Value>, HostHalt>;

/// A host function.
pub(crate) struct HostFunction {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [Type],
    pub(crate) results: &'static [Type],
    run: Run,
}

/// Every host function that a generated module may import.
pub(crate) const HOST_FUNCTIONS: &[HostFunction] = &[
    HostFunction {
        name: "observe",
        params: &[Type::I32, Type::I64, Type::F32, Type::F64],
        results: &[],
        run: |_, _| Ok(vec![]),
    },
    HostFunction {
        name: "tick",
        params: &[],
        results: &[],
        run: |_, _| Ok(vec![]),
    },
    HostFunction {
        name: ASKS_FOR_GAS,
        params: &[],
        results: &[Type::I64],
        run: |_, guest| Ok(vec![Value::I64(guest.gas() as u64)]),
    },
    HostFunction {
        name: "charge",
        params: &[Type::I32],
        results: &[],
        run: |args, guest| {
            charge(guest, args[0] & 0xF_FFFF)?;
            Ok(vec![])
        },
    },
    HostFunction {
        name: "double",
        params: &[Type::I64, Type::F64],
        results: &[Type::F64],
        run: |args, _| Ok(vec![Value::F64(args[0] ^ args[1])]),
    },
    HostFunction {
        name: "single",
        params: &[Type::F32],
        results: &[Type::F32],
        run: |args, _| Ok(vec![Value::F32(args[0].rotate_left(8) as u32)]),
    },
    HostFunction {
        name: "exchange_byte",
        params: &[Type::I32, Type::I32],
        results: &[Type::I32],
        run: |args, guest| {
            let len = guest.memory_len();
            if len == 0 {
                return Ok(vec![Value::I32(0)]);
            }
            let old = guest.read(args[0] % len);
            guest.write(args[0] % len, args[1] as u8);
            Ok(vec![Value::I32(old.into())])
        },
    },
    HostFunction {
        name: "refuse",
        params: &[Type::I32],
        results: &[],
        run: |args, _| match args[0] % 8 {
            0 => Err(HostHalt::Refused),
            _ => Ok(vec![]),
        },
    },
];

impl HostFunction {
    /// One crossing.
    pub(crate) fn call(
        &self,
        args: impl Iterator<Item = Value>,
        guest: &mut dyn Guest,
    ) -> Result<Vec<Value>, HostHalt> {
        let args: Vec<u64> = args.map(Value::bits).collect();
        let (gas, frames) = (guest.gas(), guest.frames());
        let trace = guest.trace();
        trace.calls += 1;
        let name = self.name.bytes().map(u64::from);
        name.chain(args.iter().copied())
            .for_each(|word| fold(&mut trace.functions, word));
        fold(&mut trace.counters, gas as u64);
        fold(&mut trace.counters, frames as u64);
        charge(guest, CROSSING)?;
        (self.run)(&args, guest)
    }
}

/// Takes gas as the engine's own host functions do.
fn charge(guest: &mut dyn Guest, gas: Gas) -> Result<(), HostHalt> {
    let left = guest.gas() - gas as i64;
    guest.set_gas(left.max(-1));
    if left < 0 {
        return Err(HostHalt::OutOfGas);
    }
    Ok(())
}

/// A module that imports all of them, or all that do not tell how much gas is
/// left, as the generator wants it.
pub(crate) fn imports(gas: bool) -> Vec<u8> {
    let encoded = |types: &[Type]| types.iter().map(|&ty| encoder_type(ty)).collect::<Vec<_>>();
    let mut types = wasm_encoder::TypeSection::new();
    let mut imports = wasm_encoder::ImportSection::new();
    let offered = HOST_FUNCTIONS.iter();
    let offered = offered.filter(|function| gas || function.name != ASKS_FOR_GAS);
    for (index, function) in (0..).zip(offered) {
        types
            .ty()
            .function(encoded(function.params), encoded(function.results));
        let ty = wasm_encoder::EntityType::Function(index);
        imports.import(MODULE, function.name, ty);
    }
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports);
    module.finish()
}

fn encoder_type(ty: Type) -> wasm_encoder::ValType {
    match ty {
        Type::I32 => wasm_encoder::ValType::I32,
        Type::I64 => wasm_encoder::ValType::I64,
        Type::F32 => wasm_encoder::ValType::F32,
        Type::F64 => wasm_encoder::ValType::F64,
    }
}
