//! The tests of the WebAssembly specification, on both tiers.
//!
//! Twice: *raw*, where every module goes through the meter's pass and nothing
//! else of the engine, and *through admission*, where a module is a contract or
//! is declined by a rule, and the whole engine runs it.
//!
//! The runner is our own, because the pass must stand between a module and its
//! compiler. It asks for more than the specification does: a NaN whose bits are
//! left open must be the canonical positive one, recursion must end at the
//! frame counter, the frame counter must be full again after every call, and
//! both tiers must come to the same gas.

mod admitted;
mod contract;
mod golden;
mod raw;
mod script;
mod suite;
mod value;

use std::fmt::Write;

use hull_vm::Tier;

use crate::admitted::Admitted;
use crate::golden::{Counts, Golden};
use crate::raw::Raw;
use crate::script::{Excuse, Executor, Report};
use crate::suite::Suite;

const RAW: Golden = Golden {
    file: "raw.golden",
    header: "\
# What the specification's tests come to when modules go through the meter's pass
# and wasmer alone. `declined` and `skipped` may not grow; HULL_BLESS=1 records
# a change.
#
# text: assertions about the text format, which its parser settles.
# skipped vectors: files about SIMD, which the pass refuses.
# declined wasmer-element-globals: wasmer has no `global.get` in element segments.
# declined wasmer-table-maximum: wasmer refuses tables that may grow beyond 2^27.
# The last two fail without the pass in the same way, which the test shows.
",
};

const ADMISSION: Golden = Golden {
    file: "admission.golden",
    header: "\
# What the specification's tests come to when their modules must be contracts.
# `declined` counts modules by the rule of admission, `unheard` the assertions
# about them. None of that may grow; HULL_BLESS=1 records a change.
#
# text: assertions about the text format, which its parser settles.
# excused memory-maximum: the test grows a memory beyond what a contract may have.
# skipped vectors: files about SIMD, which admission declines.
",
};

/// Growing beyond the memory maximum of a contract fails, as it may.
const BEYOND_MEMORY: [Excuse; 3] = {
    let rule = "memory-maximum";
    [
        Excuse {
            script: "call.wast",
            export: "as-memory.grow-value",
            rule,
        },
        Excuse {
            script: "call_indirect.wast",
            export: "as-memory.grow-value",
            rule,
        },
        Excuse {
            script: "memory_grow.wast",
            export: "grow",
            rule,
        },
    ]
};

#[test]
fn raw_v1() {
    let report = run(
        "raw",
        Suite::V1,
        |tier| Raw::new(tier, Suite::V1.features()),
        &[],
    );
    assert!(report.declined.is_empty(), "{:?}", report.declined);
    check(&RAW, Suite::V1, &report);
}

#[test]
fn raw_v2() {
    let report = run(
        "raw",
        Suite::V2,
        |tier| Raw::new(tier, Suite::V2.features()),
        &[],
    );
    check(&RAW, Suite::V2, &report);
}

#[test]
fn through_admission_v1() {
    let report = run("admitted", Suite::V1, Admitted::new, &BEYOND_MEMORY);
    check(&ADMISSION, Suite::V1, &report);
}

#[test]
fn through_admission_v2() {
    let report = run("admitted", Suite::V2, Admitted::new, &BEYOND_MEMORY);
    check(&ADMISSION, Suite::V2, &report);
}

/// Runs a suite on both tiers, which must agree, and returns what it came to.
fn run<E: Executor>(
    way: &str,
    suite: Suite,
    new: impl Fn(Tier) -> E,
    excuses: &[Excuse],
) -> Report {
    let mut total = Report::default();
    for (name, text) in suite.scripts() {
        let [(baseline, gas), (optimized, other_gas)] =
            [Tier::Baseline, Tier::Optimized].map(|tier| {
                let mut executor = new(tier);
                let mut report = script::run((&name, text), &mut executor, excuses);
                for failure in &mut report.failures {
                    *failure = format!("{tier}: {failure}");
                }
                (report, executor.gas())
            });
        if gas != other_gas {
            total
                .failures
                .push(format!("{name}: the tiers used different gas"));
        }
        if counts(suite, &baseline) != counts(suite, &optimized) {
            total.failures.push(format!("{name}: the tiers differ"));
        }
        total.failures.extend(optimized.failures);
        total.absorb(baseline);
    }
    let mut line = format!("spec {way} {}, on each of two tiers:", suite.name());
    for (name, count) in counts(suite, &total) {
        let _ = write!(line, "{} {count},", name.trim_start_matches(suite.name()));
    }
    println!("{line} {} failed", total.failures.len());
    total
}

fn counts(suite: Suite, report: &Report) -> Counts {
    let mut counts = Counts::new();
    let mut count = |name: &str, count: usize| {
        if count > 0 {
            counts.insert(format!("{} {name}", suite.name()), count);
        }
    };
    count("passed", report.passed);
    count("modules", report.taken);
    count("text", report.text);
    count("unheard", report.unheard);
    count("skipped vectors", suite.vector_scripts());
    for (rule, number) in &report.declined {
        count(&format!("declined {rule}"), *number);
    }
    for (rule, number) in &report.excused {
        count(&format!("excused {rule}"), *number);
    }
    counts
}

fn check(golden: &Golden, suite: Suite, report: &Report) {
    let mut failures = report.failures.clone();
    failures.extend(golden.check(suite.name(), &counts(suite, report)));
    let shown = failures
        .iter()
        .take(50)
        .map(|failure| format!("\n  {failure}"));
    assert!(
        failures.is_empty(),
        "{} failures:{}",
        failures.len(),
        shown.collect::<String>()
    );
}
