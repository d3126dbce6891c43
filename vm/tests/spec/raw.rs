//! The pass and wasmer behind it, without the rest of the engine.

use hull_gas_meter::{Config, FRAME_LIMIT, Schedule, instrument, names};
use hull_vm::Tier;
use wasmer::{
    Engine, ExternRef, Function, Global, Imports, Instance, InstantiationError, LinkError, Memory,
    MemoryType, Module, RuntimeError, Store, Table, TableType, Type,
};
use wasmparser::{Validator, WasmFeatures};

use crate::script::{Executor, Stop, Trap};
use crate::value::Value;

/// What wasmer itself does not do: a name, and how its message is known.
const LACKS: [(&str, &str); 2] = [
    (
        "wasmer-element-globals",
        "unsupported init expr in element section: GlobalGet",
    ),
    (
        "wasmer-table-maximum",
        "is larger than maximum allowed size",
    ),
];

/// Instruments every module raw and runs it on one tier.
pub(crate) struct Raw {
    features: WasmFeatures,
    engine: Engine,
    store: Store,
    imports: Imports,
    counters: Vec<Counters>,
}

/// The counters of one instance.
struct Counters {
    gas: Global,
    frames: Global,
    /// What the frame counter is set to before a call.
    budget: i32,
    /// What was left when the instance was last looked at.
    gas_left: i64,
}

impl Raw {
    pub(crate) fn new(tier: Tier, features: WasmFeatures) -> Self {
        let engine = hull_vm::engine(tier);
        let mut store = Store::new(engine.clone());
        let imports = spectest(&mut store);
        Self {
            features,
            engine,
            store,
            imports,
            counters: Vec::new(),
        }
    }

    /// Compiles and instantiates a module as it is.
    fn instance(&mut self, wasm: &[u8]) -> Result<Instance, Stop> {
        let module =
            Module::new(&self.engine, wasm).map_err(|error| Stop::Broken(error.to_string()))?;
        Instance::new(&mut self.store, &module, &self.imports).map_err(|error| match error {
            InstantiationError::Link(LinkError::Import(..)) => Stop::Unlinkable(error.to_string()),
            InstantiationError::Link(LinkError::Trap(error)) | InstantiationError::Start(error) => {
                self.stop(error)
            }
            other => Stop::Broken(other.to_string()),
        })
    }

    /// Makes the frame counters full, as an embedder does before every call.
    fn fill_frames(&mut self) {
        for counters in &self.counters {
            let full = wasmer::Value::I32(counters.budget);
            counters
                .frames
                .set(&mut self.store, full)
                .expect("the counter is mutable");
        }
    }

    /// Looks at the counters after a call that returned.
    fn check_counters(&mut self) -> Result<(), Stop> {
        for counters in &mut self.counters {
            let frames = counters.frames.get(&mut self.store).unwrap_i32();
            let gas = counters.gas.get(&mut self.store).unwrap_i64();
            if frames < 0 || gas < 0 || gas > counters.gas_left {
                let before = counters.gas_left;
                let found = format!("frames {frames}, gas {before} and then {gas}");
                return Err(Stop::Broken(found));
            }
            counters.gas_left = gas;
        }
        Ok(())
    }

    /// Names a trap.
    fn stop(&mut self, error: RuntimeError) -> Stop {
        let mut frames = self.counters.iter().map(|counters| &counters.frames);
        let exhausted = frames.any(|frames| frames.get(&mut self.store).unwrap_i32() < 0);
        trap(error, exhausted)
    }

    fn argument(&mut self, value: Value, ty: Type) -> wasmer::Value {
        match value {
            Value::I32(bits) => wasmer::Value::I32(bits as i32),
            Value::I64(bits) => wasmer::Value::I64(bits as i64),
            Value::F32(bits) => wasmer::Value::F32(f32::from_bits(bits)),
            Value::F64(bits) => wasmer::Value::F64(f64::from_bits(bits)),
            Value::Extern(number) => {
                wasmer::Value::ExternRef(Some(ExternRef::new(&mut self.store, number)))
            }
            Value::NullExtern if ty == Type::ExternRef => wasmer::Value::ExternRef(None),
            Value::NullFunc | Value::NullExtern | Value::Func => wasmer::Value::FuncRef(None),
        }
    }

    fn result(&self, value: &wasmer::Value) -> Value {
        match value {
            wasmer::Value::I32(value) => Value::I32(*value as u32),
            wasmer::Value::I64(value) => Value::I64(*value as u64),
            wasmer::Value::F32(value) => Value::F32(value.to_bits()),
            wasmer::Value::F64(value) => Value::F64(value.to_bits()),
            wasmer::Value::FuncRef(None) => Value::NullFunc,
            wasmer::Value::FuncRef(Some(_)) => Value::Func,
            wasmer::Value::ExternRef(None) => Value::NullExtern,
            wasmer::Value::ExternRef(Some(value)) => Value::Extern(
                *value
                    .downcast::<u32>(&self.store)
                    .expect("the script's externrefs are numbers"),
            ),
            other => panic!("a value outside of the suites: {other:?}"),
        }
    }
}

impl Executor for Raw {
    type Instance = Instance;

    fn instantiate(&mut self, wasm: &[u8]) -> Result<Instance, Stop> {
        Validator::new_with_features(self.features)
            .validate_all(wasm)
            .map_err(|error| Stop::Broken(error.to_string()))?;
        let metered = instrument(wasm, &Config::raw(&Schedule::V1))
            .map_err(|error| Stop::Declined(format!("pass: {error}")))?;
        let instance = match self.instance(&metered.wasm) {
            Ok(instance) => instance,
            // If wasmer cannot run the module as it was either, it is not the pass.
            Err(Stop::Broken(error)) => {
                let known = LACKS.iter().find(|(_, message)| error.contains(message));
                let (rule, message) = known.ok_or_else(|| Stop::Broken(error.clone()))?;
                return Err(match self.instance(wasm) {
                    Err(Stop::Broken(same)) if same.contains(message) => {
                        Stop::Declined((*rule).to_owned())
                    }
                    _ => Stop::Broken(format!("with the meter alone: {error}")),
                });
            }
            Err(stop) => return Err(stop),
        };
        let global = |name| {
            instance
                .exports
                .get_global(name)
                .expect("the pass exports it")
                .clone()
        };
        let gas = global(names::GAS);
        self.counters.push(Counters {
            gas_left: gas.get(&mut self.store).unwrap_i64(),
            gas,
            frames: global(names::FRAMES),
            budget: FRAME_LIMIT.saturating_sub(metered.facts.entry_frames) as i32,
        });
        self.check_counters()?;
        Ok(instance)
    }

    fn refuses(&mut self, wasm: &[u8]) -> bool {
        // Whatever the bytes are, the pass must end without a panic.
        let _ = instrument(wasm, &Config::raw(&Schedule::V1));
        Validator::new_with_features(self.features)
            .validate_all(wasm)
            .is_err()
    }

    fn register(&mut self, name: &str, instance: &Instance) {
        let exports: Vec<_> = instance
            .exports
            .iter()
            .map(|(name, export)| (name.clone(), export.clone()))
            .collect();
        self.imports.register_namespace(name, exports);
    }

    fn invoke(
        &mut self,
        instance: &Instance,
        name: &str,
        args: &[Value],
    ) -> Result<Vec<Value>, Stop> {
        let function = instance
            .exports
            .get_function(name)
            .map_err(|error| Stop::Broken(error.to_string()))?;
        let ty = function.ty(&self.store);
        let args: Vec<_> = args
            .iter()
            .zip(ty.params())
            .map(|(arg, ty)| self.argument(*arg, *ty))
            .collect();
        self.fill_frames();
        let results = function
            .call(&mut self.store, &args)
            .map_err(|error| self.stop(error))?;
        self.check_counters()?;
        Ok(results.iter().map(|value| self.result(value)).collect())
    }

    fn global(&mut self, instance: &Instance, name: &str) -> Result<Value, Stop> {
        let global = instance
            .exports
            .get_global(name)
            .map_err(|error| Stop::Broken(error.to_string()))?;
        let value = global.get(&mut self.store);
        Ok(self.result(&value))
    }

    fn gas(&mut self) -> Vec<i64> {
        let Self {
            counters, store, ..
        } = self;
        counters
            .iter()
            .map(|counters| counters.gas.get(store).unwrap_i64())
            .collect()
    }
}

/// The module that every script may import.
fn spectest(store: &mut Store) -> Imports {
    let table = TableType::new(Type::FuncRef, 10, Some(20));
    wasmer::imports! {
        "spectest" => {
            "print" => Function::new_typed(store, || {}),
            "print_i32" => Function::new_typed(store, |_: i32| {}),
            "print_i64" => Function::new_typed(store, |_: i64| {}),
            "print_f32" => Function::new_typed(store, |_: f32| {}),
            "print_f64" => Function::new_typed(store, |_: f64| {}),
            "print_i32_f32" => Function::new_typed(store, |_: i32, _: f32| {}),
            "print_f64_f64" => Function::new_typed(store, |_: f64, _: f64| {}),
            "global_i32" => Global::new(store, wasmer::Value::I32(666)),
            "global_i64" => Global::new(store, wasmer::Value::I64(666)),
            "global_f32" => Global::new(store, wasmer::Value::F32(666.6)),
            "global_f64" => Global::new(store, wasmer::Value::F64(666.6)),
            "table" => Table::new(store, table, wasmer::Value::FuncRef(None)).expect("ten elements"),
            "memory" => Memory::new(store, MemoryType::new(1, Some(2), false)).expect("one page"),
        },
    }
}

/// What a trap of wasmer's is in the specification.
fn trap(error: RuntimeError, frames_exhausted: bool) -> Stop {
    use wasmer::sys::vm::TrapCode;

    let message = error.message();
    Stop::Trap(match error.to_trap() {
        Some(TrapCode::UnreachableCodeReached) if frames_exhausted => return Stop::Exhausted,
        Some(TrapCode::UnreachableCodeReached) => Trap::Unreachable,
        Some(TrapCode::HeapAccessOutOfBounds) => Trap::Memory,
        Some(TrapCode::TableAccessOutOfBounds) => Trap::Table,
        Some(TrapCode::IndirectCallToNull) => Trap::NullElement,
        Some(TrapCode::BadSignature) => Trap::Signature,
        Some(TrapCode::IntegerOverflow) => Trap::Overflow,
        Some(TrapCode::IntegerDivisionByZero) => Trap::DivisionByZero,
        Some(TrapCode::BadConversionToInteger) => Trap::Conversion,
        _ => return Stop::Broken(message),
    })
}
