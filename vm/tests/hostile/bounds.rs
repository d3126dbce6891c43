//! What a compilation may take: what is paid for it, measured in ordinary code.

use std::sync::OnceLock;

use hull_vm::{Config, Tier, Tiering, Vm};

use super::modules::{Shape, ordinary};
use crate::support::work::{Work, measure};

/// Length of what is compared.
const LEN: usize = 128 * 1024;
/// Gas that a byte of ordinary code takes on the baseline tier, admission and the
/// pass included: a gas is a picosecond, and 100 to 130 ns were measured on the
/// reference machine in the release profile. It makes of a ratio, which does not
/// depend on the machine, a price, which must not.
const ORDINARY_GAS: f64 = 130_000.0;
/// An upload, which the chain waits for, may not be underpriced by more. The
/// worst shape that we know of, thousands of the smallest functions with locals,
/// takes 2.4 times its price.
const UNDERPRICED: f64 = 3.0;
/// Most processor time per byte on the optimizing tier, in times that of ordinary
/// code. Nobody waits for it. The worst shapes that we know of take 14 times;
/// without the limits of admission they took 50 times.
const MOST_OPTIMIZING: f64 = 20.0;
/// Most bytes of memory per byte of a module. The worst that we know of take 350
/// on the baseline tier and 2,700 on the optimizing one; without the limits,
/// 830 and 11,500.
const MOST_MEMORY: [u64; 2] = [1_000, 5_000];
/// Memory that is there whatever is compiled.
const BASE_MEMORY: u64 = 64 * 1024 * 1024;
/// How often a measurement is repeated before it counts. Whatever else the
/// machine does only adds to it, so that the smallest is the truest.
const ROUNDS: usize = 8;

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

/// The most that a module may take, in times what ordinary code of its length does.
fn most_time(wasm: &[u8], tier: Tier) -> f64 {
    match tier {
        Tier::Baseline => {
            let price = engine().upload_cost(wasm.len()) as f64;
            UNDERPRICED * price / (ORDINARY_GAS * wasm.len() as f64)
        }
        Tier::Optimized => MOST_OPTIMIZING,
    }
}

/// Asserts that a module is admitted and does not cost more than it may, on
/// either tier: more than it is charged on the first, and more than its length
/// lets expect on the second.
#[track_caller]
pub(crate) fn assert_bounded(what: &str, wasm: &[u8]) {
    for tier in TIERS {
        let (reference, most_time) = (reference(tier), most_time(wasm, tier));
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
            if least < most_time {
                break;
            }
        }
        let found = format!(
            "{what}: {least:.1} times ordinary code on the {tier} tier, may be {most_time:.1}"
        );
        println!("{found}");
        assert!(least < most_time, "{found}");
    }
}

/// Asserts it of a module full of the largest functions of this shape that are
/// admitted.
#[track_caller]
pub(crate) fn assert_shape_bounded(what: &str, shape: &Shape) {
    let vm = engine();
    assert_bounded(what, &shape.largest(LEN, |wasm| vm.admit(wasm).is_ok()));
}
