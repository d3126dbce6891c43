//! Measures every operator class and host function on both tiers and holds the
//! time against the gas that the engine really charged.
//!
//! A workload is a pair of contracts that differ in one thing, done many times.
//! The difference in time divided by the difference in gas is the ratio: 1 means
//! that a gas took a picosecond, more means that it is underpriced. The slower
//! tier decides. Exits with 1 if anything is underpriced by more than three times.
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "measures time"
)]

mod host_functions;
mod measure;
mod operators;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use serde::Serialize;

use measure::{Measured, Workload, measure};

/// Dearer by more than this on the slower tier is an error.
const UNDERPRICED: f64 = 3.0;
/// Cheaper by more than this is listed.
const OVERPRICED: f64 = 3.0;

/// Holds the prices of the gas schedule against this machine.
#[derive(Parser)]
struct Options {
    /// Only workloads whose name contains this.
    filter: Option<String>,
    /// Rounds of each measurement; the median counts.
    #[arg(long, default_value_t = 9)]
    rounds: usize,
    /// One JSON object instead of the tables.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    /// What the schedule is held to.
    priced: Vec<Measured>,
    /// What is only shown.
    hazards: Vec<Measured>,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let priced = operators::workloads()
        .into_iter()
        .chain(host_functions::workloads());
    let report = Report {
        priced: run(priced, &options)?,
        hazards: run(operators::hazards(), &options)?,
    };
    if options.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        show(&report);
    }
    let failed = report.priced.iter().any(|row| row.ratio() > UNDERPRICED);
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn run(workloads: impl IntoIterator<Item = Workload>, options: &Options) -> Result<Vec<Measured>> {
    let wanted = |workload: &Workload| {
        let filter = options.filter.as_ref();
        filter.is_none_or(|filter| workload.name.contains(filter.as_str()))
    };
    let workloads: Vec<_> = workloads.into_iter().filter(wanted).collect();
    let terminal = std::io::stderr().is_terminal();
    let mut rows = Vec::with_capacity(workloads.len());
    for (number, workload) in workloads.iter().enumerate() {
        if terminal {
            eprint!("\r{}/{} {:<30}", number + 1, workloads.len(), workload.name);
        }
        rows.push(measure(workload, options.rounds)?);
    }
    if terminal {
        eprint!("\r{:<50}\r", "");
    }
    Ok(rows)
}

fn show(report: &Report) {
    table(&report.priced);
    let under = |ratio| ratio > UNDERPRICED;
    let over = |ratio| ratio < 1.0 / OVERPRICED;
    println!(
        "\nunderpriced by more than 3x: {}",
        names(&report.priced, under)
    );
    println!(
        "overpriced by more than 3x: {}",
        names(&report.priced, over)
    );
    if !report.hazards.is_empty() {
        println!("\nnot a matter of price: scattered access to large memories\n");
        table(&report.hazards);
    }
}

fn table(rows: &[Measured]) {
    let (gas, baseline, optimized) = ("charged, gas", "baseline, ps", "optimized, ps");
    println!(
        "{:<26} {gas:>13} {baseline:>15} {optimized:>15}   ratio",
        "one of"
    );
    for row in rows {
        println!(
            "{:<26} {:>13.0} {:>15.0} {:>15.0} {:>7.2}",
            row.name,
            row.gas,
            row.baseline,
            row.optimized,
            row.ratio()
        );
    }
}

fn names(rows: &[Measured], wanted: impl Fn(f64) -> bool) -> String {
    let names: Vec<_> = rows
        .iter()
        .filter(|row| wanted(row.ratio()))
        .map(|row| row.name.as_str())
        .collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join("; ")
    }
}
