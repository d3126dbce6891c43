//! Where the time of a committed block goes: `durable <accounts> <blocks> [folder]`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use bench_chain::durable::{Durable, Stages};

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |at: usize, default| match arguments.get(at) {
        Some(text) => text.parse().context("not a number"),
        None => Ok(default),
    };
    let (accounts, blocks) = (number(0, 10_000)?, number(1, 100)?);
    let folder =
        tempfile::tempdir_in(arguments.get(2).map_or(std::env::temp_dir(), PathBuf::from))?;
    let mut chain = None;
    timed("genesis", || {
        chain = Some(Durable::new(folder.path(), accounts)?);
        Ok(())
    })?;
    let mut chain = chain.context("made above")?;
    let mut all = Vec::new();
    for _ in 0..blocks {
        all.push(chain.block()?);
    }
    let file = folder.path().join("chain").metadata()?.len();
    // The first ones fill caches and drop no old height.
    let warm = &all[all.len() / 2..];
    println!(
        "{accounts} accounts, blocks of 1,000, median of {}:",
        warm.len()
    );
    let row = |name: &str, of: fn(&Stages) -> Duration| {
        let mut times: Vec<_> = warm.iter().map(of).collect();
        times.sort_unstable();
        let worst = times.last().copied().unwrap_or_default();
        println!(
            "{name:>8} {:>10.2?} worst {worst:.2?}",
            times[times.len() / 2]
        );
    };
    row("execute", |stages| stages.execute);
    row("prepare", |stages| stages.prepare);
    row("commit", |stages| stages.commit);
    row("all", Stages::sum);
    println!("    file {} MiB", file >> 20);
    timed("check", || chain.check())?;
    drop(chain);
    // Every page is verified.
    timed("open", || {
        Ok(drop(hull_state::Redb::open(folder.path().join("chain"))?))
    })
}

#[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
fn timed(name: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = std::time::Instant::now();
    work()?;
    println!("{name:>8} {:>10.2?}", start.elapsed());
    Ok(())
}
