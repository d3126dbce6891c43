//! cargo-nextest, where it is installed: a process per test, so that a crash in
//! generated code fails one test alone, and a hang is ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::libtest;
use crate::process;
use crate::tally::{Skip, Tally};
use crate::workspace::Workspace;

pub(crate) fn is_installed(workspace: &Workspace) -> bool {
    workspace.program("cargo-nextest").is_some()
}

/// Runs the tests; nextest's own output stays as it is, colours, progress and all.
pub(crate) fn run(workspace: &Workspace, filters: &[String], skips: &Path) -> Result<Tally> {
    let store = workspace.target.join("nextest");
    let junit = store.join("default/junit.xml");
    let config = workspace.target.join("xtask/nextest.toml");
    let settings = fs::read_to_string(workspace.root.join(".config/nextest.toml"))?;
    fs::write(&config, with_store(&settings, &store)?)?;
    // A report of an earlier run must not be taken for this one's.
    let _ = fs::remove_file(&junit);

    let mut command = workspace.cargo(["nextest", "run", "--workspace", "--no-tests=pass"]);
    command
        .arg("--config-file")
        .arg(&config)
        .args(filters)
        .env("HULL_SKIPS", skips);
    let status = process::status(&mut command)?;
    let report = fs::read_to_string(&junit);
    let mut tally = match &report {
        Ok(report) => counts(report).context("read the counts in junit.xml")?,
        // Nothing was built.
        Err(_) if !status.success() => Tally::default(),
        // Nothing matched, which nextest reports nowhere but on the screen.
        Err(_) if !filters.is_empty() => return Ok(Tally::default()),
        Err(error) => bail!("the tests ended well, but left no counts in {junit:?}: {error}"),
    };
    if report.is_ok() && filters.is_empty() {
        tally.skipped = ignored(workspace, &config)?;
    }
    Ok(tally.ended(status.success(), "tests"))
}

/// The settings, with reports kept where cargo builds: nextest alone would keep
/// them in the checkout.
fn with_store(settings: &str, store: &Path) -> Result<String> {
    let store = serde_json::to_string(store)?;
    Ok(format!("store.dir = {store}\n{settings}"))
}

/// The counts in the root element of a JUnit report.
fn counts(report: &str) -> Result<Tally> {
    let start = report.find("<testsuites ").context("no <testsuites>")?;
    let root = report[start..].split('>').next().unwrap_or_default();
    let attribute = |name: &str| -> Result<usize> {
        let (_, rest) = root
            .split_once(&format!(" {name}=\""))
            .context(name.to_owned())?;
        Ok(rest.split('"').next().unwrap_or_default().parse()?)
    };
    let failed = attribute("failures")? + attribute("errors")?;
    Ok(Tally {
        passed: attribute("tests")?.saturating_sub(failed),
        failed,
        ..Tally::default()
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct List {
    rust_suites: BTreeMap<String, Suite>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Suite {
    binary_path: PathBuf,
    cwd: PathBuf,
    testcases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    ignored: bool,
}

/// The ignored tests. nextest does not know the reasons, but a test binary that
/// is asked to run ignored tests alone runs none and names the reason of each.
fn ignored(workspace: &Workspace, config: &Path) -> Result<Vec<Skip>> {
    let mut list = workspace.cargo(["nextest", "list", "--workspace", "--message-format", "json"]);
    list.arg("--cargo-quiet").arg("--config-file").arg(config);
    let list: List = serde_json::from_str(&process::output(&mut list)?)?;
    let mut skips = Vec::new();
    for (
        suite,
        Suite {
            binary_path,
            cwd,
            testcases,
        },
    ) in &list.rust_suites
    {
        let names: Vec<_> = testcases.iter().filter(|(_, case)| case.ignored).collect();
        if names.is_empty() {
            continue;
        }
        let mut binary = Command::new(binary_path);
        binary
            .current_dir(cwd)
            .arg("--exact")
            .args(names.iter().map(|(name, _)| name));
        let output = process::output(&mut binary)?;
        let found = output.lines().filter_map(libtest::ignored);
        skips.extend(found.map(|skip| Skip {
            what: format!("{suite} {}", skip.what),
            ..skip
        }));
    }
    Ok(skips)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_counts_of_a_report() {
        let report = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <testsuites name=\"nextest-run\" tests=\"14\" skipped=\"0\" failures=\"2\" \
            errors=\"1\" uuid=\"8\" time=\"2.047\">\n\
            <testsuite name=\"nt\" tests=\"4\" failures=\"9\" errors=\"9\">";
        let tally = counts(report).expect("a report");
        assert_eq!((tally.passed, tally.failed), (11, 3));
    }

    #[test]
    fn a_report_without_counts_is_an_error() {
        assert!(counts("").is_err());
        assert!(counts("<testsuites tests=\"1\">").is_err());
    }
}
