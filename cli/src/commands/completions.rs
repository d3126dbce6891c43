//! `cargo hull completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::Exit;
use crate::args::Arguments;
use crate::error::Error;
use crate::ui::Ui;

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull completions bash > ~/.local/share/bash-completion/completions/cargo-hull
  cargo hull completions zsh > ~/.zfunc/_cargo-hull

They complete the program's own name: cargo-hull.")]
pub(crate) struct Options {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let mut script = Vec::new();
    let mut command = Arguments::command().bin_name("cargo-hull");
    clap_complete::generate(options.shell, &mut command, "cargo-hull", &mut script);
    ui.print(&String::from_utf8_lossy(&script));
    Ok(Exit::Done)
}
