//! wasmer with either compiler, with and without the stock metering.

use std::mem;
use std::sync::Arc;

use anyhow::Result;
use bench_workloads::token::Address;
use wasmer::sys::{CompilerConfig, Cranelift, EngineBuilder, Singlepass};
use wasmer::{
    Engine, Function as WasmerFunction, FunctionEnv, FunctionEnvMut, Imports, Instance, Memory,
    Module, Store, TypedFunction,
};
use wasmer_middlewares::Metering;
use wasmer_middlewares::metering::set_remaining_points;

use crate::ledger::{HostTrap, Ledger, for_each_import};
use crate::{Answer, Compiler, Contract, Function, Instances, PLENTY, State, Subject};

#[derive(Clone, Copy)]
pub(crate) struct Wasmer {
    name: &'static str,
    backend: Backend,
    metered: bool,
}

/// Which compiler makes machine code.
#[derive(Clone, Copy)]
pub(crate) enum Backend {
    Cranelift,
    Singlepass,
}

/// What host functions reach: the ledger of the running call, and the memory.
#[derive(Default)]
struct Env {
    ledger: Ledger,
    memory: Option<Memory>,
}

impl Wasmer {
    pub(crate) fn new(name: &'static str, backend: Backend) -> Self {
        Self {
            name,
            backend,
            metered: false,
        }
    }

    /// With a counter of operators, each for the same price.
    pub(crate) fn metered(self) -> Self {
        Self {
            metered: true,
            ..self
        }
    }

    /// An engine for one module: the metering middleware serves no second one.
    fn engine(self) -> Engine {
        match self.backend {
            Backend::Cranelift => self.build(Cranelift::new()),
            Backend::Singlepass => self.build(Singlepass::new()),
        }
    }

    fn build(self, mut compiler: impl CompilerConfig + 'static) -> Engine {
        if self.metered {
            compiler.push_middleware(Arc::new(Metering::new(PLENTY, |_| 1)));
        }
        let compiler: Box<dyn CompilerConfig> = Box::new(compiler);
        EngineBuilder::new(compiler).engine().into()
    }

    fn prepare(self, module: &[u8]) -> Result<Prepared> {
        let engine = self.engine();
        let module = Module::new(&engine, module)?;
        Ok(Prepared {
            engine,
            module,
            metered: self.metered,
        })
    }
}

impl Subject for Wasmer {
    fn name(&self) -> &'static str {
        self.name
    }

    fn compute(&self, module: &[u8], export: &str) -> Result<Function> {
        let mut running = self.prepare(module)?.instantiate(Env::default())?;
        let function: TypedFunction<u32, u64> = running
            .instance
            .exports
            .get_typed_function(&running.store, export)?;
        Ok(Box::new(move |n| {
            running.refill();
            Ok(function.call(&mut running.store, n)?)
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
            Instances::Fresh => Box::new(Fresh { prepared, ledger }),
            Instances::Reused => {
                let running = prepared.instantiate(Env {
                    ledger,
                    memory: None,
                })?;
                let entry = running.entry()?;
                Box::new(Reused { running, entry })
            }
        }))
    }

    fn compiler(&self) -> Result<Compiler> {
        let engine = self.engine();
        Ok(Box::new(move |module| {
            let module = Module::new(&engine, module)?;
            Ok(Box::new((engine, module)))
        }))
    }
}

/// A compiled module.
struct Prepared {
    engine: Engine,
    module: Module,
    metered: bool,
}

/// An instance in a store of its own.
struct Running {
    store: Store,
    instance: Instance,
    env: FunctionEnv<Env>,
    metered: bool,
}

impl Prepared {
    fn instantiate(&self, env: Env) -> Result<Running> {
        let mut store = Store::new(self.engine.clone());
        let env = FunctionEnv::new(&mut store, env);
        let imports = imports(&self.module, &mut store, &env);
        let instance = Instance::new(&mut store, &self.module, &imports)?;
        let memory = instance.exports.get_memory("memory")?.clone();
        env.as_mut(&mut store).memory = Some(memory);
        Ok(Running {
            store,
            instance,
            env,
            metered: self.metered,
        })
    }
}

impl Running {
    fn entry(&self) -> Result<TypedFunction<(), ()>> {
        Ok(self
            .instance
            .exports
            .get_typed_function(&self.store, "call")?)
    }

    fn ledger(&mut self) -> &mut Ledger {
        &mut self.env.as_mut(&mut self.store).ledger
    }

    fn refill(&mut self) {
        if self.metered {
            set_remaining_points(&mut self.store, &self.instance, PLENTY);
        }
    }
}

/// A new instance, in a new store, for every call.
struct Fresh {
    prepared: Prepared,
    ledger: Ledger,
}

impl Contract for Fresh {
    fn call(&mut self, caller: &Address, input: &[u8]) -> Result<Answer> {
        self.ledger.begin(caller, input);
        let env = Env {
            ledger: mem::take(&mut self.ledger),
            memory: None,
        };
        let mut running = self.prepared.instantiate(env)?;
        running.entry()?.call(&mut running.store)?;
        self.ledger = mem::take(running.ledger());
        Ok(self.ledger.end())
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.ledger.get(key).cloned()
    }
}

/// The same instance for all calls.
struct Reused {
    running: Running,
    entry: TypedFunction<(), ()>,
}

impl Contract for Reused {
    fn call(&mut self, caller: &Address, input: &[u8]) -> Result<Answer> {
        self.running.ledger().begin(caller, input);
        self.running.refill();
        self.entry.call(&mut self.running.store)?;
        Ok(self.running.ledger().end())
    }

    fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.running
            .env
            .as_ref(&self.running.store)
            .ledger
            .get(key)
            .cloned()
    }
}

macro_rules! define_imports {
    ($( $name:ident($($arg:ident),*) -> $result:ty; )*) => {
        /// The host functions that the module imports. They belong to a store
        /// and are made anew with it.
        #[allow(unsafe_code, reason = "a slice of a memory outside wasmer's own types")]
        fn imports(module: &Module, store: &mut Store, env: &FunctionEnv<Env>) -> Imports {
            let mut imports = Imports::new();
            for import in module.imports().functions() {
                let function = match import.name() {
                    $(
                        stringify!($name) => WasmerFunction::new_typed_with_env(
                            store,
                            env,
                            |mut caller: FunctionEnvMut<'_, Env>, $($arg: u32),*| -> Result<$result, HostTrap> {
                                let (env, store) = caller.data_and_store_mut();
                                let memory = env.memory.as_ref().expect("set at instantiation");
                                let view = memory.view(&store);
                                // SAFETY: the memory is not shared and the contract stands still
                                // until this function returns, so nothing else reaches the bytes.
                                let memory = unsafe { view.data_unchecked_mut() };
                                env.ledger.$name(memory, $($arg),*)
                            },
                        ),
                    )*
                    // Left out, it fails the instantiation with its name.
                    _ => continue,
                };
                imports.define(import.module(), import.name(), function);
            }
            imports
        }
    };
}

for_each_import!(define_imports);
