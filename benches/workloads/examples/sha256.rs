//! The module `sha256`.
#![cfg_attr(target_arch = "wasm32", no_std)]

bench_workloads::export!(sha256);
