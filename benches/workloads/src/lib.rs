//! The programs that are measured.
//!
//! [`COMPUTE`] is a set of pure functions. The same source is compiled natively,
//! as the bound nothing can beat, and to one Wasm module each (`examples/`),
//! which every engine runs. A module exports
//!
//! - the function under its own name, `(n: u32) -> u64`, for engines that call
//!   an export directly, and
//! - `call`, the entry point of a Hull contract: it takes `n` as its input and
//!   returns the checksum as its data.
//!
//! Every function takes a number that its work grows with and returns a
//! checksum over all it computed, so that nothing can be optimised away and
//! engines can be held against each other. Working sets are small and reused:
//! this is about computing; memory is the subject of the `call` group.
//!
//! [`token`] is what a chain does all day, a transfer, on the raw host functions.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod ecrecover;
mod fibonacci;
#[cfg(target_arch = "wasm32")]
pub mod guest;
mod hashes;
mod matmul;
#[cfg(not(target_arch = "wasm32"))]
pub mod modules;
mod rng;
mod sieve;
mod sort;
pub mod token;

pub use ecrecover::ecrecover;
pub use fibonacci::fibonacci;
pub use hashes::{keccak, sha256};
pub use matmul::matmul;
pub use sieve::sieve;
pub use sort::sort;

/// A pure function under measurement.
#[derive(Clone, Copy, Debug)]
pub struct Compute {
    /// Its name: of the function, the export and the module.
    pub name: &'static str,
    /// The function, compiled natively.
    pub native: fn(u32) -> u64,
    /// The size at which it is measured: some 5 to 30 ms under Cranelift.
    pub n: u32,
}

/// The functions of the `compute` group.
pub const COMPUTE: [Compute; 7] = [
    Compute {
        name: "fibonacci",
        native: fibonacci,
        n: 32,
    },
    Compute {
        name: "sieve",
        native: sieve,
        n: 40,
    },
    Compute {
        name: "keccak",
        native: keccak,
        n: 1_000,
    },
    Compute {
        name: "sha256",
        native: sha256,
        n: 2_500,
    },
    Compute {
        name: "sort",
        native: sort,
        n: 40,
    },
    Compute {
        name: "matmul",
        native: matmul,
        n: 8,
    },
    Compute {
        name: "ecrecover",
        native: ecrecover,
        n: 40,
    },
];

/// Makes an example a Wasm module that exports the function of that name.
#[macro_export]
macro_rules! export {
    ($name:ident) => {
        /// The function itself.
        #[allow(unsafe_code, reason = "an export needs a fixed name")]
        #[unsafe(no_mangle)]
        pub extern "C" fn $name(n: u32) -> u64 {
            $crate::$name(n)
        }

        /// The same as the entry point of a contract.
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "an export needs a fixed name")]
        #[unsafe(no_mangle)]
        pub extern "C" fn call() {
            $crate::guest::answer($crate::$name);
        }
    };
}
