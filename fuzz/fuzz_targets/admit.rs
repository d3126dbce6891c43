//! Any bytes get a judgement, and what is admitted compiles and runs on every
//! tier.
#![no_main]

use std::sync::LazyLock;

use hull_differential::admission::{judge, module};
use hull_differential::contracts::Tiers;
use libfuzzer_sys::fuzz_target;

static TIERS: LazyLock<Tiers> = LazyLock::new(|| Tiers::start().expect("the engines start"));

fuzz_target!(|bytes: &[u8]| {
    match judge(&TIERS, &module(bytes)) {
        // The words have to come about as well.
        Ok(judged) => drop(judged.map_err(|refusal| refusal.to_string())),
        Err(fault) => panic!("{fault}"),
    }
});
