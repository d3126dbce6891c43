//! The module `token`: a contract whose call is a transfer.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![allow(unsafe_code, reason = "a section and an export need fixed names")]

/// What the contract may use: version 1; base, storage and events; no callees;
/// 10 MB of storage; no new code.
#[cfg(target_arch = "wasm32")]
#[unsafe(link_section = "hull.capabilities")]
#[used]
static CAPABILITIES: [u8; 15] = {
    let [q0, q1, q2, q3, q4, q5, q6, q7] = 10_000_000u64.to_le_bytes();
    [1, 0b111, 0, 0, 0, 0, q0, q1, q2, q3, q4, q5, q6, q7, 0]
};

/// The entry point.
#[cfg(target_arch = "wasm32")]
#[unsafe(no_mangle)]
pub extern "C" fn call() {
    bench_workloads::token::transfer();
}
