//! wasmtime with fuel, tuned as its chapter "Tuning Wasmtime for Fast
//! Instantiation" advises.

use anyhow::{Context, Result};
use bench_workloads::token::Address;
use wasmtime::{
    Caller, Config, Engine, Extern, Instance, InstanceAllocationStrategy, InstancePre, Linker,
    Memory, Module, ModuleExport, OptLevel, PoolingAllocationConfig, Store, TypedFunc,
};

use crate::ledger::{Ledger, for_each_import};
use crate::{Answer, Compiler, Contract, Function, Instances, PLENTY, State, Subject};

/// Bytes of a memory that are cleared by writing instead of by the kernel: the
/// page and the stack that a small contract has.
const KEEP_RESIDENT: usize = 64 * 1024;

pub(crate) struct Wasmtime {
    engine: Engine,
}

/// What host functions reach: the ledger of the running call, and the memory.
#[derive(Default)]
struct Env {
    ledger: Ledger,
    memory: Option<Memory>,
}

impl Wasmtime {
    pub(crate) fn new() -> Result<Self> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_core_instances(8)
            .total_memories(8)
            .total_tables(8)
            .linear_memory_keep_resident(KEEP_RESIDENT)
            .table_keep_resident(KEEP_RESIDENT);
        let mut config = Config::new();
        config
            .consume_fuel(true)
            .cranelift_opt_level(OptLevel::Speed)
            .memory_init_cow(true)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Ok(Self {
            engine: Engine::new(&config)?,
        })
    }

    fn prepare(&self, module: &[u8]) -> Result<Prepared> {
        let module = Module::new(&self.engine, module)?;
        let memory = module
            .get_export_index("memory")
            .context("the module exports its memory")?;
        let pre = linker(&self.engine)?.instantiate_pre(&module)?;
        Ok(Prepared {
            engine: self.engine.clone(),
            module,
            pre,
            memory,
        })
    }
}

impl Subject for Wasmtime {
    fn name(&self) -> &'static str {
        "wasmtime-fuel"
    }

    fn compute(&self, module: &[u8], export: &str) -> Result<Function> {
        let (mut store, instance) = self.prepare(module)?.instantiate(Env::default())?;
        let function: TypedFunc<u32, u64> = instance.get_typed_func(&mut store, export)?;
        Ok(Box::new(move |n| {
            store.set_fuel(PLENTY)?;
            Ok(function.call(&mut store, n)?)
        }))
    }

    fn contract(
        &self,
        module: &[u8],
        instances: Instances,
        state: &State,
    ) -> Result<Option<Box<dyn Contract>>> {
        let prepared = self.prepare(module)?;
        let ledger = Ledger::new(state);
        Ok(Some(match instances {
            Instances::Fresh => {
                let entry = prepared.module.get_export_index("call");
                let entry = entry.context("the module has an entry point")?;
                Box::new(Fresh {
                    prepared,
                    entry,
                    ledger: Some(ledger),
                })
            }
            Instances::Reused => {
                let env = Env {
                    ledger,
                    memory: None,
                };
                let (mut store, instance) = prepared.instantiate(env)?;
                let entry = instance.get_typed_func(&mut store, "call")?;
                Box::new(Reused { store, entry })
            }
        }))
    }

    fn compiler(&self) -> Result<Compiler> {
        let engine = self.engine.clone();
        Ok(Box::new(move |module| {
            Ok(Box::new(Module::new(&engine, module)?))
        }))
    }
}

/// A module with its imports resolved.
struct Prepared {
    engine: Engine,
    module: Module,
    pre: InstancePre<Env>,
    memory: ModuleExport,
}

impl Prepared {
    fn instantiate(&self, env: Env) -> Result<(Store<Env>, Instance)> {
        let mut store = Store::new(&self.engine, env);
        store.set_fuel(PLENTY)?;
        let instance = self.pre.instantiate(&mut store)?;
        let memory = instance.get_module_export(&mut store, &self.memory);
        store.data_mut().memory = memory.and_then(Extern::into_memory);
        Ok((store, instance))
    }
}

/// An instance from the pool for every call.
struct Fresh {
    prepared: Prepared,
    entry: ModuleExport,
    ledger: Option<Ledger>,
}

impl Contract for Fresh {
    fn call(&mut self, caller: &Address, input: &[u8]) -> Result<Answer> {
        let mut ledger = self
            .ledger
            .take()
            .context("a failed call kept the ledger")?;
        ledger.begin(caller, input);
        let (mut store, instance) = self.prepared.instantiate(Env {
            ledger,
            memory: None,
        })?;
        let entry = instance.get_module_export(&mut store, &self.entry);
        let entry = entry
            .and_then(Extern::into_func)
            .context("the entry point is a function")?;
        entry.typed::<(), ()>(&store)?.call(&mut store, ())?;
        let ledger = self.ledger.insert(store.into_data().ledger);
        Ok(ledger.end())
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.ledger.as_ref()?.get(key).cloned()
    }
}

/// The same instance for all calls.
struct Reused {
    store: Store<Env>,
    entry: TypedFunc<(), ()>,
}

impl Contract for Reused {
    fn call(&mut self, caller: &Address, input: &[u8]) -> Result<Answer> {
        self.store.data_mut().ledger.begin(caller, input);
        self.store.set_fuel(PLENTY)?;
        self.entry.call(&mut self.store, ())?;
        Ok(self.store.data_mut().ledger.end())
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.store.data().ledger.get(key).cloned()
    }
}

macro_rules! define_imports {
    ($( $name:ident($($arg:ident),*) -> $result:ty; )*) => {
        /// The host functions, resolved by name once.
        fn linker(engine: &Engine) -> Result<Linker<Env>> {
            let mut linker = Linker::new(engine);
            $(
                linker.func_wrap(
                    "hull",
                    stringify!($name),
                    |mut caller: Caller<'_, Env>, $($arg: u32),*| -> wasmtime::Result<$result> {
                        let memory = caller.data().memory.expect("set at instantiation");
                        let (memory, env) = memory.data_and_store_mut(&mut caller);
                        Ok(env.ledger.$name(memory, $($arg),*)?)
                    },
                )?;
            )*
            Ok(linker)
        }
    };
}

for_each_import!(define_imports);
