//! Links the modules as a contract SDK would: a small stack, so that the whole
//! memory of a small contract is one page.

use std::env;

/// Enough for the deepest of the programs, a signature recovery.
const STACK_BYTES: u32 = 32 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg=-zstack-size={STACK_BYTES}");
    }
}
