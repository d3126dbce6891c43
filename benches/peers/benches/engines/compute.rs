//! `compute`: a pure function on a warm instance.

use std::hint::black_box;

use bench_peers::{Function, subjects};
use bench_workloads::{COMPUTE, Compute, modules};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};

pub(crate) fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compute");
    let subjects = subjects().expect("every engine starts");
    for workload in &COMPUTE {
        let native = workload.native;
        bench(&mut group, "native", workload, || {
            Box::new(move |n| Ok(native(n)))
        });
        for subject in &subjects {
            bench(&mut group, subject.name(), workload, || {
                let module = modules::load(workload.name).expect("the module is built");
                subject
                    .compute(&module, workload.name)
                    .expect("the module runs")
            });
        }
    }
    group.finish();
}

/// Benches one subject. It is only set up if the command line asks for it.
fn bench(
    group: &mut BenchmarkGroup<'_, WallTime>,
    subject: &str,
    workload: &Compute,
    set_up: impl Fn() -> Function,
) {
    let mut function = None;
    group.bench_function(BenchmarkId::new(subject, workload.name), |bencher| {
        let function = function.get_or_insert_with(|| {
            let mut function = set_up();
            let found = function(workload.n).expect("the function returns");
            let expected = (workload.native)(workload.n);
            assert_eq!(
                found, expected,
                "{subject} computes {} differently",
                workload.name
            );
            function
        });
        bencher.iter(|| function(black_box(workload.n)).expect("the function returns"));
    });
}
