//! From the crate of a contract to what is deployed, and what explains it.
//!
//! | file | content |
//! |---|---|
//! | `<name>.wasm` | the code, the sections `hull.capabilities` and `hull.abi`, nothing else |
//! | `<name>.debug.wasm` | the same code with its names and line tables; see [`Symbols`] |
//! | `<name>.abi.json` | the ABI with its documentation |
//! | `<name>.build.json` | the [`BuildRecord`]: who built it, how, and what came out |
//!
//! The name is that of the library target. Everything lies in
//! `<target folder>/hull/`.
//!
//! # The way of a build
//!
//! 1. [`ToolChain::find`] looks for a compiler that can build for Wasm.
//! 2. The library is compiled as a `cdylib` under [`profile`] settings that
//!    hold whatever the crate's own profile says: the user's manifest cannot
//!    make a contract wrap silently or leave a path of the machine in it.
//! 3. The library is compiled once more, for this machine, and asked for its
//!    ABI: the SDK's macros generate the function `abi` for it.
//! 4. The module is taken apart and put together without what a chain does not
//!    need, and the two sections are added.
//! 5. What it imports is held against the capabilities it declares: a chain
//!    refuses code that asks for more ([`Undeclared`]).
//!
//! The same sources, lock file, compiler and flags give the same bytes,
//! whoever builds them, in whichever folder.
//!
//! ```no_run
//! use hull_build::{Request, build};
//!
//! let request = Request::new("contracts/counter/Cargo.toml");
//! let built = build(&request, &mut |progress| eprintln!("{progress}"))?;
//! println!("{} has sha256:{}", built.wasm.display(), built.record.digest);
//! # Ok::<(), hull_build::BuildError>(())
//! ```

mod abi;
mod cargo;
mod error;
mod module;
mod package;
pub mod profile;
mod progress;
mod record;
mod report;
mod request;
mod symbols;
mod tool_chain;
mod undeclared;

pub use error::BuildError;
pub use hull_abi::Abi;
pub use progress::{Progress, Step};
pub use record::{BuildRecord, Compiler, RECORD_VERSION, Sizes};
pub use report::{Import, ReportError, SizeReport};
pub use request::{AbiSource, Built, Request, build};
pub use symbols::{Location, Symbols, SymbolsError};
pub use tool_chain::{StandardLibrary, TARGET, ToolChain};
pub use undeclared::Undeclared;
