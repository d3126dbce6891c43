//! Asking a contract for its ABI.

use std::path::Path;

use hull_abi::Abi;
use sha2::{Digest, Sha256};

use crate::cargo::HostLibrary;
use crate::package::Package;
use crate::{BuildError, ToolChain};

/// Where the function may be: at the root of the library, or in one of its
/// modules, as the SDK's macros make it.
fn places(package: &Package) -> Vec<String> {
    let library = &package.library;
    let source = std::fs::read_to_string(&package.source).unwrap_or_default();
    let modules = modules(&source).map(|module| format!("{library}::{module}::abi"));
    std::iter::once(format!("{library}::abi"))
        .chain(modules)
        .collect()
}

/// The public modules that a source names. One too many costs a moment, so
/// the source is not parsed.
fn modules(source: &str) -> impl Iterator<Item = &str> {
    let lines = source.lines().map(str::trim_start);
    let rests = lines.filter_map(|line| line.strip_prefix("pub mod "));
    rests.filter_map(|rest| {
        let name = rest.split(|it: char| !it.is_alphanumeric() && it != '_');
        name.into_iter().next().filter(|name| !name.is_empty())
    })
}

/// Links a program with the library that prints its ABI, and runs it.
///
/// The program is compiled by itself and not by cargo: it needs no dependency
/// but the library, and so no manifest, lock file or network of its own.
pub(crate) fn ask(
    tool_chain: &ToolChain,
    package: &Package,
    library: &HostLibrary,
    folder: &Path,
) -> Result<Abi, BuildError> {
    std::fs::create_dir_all(folder).map_err(BuildError::file(folder))?;
    let source = folder.join("main.rs");
    let program = folder
        .join("abi")
        .with_extension(std::env::consts::EXE_EXTENSION);
    // Tests ask again and again; linking takes longer than all else together.
    let stamp = stamp(tool_chain, library)?;
    let stamped = folder.join("stamp");
    if program.is_file() && std::fs::read_to_string(&stamped).is_ok_and(|it| it == stamp) {
        return run(package, &program);
    }
    // Until there is another program, no stamp is true.
    match std::fs::remove_file(&stamped) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(BuildError::file(&stamped)(error));
        }
        _ => {}
    }
    let mut reason = String::new();
    for place in places(package) {
        let text = format!("fn main() {{\n    print!(\"{{}}\", {place}().to_json());\n}}\n");
        std::fs::write(&source, text).map_err(BuildError::file(&source))?;
        match compile(tool_chain, package, library, &source, &program)? {
            Ok(()) => {
                std::fs::write(&stamped, &stamp).map_err(BuildError::file(&stamped))?;
                return run(package, &program);
            }
            Err(refusal) => reason = refusal,
        }
    }
    let library = package.library.clone();
    Err(BuildError::NoAbi { library, reason })
}

/// What the program depends on: the library, which holds the hashes of what it
/// depends on itself, and the compiler. Times would not do, because cargo puts an
/// older library back when the features change back.
fn stamp(tool_chain: &ToolChain, library: &HostLibrary) -> Result<String, BuildError> {
    let rlib = std::fs::read(&library.rlib).map_err(BuildError::file(&library.rlib))?;
    let digest = hex::encode(Sha256::digest(rlib));
    Ok(format!("{digest} {}", tool_chain.compiler.commit_hash))
}

fn compile(
    tool_chain: &ToolChain,
    package: &Package,
    library: &HostLibrary,
    source: &Path,
    program: &Path,
) -> Result<Result<(), String>, BuildError> {
    // Artifacts are lifted to the profile's folder, their dependencies are not.
    let lifted = library.rlib.parent().unwrap_or(Path::new("."));
    let dependencies = match lifted.ends_with("deps") {
        true => lifted.to_owned(),
        false => lifted.join("deps"),
    };
    let mut command = tool_chain.rustc(&package.folder);
    command.args(["--edition=2024", "--crate-name=abi", "--crate-type=bin"]);
    command.arg(source).arg("-o").arg(program);
    let mut library_argument = std::ffi::OsString::from(format!("{}=", package.library));
    library_argument.push(&library.rlib);
    command.arg("--extern").arg(library_argument);
    let mut search = std::ffi::OsString::from("dependency=");
    search.push(dependencies);
    command.arg("-L").arg(search);
    for path in &library.linked_paths {
        command.arg("-L").arg(path);
    }
    let output = command.output().map_err(|source| BuildError::Start {
        program: "rustc".into(),
        source,
    })?;
    if output.status.success() {
        return Ok(Ok(()));
    }
    Ok(Err(String::from_utf8_lossy(&output.stderr).into_owned()))
}

fn run(package: &Package, program: &Path) -> Result<Abi, BuildError> {
    let output = std::process::Command::new(program).output();
    let output = output.map_err(|source| BuildError::Start {
        program: program.display().to_string(),
        source,
    })?;
    if !output.status.success() {
        return Err(BuildError::AbiProgram {
            library: package.library.clone(),
            status: output.status,
            reason: String::from_utf8_lossy(&output.stderr).into_owned(),
        });
    }
    Ok(Abi::from_json(&String::from_utf8_lossy(&output.stdout))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_modules_are_found() {
        let source = "#[hull::contract]\npub mod counter {\n    pub mod inner;\n}\n\
                      mod private {}\npub mod r{}\npub mod \n// pub mod not";
        assert_eq!(
            modules(source).collect::<Vec<_>>(),
            ["counter", "inner", "r"]
        );
    }
}
