//! The storage engine that is C++: where the system has it, its tests are run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::libtest;
use crate::tally::Tally;
use crate::workspace::Workspace;

/// What the system's library is called, with a build of one's own first.
const LIBRARIES: [&str; 2] = ["librocksdb.a", "librocksdb.so"];

/// A function that the binding calls and that releases before 8.2 do not have.
const NEEDED: &[u8] = b"rocksdb_write_buffer_manager_destroy";

/// Where systems keep libraries.
const FOLDERS: [&str; 6] = [
    "/usr/local/lib",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/opt/homebrew/lib",
];

/// How a build of the feature gets the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Source {
    /// Linked from this folder.
    Folder(PathBuf),
    /// Compiled, which takes a quarter of an hour the first time.
    Compiled,
}

/// Runs the suite of the storage engines, with RocksDB among them.
pub(crate) fn tests(workspace: &Workspace, rounds: Option<u64>) -> Result<Tally> {
    let source = match source() {
        Ok(source) => source,
        Err(missing) => return Ok(Tally::skip("hull-state with RocksDB", missing)),
    };
    // The whole workspace, so that its other features stay as they are built.
    let arguments = ["test", "--workspace", "--features", "hull-state/rocksdb"];
    let mut command = workspace.cargo(arguments);
    command.args(["--test", "state"]);
    match &source {
        Source::Folder(folder) => {
            command.env("ROCKSDB_LIB_DIR", folder);
        }
        Source::Compiled => println!("RocksDB is compiled; the first time takes long"),
    }
    if let Some(rounds) = rounds {
        command.env("HULL_ROUNDS", rounds.to_string());
    }
    libtest::run(&mut command, "hull-state with RocksDB", |_| ())
}

/// Where the engine comes from, or what is missing.
fn source() -> Result<Source, String> {
    let clang = env::var_os("LIBCLANG_PATH").is_some() || has_libclang();
    if !clang {
        return Err("libclang is missing, which reads the engine's headers".into());
    }
    if let Some(folder) = env::var_os("ROCKSDB_LIB_DIR") {
        return Ok(Source::Folder(folder.into()));
    }
    let files = FOLDERS
        .iter()
        .flat_map(|folder| LIBRARIES.map(|name| Path::new(folder).join(name)));
    let mut files = files.filter(|file| file.is_file()).peekable();
    let found = files.peek().cloned();
    if let Some(folder) = files
        .find(|file| is_new_enough(file))
        .as_deref()
        .and_then(Path::parent)
    {
        return Ok(Source::Folder(folder.into()));
    }
    if env::var_os("HULL_COMPILE_ROCKSDB").is_some() {
        return Ok(Source::Compiled);
    }
    let what = match found {
        Some(file) => format!("{} is too old", file.display()),
        None => "librocksdb is not installed".into(),
    };
    Err(format!(
        "{what}; ROCKSDB_LIB_DIR names a folder with another, \
         HULL_COMPILE_ROCKSDB=1 compiles one in a quarter of an hour"
    ))
}

/// Whether a library has all that the binding calls: names are in it as they are.
fn is_new_enough(file: &Path) -> bool {
    let bytes = fs::read(file).unwrap_or_default();
    bytes.windows(NEEDED.len()).any(|name| name == NEEDED)
}

/// Whether libclang is where bindgen looks for it.
fn has_libclang() -> bool {
    let versions = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let versions = versions.map(|entry| entry.path().join("lib"));
    let mut folders = FOLDERS.iter().map(PathBuf::from).chain(versions);
    folders.any(|folder| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names = entries.map(|entry| entry.file_name());
        names.any(|name| {
            let name = name.to_string_lossy();
            name.starts_with("libclang.so")
                || name.starts_with("libclang-")
                || name == "libclang.dylib"
        })
    })
}
