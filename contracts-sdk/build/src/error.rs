//! Why a build failed.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use hull_abi::AbiError;
use hull_host_api::Capabilities;
use thiserror::Error;

use crate::Undeclared;

/// Why there is no contract.
#[derive(Debug, Error)]
pub enum BuildError {
    /// No compiler here builds for Wasm.
    #[error("no Rust tool chain here builds for {target}; install it with\n    rustup target add {target}", target = crate::TARGET)]
    NoToolChain,
    /// Cargo does not understand the manifest; it has said why.
    #[error("cargo does not read {manifest}:\n{reason}")]
    Manifest {
        /// The manifest.
        manifest: PathBuf,
        /// What cargo says.
        reason: String,
    },
    /// The crate has no library to make a contract of.
    #[error("{manifest} has no library target; a contract is one: put it into src/lib.rs")]
    NoLibrary {
        /// The manifest.
        manifest: PathBuf,
    },
    /// A program could not be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// The compiler has refused; what it said went to standard error.
    #[error("`{command}` ended with {status}")]
    Compile {
        /// The command, shortened.
        command: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// Cargo ended well and named no result of this kind.
    #[error("cargo built no {kind} of {package}")]
    NoArtifact {
        /// What was looked for.
        kind: &'static str,
        /// The package.
        package: String,
    },
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Neither the library nor a public module at its root has a function `abi`.
    #[error(
        "{library} has no public function `abi`, which #[hull::contract] generates in a public \
         module:\n{reason}"
    )]
    NoAbi {
        /// The library.
        library: String,
        /// What the compiler says.
        reason: String,
    },
    /// The function `abi` did not end well.
    #[error("asking {library} for its ABI ended with {status}:\n{reason}")]
    AbiProgram {
        /// The library.
        library: String,
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        reason: String,
    },
    /// The ABI breaks a rule.
    #[error("the ABI of the contract: {0}")]
    Abi(#[from] AbiError),
    /// Code and ABI declare different capabilities.
    #[error("the code declares {code:?}, the ABI {abi:?}; build both from the same features")]
    Capabilities {
        /// What the section in the code says.
        code: Box<Capabilities>,
        /// What the ABI says.
        abi: Box<Capabilities>,
    },
    /// The code uses what it does not declare, and a chain would refuse it.
    #[error(
        "{library} asks its host for more than it declares:{}",
        lines(undeclared)
    )]
    Undeclared {
        /// The library.
        library: String,
        /// What is missing.
        undeclared: Vec<Undeclared>,
    },
    /// What came out is not the module that was expected.
    #[error("the compiled module: {reason}")]
    Module {
        /// What is wrong with it.
        reason: String,
    },
}

fn lines(undeclared: &[Undeclared]) -> String {
    undeclared.iter().map(|it| format!("\n{it}")).collect()
}

impl BuildError {
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::File {
            path: path.into(),
            source,
        }
    }
}
