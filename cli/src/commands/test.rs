//! `cargo hull test`.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use clap::{ArgAction, Args};
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui};

/// What tells the test harness how much to tell.
const TRACE_VARIABLE: &str = "HULL_TRACE";

/// Build the contract and run the project's tests, with traces of calls
///
/// The tests are Rust's own; `cargo test` runs them as well. They call the Wasm
/// that was built, in the engine of the network.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull test
  cargo hull test -vv transfer
  cargo hull test -- --test-threads=1

Traces:
  -v    what contracts write to the debug log
  -vv   and the whole trace of a call that makes a test fail
  -vvv  and those of all calls: arguments, storage, events, gas

JSON:
  {\"passed\", \"failed\", \"ignored\", \"tests\": [{\"name\", \"outcome\": \"ok\", \"failed\" or \"ignored\"}]}
Exit code 1 if a test fails, 4 if one does not compile.")]
pub(crate) struct Options {
    /// Only tests whose name holds this
    #[arg(value_name = "FILTER")]
    filter: Option<String>,
    /// More traces, up to three times
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// Arguments of the test programs
    #[arg(last = true, value_name = "ARGUMENT")]
    rest: Vec<String>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Output {
    passed: usize,
    pub(crate) failed: usize,
    ignored: usize,
    tests: Vec<Test>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Test {
    name: String,
    outcome: Outcome,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Failed,
    Ignored,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    // Not needed for the tests, which build for themselves: an error of the
    // contract's is told once and first, and not by every test.
    options.project.build_aloud(ui)?;
    let mut command = cargo_test(&options.project)?;
    command.arg("--no-fail-fast").args(&options.filter);
    command.env(TRACE_VARIABLE, options.verbose.to_string());
    command.arg("--").args(&options.rest);
    if options.verbose == 1 || options.verbose > 2 {
        // Traces of tests side by side would run into each other.
        command.args(["--nocapture", "--test-threads=1"]);
    }
    if ui.paint_out().is_on() && !ui.json {
        command.arg("--color=always");
    }
    let (output, exit) = follow(command, |line| {
        if !ui.json {
            ui.print(&format!("{line}\n"));
        }
    })?;
    if ui.json {
        ui.answer(&output);
    }
    Ok(exit)
}

/// Cargo on the project's tests.
pub(crate) fn cargo_test(project: &ProjectOptions) -> Result<Command, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.arg("test").args(project.cargo_flags()?);
    if let Some(folder) = project.target_folder() {
        // The harness builds there as well.
        command.env("CARGO_TARGET_DIR", folder);
    }
    Ok(command)
}

/// Runs the tests, hands on what they print, and counts.
pub(crate) fn follow(
    mut command: Command,
    mut each: impl FnMut(&str),
) -> Result<(Output, Exit), Error> {
    let start = |source| Error::Start {
        program: "cargo".into(),
        source,
    };
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(start)?;
    let mut output = Output::default();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            each(&line);
            output.read(&line);
        }
    }
    let status = child.wait().map_err(start)?;
    drop(std::io::stdout().flush());
    let exit = match status.success() {
        true => Exit::Done,
        false if output.failed > 0 => Exit::No,
        // It has not come to the tests.
        false => Exit::Build,
    };
    Ok((output, exit))
}

impl Output {
    /// Takes in a line of Rust's test harness.
    fn read(&mut self, line: &str) {
        let line = without_colour(line);
        let Some((name, rest)) = line
            .strip_prefix("test ")
            .and_then(|it| it.split_once(" ... "))
        else {
            return;
        };
        let outcome = match rest.trim() {
            "ok" => Outcome::Ok,
            "FAILED" => Outcome::Failed,
            rest if rest.starts_with("ignored") => Outcome::Ignored,
            _ => return,
        };
        match outcome {
            Outcome::Ok => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Ignored => self.ignored += 1,
        }
        let name = name.to_owned();
        self.tests.push(Test { name, outcome });
    }
}

/// A line without its escape sequences, which end with a letter.
fn without_colour(line: &str) -> String {
    let mut parts = line.split('\x1b');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_ascii_alphabetic());
        plain.push_str(end.map_or("", |end| &part[end + 1..]));
    }
    plain
}

impl Answer for Output {
    fn text(&self, _: Paint) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_counted() {
        let lines = "running 3 tests\ntest a ... ok\ntest b::c ... FAILED\n\
                     test d ... ignored, too slow\ntest e ... \x1b[32mok\x1b[m\n\
                     test result: FAILED. 1 passed; 1 failed";
        let mut output = Output::default();
        lines.lines().for_each(|line| output.read(line));
        assert_eq!((output.passed, output.failed, output.ignored), (2, 1, 1));
        assert_eq!(output.tests[1].name, "b::c");
    }
}
