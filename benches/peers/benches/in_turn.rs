//! The subjects in turn: one call each, again and again.
//!
//! Criterion gives every subject seconds of its own, and on a shared machine the
//! seconds differ more than the subjects do. Here all of them go through the
//! same good and bad moments, so that a ratio means something. The figures are
//! medians, in the groups `compute-in-turn` and `compile-in-turn`.

#![allow(clippy::disallowed_methods, reason = "a bench measures time")]

use std::env;
use std::fs;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use bench_peers::{Function, Subject, subjects};
use bench_summary::Figure;
use bench_workloads::{COMPUTE, Compute, modules};

/// Rounds of a run that is to be relied on.
const ROUNDS: usize = 25;
/// Rounds of one that shows that everything works.
const QUICK_ROUNDS: usize = 3;
/// From small to large.
const MODULES: [&str; 3] = ["token", "keccak", "ecrecover"];

fn main() -> Result<()> {
    let out = env::var("HULL_BENCH_IN_TURN").context("where to: HULL_BENCH_IN_TURN")?;
    let rounds = match env::var_os("HULL_BENCH_QUICK") {
        Some(_) => QUICK_ROUNDS,
        None => ROUNDS,
    };
    let subjects = subjects()?;
    let mut figures = Vec::new();
    for workload in &COMPUTE {
        println!("in turn: {} computed {rounds} times by each", workload.name);
        figures.extend(compute(workload, &subjects, rounds)?);
    }
    for module in MODULES {
        println!("in turn: {module} compiled {rounds} times by each");
        figures.extend(compile(module, &subjects, rounds)?);
    }
    let mut json = serde_json::to_string_pretty(&figures)?;
    json.push('\n');
    fs::write(&out, json).with_context(|| format!("write {out}"))
}

fn compute(
    workload: &Compute,
    subjects: &[Box<dyn Subject>],
    rounds: usize,
) -> Result<Vec<Figure>> {
    let module = modules::load(workload.name)?;
    let native = workload.native;
    let expected = native(workload.n);
    let mut functions: Vec<(&str, Function)> = vec![("native", Box::new(move |n| Ok(native(n))))];
    for subject in subjects {
        functions.push((subject.name(), subject.compute(&module, workload.name)?));
    }
    let mut times = vec![Vec::with_capacity(rounds); functions.len()];
    // The first round warms up.
    for round in 0..=rounds {
        for ((subject, function), times) in functions.iter_mut().zip(&mut times) {
            let start = Instant::now();
            let found = function(black_box(workload.n))?;
            let time = start.elapsed();
            ensure!(
                found == expected,
                "{subject} computes {} differently",
                workload.name
            );
            if round > 0 {
                times.push(time.as_secs_f64() * 1e9);
            }
        }
    }
    let names = functions.iter().map(|(subject, _)| *subject);
    Ok(medians("compute-in-turn", workload.name, names, times))
}

fn compile(name: &str, subjects: &[Box<dyn Subject>], rounds: usize) -> Result<Vec<Figure>> {
    let module = modules::load(name)?;
    let mut times = vec![Vec::with_capacity(rounds); subjects.len()];
    for round in 0..=rounds {
        for (subject, times) in subjects.iter().zip(&mut times) {
            let compiler = subject.compiler()?;
            let start = Instant::now();
            let compiled = compiler(&module)?;
            let time = start.elapsed();
            drop(compiled);
            if round > 0 {
                times.push(time.as_secs_f64() * 1e9);
            }
        }
    }
    let names = subjects.iter().map(|subject| subject.name());
    Ok(medians("compile-in-turn", name, names, times))
}

fn medians<'s>(
    group: &str,
    workload: &str,
    subjects: impl Iterator<Item = &'s str>,
    times: Vec<Vec<f64>>,
) -> Vec<Figure> {
    let of_each = subjects.zip(times);
    let figures = of_each.map(|(subject, mut times)| {
        times.sort_by(f64::total_cmp);
        Figure {
            group: group.to_owned(),
            subject: subject.to_owned(),
            workload: workload.to_owned(),
            value: times[times.len() / 2],
            unit: "ns".to_owned(),
        }
    });
    figures.collect()
}
