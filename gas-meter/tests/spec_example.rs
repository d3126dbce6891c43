//! The worked example of `SPEC.md`: the number there is what a machine counts.

mod support;

use hull_gas_meter::Schedule;
use support::{GAS, Machine, metered, run, wasm};

const SPEC: &str = include_str!("../SPEC.md");

/// The module in the specification's only `wat` block.
fn module() -> &'static str {
    let (_, block) = SPEC.split_once("```wat\n").expect("there is an example");
    let (wat, rest) = block.split_once("```").expect("the block is closed");
    assert!(!rest.contains("```wat"), "there is one example");
    wat
}

/// The number in the line `total: N gas`.
fn total() -> i64 {
    let totals = SPEC.lines().filter_map(|line| {
        let number = line.strip_prefix("total: ")?.strip_suffix(" gas")?;
        Some(number.parse().expect("the total is a number"))
    });
    let totals: Vec<i64> = totals.collect();
    let [total] = totals[..] else {
        panic!("there is one total: {totals:?}");
    };
    total
}

#[test]
fn the_example_costs_what_it_says() {
    let module = metered(&wasm(module()), &Schedule::V1);
    let run = run(Machine::Interpreter, &module, GAS);
    assert_eq!((run.results, GAS - run.left), (Some(vec![]), total()));
}

#[test]
fn the_example_runs_with_just_enough_and_no_less() {
    let module = metered(&wasm(module()), &Schedule::V1);
    let [paid, starved] = [total(), total() - 1].map(|gas| run(Machine::Interpreter, &module, gas));
    assert_eq!((paid.results, paid.left), (Some(vec![]), 0));
    assert_eq!((starved.results, starved.left), (None, -1));
}
