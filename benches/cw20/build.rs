//! `cosmwasm-std` declares its imports as undefined symbols. rustc before 1.96
//! told the linker to make imports of those; now one has to ask.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg=--allow-undefined");
    }
}
