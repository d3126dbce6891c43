//! `cargo hull`: the contract developer's command.
//!
//! | command | what it does | room |
//! |---|---|---|
//! | `new` | makes a project out of a template, with all that it depends on of Hull | `commands/new.rs`, `templates/` |
//! | `build` | compiles the contract: Wasm, ABI, symbols, record | `hull-build` |
//! | `check` | asks the engine whether a network would admit the code | `hull-vm` |
//! | `test` | runs the project's tests, with traces | `hull-testing`, in the project |
//! | `info`, `abi`, `encode`, `decode` | explain a contract and what is said to it | `hull-abi` |
//! | `gas`, `profile` | tell what messages cost, and where it goes | |
//! | `deploy`, `upload`, `instantiate`, `call`, `transfer` | send transactions: tried first, then signed here | `remote/` |
//! | `query`, `tx`, `trace`, `account`, `storage` | ask a node, and verify its proofs | `remote/`, `hull-proof` |
//! | `keys`, `address`, `network` | keep keys encrypted, and names | `wallet/` |
//! | `node dev` | starts `hulld dev` | |
//! | `doctor`, `completions` | look after the machine and the shell | |
//!
//! A command computes an answer and leaves its form to the module `ui`: text for
//! people, one JSON document for programs. Progress and errors go to standard
//! error, but with `--json` the error is the document.
//!
//! ```
//! use cargo_hull::Exit;
//!
//! let exit = cargo_hull::run(["cargo-hull", "encode", "--no-such-option"].map(Into::into));
//! assert_eq!(exit, Exit::Usage);
//! ```

mod args;
mod commands;
mod contract;
mod error;
mod exit;
mod project;
mod reference;
mod remote;
mod ui;
mod wallet;

use std::ffi::OsString;

pub use exit::Exit;
pub use reference::reference;

use crate::args::Arguments;
use crate::ui::Ui;

/// Runs a command line, the name of the program first, as `cargo-hull …` or as
/// cargo calls it, `cargo-hull hull …`.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = match Arguments::read(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are errors to clap, and go to standard output.
            drop(error.print());
            return match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Done,
            };
        }
    };
    let ui = Ui::new(arguments.json, arguments.quiet);
    match arguments.command.run(ui) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = error.exit();
            if ui.json {
                ui.print(&format!("{:#}\n", error.to_json()));
            } else {
                ui.note(&render(error, ui));
            }
            exit
        }
    }
}

fn render(error: error::Error, ui: Ui) -> String {
    let theme = match ui.paint().is_on() {
        true => miette::GraphicalTheme::unicode(),
        false => miette::GraphicalTheme::none(),
    };
    let handler = miette::GraphicalReportHandler::new_themed(theme)
        .with_width(100)
        .with_links(false)
        .without_syntax_highlighting();
    let mut text = String::new();
    match handler.render_report(&mut text, &error::Shown(&error)) {
        Ok(()) => text.trim_end().to_owned(),
        Err(_) => error.to_string(),
    }
}
