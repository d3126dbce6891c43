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
    /// A list of JSON objects instead of the table.
    #[arg(long)]
    json: bool,
}

fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let wanted = |workload: &Workload| {
        options
            .filter
            .as_ref()
            .is_none_or(|filter| workload.name.contains(filter.as_str()))
    };
    let workloads: Vec<_> = operators::workloads()
        .into_iter()
        .chain(host_functions::workloads())
        .filter(wanted)
        .collect();
    let terminal = std::io::stderr().is_terminal();
    let mut rows = Vec::with_capacity(workloads.len());
    for (number, workload) in workloads.iter().enumerate() {
        if terminal {
            eprint!("\r{}/{} {:<30}", number + 1, workloads.len(), workload.name);
        }
        rows.push(measure(workload, rounds)?);
    }
    if terminal {
        eprint!("\r{:<50}\r", "");
    }
    Ok(rows)
}

fn table(rows: &[Measured]) {
    println!(
        "{:<26} {:>13} {:>15} {:>15} {:>7}",
        "one of", "charged, gas", "baseline, ps", "optimized, ps", "ratio"
    );
    for row in rows {
        let mark = match row.ratio() {
            ratio if ratio > UNDERPRICED => "  UNDERPRICED",
            ratio if ratio < 1.0 / OVERPRICED => "  overpriced",
            _ => "",
        };
        println!(
            "{:<26} {:>13.0} {:>15.0} {:>15.0} {:>7.2}{mark}",
            row.name,
            row.gas,
            row.baseline,
            row.optimized,
            row.ratio()
        );
    }
    println!();
}

fn list(what: &str, rows: &[Measured], wanted: fn(f64) -> bool) {
    let names: Vec<_> = rows
        .iter()
        .filter(|row| wanted(row.ratio()))
        .map(|row| row.name.as_str())
        .collect();
    println!(
        "{what}: {}",
        if names.is_empty() {
            "none".into()
        } else {
            names.join("; ")
        }
    );
}
