//! The two tiers of the product, with the product's own configuration.

use hull_vm::Tier;
use wasmer::sys::vm::TrapCode;
use wasmer::{
    Function, FunctionEnv, FunctionEnvMut, FunctionType, Global, Imports, Instance,
    InstantiationError, LinkError, Module, RuntimeError, Store, StoreMut,
};

use super::{observe, refused};
use crate::case::{Call, Metered};
use crate::expose;
use crate::observation::{Halt, Memory, Observation};
use crate::value::{Type, Value};
use crate::world::{self, Guest, HOST_FUNCTIONS, HostHalt, Trace};

/// Bytes of memory that are hashed at a time.
const CHUNK: usize = 64 * 1024;

pub(super) fn run(tier: Tier, metered: &Metered, calls: &[Call]) -> Result<Observation, String> {
    // Code is kept until its engine is dropped, so each module has its own.
    let engine = hull_vm::engine(tier);
    let module = Module::new(&engine, &metered.wasm).map_err(|error| error.to_string())?;
    let mut store = Store::new(engine);
    let world = FunctionEnv::new(&mut store, World::default());
    let imports = imports(&mut store, &world, &module);
    let instance = match Instance::new(&mut store, &module, &imports) {
        Ok(instance) => instance,
        Err(
            InstantiationError::Start(error) | InstantiationError::Link(LinkError::Trap(error)),
        ) => return halt(error).map(refused),
        Err(error) => return Err(error.to_string()),
    };
    let handles = Handles::of(&instance);
    world.as_mut(&mut store).handles = Some(handles.clone());
    let mut running = Running {
        globals: (0..metered.globals)
            .filter_map(|index| instance.exports.get_global(&expose::global(index)).ok())
            .cloned()
            .collect(),
        handles,
        store,
        world,
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

#[derive(Clone)]
struct Handles {
    gas: Global,
    frames: Global,
    memory: Option<wasmer::Memory>,
}

impl Handles {
    fn of(instance: &Instance) -> Self {
        let counter = |name| {
            let global = instance.exports.get_global(name);
            global
                .expect("an instrumented module exports its counters")
                .clone()
        };
        Self {
            gas: counter(hull_gas_meter::names::GAS),
            frames: counter(hull_gas_meter::names::FRAMES),
            memory: instance.exports.get_memory(expose::MEMORY).ok().cloned(),
        }
    }
}

/// The host functions that the module wants.
fn imports(store: &mut Store, world: &FunctionEnv<World>, module: &Module) -> Imports {
    let mut imports = Imports::new();
    for import in module.imports() {
        let Some(function) = HOST_FUNCTIONS.iter().find(|f| f.name == import.name()) else {
            continue;
        };
        let types = |types: &[Type]| types.iter().map(|&ty| wasmer_type(ty)).collect::<Vec<_>>();
        let ty = FunctionType::new(types(function.params), types(function.results));
        let run = |mut env: FunctionEnvMut<'_, World>, args: &[wasmer::Value]| {
            let (world, store) = env.data_and_store_mut();
            let handles = world.handles.clone();
            let mut guest = WasmerGuest {
                handles: handles.expect("nothing runs before there are handles"),
                world,
                store,
            };
            let results = function
                .call(args.iter().map(from_wasmer), &mut guest)
                .map_err(|halt| RuntimeError::user(Box::new(halt)))?;
            Ok(results.into_iter().map(to_wasmer).collect())
        };
        let defined = Function::new_with_env(store, world, ty, run);
        imports.define(world::MODULE, function.name, defined);
    }
    imports
}

struct WasmerGuest<'a> {
    handles: Handles,
    world: &'a mut World,
    store: StoreMut<'a>,
}

impl WasmerGuest<'_> {
    fn memory(&self) -> wasmer::MemoryView<'_> {
        let memory = self.handles.memory.as_ref();
        memory.expect("checked by its length").view(&self.store)
    }
}

impl Guest for WasmerGuest<'_> {
    fn gas(&mut self) -> i64 {
        self.handles.gas.get(&mut self.store).unwrap_i64()
    }

    fn set_gas(&mut self, gas: i64) {
        let counter = &self.handles.gas;
        counter
            .set(&mut self.store, wasmer::Value::I64(gas))
            .expect("the gas counter is a mutable i64");
    }

    fn frames(&mut self) -> i32 {
        self.handles.frames.get(&mut self.store).unwrap_i32()
    }

    fn memory_len(&mut self) -> u64 {
        let memory = self.handles.memory.as_ref();
        memory.map_or(0, |memory| memory.view(&self.store).data_size())
    }

    fn read(&mut self, at: u64) -> u8 {
        self.memory().read_u8(at).expect("inside the memory")
    }

    fn write(&mut self, at: u64, byte: u8) {
        self.memory().write_u8(at, byte).expect("inside the memory");
    }

    fn trace(&mut self) -> &mut Trace {
        &mut self.world.trace
    }
}

struct Running {
    store: Store,
    world: FunctionEnv<World>,
    instance: Instance,
    handles: Handles,
    globals: Vec<Global>,
}

impl super::Instance for Running {
    fn call(&mut self, function: &str, args: &[Value]) -> Result<Vec<Value>, Halt> {
        let function = self.instance.exports.get_function(function);
        let args: Vec<_> = args.iter().map(|&value| to_wasmer(value)).collect();
        let called = function
            .expect("only exports are called")
            .call(&mut self.store, &args);
        match called {
            Ok(results) => Ok(results.iter().map(from_wasmer).collect()),
            Err(error) => Err(halt(error).unwrap_or_else(|cause| panic!("wasmer failed: {cause}"))),
        }
    }

    fn set_counters(&mut self, gas: i64, frames: i32) {
        self.handles
            .gas
            .set(&mut self.store, wasmer::Value::I64(gas))
            .expect("the gas counter is a mutable i64");
        self.handles
            .frames
            .set(&mut self.store, wasmer::Value::I32(frames))
            .expect("the frame counter is a mutable i32");
    }

    fn counters(&mut self) -> (i64, i32) {
        let gas = self.handles.gas.get(&mut self.store).unwrap_i64();
        (gas, self.handles.frames.get(&mut self.store).unwrap_i32())
    }

    fn globals(&mut self) -> Vec<Value> {
        let globals = self.globals.iter();
        globals
            .map(|global| from_wasmer(&global.get(&mut self.store)))
            .collect()
    }

    fn memory(&mut self) -> Option<Memory> {
        let view = self.handles.memory.as_ref()?.view(&self.store);
        let len = view.data_size();
        let mut hasher = blake3::Hasher::new();
        let mut chunk = vec![0; CHUNK];
        // A memory is a whole number of pages, and so of chunks.
        for start in (0..len).step_by(CHUNK) {
            view.read(start, &mut chunk).expect("inside the memory");
            hasher.update(&chunk);
        }
        Some(Memory {
            len,
            hash: hasher.finalize(),
        })
    }

    fn trace(&self) -> Trace {
        self.world.as_ref(&self.store).trace
    }

    fn reset(&mut self) -> Result<(), Halt> {
        self.call(hull_gas_meter::names::RESET, &[]).map(drop)
    }
}

/// What stopped the guest; `Err` if the engine itself failed.
fn halt(error: RuntimeError) -> Result<Halt, String> {
    let error = match error.downcast::<HostHalt>() {
        Ok(halt) => return Ok(halt.into()),
        Err(error) => error,
    };
    let cause = error.message();
    Ok(match error.to_trap() {
        Some(TrapCode::UnreachableCodeReached) => Halt::Unreachable,
        Some(TrapCode::HeapAccessOutOfBounds) => Halt::MemoryOutOfBounds,
        Some(TrapCode::TableAccessOutOfBounds) => Halt::TableOutOfBounds,
        Some(TrapCode::IndirectCallToNull) => Halt::IndirectCallToNull,
        Some(TrapCode::BadSignature) => Halt::BadSignature,
        Some(TrapCode::IntegerOverflow) => Halt::IntegerOverflow,
        Some(TrapCode::IntegerDivisionByZero) => Halt::DivisionByZero,
        Some(TrapCode::BadConversionToInteger) => Halt::BadConversion,
        Some(TrapCode::StackOverflow) => Halt::NativeStack,
        _ => return Err(cause),
    })
}

fn wasmer_type(ty: Type) -> wasmer::Type {
    match ty {
        Type::I32 => wasmer::Type::I32,
        Type::I64 => wasmer::Type::I64,
        Type::F32 => wasmer::Type::F32,
        Type::F64 => wasmer::Type::F64,
    }
}

fn to_wasmer(value: Value) -> wasmer::Value {
    match value {
        Value::I32(bits) => wasmer::Value::I32(bits as i32),
        Value::I64(bits) => wasmer::Value::I64(bits as i64),
        Value::F32(bits) => wasmer::Value::F32(f32::from_bits(bits)),
        Value::F64(bits) => wasmer::Value::F64(f64::from_bits(bits)),
    }
}

fn from_wasmer(value: &wasmer::Value) -> Value {
    match value {
        wasmer::Value::I32(value) => Value::I32(*value as u32),
        wasmer::Value::I64(value) => Value::I64(*value as u64),
        wasmer::Value::F32(value) => Value::F32(value.to_bits()),
        wasmer::Value::F64(value) => Value::F64(value.to_bits()),
        other => panic!("a value outside of the profile: {other:?}"),
    }
}
