//! A bench run from nothing: build the modules, measure, collect.
//!
//! What it leaves is in the main workspace's target folder:
//!
//! | path | content |
//! |---|---|
//! | `bench/modules/` | the Wasm modules |
//! | `criterion/` | criterion's own figures of this run |
//! | `bench/in-turn.json` | the figures of the subjects that took turns |
//! | `bench/signed.json` | signed transfers on chains on disk |
//! | `bench/summary.json`, `bench/summary.md` | the medians, and the page about them |

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use bench_summary::{Figure, Figures, Summary, collect};
use clap::Parser;

mod machine;
mod modules;
mod network;
mod sizes;
mod tool_chain;

/// Criterion's settings for a run that only shows that everything works.
const QUICK: [&str; 6] = [
    "--sample-size",
    "10",
    "--warm-up-time",
    "0.1",
    "--measurement-time",
    "0.2",
];

/// Packages and their benches, in the order in which they run.
const BENCHES: [(&str, &str); 2] = [("bench-peers", "engines"), ("bench-chain", "chain")];

/// The bench without criterion, whose subjects take turns.
const IN_TURN: (&str, &str) = ("bench-peers", "in_turn");

/// The other one, whose figures are those of many blocks.
const SIGNED: (&str, &str) = ("bench-chain", "signed");

/// Measures Hull and its peers and writes the summary.
#[derive(Parser)]
struct Arguments {
    /// Few samples: shows that everything works, not how fast.
    #[arg(long)]
    quick: bool,
    /// Measures only what matches this regular expression, as in
    /// `compute/hull/` or `call/.*/transfer`.
    #[arg(long)]
    filter: Option<String>,
    /// Stops after the Wasm modules are built.
    #[arg(long)]
    modules_only: bool,
    /// Builds and weighs the contracts of the group `size`, and nothing else.
    #[arg(long)]
    sizes_only: bool,
    /// Measures the network of four validators, and nothing else.
    #[arg(long)]
    network_only: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folders = Folders::new()?;

    if arguments.sizes_only {
        for figure in sizes::weigh(&folders)? {
            let Figure {
                subject,
                workload,
                value,
                unit,
                ..
            } = figure;
            println!("{workload:8} {subject:9} {value:6} {unit}");
        }
        return Ok(());
    }
    if arguments.network_only {
        let figures = Figures(network::measure(&folders, arguments.quick)?);
        return finish(&folders, figures, machine::notes());
    }
    modules::build(&folders)?;
    println!("modules: {}", folders.modules().display());
    if arguments.modules_only {
        return Ok(());
    }

    // Built first, so that the machine is quiet when the clock starts.
    for bench in BENCHES.into_iter().chain([IN_TURN, SIGNED]) {
        run(benches(&folders, bench).arg("--no-run"))?;
    }
    let mut notes = machine::notes();
    if arguments.quick {
        notes.push("Quick run: it shows that everything works, not how fast.".to_owned());
    }
    if let Some(filter) = &arguments.filter {
        notes.push(format!("Only what matches `{filter}`."));
    }
    measure(&folders, &arguments)?;

    let mut figures = collect(&folders.criterion())?;
    // A filter is for criterion's benches alone.
    if arguments.filter.is_none() {
        for (bench, variable, file) in [
            (IN_TURN, "HULL_BENCH_IN_TURN", folders.in_turn()),
            (SIGNED, "HULL_BENCH_SIGNED", folders.signed()),
        ] {
            let mut command = benches(&folders, bench);
            command.env(variable, &file);
            if arguments.quick {
                command.env("HULL_BENCH_QUICK", "1");
            }
            run(&mut command)?;
            figures.extend_from(&file)?;
        }
    }
    if arguments.filter.is_none() {
        figures.0.extend(sizes::weigh(&folders)?);
        figures
            .0
            .extend(network::measure(&folders, arguments.quick)?);
    }
    finish(&folders, figures, notes)
}

fn finish(folders: &Folders, figures: Figures, notes: Vec<String>) -> Result<()> {
    let summary = Summary { figures, notes };
    summary.write(&folders.bench())?;
    print!("{}", summary.markdown());
    println!(
        "\nsummary: {}",
        folders.bench().join("summary.{json,md}").display()
    );
    Ok(())
}

fn measure(folders: &Folders, arguments: &Arguments) -> Result<()> {
    // What an earlier run measured must not end up beside this one's figures.
    let criterion = folders.criterion();
    if criterion.exists() {
        fs::remove_dir_all(&criterion).with_context(|| format!("clear {}", criterion.display()))?;
    }
    for bench in BENCHES {
        let mut command = benches(folders, bench);
        command.args(["--", "--noplot"]);
        if arguments.quick {
            command.args(QUICK);
        }
        command.args(&arguments.filter);
        run(&mut command)?;
    }
    Ok(())
}

fn benches(folders: &Folders, (package, bench): (&str, &str)) -> Command {
    let mut command = Command::new(cargo());
    command
        .args(["bench", "--package", package, "--bench", bench])
        .current_dir(&folders.workspace)
        .env("CRITERION_HOME", folders.criterion())
        .env("HULL_BENCH_MODULES", folders.modules());
    // The other engine is measured where it need not be compiled.
    if bench == SIGNED.1 && env::var_os("ROCKSDB_LIB_DIR").is_some() {
        command.args(["--features", "rocksdb"]);
    }
    command
}

/// Runs a command to its good end.
fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("start {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// The cargo that runs this.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Where things are.
struct Folders {
    /// This workspace.
    workspace: PathBuf,
    /// The target folder of the main workspace.
    target: PathBuf,
}

impl Folders {
    fn new() -> Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .canonicalize()?;
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(target) => std::path::absolute(target)?,
            None => workspace.join("../target"),
        };
        fs::create_dir_all(&target).with_context(|| format!("create {}", target.display()))?;
        Ok(Self {
            workspace,
            target: target.canonicalize()?,
        })
    }

    fn bench(&self) -> PathBuf {
        self.target.join("bench")
    }

    fn modules(&self) -> PathBuf {
        self.bench().join("modules")
    }

    fn in_turn(&self) -> PathBuf {
        self.bench().join("in-turn.json")
    }

    fn signed(&self) -> PathBuf {
        self.bench().join("signed.json")
    }

    fn criterion(&self) -> PathBuf {
        self.target.join("criterion")
    }
}
