//! `cargo xtask bless`: today's results become the test vectors.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{process, ui};

pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    process::run(&mut workspace.cargo(["run", "--package", "hull-test-vectors", "--", "bless"]))?;
    ui::next("`git diff test-vectors`: every line of it is a change that users see");
    Ok(true)
}
