//! The engines that run the instrumented bytes.

use hull_gas_meter::{Config, Schedule, instrument};
use hull_vm::Tier;

/// The engines that run the instrumented bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Engine {
    Wasmer(Tier),
    Wasmi,
}

pub(crate) const ENGINES: [Engine; 3] = [
    Engine::Wasmer(Tier::Baseline),
    Engine::Wasmer(Tier::Optimized),
    Engine::Wasmi,
];

/// A loaded module: calls a function with each pair of operands, all by their
/// bits. A trap is `None`.
pub(crate) type Loaded = Box<dyn FnMut(&str, &[(u64, u64)]) -> Vec<Option<u64>>>;

impl Engine {
    pub(crate) fn load(self, wat: &str) -> Loaded {
        let wasm = wat::parse_str(wat).expect("the module can be parsed");
        let metered = instrument(&wasm, &Config::raw(&Schedule::V1)).expect("the pass takes it");
        match self {
            Self::Wasmer(tier) => wasmer(tier, &metered.wasm),
            Self::Wasmi => wasmi(&metered.wasm),
        }
    }
}

pub(crate) fn wasmer(tier: Tier, wasm: &[u8]) -> Loaded {
    let engine = hull_vm::engine(tier);
    let module = wasmer::Module::new(&engine, wasm).expect("it compiles");
    let mut store = wasmer::Store::new(engine);
    let instance =
        wasmer::Instance::new(&mut store, &module, &wasmer::imports! {}).expect("it needs nothing");
    Box::new(move |name, pairs| {
        let function: wasmer::TypedFunction<(i64, i64), i64> = instance
            .exports
            .get_typed_function(&store, name)
            .expect("the function is there");
        let mut call = |(a, b): &(u64, u64)| function.call(&mut store, *a as i64, *b as i64).ok();
        pairs.iter().map(|pair| Some(call(pair)? as u64)).collect()
    })
}

pub(crate) fn wasmi(wasm: &[u8]) -> Loaded {
    let engine = wasmi::Engine::default();
    let module = wasmi::Module::new(&engine, wasm).expect("it compiles");
    let mut store = wasmi::Store::new(&engine, ());
    let instance = wasmi::Linker::new(&engine)
        .instantiate_and_start(&mut store, &module)
        .expect("it needs nothing");
    Box::new(move |name, pairs| {
        let function = instance
            .get_typed_func::<(i64, i64), i64>(&store, name)
            .expect("the function is there");
        let mut call = |(a, b): &(u64, u64)| function.call(&mut store, (*a as i64, *b as i64)).ok();
        pairs.iter().map(|pair| Some(call(pair)? as u64)).collect()
    })
}
