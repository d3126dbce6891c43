//! The profiled form and the source map.

mod support;

use std::collections::BTreeMap;

use hull_gas_meter::{
    Config, FRAME_LIMIT, Profiled, Schedule, SourceMap, instrument, names, profiled,
};
use support::programs::PROGRAMS;
use support::{GAS, wasm};
use wasmi::{Engine, ExternType, Linker, Module, Store, Val};

/// What a profiler makes of what the functions tell.
#[derive(Default)]
struct Ledger {
    functions: Vec<(u64, bool)>,
    imported: u32,
    stack: Vec<u32>,
    counter: i64,
    own: BTreeMap<u32, i64>,
}

impl Ledger {
    fn of(profiled: &Profiled) -> Self {
        let functions = profiled.functions.iter();
        Self {
            functions: functions.map(|f| (f.prepaid, f.quiet)).collect(),
            imported: profiled.imported_functions,
            counter: GAS,
            ..Self::default()
        }
    }

    fn spend(&mut self, counter: i64) {
        let used = self.counter - counter;
        assert!(used >= 0, "the counter never rises");
        self.counter = counter;
        if let Some(function) = self.stack.last() {
            *self.own.entry(*function).or_default() += used;
        }
    }

    fn enter(&mut self, function: u32, counter: i64) {
        let (prepaid, quiet) = self.functions[(function - self.imported) as usize];
        if !quiet {
            self.spend(counter);
        }
        if let Some(caller) = self.stack.last() {
            *self.own.entry(*caller).or_default() -= prepaid as i64;
        } else {
            assert_eq!(prepaid, 0, "nobody has paid for the outermost function");
        }
        *self.own.entry(function).or_default() += prepaid as i64;
        self.stack.push(function);
    }

    fn exit(&mut self, function: u32, counter: i64) {
        let (_, quiet) = self.functions[(function - self.imported) as usize];
        if !quiet {
            self.spend(counter);
        }
        assert_eq!(self.stack.pop(), Some(function));
    }
}

/// Runs every export on the interpreter; the results and the gas left of each.
fn run(wasm: &[u8], ledger: impl Fn() -> Ledger) -> Vec<(String, Vec<String>, i64, Ledger)> {
    let engine = Engine::default();
    let module = Module::new(&engine, wasm).expect("the module is valid");
    let exports = module.exports().filter_map(|export| match export.ty() {
        ExternType::Func(_) if !names::is_reserved(export.name()) => Some(export.name().to_owned()),
        _ => None,
    });
    exports
        .map(|export| call(&engine, &module, export, ledger()))
        .collect()
}

fn call(
    engine: &Engine,
    module: &Module,
    export: String,
    ledger: Ledger,
) -> (String, Vec<String>, i64, Ledger) {
    let mut store = Store::new(engine, ledger);
    let mut linker = Linker::<Ledger>::new(engine);
    linker.allow_shadowing(true);
    for import in module.imports() {
        let ExternType::Func(ty) = import.ty() else {
            panic!("only functions are imported");
        };
        let (from, name) = (import.module().to_owned(), import.name().to_owned());
        let told = from == names::PROFILE;
        let enters = name == names::ENTER;
        linker
            .func_new(
                &from,
                &name,
                ty.clone(),
                move |mut caller, arguments, results| {
                    if let (true, [Val::I32(function), Val::I64(counter)]) = (told, arguments) {
                        let ledger = caller.data_mut();
                        let tell = if enters { Ledger::enter } else { Ledger::exit };
                        tell(ledger, *function as u32, *counter);
                    }
                    for result in results {
                        *result = Val::default(result.ty());
                    }
                    Ok(())
                },
            )
            .expect("imports may be shadowed");
    }
    let instance = linker
        .instantiate_and_start(&mut store, module)
        .expect("it can be made");
    let gas = instance
        .get_global(&store, names::GAS)
        .expect("it is metered");
    gas.set(&mut store, Val::I64(GAS)).expect("it is mutable");
    let frames = instance
        .get_global(&store, names::FRAMES)
        .expect("it is metered");
    frames
        .set(&mut store, Val::I32(FRAME_LIMIT as i32))
        .expect("it is mutable");
    let function = instance.get_func(&store, &export).expect("it is exported");
    let ty = function.ty(&store);
    let arguments: Vec<_> = ty.params().iter().map(|&ty| Val::default(ty)).collect();
    let mut results: Vec<_> = ty.results().iter().map(|&ty| Val::default(ty)).collect();
    function
        .call(&mut store, &arguments, &mut results)
        .expect("the programs end well");
    let left = match gas.get(&store) {
        Val::I64(left) => left,
        _ => unreachable!(),
    };
    let results = results.iter().map(|result| format!("{result:?}")).collect();
    (export, results, left, store.into_data())
}

#[test]
fn a_profile_adds_up_to_the_gas_of_the_plain_form() {
    let config = Config::new(&Schedule::V1);
    for (name, text) in PROGRAMS {
        let original = wasm(text);
        let plain = instrument(&original, &config).unwrap();
        let profiled = profiled(&original, &config).unwrap();
        wasmparser::validate(&profiled.wasm).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(profiled.facts, plain.facts);
        let plain = run(&plain.wasm, Ledger::default);
        let told = run(&profiled.wasm, || Ledger::of(&profiled));
        for (plain, told) in plain.into_iter().zip(told) {
            let what = format!("{name}, {}", plain.0);
            assert_eq!(
                (&plain.0, &plain.1, plain.2),
                (&told.0, &told.1, told.2),
                "{what}"
            );
            let ledger = told.3;
            assert!(ledger.stack.is_empty(), "{what}: every function has ended");
            let sum: i64 = ledger.own.values().sum();
            assert_eq!(sum, GAS - told.2, "{what}: the parts are the whole");
            for (function, own) in ledger.own {
                assert!(own >= 0, "{what}: function {function} has {own}");
            }
        }
    }
}

#[test]
fn what_a_caller_prepays_is_told_of_the_callee() {
    let text = r#"(module (func $leaf (local i64 i64 i64))
      (func (export "run") call $leaf call $leaf))"#;
    let original = wasm(text);
    let told = profiled(&original, &Config::new(&Schedule::V1)).unwrap();
    let runs = run(&told.wasm, || Ledger::of(&told));
    let price = Schedule::V1.frame + 3 * Schedule::V1.local;
    assert_eq!(runs[0].3.own[&0], 2 * price as i64);
}

/// Every `unreachable` of the output that the pass did not write is one of the
/// original, at the offset that the map says.
#[test]
fn the_map_leads_back_to_the_same_operator() {
    let config = Config::new(&Schedule::V1);
    for (name, text) in PROGRAMS {
        let original = wasm(text);
        let plain = instrument(&original, &config).unwrap();
        let map = SourceMap::new(&original, &config).unwrap();
        let imported = imported_functions(&original);
        let [before, after] = [&original, &plain.wasm].map(|wasm| bodies(wasm));
        for (index, body) in before.iter().enumerate() {
            let function = imported + index as u32;
            let starts: Vec<u64> = body.1.iter().map(|(offset, _)| *offset).collect();
            let mut found = 0;
            for (offset, operator) in &after[index].1 {
                let within = (offset - after[index].0) as u32;
                let source = map.original(function, within).unwrap();
                // Never before the body or past it, never backwards out of it.
                assert!(source >= body.0 && source <= *starts.last().unwrap());
                // Constants with a value that only the program uses.
                if operator.starts_with("I32Const") && starts.contains(&source) {
                    let same = body.1.iter().find(|(at, _)| *at == source).unwrap();
                    found += u32::from(same.1 == *operator);
                }
            }
            let constants = body
                .1
                .iter()
                .filter(|(_, op)| op.starts_with("I32Const"))
                .count();
            // Of unreachable code nothing is left, and unrolled loops have one place.
            let exempt = ["unreachable", "loops", "rounds"]
                .iter()
                .any(|part| name.contains(part));
            assert!(
                exempt || found as usize >= constants,
                "{name}, function {function}: {found} of {constants} constants are led back"
            );
        }
    }
}

fn imported_functions(wasm: &[u8]) -> u32 {
    let module = Module::new(&Engine::default(), wasm).expect("the module is valid");
    let functions = module
        .imports()
        .filter(|i| matches!(i.ty(), ExternType::Func(_)));
    functions.count() as u32
}

/// Where each body begins, and its operators with their offsets.
fn bodies(wasm: &[u8]) -> Vec<(u64, Vec<(u64, String)>)> {
    let mut bodies = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionEntry(body) = payload.unwrap() {
            let reader = body.get_operators_reader().unwrap();
            let operators = reader.into_iter_with_offsets().map(|read| {
                let (operator, offset) = read.unwrap();
                (offset, format!("{operator:?}"))
            });
            bodies.push((body.range().start, operators.collect()));
        }
    }
    bodies
}
