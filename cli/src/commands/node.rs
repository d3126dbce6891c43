//! `cargo hull node`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use clap::{Args, Subcommand};

use crate::Exit;
use crate::error::Error;
use crate::ui::Ui;

/// Run a node on this machine
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull node dev
  cargo hull node dev --state chain.json
  cargo hull node dev --help          # what hulld dev takes

It starts the program hulld: the one beside cargo-hull, or the first in PATH.")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Run a development node: ten accounts with tokens, a block for every transaction
    #[command(disable_help_flag = true)]
    Dev {
        /// Arguments of hulld dev
        #[arg(
            value_name = "ARGUMENT",
            trailing_var_arg = true,
            allow_hyphen_values = true
        )]
        args: Vec<OsString>,
    },
}

pub(crate) fn run(options: &Options, _: Ui) -> Result<Exit, Error> {
    let What::Dev { args } = &options.what;
    let program = hulld();
    let mut command = Command::new(&program);
    command.arg("dev").args(args);
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => Error::NoNode,
        _ => Error::Start {
            program: program.display().to_string(),
            source,
        },
    };
    let status = command.status().map_err(failed)?;
    Ok(match status.success() {
        true => Exit::Done,
        false => Exit::No,
    })
}

/// Beside this program, where both were installed together; else in the path.
fn hulld() -> PathBuf {
    let name = format!("hulld{}", std::env::consts::EXE_SUFFIX);
    let beside = std::env::current_exe().ok();
    let beside = beside.map(|it| it.with_file_name(&name));
    beside
        .filter(|it| it.is_file())
        .unwrap_or_else(|| name.into())
}
