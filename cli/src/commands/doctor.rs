//! `cargo hull doctor`.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::Args;
use hull_build::{StandardLibrary, TARGET, ToolChain};
use serde::Serialize;

use crate::Exit;
use crate::commands::new;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui};

/// Look for what is missing here, and say the command that mends it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull doctor
  cargo hull doctor --json | jq '.checks[] | select(.state != \"good\")'

JSON:
  {\"healthy\": whether nothing is missing,
   \"checks\": [{\"name\", \"state\": \"good\", \"odd\" or \"missing\", \"found\", \"remedy\": a command or null}]}
Exit code 1 if something is missing.")]
pub(crate) struct Options {
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    healthy: bool,
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    found: String,
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    /// It works, and could be better.
    Odd,
    Missing,
}

/// The oldest compiler that contracts and harness build with: that of the
/// workspace, whose version Hull's crates inherit.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let manifest = options.project.manifest();
    let folder = manifest.as_ref().ok().and_then(|it| it.parent());
    let mut checks = vec![
        compiler(folder),
        wasm(folder),
        program(
            "linker",
            "cc",
            "apt-get install gcc, or your system's C compiler",
        ),
        program("rustfmt", "rustfmt", "rustup component add rustfmt"),
        program("clippy", "cargo-clippy", "rustup component add clippy"),
    ];
    match folder {
        Some(folder) => checks.push(sources(folder)),
        None => checks.push(Check {
            name: "project",
            state: State::Odd,
            found: "none here".into(),
            remedy: Some("cargo hull new my-contract".into()),
        }),
    }
    Ok(ui.answer(&Output {
        healthy: checks.iter().all(|it| it.state != State::Missing),
        checks,
    }))
}

fn compiler(folder: Option<&Path>) -> Check {
    let name = "compiler";
    let mut rustc = Command::new("rustc");
    rustc.current_dir(folder.unwrap_or(Path::new(".")));
    let Some(found) = first_line(rustc.arg("--version")) else {
        return Check {
            name,
            state: State::Missing,
            found: "rustc does not start".into(),
            remedy: Some("curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh".into()),
        };
    };
    let version = found.split(' ').nth(1).unwrap_or_default();
    let recent = numbers(version) >= numbers(OLDEST);
    Check {
        name,
        state: if recent { State::Good } else { State::Missing },
        remedy: (!recent).then(|| format!("rustup update stable, which has {OLDEST} or later")),
        found,
    }
}

/// Major and minor number of a version.
fn numbers(version: &str) -> Vec<u32> {
    let parts = version.split('.').take(2);
    parts.map(|it| it.parse().unwrap_or(0)).collect()
}

fn wasm(folder: Option<&Path>) -> Check {
    let remedy = format!("rustup target add {TARGET}");
    let (state, found, remedy) = match ToolChain::find(folder.unwrap_or(Path::new("."))) {
        Ok(it) if it.standard_library == StandardLibrary::Installed => (
            State::Good,
            format!("installed for rustc {}", it.compiler.release),
            None,
        ),
        Ok(it) => (
            State::Odd,
            format!(
                "built from its sources with rustc {}, which takes longer",
                it.compiler.release
            ),
            Some(remedy),
        ),
        Err(_) => (State::Missing, "not installed".into(), Some(remedy)),
    };
    Check {
        name: TARGET,
        state,
        found,
        remedy,
    }
}

fn program(name: &'static str, program: &str, remedy: &str) -> Check {
    let found = first_line(Command::new(program).arg("--version"));
    Check {
        name,
        state: match found {
            Some(_) => State::Good,
            None if name == "linker" => State::Missing,
            None => State::Odd,
        },
        remedy: found.is_none().then(|| remedy.to_owned()),
        found: found.unwrap_or_else(|| format!("{program} does not start")),
    }
}

/// Whether the project's copy of Hull is the one that this program carries.
fn sources(folder: &Path) -> Check {
    let root = folder.join(new::FOLDER);
    let differs = |(path, content): &&(&str, &str)| {
        std::fs::read(root.join(path)).map_or(true, |found| found != content.as_bytes())
    };
    let count = new::sources().iter().filter(differs).count();
    let (state, found, remedy) = match (root.is_dir(), count) {
        (false, _) => (
            State::Odd,
            format!("no {}/ in this project", new::FOLDER),
            None,
        ),
        (true, 0) => (State::Good, "those of this cargo-hull".into(), None),
        (true, count) => (
            State::Odd,
            format!(
                "{count} files in {}/ are not those of this cargo-hull",
                new::FOLDER
            ),
            Some("cargo hull new --refresh .".into()),
        ),
    };
    Check {
        name: "sources of Hull",
        state,
        found,
        remedy,
    }
}

fn first_line(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().next().unwrap_or_default().to_owned();
    output.status.success().then_some(line)
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let mut text = String::new();
        for check in &self.checks {
            let state = match check.state {
                State::Good => paint.good("good   "),
                State::Odd => paint.odd("odd    "),
                State::Missing => paint.bad("missing"),
            };
            text += &format!("{state}  {:<24}{}\n", check.name, check.found);
            if let Some(remedy) = &check.remedy {
                text += &format!("         {:<24}{remedy}\n", "");
            }
        }
        text
    }

    fn exit(&self) -> Exit {
        match self.healthy {
            true => Exit::Done,
            false => Exit::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("1.100.0") > numbers("1.95"));
        assert!(numbers("1.95.0-nightly") >= numbers("1.95"));
        assert!(numbers("1.9.0") < numbers("1.95"));
    }
}
