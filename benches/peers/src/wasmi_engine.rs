//! wasmi with fuel. Its features and its profile are those that its
//! documentation recommends for speed: no 64-bit memories, dispatch by tail
//! calls, one codegen unit.

use anyhow::{Context, Result};
use bench_workloads::token::Address;
use wasmi::{Caller, Config, Engine, Instance, Linker, Memory, Module, Store, TypedFunc};

use crate::ledger::{Ledger, for_each_import};
use crate::{Answer, Compiler, Contract, Function, Instances, PLENTY, State, Subject};

pub(crate) struct Wasmi {
    engine: Engine,
}

/// What host functions reach: the ledger of the running call, and the memory.
#[derive(Default)]
struct Env {
    ledger: Ledger,
    memory: Option<Memory>,
}

impl Wasmi {
    pub(crate) fn new() -> Self {
        let mut config = Config::default();
        config.consume_fuel(true).ignore_custom_sections(true);
        Self {
            engine: Engine::new(&config),
        }
    }

    fn prepare(&self, module: &[u8]) -> Result<Prepared> {
        Ok(Prepared {
            module: Module::new(&self.engine, module)?,
            linker: linker(&self.engine)?,
            engine: self.engine.clone(),
        })
    }
}

impl Subject for Wasmi {
    fn name(&self) -> &'static str {
        "wasmi-fuel"
    }

    fn compute(&self, module: &[u8], export: &str) -> Result<Function> {
        let (mut store, instance) = self.prepare(module)?.instantiate(Env::default())?;
        let function = instance.get_typed_func::<u32, u64>(&store, export)?;
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
            Instances::Fresh => Box::new(Fresh {
                prepared,
                ledger: Some(ledger),
            }),
            Instances::Reused => {
                let env = Env {
                    ledger,
                    memory: None,
                };
                let (store, instance) = prepared.instantiate(env)?;
                let entry = instance.get_typed_func(&store, "call")?;
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

/// A module, and the imports it finds.
struct Prepared {
    engine: Engine,
    module: Module,
    linker: Linker<Env>,
}

impl Prepared {
    fn instantiate(&self, env: Env) -> Result<(Store<Env>, Instance)> {
        let mut store = Store::new(&self.engine, env);
        store.set_fuel(PLENTY)?;
        let instance = self
            .linker
            .instantiate_and_start(&mut store, &self.module)?;
        let memory = instance
            .get_memory(&store, "memory")
            .context("the module has a memory")?;
        store.data_mut().memory = Some(memory);
        Ok((store, instance))
    }
}

/// A new instance for every call.
struct Fresh {
    prepared: Prepared,
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
        instance
            .get_typed_func::<(), ()>(&store, "call")?
            .call(&mut store, ())?;
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
        /// The host functions.
        fn linker(engine: &Engine) -> Result<Linker<Env>> {
            let mut linker = Linker::new(engine);
            $(
                linker.func_wrap(
                    "hull",
                    stringify!($name),
                    |mut caller: Caller<'_, Env>, $($arg: u32),*| -> Result<$result, wasmi::Error> {
                        let memory = caller.data().memory.expect("set at instantiation");
                        let (memory, env) = memory.data_and_store_mut(&mut caller);
                        env.ledger.$name(memory, $($arg),*)
                            .map_err(|trap| wasmi::Error::new(trap.to_string()))
                    },
                )?;
            )*
            Ok(linker)
        }
    };
}

for_each_import!(define_imports);
