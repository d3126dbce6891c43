//! `hulld`: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    hulld::run(std::env::args_os())
}
