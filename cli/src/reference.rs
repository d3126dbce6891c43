//! The reference of the command line, `docs/book/src/cli.md`.

use std::fmt::Write as _;

use clap::{Command, CommandFactory};

use crate::args::Arguments;

/// Characters in a line of the reference.
const WIDTH: usize = 100;

/// The reference as Markdown: the help of every command.
pub fn reference() -> String {
    let mut out = String::from(
        "# cargo hull\n\n\
         What `--help` says, command by command. Generated: `HULL_BLESS=1 cargo test -p \
         cargo-hull --test reference`.\n",
    );
    let mut root = Arguments::command().term_width(WIDTH);
    root.build();
    write(&mut out, &mut root, 2);
    out
}

fn write(out: &mut String, command: &mut Command, level: usize) {
    let title = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let _ = writeln!(out, "\n{} {title}\n", "#".repeat(level));
    let help = command.render_long_help().to_string();
    out.push_str("```text\n");
    for line in help.lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.push_str("```\n");
    for inner in command.get_subcommands_mut() {
        if inner.get_name() != "help" {
            write(out, inner, level + 1);
        }
    }
}
