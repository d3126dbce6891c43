//! Running the program as a user does.

#![allow(dead_code, reason = "each test uses a part")]

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use assert_cmd::Command;
use hull_abi::{Abi, AbiBuilder, EventSpec, LayoutSpec, MessageSpec};
use hull_host_api::{Capabilities, Group};
use rustix::pty::{self, OpenptFlags};
use serde_json::Value;
use tempfile::TempDir;

/// A folder outside the repository, with an empty home beside it.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        std::fs::create_dir_all(folder.path().join("home")).unwrap();
        std::fs::create_dir_all(folder.path().join("work")).unwrap();
        Self { folder }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// `cargo hull …` in a folder of this place.
    pub(crate) fn command(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> Command {
        Command::from_std(self.plain_command(folder, arguments))
    }

    fn plain_command(&self, folder: impl AsRef<Path>, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cargo-hull"));
        command.current_dir(self.path().join(folder));
        // What cargo tells a test is not what a user's shell tells.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("CARGO") || name.starts_with("HULL_") || name == "RUSTFLAGS" {
                command.env_remove(name);
            }
        }
        let home = std::env::home_dir().unwrap_or_default();
        let kept = |name: &str, folder: &str| {
            std::env::var_os(name).map_or_else(|| home.join(folder), PathBuf::from)
        };
        command.env("CARGO_HOME", kept("CARGO_HOME", ".cargo"));
        command.env("RUSTUP_HOME", kept("RUSTUP_HOME", ".rustup"));
        command.env("HOME", self.folder.path().join("home"));
        command.arg("hull").args(arguments);
        command
    }

    /// Runs it as on a terminal: all that appears there.
    pub(crate) fn on_terminal(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let master = pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        pty::grantpt(&master).unwrap();
        pty::unlockpt(&master).unwrap();
        let name = pty::ptsname(&master, Vec::new()).unwrap();
        let slave = File::options()
            .read(true)
            .write(true)
            .open(name.to_str().unwrap())
            .unwrap();
        let mut command = self.plain_command("", arguments);
        command
            .env_remove("NO_COLOR")
            .envs(variables.iter().copied());
        command.stdin(Stdio::null());
        command.stdout(slave.try_clone().unwrap()).stderr(slave);
        let mut child = command.spawn().unwrap();
        // The command keeps the other end open as long as it lives.
        drop(command);
        let mut shown = Vec::new();
        // Where the other end is closed, Linux reports an error instead of the end.
        drop(File::from(master).read_to_end(&mut shown));
        child.wait().unwrap();
        String::from_utf8(shown).unwrap()
    }

    /// Runs it: the exit code, standard output, and standard error, with the
    /// folder's name replaced.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::of(self, &mut self.command("", arguments))
    }
}

pub(crate) struct Run {
    pub(crate) exit: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    pub(crate) fn of(place: &Place, command: &mut Command) -> Self {
        let output = command.output().unwrap();
        let folder = place.path().display().to_string();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&folder, "[FOLDER]");
        Self {
            exit: output.status.code().unwrap(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }

    /// All that a user sees, for snapshots.
    pub(crate) fn shown(&self) -> String {
        let Self { exit, out, err } = self;
        format!("exit {exit}\n--- out\n{out}--- err\n{err}")
    }
}

/// The ABI of a purse.
pub(crate) fn abi() -> Abi {
    AbiBuilder::new("purse", "1.0.0")
        .docs(&["Keeps tokens."])
        .constructor(
            MessageSpec::new("new")
                .arg::<u32>("least")
                .docs(&["Makes it."]),
        )
        .message(
            MessageSpec::new("save")
                .arg::<u64>("amount")
                .arg::<Vec<String>>("why")
                .returns::<Result<u64, String>>()
                .mutates()
                .payable()
                .docs(&["Keeps more."]),
        )
        .message(MessageSpec::new("saved").returns::<u64>())
        .event(EventSpec::new("Saved", [7; 32]).field::<u64>("amount"))
        .storage("total", &[0], LayoutSpec::value::<u64>())
        .build()
}

/// A module without the SDK: what it exports, and what it declares.
pub(crate) fn module(body: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {body})")).unwrap()
}

/// The module with a declaration: storage, which it uses, and events, which it
/// does not.
pub(crate) fn declaring(mut wasm: Vec<u8>) -> Vec<u8> {
    let mut may = Capabilities::LEAST;
    may.groups = may.groups.with(Group::Storage).with(Group::Events);
    may.storage_quota = 100;
    wasm.extend(may.section());
    wasm
}
