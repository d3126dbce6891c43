//! The module `matmul`.
#![cfg_attr(target_arch = "wasm32", no_std)]

bench_workloads::export!(matmul);
