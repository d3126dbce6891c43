//! Signed token transfers, from their bytes to the disk:
//! `signed <accounts> <blocks> [folder]`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use bench_chain::BLOCK;
use bench_chain::signed::{Signed, Stages};
use bench_workloads::modules;

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |at: usize, default| match arguments.get(at) {
        Some(text) => text.parse().context("not a number"),
        None => Ok(default),
    };
    let (accounts, blocks) = (number(0, 10_000)?, number(1, 40)?);
    let folder =
        tempfile::tempdir_in(arguments.get(2).map_or(std::env::temp_dir(), PathBuf::from))?;
    let mut chain = Signed::new(folder.path(), &modules::load("token")?, accounts)?;
    let all: Result<Vec<_>> = (0..blocks).map(|_| chain.block()).collect();
    let all = all?;
    // The first ones fill caches and drop no old height.
    let warm = &all[all.len() / 2..];
    println!(
        "{accounts} accounts, blocks of {BLOCK}, median of {}:",
        warm.len()
    );
    let row = |name: &str, of: fn(&Stages) -> Duration| {
        let mut times: Vec<_> = warm.iter().map(of).collect();
        times.sort_unstable();
        println!("{name:>8} {:>10.2?}", times[times.len() / 2]);
    };
    row("submit", |stages| stages.submit);
    row("propose", |stages| stages.propose);
    row("commit", |stages| stages.commit);
    row("all", |stages| {
        stages.submit + stages.propose + stages.commit
    });
    let transactions = chain.sign(blocks * BLOCK);
    let time = chain.stream(&transactions)?;
    let second = transactions.len() as f64 / time.as_secs_f64();
    println!("  stream {time:>10.2?}, {second:.0} a second");
    Ok(())
}
