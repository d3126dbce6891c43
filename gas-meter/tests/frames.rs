//! The frame counter ends every recursion before the native stack does, at the
//! same depth on every engine.

mod support;

use hull_gas_meter::{Config, FRAME_LIMIT, InstrumentError, Schedule, instrument};
use support::{GAS, MACHINES, Machine, Run, metered, run, run_everywhere, wasm};

/// Enough that frames, not gas, are what ends a recursion.
const PLENTY: i64 = GAS * 1_000;

/// Runs what recurses without end; the counter, not the native stack, ends it.
fn is_counted(name: &str, wat: &str) {
    let module = metered(&wasm(wat), &Schedule::V1);
    for machine in MACHINES {
        let run = run(machine, &module, PLENTY);
        assert_eq!(run.results, None, "{name} ends on {machine:?}");
        assert!(
            run.frames < 0,
            "{name} ends otherwise on {machine:?}: {run:?}"
        );
    }
}

/// Runs what is deep but ends, on both tiers, whose stacks must hold it.
fn ends(name: &str, wat: &str) {
    let module = metered(&wasm(wat), &Schedule::V1);
    for machine in [Machine::Singlepass, Machine::Cranelift] {
        let run = run(machine, &module, PLENTY);
        assert!(
            run.results.is_some(),
            "{name} halts on {machine:?}: {run:?}"
        );
    }
}

fn repeat(count: usize, text: impl Fn(usize) -> String) -> String {
    (0..count).map(text).collect()
}

#[test]
fn recursion_is_as_deep_on_every_engine() {
    let wat = r#"(module
      (global $depth (export "depth") (mut i32) (i32.const 0))
      (func $f (param i64) (local f64)
        (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
        (call $f (local.get 0)))
      (func (export "run") (call $f (i64.const 1))))"#;
    let module = metered(&wasm(wat), &Schedule::V1);
    let depths = MACHINES.map(|machine| {
        let mut guest = support::guest(machine, &module.wasm).expect("it has no start function");
        let run = support::run_again(guest.as_mut(), &module, PLENTY);
        assert!(
            run.results.is_none() && run.frames < 0,
            "{machine:?}: {run:?}"
        );
        guest.global("depth")
    });
    assert_eq!(depths, [depths[0]; 3]);
    assert!((1_000..20_000).contains(&depths[0]), "{}", depths[0]);
}

#[test]
fn bounded_recursion_ends_the_same_everywhere() {
    let wat = r#"(module
      (func $down (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
          (else (i32.const 0))))
      (func (export "run") (result i32) (call $down (i32.const 3000))))"#;
    let run: Run = run_everywhere(&metered(&wasm(wat), &Schedule::V1), PLENTY);
    assert_eq!(run.results, Some(vec![3000]));
}

#[test]
fn a_function_with_many_locals_is_counted() {
    // Loads, because none of them can be done again after the call.
    let written = repeat(4096, |local| {
        format!("(local.set {local} (i64.load (i32.const {})))", 8 * local)
    });
    let read = repeat(4096, |local| format!("(local.get {local}) i64.xor "));
    let locals = "i64 ".repeat(4096);
    is_counted(
        "many locals",
        &format!(
            r#"(module (memory 1)
              (func $f (export "run") (result i64) (local {locals})
                {written} (call $f) {read}))"#
        ),
    );
}

#[test]
fn a_function_with_many_parameters_is_counted() {
    let params = "i64 ".repeat(100);
    let first = "(i64.const 7)".repeat(100);
    let again = repeat(100, |param| {
        format!("(i64.add (local.get {param}) (i64.const {param}))")
    });
    let summed = repeat(100, |param| format!("(local.get {param}) i64.xor "));
    is_counted(
        "many parameters",
        &format!(
            r#"(module
              (func $f (param {params}) (result i64) (call $f {again}) {summed})
              (func (export "run") (result i64) (call $f {first})))"#
        ),
    );
}

#[test]
fn a_deep_operand_stack_is_counted() {
    let pushed = repeat(2000, |operand| {
        format!("(i64.mul (local.get 0) (i64.const {operand}))")
    });
    let popped = "i64.xor ".repeat(2000);
    is_counted(
        "deep operands",
        &format!(
            r#"(module
              (func $f (param i64) (result i64) {pushed} (call $f (local.get 0)) {popped})
              (func (export "run") (result i64) (call $f (i64.const 3))))"#
        ),
    );
}

#[test]
fn values_that_an_optimiser_keeps_alive_are_counted() {
    // The same expressions before and after the call: it may keep each of them.
    let expressions = repeat(3000, |round| {
        format!(
            "(local.set 1 (i64.xor (local.get 1) (i64.mul (local.get 0) (i64.const {}))))",
            round + 3
        )
    });
    is_counted(
        "shared values",
        &format!(
            r#"(module
              (func $f (param i64) (result i64) (local i64)
                {expressions} (drop (call $f (local.get 0))) {expressions} (local.get 1))
              (func (export "run") (result i64) (call $f (i64.const 3))))"#
        ),
    );
    let shortest = repeat(3000, |round| {
        format!(
            "(i64.rotl (local.get 0) (i64.const {})) i64.xor ",
            round % 61 + 1
        )
    });
    is_counted(
        "shared short values",
        &format!(
            r#"(module
              (func $f (param i64) (result i64)
                i64.const 0 {shortest} drop (drop (call $f (local.get 0))) i64.const 0 {shortest})
              (func (export "run") (result i64) (call $f (i64.const 3))))"#
        ),
    );
}

#[test]
fn mutual_recursion_is_counted() {
    is_counted(
        "mutual recursion",
        r#"(module
          (func $a (call $b)) (func $b (call $c)) (func $c (local i64 i64 i64) (call $a))
          (func (export "run") (call $b)))"#,
    );
}

#[test]
fn recursion_through_a_table_is_counted() {
    is_counted(
        "recursion through a table",
        r#"(module (table 2 funcref) (elem (i32.const 0) $a $b) (type $t (func (param i32)))
          (func $a (type $t) (call_indirect (type $t) (i32.const 1) (i32.const 1)))
          (func $b (type $t) (local f64 f64) (call_indirect (type $t) (i32.const 0) (i32.const 0)))
          (func (export "run") (call_indirect (type $t) (i32.const 0) (i32.const 0))))"#,
    );
    is_counted(
        "recursion through a reference",
        r#"(module (table 1 funcref) (elem declare func $a)
          (func $a (call_indirect (i32.const 0)))
          (func (export "run") (table.set (i32.const 0) (ref.func $a)) (call $a)))"#,
    );
}

/// A chain of functions, each of which calls the next one.
fn chain(length: usize, locals: usize) -> String {
    let locals = "i64 ".repeat(locals);
    let links = repeat(length, |link| {
        format!("(func $f{link} (local {locals}) (call $f{}))", link + 1)
    });
    format!(r#"(module {links} (func $f{length}) (func (export "run") (call $f0)))"#)
}

#[test]
fn a_long_chain_ends_within_the_stack() {
    ends("short frames", &chain(1000, 0));
    ends("long frames", &chain(1000, 100));
}

#[test]
fn a_chain_that_cannot_fit_is_stopped_by_the_counter() {
    is_counted("a chain of long frames", &chain(1000, 400));
}

#[test]
fn a_function_that_never_fits_is_refused() {
    let small = Config {
        frame_limit: 1 << 10,
        ..Config::new(&Schedule::V1)
    };
    let wat = format!(
        r#"(module (func (export "run") (local {})))"#,
        "i64 ".repeat(200)
    );
    match instrument(&wasm(&wat), &small) {
        Err(InstrumentError::TooDeep {
            function: 0,
            needed,
            limit: 1024,
        }) => {
            assert!((1_600..FRAME_LIMIT.into()).contains(&needed));
        }
        other => panic!("{other:?}"),
    }
}
