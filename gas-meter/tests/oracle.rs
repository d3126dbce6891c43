//! Operator charges against `wasmer_middlewares::Metering`: other code, by other
//! people, that counts the same prices on the module as it was.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arbitrary::Unstructured;
use hull_gas_meter::{Config, FRAME_LIMIT, OperatorClass, OperatorCosts, Schedule, names};
use support::programs::PROGRAMS;
use support::{Guest, MACHINES, Machine, Native, guest, metered_with, wasm};
use wasmer::sys::{CompilerConfig, Singlepass};
use wasmer_middlewares::Metering;
use wasmer_middlewares::metering::{MeteringPoints, get_remaining_points};

/// The oracle knows operators alone.
const OPERATORS_ONLY: Schedule = Schedule {
    local: 0,
    frame: 0,
    memory_page: 0,
    fill_byte: 0,
    copy_byte: 0,
    table_element: 0,
    ..Schedule::V1
};

/// Gas of an instance: what does not end by itself ends soon.
const LIMIT: u64 = 20_000_000;

/// Generated modules in one run.
const MODULES: u64 = 400;

/// What one run of a module's exports came to: for each call that ended without
/// a halt, its results and the gas left.
#[derive(Debug, PartialEq, Eq)]
struct Account {
    calls: Vec<(Vec<u64>, i64)>,
    /// The oracle found the limit exceeded in the call after those.
    exhausted: bool,
}

/// The exported functions, in order.
fn exports(wasm: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::ExportSection(exports) = payload.expect("the module is valid") {
            let exports = exports
                .into_iter()
                .map(|export| export.expect("the module is valid"));
            let functions = exports.filter(|export| export.kind == wasmparser::ExternalKind::Func);
            names.extend(functions.map(|export| export.name.to_owned()));
        }
    }
    names
}

/// An operator's name: the oracle has operators of another version of the parser.
fn name(op: &impl std::fmt::Debug) -> String {
    let text = format!("{op:?}");
    text.split([' ', '(']).next().unwrap_or_default().to_owned()
}

/// The price of every operator in the module.
fn prices(wasm: &[u8], schedule: &Schedule) -> BTreeMap<String, u64> {
    let mut prices = BTreeMap::new();
    for payload in wasmparser::Parser::new(0).parse_all(wasm) {
        if let wasmparser::Payload::CodeSectionEntry(body) = payload.expect("the module is valid") {
            for op in body.get_operators_reader().expect("the body is valid") {
                let op = op.expect("the operator is valid");
                prices.insert(name(&op), schedule.operator_cost(&op));
            }
        }
    }
    prices
}

/// The account of the oracle, or `None` if the module does not start.
fn oracle(wasm: &[u8], schedule: &Schedule) -> Option<Account> {
    let prices = prices(wasm, schedule);
    let metering = Metering::new(LIMIT, move |op: &wasmer::wasmparser::Operator<'_>| {
        prices[&name(op)]
    });
    let mut compiler = Singlepass::new();
    compiler.push_middleware(Arc::new(metering));
    let mut native = Native::with(Box::new(compiler), wasm)?;
    let mut account = Account {
        calls: Vec::new(),
        exhausted: false,
    };
    for export in exports(wasm) {
        let results = native.call(&export, &[]);
        let points = get_remaining_points(&mut native.store, &native.instance);
        match (results, points) {
            (Some(results), MeteringPoints::Remaining(left)) => {
                account.calls.push((results, left as i64))
            }
            (_, points) => {
                account.exhausted = points == MeteringPoints::Exhausted;
                break;
            }
        }
    }
    Some(account)
}

/// The account of the pass, of as many calls as the oracle has. A call that
/// needs more stack than there is ends it; calls on credit are no calls.
fn hull(machine: Machine, wasm: &[u8], schedule: &Schedule, expected: &Account) -> Account {
    let config = Config {
        initial_gas: LIMIT as i64,
        ..Config::raw(schedule)
    };
    let module = metered_with(wasm, &config);
    let mut guest = guest(machine, &module.wasm).expect("the module starts");
    let mut account = Account {
        calls: Vec::new(),
        exhausted: false,
    };
    let calls = expected.calls.len() + usize::from(expected.exhausted);
    for export in exports(wasm).iter().take(calls) {
        guest.set_global(
            names::FRAMES,
            (FRAME_LIMIT - module.facts.entry_frames).into(),
        );
        let results = guest.call(export, &[]);
        let left = guest.global(names::GAS) as i64;
        match results {
            Some(results) if left >= 0 => account.calls.push((results, left)),
            _ => {
                account.exhausted = true;
                break;
            }
        }
    }
    account
}

/// Compares the two on one machine, and returns how many calls were compared.
fn compare(machine: Machine, wasm: &[u8]) -> usize {
    let Some(expected) = oracle(wasm, &OPERATORS_ONLY) else {
        return 0;
    };
    let found = hull(machine, wasm, &OPERATORS_ONLY, &expected);
    assert_eq!(found, expected, "{machine:?} differs from the oracle");
    expected.calls.len()
}

/// Programs with every class of operator and every shape of control flow.
fn programs() -> Vec<(&'static str, Vec<u8>)> {
    PROGRAMS
        .iter()
        .map(|&(name, wat)| (name, wasm(wat)))
        .collect()
}

#[test]
fn hand_written_programs_cost_what_the_oracle_says() {
    for (name, wasm) in programs() {
        for machine in MACHINES {
            let compared = compare(machine, &wasm);
            assert_eq!(
                compared,
                exports(&wasm).len(),
                "{name} does not end without a halt"
            );
        }
    }
}

#[test]
fn committed_programs_cost_what_the_oracle_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/programs");
    let mut compared = 0;
    for entry in fs::read_dir(folder).expect("the programs are there") {
        let path = entry.expect("the folder can be read").path();
        let refused = path.to_string_lossy().contains("refused");
        if refused || path.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let wasm = fs::read(&path).expect("the program can be read");
        println!("{}", path.display());
        for machine in MACHINES {
            compared += compare(machine, &wasm);
        }
    }
    assert!(compared >= 15, "only {compared} calls end without a halt");
}

#[test]
fn generated_modules_cost_what_the_oracle_says() {
    let seed = seed();
    println!("HULL_METER_SEED={seed}");
    let (mut productive, mut calls) = (0, 0);
    for index in 0..MODULES {
        let Some(wasm) = generated(seed.wrapping_add(index)) else {
            continue;
        };
        println!("module {index}");
        let machine = MACHINES[index as usize % MACHINES.len()];
        let compared = compare(machine, &wasm);
        calls += compared;
        productive += u64::from(compared > 0);
    }
    println!("{calls} calls of {productive} modules compared");
    assert!(
        productive * 2 > MODULES,
        "only {productive} of {MODULES} modules end without a halt"
    );
}

#[test]
fn a_gas_too_much_on_one_class_is_noticed() {
    let programs = programs();
    let accounts: Vec<Account> = programs
        .iter()
        .map(|(_, wasm)| oracle(wasm, &OPERATORS_ONLY).expect("the program starts"))
        .collect();
    for class in OperatorClass::ALL {
        let planted = planted(class);
        let noticed = programs.iter().zip(&accounts).any(|((_, wasm), expected)| {
            hull(Machine::Interpreter, wasm, &planted, expected) != *expected
        });
        assert!(noticed, "nothing notices a gas more on {class:?}");
    }
}

/// The schedule with one gas more on `class`.
fn planted(class: OperatorClass) -> Schedule {
    let OperatorCosts(mut costs) = OPERATORS_ONLY.operators;
    costs[class as usize] += 1;
    Schedule {
        operators: OperatorCosts(costs),
        ..OPERATORS_ONLY
    }
}

/// A new seed for every run, or the one in the environment.
#[expect(
    clippy::disallowed_methods,
    reason = "the seed only chooses what is tested"
)]
fn seed() -> u64 {
    let given = std::env::var("HULL_METER_SEED").ok();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    match given {
        Some(seed) => seed.parse().expect("HULL_METER_SEED is a number"),
        None => now.map_or(0, |now| now.as_micros() as u64),
    }
}

/// A module of the deterministic profile without floats: the oracle lets a NaN
/// be what it is.
fn generated(seed: u64) -> Option<Vec<u8>> {
    let bytes = random_bytes(seed, 6_000);
    let mut bytes = Unstructured::new(&bytes);
    let config = wasm_smith::Config {
        disallow_traps: !seed.is_multiple_of(8),
        allow_floats: false,
        allow_start_export: seed.is_multiple_of(5),
        bulk_memory_enabled: true,
        multi_value_enabled: true,
        sign_extension_ops_enabled: true,
        reference_types_enabled: seed.is_multiple_of(3),
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        shared_everything_threads_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        available_imports: Some(wasm(IMPORTS)),
        max_imports: 4,
        min_funcs: 3,
        max_funcs: 12,
        min_types: 2,
        max_types: 8,
        min_exports: 2,
        max_exports: 8,
        export_everything: seed.is_multiple_of(2),
        min_memories: 1,
        max_memories: 1,
        min_tables: 1,
        max_tables: 1,
        max_memory32_bytes: 8 * 65_536,
        max_table_elements: 40,
        // Growth costs nothing here, and without a maximum takes all memory there is.
        table_max_size_required: true,
        max_instructions: 150,
        ..wasm_smith::Config::default()
    };
    Some(wasm_smith::Module::new(config, &mut bytes).ok()?.to_bytes())
}

/// Bytes from a seed: splitmix64.
fn random_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut next = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)).to_le_bytes()
    };
    std::iter::repeat_with(&mut next)
        .flatten()
        .take(length)
        .collect()
}

const IMPORTS: &str = r#"(module
  (import "env" "none" (func))
  (import "env" "one" (func (param i32) (result i32)))
  (import "env" "two" (func (param i64 i32) (result i64))))"#;
