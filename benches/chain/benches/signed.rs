//! `chain`, the part with signatures: token transfers a second from their bytes to the
//! disk, and the processors' time of each stage for one transfer.
//!
//! Without criterion: a figure is that of many blocks, as a chain has them. What is
//! found goes to the file that `HULL_BENCH_SIGNED` names.

use std::path::PathBuf;

use anyhow::{Context, Result};
use bench_chain::BLOCK;
use bench_chain::signed::{ENGINES, Signed, engine};
use bench_chain::stages::medians;
use bench_summary::Figure;
use bench_workloads::modules;
use hull_state::Retain;

/// Heights that keep their state: so few that old ones are dropped while it is measured.
const RETAINED: u64 = 64;
/// Blocks before the first figure: until old heights go at their usual pace.
const WARM_UP: usize = 96;
/// Blocks that are measured stage by stage, and then in a stream.
const BLOCKS: usize = 48;

fn main() -> Result<()> {
    let out = std::env::var_os("HULL_BENCH_SIGNED").map(PathBuf::from);
    let quick = std::env::var_os("HULL_BENCH_QUICK").is_some();
    let sizes: &[usize] = if quick {
        &[10_000]
    } else {
        &[10_000, 1_000_000]
    };
    let mut figures = Vec::new();
    for name in ENGINES {
        for accounts in sizes {
            let (warm_up, blocks) = if quick { (2, 4) } else { (WARM_UP, BLOCKS) };
            let found = measure(name, *accounts, warm_up, blocks);
            figures.extend(found.with_context(|| format!("{name}, {accounts} accounts"))?);
        }
    }
    if let Some(out) = out {
        let json = serde_json::to_vec_pretty(&figures)?;
        std::fs::write(&out, json).with_context(|| format!("write {}", out.display()))?;
    }
    Ok(())
}

fn measure(name: &str, accounts: usize, warm_up: usize, blocks: usize) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let store = engine(name, folder.path())?;
    let retain = Retain::Last(RETAINED);
    let mut chain = Signed::new(store, &modules::load("token")?, accounts, retain)?;
    for _ in 0..warm_up {
        chain.block()?;
    }
    let measured: Result<Vec<_>> = (0..blocks).map(|_| chain.block()).collect();
    let transactions = chain.sign(blocks * BLOCK);
    let clocks = chain.stream(&transactions)?;
    let rate = transactions.len() as f64 / clocks.wall.as_secs_f64();
    let figure = |workload: String, value: f64, unit: &str| {
        println!("{name} {workload}: {value:.0} {unit}");
        Figure {
            group: "chain".to_owned(),
            subject: format!("hull-{name}"),
            workload,
            value,
            unit: unit.to_owned(),
        }
    };
    let mut figures = vec![figure(format!("signed-{accounts}"), rate, "/s")];
    for (stage, clocks) in medians(&measured?) {
        let busy = clocks.processors.as_nanos() as f64 / BLOCK as f64;
        figures.push(figure(format!("signed-{accounts}-cpu-{stage}"), busy, "ns"));
    }
    Ok(figures)
}
