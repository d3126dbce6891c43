//! Signed token transfers, from their bytes to the disk, and where the time goes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use bench_chain::BLOCK;
use bench_chain::signed::{Signed, engine};
use bench_chain::stages::{Lap, Stages, medians};
use bench_workloads::modules;
use clap::Parser;
use hull_state::Retain;

#[derive(Parser)]
struct Arguments {
    /// Accounts, all of which hold the token
    #[arg(long, default_value_t = 10_000)]
    accounts: usize,
    /// Blocks of each kind of run
    #[arg(long, default_value_t = 40)]
    blocks: usize,
    /// Heights whose state is kept; 0 for all
    #[arg(long, default_value_t = 32)]
    retain: u64,
    /// redb or rocksdb
    #[arg(long, default_value = "redb")]
    engine: String,
    /// Where the store is made
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Verifies everything in the store at the end
    #[arg(long)]
    check: bool,
    /// Only the stages, without the stream: for a profiler
    #[arg(long)]
    stages: bool,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = arguments.folder.unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::tempdir_in(folder)?;
    let engine = engine(&arguments.engine, folder.path())?;
    let retain = match arguments.retain {
        0 => Retain::All,
        heights => Retain::Last(heights),
    };
    let begin = Lap::now();
    let token = modules::load("token")?;
    let mut chain = Signed::new(engine, &token, arguments.accounts, retain)?;
    eprintln!("genesis in {:.1?}", (Lap::now() - begin).wall);

    let blocks: Result<Vec<_>> = (0..arguments.blocks).map(|_| chain.block()).collect();
    let blocks = blocks?;
    // The first ones fill caches and drop no old height.
    let warm = &blocks[blocks.len() / 2..];
    println!(
        "{} with {} accounts, blocks of {BLOCK}, median of {}:",
        arguments.engine,
        arguments.accounts,
        warm.len()
    );
    print_stages(warm);
    if !arguments.stages {
        let transactions = chain.sign(arguments.blocks * BLOCK);
        let clocks = chain.stream(&transactions)?;
        let rate = transactions.len() as f64 / clocks.wall.as_secs_f64();
        let busy = clocks.processors.as_secs_f64() / clocks.wall.as_secs_f64();
        println!("  stream {rate:.0} a second, {busy:.2} processors busy");
    }
    if arguments.check {
        chain.check().context("the store at the end")?;
    }
    Ok(())
}

fn print_stages(blocks: &[Stages]) {
    for (name, clocks) in medians(blocks) {
        println!(
            "{name:>8} {:>8.1} ms; processors {:>8.1} ms",
            milliseconds(clocks.wall),
            milliseconds(clocks.processors),
        );
    }
    let worst = blocks.iter().map(|block| block.sum().wall).max();
    println!(
        "   worst {:>8.1} ms",
        milliseconds(worst.unwrap_or_default())
    );
    let removed: usize = blocks.iter().map(|one| one.removed).sum();
    println!(" removed {} entries a block", removed / blocks.len());
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
