//! Case 36 beyond operators: the memory that a call makes the system find is
//! paid for, however the contract goes about it.

use hull_vm::{CallResult, Schedule};

use crate::support::work::{alone, page_faults};
use crate::support::{Chain, TIERS};

/// Gas of a page fault: a page of a contract is sixteen of the system's.
const FAULT: u64 = Schedule::V1.memory_page / 16;
/// Nothing may be underpriced by more.
const UNDERPRICED: u64 = 3;
/// Calls that are counted, after some that fill caches and pools.
const CALLS: u64 = 20;

/// Fields of a module, among them its entry point.
fn victims() -> Vec<(&'static str, String)> {
    let call = |code: &str| format!(r#"(func (export "call") {code})"#);
    // Cannot be used again, so that each call makes an instance.
    let once = format!(
        "(table 1 funcref) (elem $e func) {}",
        call("(elem.drop $e)")
    );
    let touch = |pages: u32| {
        let end = pages * 65_536;
        let every = format!(
            "(local $i i32) (loop
               (i32.store8 (local.get $i) (i32.const 1))
               (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4096)))
                                  (i32.const {end}))))"
        );
        format!("(memory {pages}) {}", call(&every))
    };
    let spread: String = (0..4_096)
        .map(|page| format!(r#"(data (i32.const {}) "x")"#, page * 4_096))
        .collect();
    let ends = r#"(data (i32.const 0) "x") (data (i32.const 0xffffff) "x")"#;
    let elements = {
        let list = "$f ".repeat(10_000);
        let segment = format!("(elem (i32.const 0) func {list})");
        format!("(table $t 10000 funcref) (func $f) {}", segment.repeat(50))
    };
    vec![
        ("nothing", call("")),
        ("a page", format!("(memory 1) {}", call(""))),
        ("a trap", format!("(memory 1) {}", call("unreachable"))),
        ("used once", once.clone()),
        ("1 page touched", touch(1)),
        ("4 pages touched", touch(4)),
        ("5 pages touched", touch(5)),
        ("17 pages touched", touch(17)),
        ("256 pages touched", touch(256)),
        (
            "bytes at both ends",
            format!("(memory 256) {ends} {}", call("")),
        ),
        (
            "a byte in every page",
            format!("(memory 256) {spread} {}", call("")),
        ),
        (
            "a byte in every page, once",
            format!("(memory 256) {spread} {once}"),
        ),
        (
            "grown by one",
            format!(
                "(memory 1) {}",
                call(
                    "(drop (memory.grow (i32.const 1))) (i32.store (i32.const 65536) (i32.const 1))"
                )
            ),
        ),
        ("elements", format!("{elements} {}", call(""))),
        (
            "elements, once",
            format!("{elements} (elem $e func) {}", call("(elem.drop $e)")),
        ),
        (
            "a thousand globals",
            format!(
                "{} {}",
                "(global (mut i64) (i64.const 1))".repeat(1_000),
                call("")
            ),
        ),
    ]
}

#[test]
fn case_36_memory_that_the_system_finds() {
    let _alone = alone();
    for tiering in TIERS {
        for (what, fields) in victims() {
            let mut chain = Chain::on(tiering);
            let contract = chain.deploy(&format!("(module {fields})"));
            let mut gas = 0;
            for _ in 0..3 {
                let outcome = chain.call(contract, &[]);
                let trap = what == "a trap";
                assert_eq!(outcome.result == CallResult::Success, !trap, "{what}");
                // A trap takes all there is; the honest price is that of success.
                gas = if trap {
                    Schedule::V1.load_base
                } else {
                    outcome.gas
                };
            }
            let faults = page_faults(|| {
                (0..CALLS).for_each(|_| drop(chain.call(contract, &[])));
            });
            let (taken, paid) = (faults * FAULT, CALLS * gas);
            println!(
                "{what}: {:.1} faults a call on {tiering:?}, {:.2} of the price",
                faults as f64 / CALLS as f64,
                taken as f64 / paid as f64
            );
            assert!(
                taken <= UNDERPRICED * paid,
                "{what}: {faults} page faults for {paid} gas"
            );
        }
    }
}
