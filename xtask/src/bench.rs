//! `cargo xtask bench`: Hull beside its peers, in one run.

use anyhow::{Result, ensure};

use crate::setup::{self, Task};
use crate::workspace::Workspace;
use crate::{process, ui};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on, as in `cargo xtask bench -- --quick` or `-- --sizes-only`
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, yes: bool) -> Result<bool> {
    setup::prepare(workspace, Task::Bench, yes)?;
    ui::begin(
        "bench",
        "builds the peers the first time; then the machine should be idle",
    );
    // The peers live in a workspace of their own, but build beside ours, so that
    // the figures are where one looks for them.
    let mut command =
        workspace.cargo(["run", "--release", "--manifest-path", "benches/Cargo.toml"]);
    command
        .args(["--package", "bench-run", "--"])
        .args(&arguments.rest);
    process::run(&mut command)?;
    if arguments
        .rest
        .iter()
        .any(|argument| ["--modules-only", "--sizes-only"].contains(&argument.as_str()))
    {
        return Ok(true);
    }
    let folder = workspace.target.join("bench");
    for name in ["summary.json", "summary.md"] {
        let file = folder.join(name);
        ensure!(file.is_file(), "the run left no {}", file.display());
        println!("{}", file.display());
    }
    Ok(true)
}
