//! The two compilers.

use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use wasmer::sys::{BaseTunables, Cranelift, EngineBuilder, NativeEngineExt, Singlepass};
use wasmer::sys::{CompilerConfig, vm};
use wasmer::{Engine, Extern, ExternType, Function, Imports, Instance, Module, Store, Type, Value};

use super::{Guest, Machine};

/// Native stack of one call in bytes: what the engine gives a contract.
const STACK_SIZE: usize = 8 * hull_gas_meter::FRAME_LIMIT as usize + 512 * 1024;

/// An instance of compiled code.
pub(crate) struct Native {
    pub(crate) store: Store,
    pub(crate) instance: Instance,
    host_calls: Arc<AtomicU32>,
}

impl Native {
    pub(crate) fn new(machine: Machine, wasm: &[u8]) -> Option<Self> {
        Self::with(compiler(machine), wasm)
    }

    /// An instance from a compiler with settings of its own.
    pub(crate) fn with(compiler: Box<dyn CompilerConfig>, wasm: &[u8]) -> Option<Self> {
        vm::set_stack_size(STACK_SIZE);
        let mut engine = Engine::from(EngineBuilder::new(compiler).engine());
        engine.set_tunables(BaseTunables::new());
        let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
        let mut store = Store::new(engine);
        let host_calls = Arc::new(AtomicU32::new(0));
        let imports = stubs(&mut store, &module, &host_calls);
        let instance = Instance::new(&mut store, &module, &imports).ok()?;
        Some(Self {
            store,
            instance,
            host_calls,
        })
    }

    fn exported(&self, name: &str) -> wasmer::Global {
        let global = self.instance.exports.get_global(name);
        global.expect("the global is exported").clone()
    }
}

fn compiler(machine: Machine) -> Box<dyn CompilerConfig> {
    if machine == Machine::Singlepass {
        return Box::new(Singlepass::new());
    }
    let mut compiler = Cranelift::new();
    compiler.num_threads(NonZero::<usize>::MIN);
    Box::new(compiler)
}

/// Host functions that return zero.
fn stubs(store: &mut Store, module: &Module, calls: &Arc<AtomicU32>) -> Imports {
    let mut imports = Imports::new();
    for import in module.imports() {
        let ExternType::Function(ty) = import.ty() else {
            panic!("only functions are imported");
        };
        let zeros: Vec<Value> = ty.results().iter().map(|&ty| value(ty, 0)).collect();
        let calls = Arc::clone(calls);
        let stub = Function::new(store, ty, move |_| {
            calls.fetch_add(1, Ordering::Relaxed);
            Ok(zeros.clone())
        });
        imports.define(import.module(), import.name(), Extern::Function(stub));
    }
    imports
}

impl Guest for Native {
    fn call(&mut self, export: &str, args: &[u64]) -> Option<Vec<u64>> {
        let function = self.instance.exports.get_function(export);
        let function = function.expect("the function is exported").clone();
        let ty = function.ty(&self.store);
        let args = args.iter().copied().chain(std::iter::repeat(0));
        let args: Vec<Value> = ty
            .params()
            .iter()
            .zip(args)
            .map(|(&ty, bits)| value(ty, bits))
            .collect();
        let results = function.call(&mut self.store, &args).ok()?;
        Some(results.iter().map(bits).collect())
    }

    fn global(&mut self, name: &str) -> u64 {
        bits(&self.exported(name).get(&mut self.store))
    }

    fn set_global(&mut self, name: &str, bits: u64) {
        let global = self.exported(name);
        let value = value(global.ty(&self.store).ty, bits);
        global
            .set(&mut self.store, value)
            .expect("the global is mutable");
    }

    fn memory(&mut self) -> Vec<u8> {
        let memory = self.instance.exports.get_memory("memory");
        let view = memory.expect("the memory is exported").view(&self.store);
        view.copy_to_vec().expect("the memory can be read")
    }

    fn host_calls(&self) -> u32 {
        self.host_calls.load(Ordering::Relaxed)
    }
}

fn value(ty: Type, bits: u64) -> Value {
    match ty {
        Type::I32 => Value::I32(bits as i32),
        Type::I64 => Value::I64(bits as i64),
        Type::F32 => Value::F32(f32::from_bits(bits as u32)),
        Type::F64 => Value::F64(f64::from_bits(bits)),
        Type::FuncRef => Value::FuncRef(None),
        Type::ExternRef => Value::ExternRef(None),
        other => panic!("no values of type {other}"),
    }
}

fn bits(value: &Value) -> u64 {
    match value {
        Value::I32(value) => u64::from(*value as u32),
        Value::I64(value) => *value as u64,
        Value::F32(value) => value.to_bits().into(),
        Value::F64(value) => value.to_bits(),
        // What a reference refers to is not compared.
        _ => 0,
    }
}
