//! Finding a compiler that builds for Wasm.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{BuildError, Compiler};

/// The target of every contract.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A compiler, and what it needs to build for [`TARGET`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolChain {
    cargo: OsString,
    rustc: OsString,
    /// The folder of the standard library's sources, there or not.
    pub(crate) sources: PathBuf,
    /// Where the standard library comes from.
    pub standard_library: StandardLibrary,
    /// Which compiler it is.
    pub compiler: Compiler,
}

/// Where the standard library for Wasm comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StandardLibrary {
    /// It is installed.
    Installed,
    /// Its sources are, and it is compiled with the contract.
    Sources,
}

impl StandardLibrary {
    /// The name in a build record.
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Sources => "sources",
        }
    }
}

impl ToolChain {
    /// The tool chain that the folder's `rust-toolchain.toml` asks for, or else
    /// the one of the operating system. One whose target is installed goes
    /// before one that has only the sources.
    ///
    /// # Errors
    /// [`BuildError::NoToolChain`], which says what to install.
    pub fn find(folder: &Path) -> Result<Self, BuildError> {
        let own = (
            std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()),
            "rustc".into(),
        );
        let system = ("/usr/bin/cargo".into(), OsString::from("/usr/bin/rustc"));
        let found: Vec<Self> = [own, system]
            .into_iter()
            .filter_map(|(cargo, rustc)| Self::at(folder, cargo, rustc))
            .collect();
        let installed = |it: &&Self| it.standard_library == StandardLibrary::Installed;
        found
            .iter()
            .find(installed)
            .or(found.first())
            .cloned()
            .ok_or(BuildError::NoToolChain)
    }

    fn at(folder: &Path, cargo: OsString, rustc: OsString) -> Option<Self> {
        let ask = |arguments: &[&str]| answer(&rustc, folder, arguments);
        let libraries = ask(&["--print", "target-libdir", "--target", TARGET])?;
        let sysroot = PathBuf::from(ask(&["--print", "sysroot"])?);
        let sources = sysroot.join("lib/rustlib/src/rust/library");
        let standard_library = if has_core(Path::new(&libraries)) {
            StandardLibrary::Installed
        } else if sources.join("core/Cargo.toml").is_file() {
            StandardLibrary::Sources
        } else {
            return None;
        };
        let compiler = Compiler::parse(&ask(&["-vV"])?);
        Some(Self {
            cargo,
            rustc,
            sources,
            standard_library,
            compiler,
        })
    }

    /// Cargo with this compiler and without what the environment or an outer
    /// build would slip in.
    pub(crate) fn cargo(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command.current_dir(folder).env("RUSTC", &self.rustc);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let settings = ["CARGO_PROFILE_", "CARGO_BUILD_", "CARGO_TARGET_"];
            let ours = settings.iter().any(|prefix| text.starts_with(prefix));
            if ours || text == "RUSTFLAGS" || text == "CARGO_ENCODED_RUSTFLAGS" {
                command.env_remove(&name);
            }
        }
        command
    }

    pub(crate) fn rustc(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.rustc);
        command.current_dir(folder);
        command
    }
}

/// Whether a folder of libraries holds the most basic one.
fn has_core(libraries: &Path) -> bool {
    let entries = libraries.read_dir().into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .any(|name| name.starts_with("libcore-") && name.ends_with(".rlib"))
}

/// What a program answers, or nothing if it is not there or fails.
fn answer(program: &OsString, folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(folder)
        .stderr(Stdio::null());
    let output = command.output().ok().filter(|it| it.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
