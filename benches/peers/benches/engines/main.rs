//! Hull and its peers, side by side in one run.
//!
//! `cargo xtask bench` builds the modules, runs this and collects the figures.
//! The subjects take turns on each workload, so that a machine that changes its
//! pace in the course of the run is unfair to nobody.

use std::time::Duration;

use criterion::Criterion;

mod call;
mod compile;
mod compute;

fn main() {
    // The command line goes over these.
    let mut criterion = Criterion::default()
        .sample_size(30)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    compute::benches(&mut criterion);
    call::benches(&mut criterion);
    compile::benches(&mut criterion);
    criterion.final_summary();
}
