//! The interpreter.

use wasmi::{Config, Engine, ExternType, F32, F64, Instance, Linker, Module, Store, Val, ValType};

use super::Guest;

/// More than the frame counter lets any guest need: a frame counts at least 64
/// of its 2^20 bytes.
const RECURSION: usize = 1 << 15;
const STACK: usize = 256 << 20;

struct Interpreted {
    /// Its data is how often the host was called.
    store: Store<u32>,
    instance: Instance,
}

pub(super) fn guest(wasm: &[u8]) -> Option<Box<dyn Guest>> {
    let mut config = Config::default();
    config
        .set_max_recursion_depth(RECURSION)
        .set_max_stack_height(STACK);
    let engine = Engine::new(&config);
    let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
    let mut store = Store::new(&engine, 0);
    let linker = stubs(&engine, &module);
    let instance = linker.instantiate_and_start(&mut store, &module).ok()?;
    Some(Box::new(Interpreted { store, instance }))
}

/// Host functions that return zero.
fn stubs(engine: &Engine, module: &Module) -> Linker<u32> {
    let mut linker = Linker::new(engine);
    // One host function may be imported twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else {
            panic!("only functions are imported");
        };
        linker
            .func_new(
                import.module(),
                import.name(),
                ty.clone(),
                |mut caller, _, results| {
                    *caller.data_mut() += 1;
                    for result in results {
                        *result = Val::default(result.ty());
                    }
                    Ok(())
                },
            )
            .expect("imports may be shadowed");
    }
    linker
}

impl Interpreted {
    fn exported(&self, name: &str) -> wasmi::Global {
        let global = self.instance.get_global(&self.store, name);
        global.expect("the global is exported")
    }
}

impl Guest for Interpreted {
    fn call(&mut self, export: &str, args: &[u64]) -> Option<Vec<u64>> {
        let function = self.instance.get_func(&self.store, export);
        let function = function.expect("the function is exported");
        let ty = function.ty(&self.store);
        let args = args.iter().copied().chain(std::iter::repeat(0));
        let args: Vec<Val> = ty
            .params()
            .iter()
            .zip(args)
            .map(|(&ty, bits)| value(ty, bits))
            .collect();
        let mut results: Vec<Val> = ty.results().iter().map(|&ty| Val::default(ty)).collect();
        function.call(&mut self.store, &args, &mut results).ok()?;
        Some(results.iter().map(bits).collect())
    }

    fn global(&mut self, name: &str) -> u64 {
        bits(&self.exported(name).get(&self.store))
    }

    fn set_global(&mut self, name: &str, bits: u64) {
        let global = self.exported(name);
        let value = value(global.ty(&self.store).content(), bits);
        global
            .set(&mut self.store, value)
            .expect("the global is mutable");
    }

    fn memory(&mut self) -> Vec<u8> {
        let memory = self.instance.get_memory(&self.store, "memory");
        memory
            .expect("the memory is exported")
            .data(&self.store)
            .to_vec()
    }

    fn host_calls(&self) -> u32 {
        *self.store.data()
    }
}

fn value(ty: ValType, bits: u64) -> Val {
    match ty {
        ValType::I32 => Val::I32(bits as i32),
        ValType::I64 => Val::I64(bits as i64),
        ValType::F32 => Val::F32(F32::from_bits(bits as u32)),
        ValType::F64 => Val::F64(F64::from_bits(bits)),
        reference => Val::default(reference),
    }
}

fn bits(value: &Val) -> u64 {
    match value {
        Val::I32(value) => u64::from(*value as u32),
        Val::I64(value) => *value as u64,
        Val::F32(value) => value.to_bits().into(),
        Val::F64(value) => value.to_bits(),
        // What a reference refers to is not compared.
        _ => 0,
    }
}
