//! `cargo hull gas`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use hull_testing::{GAS_REPORT_VARIABLE, GasReport, GasSnapshot, GasUse, SNAPSHOT_FILE};
use hull_testing::{SnapshotError, Verdict};
use serde::Serialize;

use crate::Exit;
use crate::commands::test::{cargo_test, follow};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui, grouped};

/// Show what each message costs in the tests, or hold it against the snapshot
///
/// The gas is that of the network, to the unit: of the call and those inside it,
/// without that of the transaction. `gas.snapshot` beside the manifest is meant to be
/// committed. Under another compiler than the one that it names, differences
/// are told and do not fail.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull gas
  cargo hull gas --save
  cargo hull gas --check --tolerance 0.5

JSON:
  {\"messages\": {contract: {message: {\"calls\", \"min\", \"mean\", \"max\"}}}, \"compilers\": {contract: version},
   \"schedule\", \"snapshot\": null, or {\"file\", \"verdict\": \"unchanged\", \"written\", \"changed\",
   \"missing\" or \"otherCompiler\", \"differences\"}}
Exit code 1 if a test fails, or with --check if gas changed by more than the tolerance.")]
pub(crate) struct Options {
    /// Hold the gas against gas.snapshot
    #[arg(long, conflicts_with = "save")]
    check: bool,
    /// Write gas.snapshot
    #[arg(long)]
    save: bool,
    /// How far a number may be off, in percent of the one in the snapshot
    #[arg(long, value_name = "PERCENT", default_value = "0", value_parser = permille)]
    tolerance: u32,
    #[command(flatten)]
    project: ProjectOptions,
}

/// The scenario of the snapshot that is all tests together.
const SCENARIO: &str = "all tests";

#[derive(Debug, Serialize)]
struct Output {
    messages: BTreeMap<String, BTreeMap<String, Cost>>,
    compilers: BTreeMap<String, String>,
    schedule: u32,
    snapshot: Option<Compared>,
}

#[derive(Debug, Serialize)]
struct Cost {
    calls: u64,
    min: u64,
    mean: u64,
    max: u64,
}

#[derive(Debug, Serialize)]
struct Compared {
    file: PathBuf,
    verdict: &'static str,
    differences: Option<String>,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let report = match measure(&options.project, ui)? {
        Measured::Report(report) => report,
        Measured::TestsFailed(exit) => return Ok(exit),
    };
    let snapshot = match options.check || options.save {
        true => Some(compare(options, &report)?),
        false => None,
    };
    let contracts = report.messages.iter();
    Ok(ui.answer(&Output {
        messages: contracts
            .map(|(name, uses)| (name.clone(), costs(uses)))
            .collect(),
        compilers: report.compilers,
        schedule: report.schedule,
        snapshot,
    }))
}

enum Measured {
    Report(GasReport),
    TestsFailed(Exit),
}

/// Runs the tests and collects what their chains leave.
fn measure(project: &ProjectOptions, ui: Ui) -> Result<Measured, Error> {
    project.build_aloud(ui)?;
    let folder = tempfile::tempdir().map_err(Error::file("write", &std::env::temp_dir()))?;
    let mut command = cargo_test(project)?;
    command.args(["--quiet", "--no-fail-fast"]);
    command.env(GAS_REPORT_VARIABLE, folder.path());
    let mut told = String::new();
    let (_, exit) = ui.step("test", || {
        follow(command, |line| {
            told.push_str(line);
            told.push('\n');
        })
    })?;
    if exit != Exit::Done {
        ui.note(&told);
        ui.note("the gas of tests that fail says nothing; see: cargo hull test -vv");
        // Without `--quiet` the failed tests could be told from a compiler's error.
        return Ok(Measured::TestsFailed(
            match told.contains("test result: FAILED") {
                true => Exit::No,
                false => exit,
            },
        ));
    }
    let report = GasReport::read_folder(folder.path());
    Ok(Measured::Report(
        report.map_err(Error::file("read", folder.path()))?,
    ))
}

fn compare(options: &Options, report: &GasReport) -> Result<Compared, Error> {
    let file = options.project.manifest()?.with_file_name(SNAPSHOT_FILE);
    let snapshot = GasSnapshot::at(&file).bless(options.save);
    let snapshot = snapshot.tolerance_permille(options.tolerance);
    let (verdict, differences) = match snapshot.check(SCENARIO, report) {
        Ok(Verdict::Unchanged) => ("unchanged", None),
        Ok(Verdict::Written) => ("written", None),
        Ok(Verdict::OtherCompiler { differences }) => ("otherCompiler", Some(differences)),
        Err(SnapshotError::Changed { differences, .. }) => ("changed", Some(differences)),
        Err(SnapshotError::Missing { .. }) => ("missing", None),
        Err(source) => return Err(Error::Snapshot { source }),
    };
    Ok(Compared {
        file,
        verdict,
        differences,
    })
}

fn costs(uses: &BTreeMap<String, GasUse>) -> BTreeMap<String, Cost> {
    let cost = |uses: &GasUse| Cost {
        calls: uses.calls,
        min: uses.min,
        mean: uses.mean(),
        max: uses.max,
    };
    let uses = uses.iter();
    uses.map(|(name, uses)| (name.clone(), cost(uses)))
        .collect()
}

/// Percent with one digit after the point at most, as thousandths.
fn permille(text: &str) -> Result<u32, String> {
    let (whole, tenth) = text.split_once('.').unwrap_or((text, "0"));
    let number = |text: &str| text.parse::<u32>().ok().filter(|it| *it <= 1_000);
    match (number(whole), number(tenth), tenth.len()) {
        (Some(whole), Some(tenth), 1) => Ok(whole * 10 + tenth),
        _ => Err("a percentage with at most one digit after the point, such as 0.5".into()),
    }
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let header = ["calls", "min", "mean", "max"].map(|it| format!(" {it:>15}"));
        let mut text = paint.title(format!("{:<32}{}", "message", header.concat())) + "\n";
        for (contract, messages) in &self.messages {
            for (message, cost) in messages {
                let name = format!("{contract}.{message}");
                let numbers = [cost.calls, cost.min, cost.mean, cost.max];
                let numbers = numbers.map(|it| format!(" {:>15}", grouped(it)));
                text += &format!("{name:<32}{}\n", numbers.concat());
            }
        }
        if self.messages.is_empty() {
            text += "  the tests call no contract\n";
        }
        if let Some(snapshot) = &self.snapshot {
            text += &snapshot.text(paint);
        }
        text
    }

    fn exit(&self) -> Exit {
        let verdict = self.snapshot.as_ref().map(|it| it.verdict);
        match verdict {
            Some("changed" | "missing") => Exit::No,
            _ => Exit::Done,
        }
    }
}

impl Compared {
    fn text(&self, paint: Paint) -> String {
        let file = self.file.display();
        let accept = "accept it: cargo hull gas --save";
        let first = match self.verdict {
            "unchanged" => format!("{} as in {file}\n", paint.good("unchanged:")),
            "written" => format!("{} {file}\n", paint.good("written:")),
            "missing" => format!(
                "{} no snapshot in {file}; {accept}\n",
                paint.bad("missing:")
            ),
            "otherCompiler" => format!(
                "{} {file} was made under another compiler; {accept}\n",
                paint.odd("differs:")
            ),
            _ => format!(
                "{} gas is not as in {file}; {accept}\n",
                paint.bad("changed:")
            ),
        };
        first + self.differences.as_deref().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tolerance_is_a_percentage() {
        assert_eq!(permille("0.5"), Ok(5));
        assert_eq!(permille("2"), Ok(20));
        for wrong in ["", "-1", "0.05", "x", "1.", "2000"] {
            assert!(permille(wrong).is_err(), "{wrong}");
        }
    }
}
