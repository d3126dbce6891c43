//! `cargo hull`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cargo_hull::run(std::env::args_os()).into()
}
