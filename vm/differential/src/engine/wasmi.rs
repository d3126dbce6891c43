//! The interpreter.

use wasmi::errors::{ErrorKind, InstantiationError, MemoryError, TableError};
use wasmi::{
    Caller, Config, Engine, Error, FuncType, Global, Instance, Linker, Module, Store, TrapCode,
    Val, ValType,
};

use super::{observe, refused};
use crate::case::{Call, Metered};
use crate::expose;
use crate::observation::{Halt, Memory, Observation};
use crate::value::{Type, Value};
use crate::world::{self, Guest, HOST_FUNCTIONS, HostHalt, Trace};

/// More than the frame counter lets any guest need: a frame counts at least 64
/// of its 2^20 bytes.
const RECURSION: usize = 1 << 15;
const STACK: usize = 256 << 20;

pub(super) fn run(metered: &Metered, calls: &[Call]) -> Result<Observation, String> {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(RECURSION)
        .set_max_stack_height(STACK);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, &metered.wasm).map_err(|error| error.to_string())?;
    let mut store = Store::new(&engine, World::default());
    let linker = linker(&engine);
    let instance = match linker.instantiate_and_start(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => return halt(error).map(refused),
    };
    let handles = Handles::of(&instance, &store);
    store.data_mut().handles = Some(handles);
    let mut running = Running {
        globals: (0..metered.globals)
            .filter_map(|index| instance.get_global(&store, &expose::global(index)))
            .collect(),
        store,
        instance,
    };
    Ok(observe(&mut running, metered, calls))
}

/// What the host functions of an instance share.
#[derive(Default)]
struct World {
    handles: Option<Handles>,
    trace: Trace,
}

#[derive(Clone, Copy)]
struct Handles {
    gas: Global,
    frames: Global,
    memory: Option<wasmi::Memory>,
}

impl Handles {
    fn of(instance: &Instance, store: &Store<World>) -> Self {
        let counter = |name| {
            instance
                .get_global(store, name)
                .expect("an instrumented module exports its counters")
        };
        Self {
            gas: counter(hull_gas_meter::names::GAS),
            frames: counter(hull_gas_meter::names::FRAMES),
            memory: instance.get_memory(store, expose::MEMORY),
        }
    }
}

fn linker(engine: &Engine) -> Linker<World> {
    let mut linker = Linker::new(engine);
    for function in HOST_FUNCTIONS {
        let types = |types: &[Type]| types.iter().map(|&ty| wasmi_type(ty)).collect::<Vec<_>>();
        let ty = FuncType::new(types(function.params), types(function.results));
        linker
            .func_new(world::MODULE, function.name, ty, |caller, args, results| {
                let args = args.iter().map(from_wasmi);
                let found = function
                    .call(args, &mut WasmiGuest(caller))
                    .map_err(|halt| Error::host(Stopped(halt)))?;
                for (slot, value) in results.iter_mut().zip(found) {
                    *slot = to_wasmi(value);
                }
                Ok(())
            })
            .expect("every host function has a name of its own");
    }
    linker
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct Stopped(HostHalt);

impl wasmi::errors::HostError for Stopped {}

struct WasmiGuest<'a>(Caller<'a, World>);

impl WasmiGuest<'_> {
    fn handles(&self) -> Handles {
        self.0
            .data()
            .handles
            .expect("nothing runs before there are handles")
    }

    fn memory(&self) -> wasmi::Memory {
        self.handles().memory.expect("checked by its length")
    }
}

impl Guest for WasmiGuest<'_> {
    fn gas(&mut self) -> i64 {
        i64_of(self.handles().gas.get(&self.0))
    }

    fn set_gas(&mut self, gas: i64) {
        let counter = self.handles().gas;
        counter
            .set(&mut self.0, Val::I64(gas))
            .expect("the gas counter is a mutable i64");
    }

    fn frames(&mut self) -> i32 {
        i32_of(self.handles().frames.get(&self.0))
    }

    fn memory_len(&mut self) -> u64 {
        let memory = self.handles().memory;
        memory.map_or(0, |memory| memory.data_size(&self.0) as u64)
    }

    fn read(&mut self, at: u64) -> u8 {
        self.memory().data(&self.0)[at as usize]
    }

    fn write(&mut self, at: u64, byte: u8) {
        let memory = self.memory();
        memory.data_mut(&mut self.0)[at as usize] = byte;
    }

    fn trace(&mut self) -> &mut Trace {
        &mut self.0.data_mut().trace
    }
}

struct Running {
    store: Store<World>,
    instance: Instance,
    globals: Vec<Global>,
}

impl Running {
    fn handles(&self) -> Handles {
        self.store
            .data()
            .handles
            .expect("set when the instance was made")
    }

    fn invoke(&mut self, function: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
        let function = self
            .instance
            .get_func(&self.store, function)
            .expect("only exports are called");
        let args: Vec<Val> = args.iter().map(|&value| to_wasmi(value)).collect();
        let ty = function.ty(&self.store);
        let mut results: Vec<Val> = ty.results().iter().map(|ty| Val::default(*ty)).collect();
        function.call(&mut self.store, &args, &mut results)?;
        Ok(results.iter().map(from_wasmi).collect())
    }
}

impl super::Instance for Running {
    fn call(&mut self, function: &str, args: &[Value]) -> Result<Vec<Value>, Halt> {
        self.invoke(function, args)
            .map_err(|error| halt(error).unwrap_or_else(|cause| panic!("wasmi failed: {cause}")))
    }

    fn set_counters(&mut self, gas: i64, frames: i32) {
        let handles = self.handles();
        handles
            .gas
            .set(&mut self.store, Val::I64(gas))
            .expect("the gas counter is a mutable i64");
        handles
            .frames
            .set(&mut self.store, Val::I32(frames))
            .expect("the frame counter is a mutable i32");
    }

    fn counters(&mut self) -> (i64, i32) {
        let handles = self.handles();
        let gas = i64_of(handles.gas.get(&self.store));
        (gas, i32_of(handles.frames.get(&self.store)))
    }

    fn globals(&mut self) -> Vec<Value> {
        let values = self.globals.iter().map(|global| global.get(&self.store));
        values.map(|value| from_wasmi(&value)).collect()
    }

    fn memory(&mut self) -> Option<Memory> {
        let bytes = self.handles().memory?.data(&self.store);
        Some(Memory {
            len: bytes.len() as u64,
            hash: blake3::hash(bytes),
        })
    }

    fn trace(&self) -> Trace {
        self.store.data().trace
    }

    fn reset(&mut self) -> Result<(), Halt> {
        self.call(hull_gas_meter::names::RESET, &[]).map(drop)
    }
}

/// What stopped the guest; `Err` if the engine itself failed.
fn halt(error: Error) -> Result<Halt, String> {
    if let Some(Stopped(halt)) = error.downcast_ref() {
        return Ok((*halt).into());
    }
    // Segments and bulk operations have errors of their own instead of a trap code.
    match error.kind() {
        ErrorKind::Instantiation(InstantiationError::ElementSegmentDoesNotFit { .. })
        | ErrorKind::Table(TableError::CopyOutOfBounds | TableError::InitOutOfBounds) => {
            return Ok(Halt::TableOutOfBounds);
        }
        ErrorKind::Memory(MemoryError::OutOfBoundsAccess) => return Ok(Halt::MemoryOutOfBounds),
        _ => {}
    }
    Ok(match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => Halt::Unreachable,
        Some(TrapCode::MemoryOutOfBounds) => Halt::MemoryOutOfBounds,
        Some(TrapCode::TableOutOfBounds) => Halt::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Halt::IndirectCallToNull,
        Some(TrapCode::BadSignature) => Halt::BadSignature,
        Some(TrapCode::IntegerOverflow) => Halt::IntegerOverflow,
        Some(TrapCode::IntegerDivisionByZero) => Halt::DivisionByZero,
        Some(TrapCode::BadConversionToInteger) => Halt::BadConversion,
        Some(TrapCode::StackOverflow) => Halt::NativeStack,
        _ => return Err(error.to_string()),
    })
}

fn wasmi_type(ty: Type) -> ValType {
    match ty {
        Type::I32 => ValType::I32,
        Type::I64 => ValType::I64,
        Type::F32 => ValType::F32,
        Type::F64 => ValType::F64,
    }
}

fn to_wasmi(value: Value) -> Val {
    match value {
        Value::I32(bits) => Val::I32(bits as i32),
        Value::I64(bits) => Val::I64(bits as i64),
        Value::F32(bits) => Val::F32(wasmi::F32::from_bits(bits)),
        Value::F64(bits) => Val::F64(wasmi::F64::from_bits(bits)),
    }
}

fn from_wasmi(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value as u32),
        Val::I64(value) => Value::I64(*value as u64),
        Val::F32(value) => Value::F32(value.to_bits()),
        Val::F64(value) => Value::F64(value.to_bits()),
        other => panic!("a value outside of the profile: {other:?}"),
    }
}

fn i64_of(value: Val) -> i64 {
    from_wasmi(&value).bits() as i64
}

fn i32_of(value: Val) -> i32 {
    from_wasmi(&value).bits() as i32
}
