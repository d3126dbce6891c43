//! What the pass leaves as it was, what it adds, and what it refuses.

mod support;

use hull_gas_meter::{Config, InstrumentError, MemoryFacts, Schedule, instrument, names};
use support::programs::PROGRAMS;
use support::{GAS, MACHINES, guest, metered, run_again, run_everywhere, wasm};
use wasmparser::{ExternalKind, Parser, Payload};

/// Exports as name, kind and index.
fn exports(wasm: &[u8]) -> Vec<(String, ExternalKind, u32)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::ExportSection(exports) = payload.expect("the module is valid") {
            for export in exports {
                let export = export.expect("the export is valid");
                found.push((export.name.to_owned(), export.kind, export.index));
            }
        }
    }
    found
}

#[test]
fn exports_keep_their_indices_and_three_are_added() {
    for (name, wat) in PROGRAMS {
        let original = wasm(wat);
        let before = exports(&original);
        let after = exports(&metered(&original, &Schedule::V1).wasm);
        assert_eq!(after[..before.len()], before, "{name}");
        let added: Vec<&str> = after[before.len()..]
            .iter()
            .map(|(name, ..)| name.as_str())
            .collect();
        assert_eq!(added.len(), 3, "{name}");
        assert!(
            [names::GAS, names::FRAMES, names::RESET]
                .iter()
                .all(|name| added.contains(name))
        );
    }
}

#[test]
fn types_tables_and_elements_still_mean_what_they_did() {
    let wat = r#"(module
      (type $none (func)) (type $pair (func (param i32) (result i32 i32)))
      (import "env" "host" (func $host (param i64) (result i64)))
      (global $first i32 (i32.const 30)) (global $second (mut i32) (i32.const 12))
      (table 3 funcref) (elem (i32.const 1) $pair $host)
      (func $unused (type $none))
      (func $pair (type $pair) (local.get 0) (global.get $second))
      (func (export "run") (result i32)
        (call_indirect (type $pair) (global.get $first) (i32.const 1))
        i32.add
        (i32.wrap_i64 (call_indirect (param i64) (result i64) (i64.const 5) (i32.const 2)))
        i32.add))"#;
    let run = run_everywhere(&metered(&wasm(wat), &Schedule::V1), GAS);
    assert_eq!((run.results, run.host_calls), (Some(vec![42]), 1));
}

#[test]
fn reserved_names_are_refused() {
    for name in [
        "\\01hull:gas",
        "\\01hull:frames",
        "\\01hull:reset",
        "\\01hull:",
        "\\01hull:else",
    ] {
        for wat in [
            format!(r#"(module (func (export "{name}")))"#),
            format!(r#"(module (memory (export "{name}") 1))"#),
            format!(r#"(module (import "env" "{name}" (func)))"#),
        ] {
            let refused = instrument(&wasm(&wat), &Config::new(&Schedule::V1));
            assert!(
                matches!(refused, Err(InstrumentError::ReservedName { .. })),
                "{wat}: {refused:?}"
            );
        }
    }
}

#[test]
fn names_that_look_alike_are_not_reserved() {
    let wat = r#"(module (func (export "hull:gas")) (func (export "\01hull")) (func (export "")))"#;
    assert_eq!(exports(&metered(&wasm(wat), &Schedule::V1).wasm).len(), 6);
}

#[test]
fn the_memory_gets_a_maximum() {
    for (declared, max_memory_pages, max) in [
        ("1", 256, 256),
        ("1 3", 256, 3),
        ("1 1000", 256, 256),
        ("0 0", 256, 0),
        ("2", 5, 5),
    ] {
        let wat = format!(
            r#"(module (memory (export "memory") {declared}) (func (export "run") (result i32)
              (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) memory.size))"#
        );
        let config = Config {
            max_memory_pages,
            ..Config::new(&Schedule::V1)
        };
        let module = support::metered_with(&wasm(&wat), &config);
        let min = declared[..1].parse().expect("a digit");
        assert_eq!(module.facts.memory, Some(MemoryFacts { min, max }));
        assert_eq!(run_everywhere(&module, GAS).results, Some(vec![max.into()]));
    }
}

#[test]
fn reset_gives_every_global_its_first_value() {
    let wat = r#"(module
      (global i32 (i32.const 5))
      (global (export "a") (mut i32) (i32.const 7)) (global (export "b") (mut i64) (i64.const -1))
      (global (export "d") (mut f64) (f64.const 2.5)) (global (export "e") (mut i32) (i32.const 5))
      (func (export "run")
        (global.set 1 (i32.const 1)) (global.set 2 (i64.const 2))
        (global.set 3 (f64.const 3)) (global.set 4 (i32.const 4))))"#;
    let module = metered(&wasm(wat), &Schedule::V1);
    for machine in MACHINES {
        let mut guest = guest(machine, &module.wasm).expect("it has no start function");
        let all =
            |guest: &mut dyn support::Guest| ["a", "b", "d", "e"].map(|name| guest.global(name));
        let first = all(guest.as_mut());
        run_again(guest.as_mut(), &module, GAS);
        assert_eq!(all(guest.as_mut()), [1, 2, 3.0_f64.to_bits(), 4]);
        let counters = [names::GAS, names::FRAMES].map(|name| guest.global(name));
        assert_eq!(guest.call(names::RESET, &[]), Some(vec![]));
        assert_eq!(all(guest.as_mut()), first);
        assert_eq!(
            [names::GAS, names::FRAMES].map(|name| guest.global(name)),
            counters
        );
    }
}

#[test]
fn nothing_runs_before_there_is_gas() {
    let wat = r#"(module (import "env" "host" (func $host)) (start $host_caller)
      (func $host_caller (call $host)))"#;
    let module = metered(&wasm(wat), &Schedule::V1);
    for machine in MACHINES {
        assert!(
            guest(machine, &module.wasm).is_none(),
            "{machine:?} runs on credit"
        );
    }
}

#[test]
fn only_what_lasts_makes_an_instance_unfit_for_another_call() {
    let poolable = |body: &str| {
        let wat = format!(
            "(module (memory 1) (table $t 2 funcref) (data $d \"x\") (elem $e func $f)
              (global (mut i32) (i32.const 0)) (func $f {body}))"
        );
        metered(&wasm(&wat), &Schedule::V1).facts.poolable
    };
    assert!(poolable(
        "(global.set 0 (i32.const 1)) (drop (memory.grow (i32.const 1)))"
    ));
    assert!(poolable(
        "(memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))"
    ));
    for body in [
        "data.drop $d",
        "elem.drop $e",
        "(table.set $t (i32.const 0) (ref.null func))",
        "(drop (table.grow $t (ref.null func) (i32.const 1)))",
        "(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))",
        "(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))",
        "(table.copy $t $t (i32.const 0) (i32.const 0) (i32.const 1))",
    ] {
        assert!(!poolable(body), "{body}");
    }
}

#[test]
fn instrumenting_is_a_function_of_the_bytes() {
    for (name, wat) in PROGRAMS {
        let module = wasm(wat);
        assert_eq!(
            metered(&module, &Schedule::V1),
            metered(&module, &Schedule::V1),
            "{name}"
        );
    }
}

/// The next number of a linear congruential generator, from its better half.
fn next(state: &mut u64) -> usize {
    *state = state
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Changes, removes or inserts a few bytes.
fn mutate(bytes: &mut Vec<u8>, state: &mut u64) {
    for _ in 0..1 + next(state) % 4 {
        let at = next(state) % bytes.len().max(1);
        let byte = next(state) as u8;
        match next(state) % 4 {
            0 if at < bytes.len() => drop(bytes.remove(at)),
            1 => bytes.insert(at.min(bytes.len()), byte),
            2 => bytes.truncate(at.max(8)),
            _ if at < bytes.len() => bytes[at] = byte,
            _ => {}
        }
    }
}

#[test]
fn no_bytes_make_the_pass_panic_and_valid_ones_stay_valid() {
    let programs: Vec<Vec<u8>> = PROGRAMS.iter().map(|(_, wat)| wasm(wat)).collect();
    let (mut state, mut valid) = (2026, 0);
    for round in 0..20_000 {
        let mut bytes = programs[round % programs.len()].clone();
        mutate(&mut bytes, &mut state);
        let instrumented = instrument(&bytes, &Config::raw(&Schedule::V1));
        if let (true, Ok(module)) = (wasmparser::validate(&bytes).is_ok(), instrumented) {
            valid += 1;
            let still = wasmparser::validate(&module.wasm).map(drop);
            assert!(still.is_ok(), "round {round}: {still:?}\n{bytes:x?}");
        }
    }
    assert!(valid > 500, "only {valid} mutants are valid");
}
