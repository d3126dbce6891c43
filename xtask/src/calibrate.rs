//! `cargo xtask calibrate`: the gas schedule against the clock.

use anyhow::Result;

use crate::process;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the calibration
    #[arg(last = true)]
    rest: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<bool> {
    let mut command = workspace.cargo(["run", "--release", "--package", "hull-calibrate", "--"]);
    process::run(command.args(&arguments.rest))?;
    Ok(true)
}
