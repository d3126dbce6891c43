//! Where the built modules are.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Names the folder of the built modules to a process of a bench run.
pub const DIRECTORY_VARIABLE: &str = "HULL_BENCH_MODULES";

/// `cw20-base` as a module, besides those that the examples make.
pub const CW20: &str = "cw20";

/// The token of `contracts/`, written with the SDK.
pub const SDK_TOKEN: &str = "sdk-token";

/// The bytes of a built module.
///
/// # Errors
/// Says how modules are built if there is none of that name.
pub fn load(name: &str) -> io::Result<Vec<u8>> {
    let directory = env::var_os(DIRECTORY_VARIABLE).map_or_else(default_directory, PathBuf::from);
    let path = file(&directory, name);
    fs::read(&path).map_err(|error| {
        let path = path.display();
        io::Error::new(
            error.kind(),
            format!("{path}: {error} (`cargo xtask bench` builds it)"),
        )
    })
}

/// The path of a module in a folder of modules.
pub fn file(directory: &Path, name: &str) -> PathBuf {
    directory.join(name).with_extension("wasm")
}

fn default_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench/modules")
}
