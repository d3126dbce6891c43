//! Finds a Rust tool chain that can build the modules.
//!
//! Standard libraries that come ready for Wasm use instructions beyond the MVP
//! that some of the peers refuse. So the modules are built together with their
//! standard library, which takes its sources and nothing else.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

/// The target of every module.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler whose standard library is there as source.
pub(crate) struct ToolChain {
    cargo: OsString,
    rustc: OsString,
}

impl ToolChain {
    /// The tool chain of the workspace, or else the one of the operating system.
    pub(crate) fn find(workspace: &Path) -> Result<Self> {
        let own = Self {
            cargo: crate::cargo(),
            rustc: "rustc".into(),
        };
        let system = Self {
            cargo: "/usr/bin/cargo".into(),
            rustc: "/usr/bin/rustc".into(),
        };
        for tool_chain in [own, system] {
            if tool_chain.has_sources(workspace) {
                return Ok(tool_chain);
            }
        }
        bail!(
            "the sources of Rust's standard library are missing; install them with\n    \
             rustup component add rust-src\nor, on Debian,\n    \
             apt-get install --no-install-recommends \
             rustc-web cargo-web rust-web-src rust-web-llvm lld-22"
        )
    }

    fn has_sources(&self, workspace: &Path) -> bool {
        let mut command = Command::new(&self.rustc);
        command.args(["--print", "sysroot"]).current_dir(workspace);
        let Ok(output) = command.output() else {
            return false;
        };
        let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        let sources = sysroot.join("lib/rustlib/src/rust/library");
        output.status.success() && sources.join("core/Cargo.toml").is_file()
    }

    /// A `cargo build` for Wasm with these crates of the standard library.
    pub(crate) fn build(&self, standard_library: &str) -> Command {
        let mut command = Command::new(&self.cargo);
        command
            .args(["build", "--target", TARGET])
            .arg(format!("-Zbuild-std={standard_library}"))
            .env("RUSTC", &self.rustc)
            // Building the standard library is not stable, but pinned it is.
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-cpu=mvp");
        command
    }
}
