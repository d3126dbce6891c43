//! The two compilations.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::package::Package;
use crate::profile::{Folders, SETTINGS};
use crate::{BuildError, Request, StandardLibrary, TARGET, ToolChain};

/// Cargo's messages that matter, one a line.
#[derive(Deserialize)]
#[serde(tag = "reason", rename_all = "kebab-case")]
enum Message {
    CompilerArtifact {
        manifest_path: PathBuf,
        target: Target,
        filenames: Vec<PathBuf>,
    },
    BuildScriptExecuted {
        linked_paths: Vec<String>,
    },
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// A library that was compiled for this machine.
pub(crate) struct HostLibrary {
    pub(crate) rlib: PathBuf,
    /// What the linker has to search besides.
    pub(crate) linked_paths: Vec<String>,
}

/// Compiles the contract and returns the module as the linker wrote it.
pub(crate) fn wasm(
    request: &Request,
    tool_chain: &ToolChain,
    package: &Package,
    folder: &Path,
) -> Result<Vec<u8>, BuildError> {
    let mut command = tool_chain.cargo(&package.folder);
    command.args(["rustc", "--lib", "--crate-type=cdylib", "--release"]);
    command.arg(format!("--target={TARGET}"));
    if tool_chain.standard_library == StandardLibrary::Sources {
        // Not stable, but this compiler builds its own sources.
        command
            .arg("-Zbuild-std=core,alloc")
            .env("RUSTC_BOOTSTRAP", "1");
    }
    for (name, value) in SETTINGS {
        command.arg(format!("--config=profile.release.{name}={value}"));
    }
    let cargo_home = cargo_home();
    let mut folders = Folders::new(&package.workspace, folder, cargo_home.as_deref());
    let commit = &tool_chain.compiler.commit_hash;
    folders.push(
        tool_chain.sources.clone(),
        format!("/rustc/{commit}/library"),
    );
    for (folder, name) in &package.foreign {
        folders.push(folder.clone(), format!("/dependencies/{name}"));
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", folders.rust_flags());
    let artifacts = run(request, package, folder, command)?;
    let file = artifacts.file("wasm");
    let file = file.ok_or_else(|| package.no_artifact("Wasm module"))?;
    std::fs::read(&file).map_err(BuildError::file(&file))
}

/// Compiles the contract's library for this machine.
pub(crate) fn host(
    request: &Request,
    tool_chain: &ToolChain,
    package: &Package,
    folder: &Path,
) -> Result<HostLibrary, BuildError> {
    let mut command = tool_chain.cargo(&package.folder);
    command.args(["rustc", "--lib", "--crate-type=rlib"]);
    // It runs for a moment: what counts is the time to compile it.
    command.args([
        "--config=profile.dev.debug=false",
        "--config=profile.dev.opt-level=0",
        "--config=profile.dev.package.\"*\".opt-level=0",
    ]);
    command.env("CARGO_ENCODED_RUSTFLAGS", "");
    let artifacts = run(request, package, folder, command)?;
    let rlib = artifacts.file("rlib");
    Ok(HostLibrary {
        rlib: rlib.ok_or_else(|| package.no_artifact("library for this machine"))?,
        linked_paths: artifacts.linked_paths,
    })
}

struct Artifacts {
    files: Vec<PathBuf>,
    linked_paths: Vec<String>,
}

impl Artifacts {
    fn file(&self, extension: &str) -> Option<PathBuf> {
        let mut files = self.files.iter();
        files
            .find(|file| file.extension().is_some_and(|it| it == extension))
            .cloned()
    }
}

fn run(
    request: &Request,
    package: &Package,
    folder: &Path,
    mut command: Command,
) -> Result<Artifacts, BuildError> {
    command.arg("--manifest-path").arg(&package.manifest);
    command.arg("--target-dir").arg(folder);
    command.args(request.lock_flags());
    if request.quiet {
        command.arg("--quiet");
    }
    if !request.features.is_empty() {
        command.arg(format!("--features={}", request.features.join(",")));
    }
    if !request.default_features {
        command.arg("--no-default-features");
    }
    command.arg("--message-format=json-render-diagnostics");
    command.stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().map_err(|source| BuildError::Start {
        program: "cargo".into(),
        source,
    })?;
    if !output.status.success() {
        let kind = command.get_args().nth(2).unwrap_or_default();
        return Err(BuildError::Compile {
            command: format!("cargo rustc --lib {}", kind.to_string_lossy()),
            status: output.status,
        });
    }
    Ok(artifacts(&output.stdout, package))
}

fn artifacts(messages: &[u8], package: &Package) -> Artifacts {
    let mut artifacts = Artifacts {
        files: Vec::new(),
        linked_paths: Vec::new(),
    };
    for line in messages.split(|byte| *byte == b'\n') {
        // What build scripts and macros print may come between.
        match serde_json::from_slice(line) {
            Ok(Message::CompilerArtifact {
                manifest_path,
                target,
                filenames,
            }) if manifest_path == package.manifest
                && !target.kind.iter().any(|kind| kind == "custom-build") =>
            {
                artifacts.files.extend(filenames);
            }
            Ok(Message::BuildScriptExecuted { linked_paths }) => {
                artifacts.linked_paths.extend(linked_paths);
            }
            Ok(_) => {}
            Err(_) => drop(std::io::stderr().write_all(line)),
        }
    }
    artifacts
}

impl Package {
    fn no_artifact(&self, kind: &'static str) -> BuildError {
        let package = self.name.clone();
        BuildError::NoArtifact { kind, package }
    }
}

fn cargo_home() -> Option<PathBuf> {
    let home = || std::env::home_dir().map(|home| home.join(".cargo"));
    let found = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home)?;
    found.canonicalize().ok()
}
