//! Charges that depend on an operand or on what a function declares, computed
//! by hand from the schedule and counted by every engine.

mod support;

use hull_gas_meter::OperatorClass::{self, *};
use hull_gas_meter::{Schedule, names};
use support::{GAS, MACHINES, guest, metered, run, run_again, run_everywhere, wasm};

const PRICES: &Schedule = &Schedule::V1;

/// Gas of one operator of each of `classes`, and of entering one function.
fn entered(classes: &[OperatorClass]) -> u64 {
    PRICES.frame + operators(classes)
}

fn operators(classes: &[OperatorClass]) -> u64 {
    classes
        .iter()
        .map(|&class| PRICES.operators.of(class))
        .sum()
}

/// What `run` of a module costs, the same on every engine.
fn cost(wat: &str) -> u64 {
    let run = run_everywhere(&metered(&wasm(wat), PRICES), GAS);
    assert!(run.results.is_some(), "the call ends without a halt");
    (GAS - run.left) as u64
}

/// What the body of a function costs, its entry included. Around it are a
/// memory of one to three pages, two tables, and a segment for each.
fn body_cost(body: &str) -> u64 {
    cost(&surrounded(body))
}

fn surrounded(body: &str) -> String {
    format!(
        r#"(module
          (import "env" "host" (func $host))
          (memory (export "memory") 1 3)
          (table $t 10 20 funcref) (table $u 10 funcref)
          (data $d "0123456789") (elem $e func $f $f $f $f)
          (func $f)
          (func (export "run") {body}))"#
    )
}

#[test]
fn a_frame_and_each_local_but_no_parameter_is_charged_at_entry() {
    assert_eq!(body_cost(""), PRICES.frame);
    assert_eq!(
        body_cost("(local i32 i64 f32 f64 i32) (local funcref)"),
        PRICES.frame + 6 * PRICES.local
    );
    let called = r#"(module (func $f (param i32 i32) (local i64 i64 i64))
        (func (export "run") (local f64) i32.const 1 i32.const 2 call $f))"#;
    assert_eq!(
        cost(called),
        entered(&[Const, Const, Call]) + PRICES.frame + 4 * PRICES.local
    );
}

#[test]
fn every_entry_is_charged_again() {
    let twice = r#"(module (func $f (local i64 i64))
        (func (export "run") call $f call $f call $f))"#;
    let callee = PRICES.frame + 2 * PRICES.local;
    assert_eq!(cost(twice), entered(&[Call; 3]) + 3 * callee);
    let indirect = r#"(module (table 1 funcref) (elem (i32.const 0) $f)
        (func $f (local i64 i64))
        (func (export "run") i32.const 0 call_indirect))"#;
    assert_eq!(cost(indirect), entered(&[Const, CallIndirect]) + callee);
}

#[test]
fn growth_is_charged_by_the_page_whether_or_not_it_succeeds() {
    for pages in [0, 1, 2, 3, 1000] {
        assert_eq!(
            body_cost(&format!("i32.const {pages} memory.grow drop")),
            entered(&[Const, MemoryGrow, Drop]) + pages * PRICES.memory_page,
        );
    }
}

#[test]
fn the_largest_operand_is_read_as_unsigned() {
    let module = metered(&wasm(&surrounded("i32.const -1 memory.grow drop")), PRICES);
    let price = entered(&[Const, MemoryGrow, Drop]) + u64::from(u32::MAX) * PRICES.memory_page;
    let run = run_everywhere(&module, price as i64);
    assert_eq!((run.results, run.left), (Some(vec![]), 0));
}

#[test]
fn bulk_operations_are_charged_by_the_byte() {
    let bulk = entered(&[Const, Const, Const, MemoryBulk]);
    for length in [0, 1, 7, 10] {
        let operands = format!("i32.const 100 i32.const 0 i32.const {length}");
        let cost = |operator: &str| body_cost(&format!("{operands} {operator}"));
        assert_eq!(cost("memory.fill"), bulk + length * PRICES.fill_byte);
        assert_eq!(cost("memory.copy"), bulk + length * PRICES.copy_byte);
        assert_eq!(cost("memory.init $d"), bulk + length * PRICES.copy_byte);
    }
    let page = "i32.const 0 i32.const 1 i32.const 65536 memory.fill";
    assert_eq!(body_cost(page), bulk + 65_536 * PRICES.fill_byte);
}

#[test]
fn table_operations_are_charged_by_the_element() {
    let bulk = entered(&[Const, Const, Const, TableBulk]);
    let grow = entered(&[Ref, Const, TableGrow, Drop]);
    for length in [0, 1, 4] {
        let element = length * PRICES.table_element;
        let operands = format!("i32.const 2 i32.const 0 i32.const {length}");
        assert_eq!(
            body_cost(&format!("{operands} table.copy $t $u")),
            bulk + element
        );
        assert_eq!(
            body_cost(&format!("{operands} table.init $t $e")),
            bulk + element
        );
        assert_eq!(
            body_cost(&format!(
                "ref.null func i32.const {length} table.grow $t drop"
            )),
            grow + element
        );
        assert_eq!(
            body_cost(&format!(
                "i32.const 2 ref.null func i32.const {length} table.fill $t"
            )),
            entered(&[Const, Ref, Const, TableBulk]) + element
        );
    }
    // Growth beyond the maximum fails and is charged all the same.
    let failing = body_cost("ref.null func i32.const 500 table.grow $t drop");
    assert_eq!(failing, grow + 500 * PRICES.table_element);
}

#[test]
fn a_size_that_is_computed_in_a_loop_is_charged_every_time() {
    let body = "(local $n i32)
        (loop (memory.fill (i32.const 0) (i32.const 1) (local.get $n))
          (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10))))";
    let round = operators(&[
        Const, Const, Local, MemoryBulk, Local, Const, IntAlu, Local, Const, IntCompare, Branch,
    ]);
    let filled: u64 = (0..10).sum();
    assert_eq!(
        body_cost(body),
        PRICES.frame + PRICES.local + 10 * round + filled * PRICES.fill_byte
    );
}

/// Runs with one gas too little for `body`, and with just enough.
fn starve(body: &str, price: u64) -> [support::Run; 2] {
    let module = metered(&wasm(&surrounded(body)), PRICES);
    [price as i64 - 1, price as i64].map(|gas| run_everywhere(&module, gas))
}

fn is_exhausted(run: &support::Run) -> bool {
    run.results.is_none() && run.left < 0
}

#[test]
fn work_is_paid_before_it_is_done() {
    let bulk = operators(&[Const, Const, Const, MemoryBulk]);
    let cases = [
        (
            "i32.const 0 i32.const 255 i32.const 8 memory.fill",
            8 * PRICES.fill_byte + bulk,
        ),
        (
            "i32.const 0 i32.const 0 i32.const 8 memory.init $d",
            8 * PRICES.copy_byte + bulk,
        ),
        (
            "i32.const 2 memory.grow drop",
            2 * PRICES.memory_page + operators(&[Const, MemoryGrow, Drop]),
        ),
    ];
    for (body, price) in cases {
        let module = metered(&wasm(&surrounded(body)), PRICES);
        for machine in MACHINES {
            let mut guest = guest(machine, &module.wasm).expect("it has no start function");
            let before = guest.memory();
            let starved = run_again(guest.as_mut(), &module, (PRICES.frame + price) as i64 - 1);
            assert!(is_exhausted(&starved), "{body}: {starved:?}");
            assert!(guest.memory() == before, "{body} wrote for nothing");
            let paid = run_again(guest.as_mut(), &module, (PRICES.frame + price) as i64);
            assert_eq!((paid.results, paid.left), (Some(vec![]), 0));
            assert!(guest.memory() != before, "{body} did nothing");
        }
    }
}

#[test]
fn the_host_is_not_called_on_credit() {
    let [starved, paid] = starve("call $host", entered(&[Call]));
    assert!(is_exhausted(&starved), "{starved:?}");
    assert_eq!(starved.host_calls, 0);
    assert_eq!((paid.left, paid.host_calls), (0, 1));
}

#[test]
fn an_endless_loop_ends() {
    for body in [
        "(loop (br 0))",
        "(loop (br_if 0 (i32.const 1)))",
        "(loop (loop (br_if 1 (i32.const 1))) (br 0))",
        "(loop (br_table 0 0 0 (i32.const 7)))",
        "(loop (nop) (call $f) (br 0))",
        "(loop (call $host) (br 0))",
    ] {
        let module = metered(&wasm(&surrounded(body)), PRICES);
        let runs = MACHINES.map(|machine| run(machine, &module, 10_000_000));
        assert!(runs.iter().all(is_exhausted), "{body}: {runs:?}");
    }
}

#[test]
fn a_body_that_cannot_be_paid_is_not_run_to_its_end_silently() {
    let body = "(local i64) i64.const 1 i64.const 2 i64.add drop";
    let price = entered(&[Const, Const, IntAlu, Drop]) + PRICES.local;
    let [starved, paid] = starve(body, price);
    // A short function may end before anybody looks; then the counter tells.
    assert_eq!(starved.left, -1);
    assert_eq!((paid.results, paid.left), (Some(vec![]), 0));
}

#[test]
fn recursion_is_stopped_for_want_of_gas_at_an_entry() {
    let wat = r#"(module (func $f (export "run") call $f))"#;
    let run = run_everywhere(&metered(&wasm(wat), PRICES), 100_000);
    assert!(is_exhausted(&run) && run.frames >= 0, "{run:?}");
}

#[test]
fn the_counter_survives_a_trap() {
    let module = metered(&wasm(&surrounded("call $host unreachable")), PRICES);
    for machine in MACHINES {
        let mut guest = guest(machine, &module.wasm).expect("it has no start function");
        let run = run_again(guest.as_mut(), &module, GAS);
        assert_eq!(run.results, None);
        assert!(
            guest.global(names::GAS) as i64 > 0,
            "a trap is not exhaustion"
        );
    }
}
