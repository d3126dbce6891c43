//! Hull's tasks, as `cargo xtask <task>`.
//!
//! Each task sets up what it needs on a machine that has the Rust tool chain
//! and nothing else: see [`setup`].
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a build tool reads clocks and the environment; nothing here is part of a result"
)]

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

mod bench;
mod bless;
mod calibrate;
mod ci;
mod date;
mod demo;
mod docs;
mod libtest;
mod localnet;
mod network;
mod nextest;
mod process;
mod rocksdb;
mod setup;
mod soak;
mod step;
mod tally;
mod test;
mod ui;
mod workspace;

use workspace::Workspace;

/// Hull's tasks. Start with `cargo xtask demo`, then `cargo xtask test`.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    /// Does the set-up without asking.
    #[arg(long, short, global = true)]
    yes: bool,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Installs the tools of the other tasks, after showing which and why
    Setup(setup::Arguments),
    /// Does the main job: a chain, a token from source, a proved balance
    Demo(demo::Arguments),
    /// Runs a network of validators on this machine
    Localnet(localnet::Arguments),
    /// Runs the tests
    Test(test::Arguments),
    /// Runs what a change has to pass: all tests, format, lints, licences, docs
    Ci,
    /// Measures Hull beside its peers
    Bench(bench::Arguments),
    /// Runs the long forms of the tests and records the result
    Soak(soak::Arguments),
    /// Measures operators and host functions against the gas schedule
    Calibrate(calibrate::Arguments),
    /// Approves today's results as the test vectors
    Bless,
    /// Regenerates what the documentation quotes from the code
    Docs,
}

fn main() -> ExitCode {
    let Arguments { yes, task } = Arguments::parse();
    match run(task, yes) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            ui::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// Whether the task found everything in order.
fn run(task: Task, yes: bool) -> Result<bool> {
    let workspace = Workspace::find()?;
    match task {
        Task::Setup(arguments) => setup::run(&workspace, &arguments, yes),
        Task::Demo(arguments) => demo::run(&workspace, &arguments, yes),
        Task::Localnet(arguments) => localnet::run(&workspace, &arguments),
        Task::Test(arguments) => test::run(&workspace, &arguments, yes),
        Task::Ci => ci::run(&workspace, yes),
        Task::Bench(arguments) => bench::run(&workspace, &arguments, yes),
        Task::Soak(arguments) => soak::run(&workspace, &arguments, yes),
        Task::Calibrate(arguments) => calibrate::run(&workspace, &arguments),
        Task::Bless => bless::run(&workspace),
        Task::Docs => docs::run(&workspace),
    }
}
