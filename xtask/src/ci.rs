//! `cargo xtask ci`: what a change has to pass.

use std::time::Duration;

use anyhow::Result;

use crate::setup::{self, Task};
use crate::tally::{Report, Tally};
use crate::test::{self, check};
use crate::workspace::Workspace;
use crate::{docs, process};

/// How long the advisory database may take to answer.
const FETCH_LIMIT: Duration = Duration::from_secs(60);

/// A check besides the tests.
struct Check {
    what: &'static str,
    why: &'static str,
    run: fn(&Workspace) -> Tally,
}

const CHECKS: &[Check] = &[
    Check {
        what: "lock file",
        why: "Cargo.lock is complete and up to date",
        run: lock_file,
    },
    Check {
        what: "format",
        why: "cargo fmt --check",
        run: format,
    },
    Check {
        what: "lints",
        why: "clippy, warnings are errors",
        run: lints,
    },
    Check {
        what: "baseline alone",
        why: "the engine without Cranelift",
        run: baseline_alone,
    },
    Check {
        what: "Cranelift alone",
        why: "the engine without Singlepass",
        run: cranelift_alone,
    },
    Check {
        what: "no_std",
        why: "the vocabulary of the host in a contract",
        run: no_std,
    },
    Check {
        what: "dependencies",
        why: "bans, licences, sources",
        run: dependencies,
    },
    Check {
        what: "advisories",
        why: "known vulnerabilities",
        run: advisories,
    },
    Check {
        what: "rustdoc",
        why: "warnings are errors",
        run: rustdoc,
    },
    Check {
        what: "quotations",
        why: "the documentation quotes the code as it is",
        run: quotations,
    },
];

pub(crate) fn run(workspace: &Workspace, yes: bool) -> Result<bool> {
    // A change must pass from what is committed, not from what was built before.
    let workspace = &workspace.clone().outside();
    println!("target: {}", workspace.target.display());
    let mut report = Report::default();
    // Without its tools a check fails by itself, and the run still ends with a count.
    if let Err(error) = setup::prepare(workspace, Task::Ci, yes) {
        report.part("set-up", "", || Tally::failure(format!("{error:#}")));
    }
    test::parts(workspace, &mut report, true, &[]);
    for Check { what, why, run } in CHECKS {
        report.part(what, why, || run(workspace));
    }
    Ok(report.finish("the first failure is above; `cargo xtask ci` runs all of this again"))
}

fn lock_file(workspace: &Workspace) -> Tally {
    let arguments = ["metadata", "--locked", "--format-version", "1"];
    let mut result = process::output(&mut workspace.cargo(arguments));
    for manifest in ["benches/Cargo.toml", "contracts/Cargo.toml", "fuzz/Cargo.toml"] {
        if result.is_ok() && workspace.has(manifest) {
            let mut command = workspace.cargo(arguments);
            result = process::output(command.args(["--manifest-path", manifest]));
        }
    }
    check(result.map(drop))
}

fn format(workspace: &Workspace) -> Tally {
    let mut result = process::run(&mut workspace.cargo(["fmt", "--all", "--check"]));
    for manifest in ["benches/Cargo.toml", "contracts/Cargo.toml", "fuzz/Cargo.toml"] {
        if result.is_ok() && workspace.has(manifest) {
            let arguments = ["fmt", "--all", "--check", "--manifest-path", manifest];
            result = process::run(&mut workspace.cargo(arguments));
        }
    }
    check(result)
}

fn lints(workspace: &Workspace) -> Tally {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    let mut result = process::run(&mut workspace.cargo(arguments));
    if result.is_ok() && workspace.has("contracts/Cargo.toml") {
        result = process::run(&mut workspace.contracts().cargo(arguments));
    }
    check(result)
}

fn baseline_alone(workspace: &Workspace) -> Tally {
    one_tier(workspace, "singlepass")
}

fn cranelift_alone(workspace: &Workspace) -> Tally {
    one_tier(workspace, "cranelift")
}

fn one_tier(workspace: &Workspace, compiler: &str) -> Tally {
    let arguments = [
        "clippy",
        "--package",
        "hull-vm",
        "--lib",
        "--no-default-features",
        "--features",
        compiler,
    ];
    check(process::run(
        workspace.cargo(arguments).args(["--", "-D", "warnings"]),
    ))
}

fn no_std(workspace: &Workspace) -> Tally {
    if !setup::has_wasm_target(workspace) {
        return Tally::skip(
            "no_std",
            "the target wasm32-unknown-unknown is not installed",
        );
    }
    let arguments = ["check", "--package", "hull-host-api", "--lib"];
    let mut command = workspace.cargo(arguments);
    check(process::run(
        command.args(["--target", "wasm32-unknown-unknown"]),
    ))
}

fn dependencies(workspace: &Workspace) -> Tally {
    check(process::run(
        &mut workspace.cargo(["deny", "check", "bans", "licenses", "sources"]),
    ))
}

fn advisories(workspace: &Workspace) -> Tally {
    let mut fetch = workspace.cargo(["deny", "fetch", "db"]);
    if !process::succeeds_within(&mut fetch, FETCH_LIMIT) {
        return Tally::skip("advisories", "the advisory database could not be fetched");
    }
    let arguments = ["deny", "check", "--disable-fetch", "advisories"];
    check(process::run(&mut workspace.cargo(arguments)))
}

fn rustdoc(workspace: &Workspace) -> Tally {
    let mut command = workspace.cargo(["doc", "--workspace", "--no-deps"]);
    check(process::run(command.env("RUSTDOCFLAGS", "-D warnings")))
}

fn quotations(workspace: &Workspace) -> Tally {
    check(docs::verify(workspace))
}
