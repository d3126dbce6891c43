//! `chain`: what a transaction takes inside a block, everything included.
//!
//! The figure is that of one transaction: a block of a thousand is executed and
//! its changes are made, and the time divided by a thousand. `committed-transfer` is a
//! transfer of native tokens on a store on disk, tree and durable batch included.

use std::time::Duration;

use bench_chain::durable::Durable;
use bench_chain::{BLOCK, Tokens};
use bench_workloads::modules;
use criterion::{BenchmarkId, Criterion};
use hull_vm::Tiering;

fn main() {
    // The command line goes over these.
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(5))
        .configure_from_args();
    let token = modules::load("token").expect("the module is built");
    let mut group = criterion.benchmark_group("chain");
    for (subject, tiering) in [
        ("hull", Tiering::OptimizedOnly),
        ("hull-singlepass", Tiering::BaselineOnly),
    ] {
        let mut chain = Tokens::new(&token, tiering).expect("the chain begins");
        group.bench_function(BenchmarkId::new(subject, "transfer"), |bencher| {
            bencher.iter_custom(|count| transfers(&mut chain, count));
        });
        chain.check().expect("no token is lost");
    }
    group.sample_size(10);
    for accounts in [10_000, 1_000_000] {
        let name = format!("committed-transfer-{accounts}");
        if !wanted(&format!("chain/hull-redb/{name}")) {
            continue;
        }
        let folder = tempfile::tempdir().expect("there is room for files");
        let mut chain = Durable::new(folder.path(), accounts).expect("the chain begins");
        group.bench_function(BenchmarkId::new("hull-redb", name), |bencher| {
            bencher.iter_custom(|count| committed(&mut chain, count));
        });
    }
    group.finish();
    criterion.final_summary();
}

/// Whether the command line asks for a bench: the state of the large one takes a while
/// to make.
fn wanted(name: &str) -> bool {
    let filters = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'));
    let mut filters = filters.filter(|argument| argument.contains('/')).peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(&filter))
}

/// The time of `count` transfers of blocks that are executed and committed to a file.
fn committed(chain: &mut Durable, count: u64) -> Duration {
    let blocks = count.div_ceil(BLOCK as u64);
    let mut time = Duration::ZERO;
    for _ in 0..blocks {
        time += chain.block().expect("every transfer succeeds").sum();
    }
    time.mul_f64(count as f64 / (blocks * BLOCK as u64) as f64)
}

/// The time of `count` transfers, measured over whole blocks.
#[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
fn transfers(chain: &mut Tokens, count: u64) -> Duration {
    let blocks = count.div_ceil(BLOCK as u64);
    let mut time = Duration::ZERO;
    for _ in 0..blocks {
        let block = chain.next_block(BLOCK);
        let start = std::time::Instant::now();
        chain.execute(&block).expect("every transfer succeeds");
        time += start.elapsed();
    }
    time.mul_f64(count as f64 / (blocks * BLOCK as u64) as f64)
}
