//! The dated page of a soak.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{date, process, ui};

/// What a part of the run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) part: String,
    pub(super) cases: u64,
    pub(super) seeds: Vec<u64>,
    /// `None` if the part did not say.
    pub(super) differences: Option<u64>,
    pub(super) elapsed: Duration,
    pub(super) outcome: String,
    /// What was measured.
    pub(super) figures: Vec<String>,
}

/// Writes the page of a run in which anything ran.
pub(super) fn keep(workspace: &Workspace, records: &[Record]) -> Result<()> {
    let ran = |record: &Record| !record.outcome.starts_with("skipped");
    if records.iter().any(ran) {
        let file = result_file(workspace);
        fs::create_dir_all(workspace.root.join("docs/results"))?;
        fs::write(&file, page(workspace, records))
            .with_context(|| format!("write {}", file.display()))?;
        println!("\nrecord: {}", file.display());
        ui::next("commit the record");
    }
    Ok(())
}

pub(super) fn recorded(
    records: &mut Vec<Record>,
    part: &str,
    run: impl FnOnce(&mut Record) -> Result<Tally>,
) -> Tally {
    let mut record = Record {
        part: part.to_owned(),
        ..Record::default()
    };
    let start = Instant::now();
    let tally = run(&mut record).unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
    record.elapsed = start.elapsed();
    record.outcome = match (tally.failed, tally.skipped.first()) {
        (0, None) => "passed".into(),
        (0, Some(skip)) => format!("skipped: {}", skip.reason),
        _ => "failed".into(),
    };
    records.push(record);
    tally
}

/// Today's file; a second run on a day does not overwrite the first.
fn result_file(workspace: &Workspace) -> PathBuf {
    let folder = workspace.root.join("docs/results");
    let name = |number: u64| match number {
        1 => format!("{}-soak.md", date::today()),
        _ => format!("{}-soak-{number}.md", date::today()),
    };
    let mut number = 1;
    while folder.join(name(number)).exists() {
        number += 1;
    }
    folder.join(name(number))
}

pub(super) fn page(workspace: &Workspace, records: &[Record]) -> String {
    let mut page = format!("# Soak of {}\n\n", date::today());
    for (what, value) in facts(workspace) {
        page.push_str(&format!("- {what}: {value}\n"));
    }
    page.push_str("\n| part | cases | seeds | differences | duration | outcome |\n");
    page.push_str("|---|---:|---|---:|---:|---|\n");
    for record in records {
        let seeds: Vec<_> = record.seeds.iter().map(u64::to_string).collect();
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            record.part,
            record.cases,
            seeds.join(" "),
            record
                .differences
                .map_or_else(|| "not said".into(), |count| count.to_string()),
            ui::duration(record.elapsed),
            record.outcome,
        ));
    }
    let figures = records.iter().flat_map(|record| {
        let lines = record.figures.iter();
        lines.map(move |line| format!("- {}: {line}\n", record.part))
    });
    let figures: String = figures.collect();
    if !figures.is_empty() {
        page.push_str(&format!("\n{figures}"));
    }
    page
}

/// What somebody needs to know to run the same again.
fn facts(workspace: &Workspace) -> Vec<(&'static str, String)> {
    let say = |program: &str, arguments: &[&str]| {
        process::output(workspace.command(program.as_ref()).args(arguments))
            .map_or_else(|_| "unknown".into(), |text| text.trim().to_owned())
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    vec![
        (
            "commit",
            say("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
        ),
        ("compiler", say("rustc", &["--version"])),
        ("processor", format!("{model}, {cores} threads")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_fails_is_recorded_as_failed() {
        let mut records = Vec::new();
        recorded(&mut records, "a", |_| Ok(Tally::failure("x")));
        recorded(&mut records, "b", |_| Ok(Tally::skip("b", "no fuzzer")));
        recorded(&mut records, "c", |_| Ok(Tally::pass()));
        let outcomes: Vec<_> = records
            .iter()
            .map(|record| record.outcome.as_str())
            .collect();
        assert_eq!(outcomes, ["failed", "skipped: no fuzzer", "passed"]);
    }
}
