//! Any bytes go through the meter's pass without a panic, twice with the same
//! result, and what was valid stays valid.
#![no_main]

use hull_differential::admission::module;
use hull_gas_meter::{Config, Schedule, instrument};
use libfuzzer_sys::fuzz_target;
use wasmparser::{Validator, WasmFeatures};

/// What the engine compiles.
const FEATURES: WasmFeatures = WasmFeatures::WASM2;

fuzz_target!(|bytes: &[u8]| {
    let wasm = module(bytes);
    let is_valid = |wasm: &[u8]| Validator::new_with_features(FEATURES).validate_all(wasm);
    for config in [Config::new(&Schedule::V1), Config::raw(&Schedule::V1)] {
        let Ok(metered) = instrument(&wasm, &config) else {
            continue;
        };
        assert_eq!(instrument(&wasm, &config).as_ref(), Ok(&metered));
        if is_valid(&wasm).is_ok() {
            let after = is_valid(&metered.wasm);
            assert!(after.is_ok(), "valid before, and after {after:?}");
        }
    }
});
