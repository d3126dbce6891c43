//! `cargo xtask test`: needs the Rust tool chain, with the target of contracts,
//! and nothing else.

use std::fs;
use std::path::Path;

use anyhow::Result;

use crate::process;
use crate::tally::{Report, Tally};
use crate::workspace::Workspace;
use crate::{demo, libtest, network, nextest, rocksdb, setup, ui};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Also runs what takes longer or needs more than the Rust tool chain
    #[arg(long)]
    all: bool,
    /// Runs only tests whose names contain one of these
    filters: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, yes: bool) -> Result<bool> {
    setup::for_contracts(workspace, yes)?;
    let mut report = Report::default();
    parts(workspace, &mut report, arguments.all, &arguments.filters);
    if report.is_empty() {
        report.part("filter", "", || Tally::failure("no test matches"));
    }
    Ok(report.finish("the first failure is above; `cargo xtask test NAME` runs one test"))
}

/// Runs the tests as parts of a report.
pub(crate) fn parts(workspace: &Workspace, report: &mut Report, all: bool, filters: &[String]) {
    let with_nextest = nextest::is_installed(workspace);
    let why = match with_nextest {
        true => "with cargo-nextest: a process per test",
        false => "with cargo test; `cargo xtask setup test` adds cargo-nextest",
    };
    report.part("unit and integration tests", why, || {
        logged(workspace, "tests", |skips| match with_nextest {
            true => nextest::run(workspace, filters, skips),
            false => cargo_test(
                workspace,
                "tests",
                &["--lib", "--bins", "--tests"],
                filters,
                skips,
            ),
        })
    });
    if workspace.has("contracts/Cargo.toml") {
        let contracts = &workspace.contracts();
        report.part(
            "contracts",
            "the examples, as the Wasm that they are",
            || {
                logged(contracts, "contracts", |skips| match with_nextest {
                    true => nextest::run(contracts, filters, skips),
                    false => cargo_test(contracts, "contracts", &["--tests"], filters, skips),
                })
            },
        );
    }
    report.part(
        "doctests",
        "the examples in the documentation are code",
        || {
            logged(workspace, "doctests", |skips| {
                cargo_test(workspace, "doctests", &["--doc"], filters, skips)
            })
        },
    );
    if all && filters.is_empty() {
        report.part(
            "RocksDB",
            "the engine for validators keeps the same promises",
            || {
                rocksdb::tests(workspace, None)
                    .unwrap_or_else(|error| Tally::failure(format!("{error:#}")))
            },
        );
        report.part(
            "partitions",
            "validators whose links are cut, lose packets and heal",
            || network::partitions(workspace, None, |_| ()),
        );
        report.part(
            "main job",
            "a token from its source to a proved balance",
            || check(demo(workspace, false)),
        );
        report.part(
            "main job on a network",
            "four validators, 10,000 transfers, one of them killed and brought back",
            || check(demo(workspace, true)),
        );
        report.part(
            "embedding example",
            "the README's example must run as printed",
            || check(process::run(&mut embedding_example(workspace))),
        );
    }
}

fn demo(workspace: &Workspace, network: bool) -> Result<()> {
    demo::run(workspace, &demo::Arguments { network }, true).map(drop)
}

/// The example that shows how to embed the engine.
pub(crate) fn embedding_example(workspace: &Workspace) -> std::process::Command {
    workspace.cargo(["run", "--package", "hull-vm", "--example", "embed"])
}

/// One check, passed or failed.
pub(crate) fn check(result: Result<()>) -> Tally {
    match result {
        Ok(()) => Tally::pass(),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}

/// Runs tests beside the file in which those that leave early say why.
pub(crate) fn logged(
    workspace: &Workspace,
    name: &str,
    run: impl FnOnce(&Path) -> Result<Tally>,
) -> Tally {
    let skips = workspace.target.join(format!("xtask/skips-{name}"));
    let prepared =
        fs::create_dir_all(workspace.target.join("xtask")).and_then(|()| fs::write(&skips, ""));
    match prepared.map_err(Into::into).and_then(|()| run(&skips)) {
        Ok(tally) => tally.with_early_leavers(&fs::read_to_string(&skips).unwrap_or_default()),
        Err(error) => Tally::failure(format!("{error:#}")),
    }
}

fn cargo_test(
    workspace: &Workspace,
    name: &str,
    what: &[&str],
    filters: &[String],
    skips: &Path,
) -> Result<Tally> {
    let mut command = workspace.cargo(["test", "--workspace", "--no-fail-fast"]);
    command
        .args(what)
        .arg("--")
        .args(filters)
        .env("HULL_SKIPS", skips);
    if ui::attended() {
        command.arg("--color=always");
    }
    libtest::run(&mut command, name, |_| ())
}
