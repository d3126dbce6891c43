//! The module `minimal`: a contract that does nothing, for the price of a call.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![allow(unsafe_code, reason = "an export needs a fixed name")]

// For its panic handler.
use bench_workloads as _;

/// The entry point.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn call() {}
