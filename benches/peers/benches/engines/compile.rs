//! `compile`: from an uploaded module to one that can be called.

use bench_peers::{Compiler, CosmWasm, subjects};
use bench_workloads::modules;
use criterion::measurement::WallTime;
use criterion::{BatchSize, BenchmarkGroup, BenchmarkId, Criterion};

/// From small to large.
const MODULES: [&str; 3] = ["token", "keccak", "ecrecover"];

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    let subjects = subjects().expect("every engine starts");
    for name in MODULES {
        for subject in &subjects {
            bench(&mut group, subject.name(), name, || subject.compiler());
        }
    }
    // Another module, for the one engine that runs no other.
    bench(&mut group, CosmWasm::NAME, modules::CW20, || {
        CosmWasm.compiler()
    });
    group.finish();
}

fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    subject: &str,
    name: &str,
    compiler: impl Fn() -> anyhow::Result<Compiler>,
) {
    let module = modules::load(name).expect("the module is built");
    group.bench_function(BenchmarkId::new(subject, name), |bencher| {
        bencher.iter_batched(
            || compiler().expect("the compiler is ready"),
            |compile| compile(&module).expect("the module compiles"),
            // One at a time: a compiled module holds mappings of its own.
            BatchSize::PerIteration,
        );
    });
}
