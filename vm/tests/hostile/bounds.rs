//! What a compilation may take, compared with that of ordinary code.

use std::sync::OnceLock;

use hull_vm::{Config, Tier, Tiering, Vm};

use super::modules::{Shape, ordinary};
use crate::support::work::{Work, measure};

/// Length of what is compared.
const LEN: usize = 128 * 1024;
/// Most processor time per byte, in times that of ordinary code. The worst
/// shapes that we know of take 5 times on the baseline tier and 10 times on the
/// optimizing one; without the limits of admission they took 140 and 50 times.
pub(crate) const MOST_TIME: f64 = 20.0;
/// Most bytes of memory per byte of a module. The worst that we know of take 350
/// on the baseline tier and 2,700 on the optimizing one; without the limits,
/// 830 and 11,500.
const MOST_MEMORY: [u64; 2] = [1_000, 5_000];
/// Memory that is there whatever is compiled.
const BASE_MEMORY: u64 = 64 * 1024 * 1024;
/// How often a measurement is repeated before it counts. Whatever else the
/// machine does only adds to it, so that the smallest is the truest.
const ROUNDS: usize = 5;

const TIERS: [Tier; 2] = [Tier::Baseline, Tier::Optimized];

fn engine() -> Vm {
    let tiering = Tiering::BaselineOnly;
    let config = Config {
        tiering,
        ..Config::default()
    };
    Vm::new(config).expect("the engine starts")
}

/// The work of an upload, which includes admission, and of a change of tier.
fn work(wasm: &[u8], tier: Tier) -> Work {
    let vm = engine();
    let upload = || vm.upload(wasm).unwrap_or_else(|error| panic!("{error}"));
    match tier {
        Tier::Baseline => measure(upload),
        Tier::Optimized => {
            let admission = upload();
            measure(|| {
                let compiled = vm.optimize(&admission.code_hash);
                assert!(compiled.expect("the compiler works"), "it is loaded");
            })
        }
    }
}

fn nanos_per_byte(wasm: &[u8], work: Work) -> f64 {
    work.time.as_nanos() as f64 / wasm.len() as f64
}

/// What ordinary code takes on each tier.
fn reference(tier: Tier) -> f64 {
    static REFERENCE: OnceLock<[f64; 2]> = OnceLock::new();
    let reference = REFERENCE.get_or_init(|| {
        let wasm = ordinary(LEN);
        TIERS.map(|tier| {
            let mut rounds: Vec<_> = (0..3)
                .map(|_| nanos_per_byte(&wasm, work(&wasm, tier)))
                .collect();
            rounds.sort_by(f64::total_cmp);
            rounds[rounds.len() / 2]
        })
    });
    reference[tier as usize]
}

/// Asserts that a module is admitted and does not cost more than it may, on
/// either tier.
#[track_caller]
pub(crate) fn assert_bounded(what: &str, wasm: &[u8]) {
    for tier in TIERS {
        let reference = reference(tier);
        let mut least = f64::INFINITY;
        for _ in 0..ROUNDS {
            let work = work(wasm, tier);
            let most = BASE_MEMORY + MOST_MEMORY[tier as usize] * wasm.len() as u64;
            assert!(
                work.memory < most,
                "{what}: the {tier} tier takes {} MiB for {} bytes",
                work.memory >> 20,
                wasm.len()
            );
            least = least.min(nanos_per_byte(wasm, work) / reference);
            if least < MOST_TIME {
                println!("{what}: {least:.1} times ordinary code on the {tier} tier");
                break;
            }
        }
        assert!(
            least < MOST_TIME,
            "{what}: {least:.1} times ordinary code on the {tier} tier"
        );
    }
}

/// Asserts it of a module full of the largest functions of this shape that are
/// admitted.
#[track_caller]
pub(crate) fn assert_shape_bounded(what: &str, shape: &Shape) {
    let vm = engine();
    assert_bounded(what, &shape.largest(LEN, |wasm| vm.admit(wasm).is_ok()));
}
