//! Collects a run that criterion has already finished.

use std::path::PathBuf;

use anyhow::Result;
use bench_summary::{Summary, collect};
use clap::Parser;

/// Writes summary.json and summary.md from criterion's figures.
#[derive(Parser)]
struct Arguments {
    /// Criterion's folder.
    criterion: PathBuf,
    /// Where the summary goes.
    out: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let summary = Summary {
        figures: collect(&arguments.criterion)?,
        notes: Vec::new(),
    };
    summary.write(&arguments.out)?;
    print!("{}", summary.markdown());
    Ok(())
}
