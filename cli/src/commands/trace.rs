//! `cargo hull trace`.

use std::path::PathBuf;

use clap::{ArgAction, Args};
use hull_rpc_types::{HashParams, TraceTransaction};
use hull_testing::trace::{CallTrace, Detail, Style};
use serde::Serialize;

use crate::Exit;
use crate::contract::{Contract, hash_from_text};
use crate::error::Error;
use crate::remote::NetworkOptions;
use crate::ui::{Answer, Paint, Ui};

/// Show what happened inside a transaction: calls, storage, events, gas
///
/// The node executes it again. Where the contract was built here, the symbols beside
/// its Wasm name the source lines of a panic.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull trace 0x41c9…
  cargo hull trace 0x41c9… -v         # every host function too
  cargo hull trace 0x41c9… --contract target/hull/coin.wasm

JSON: the tree of frames, as of cargo hull test -vvv.")]
pub(crate) struct Options {
    /// The hash of the transaction
    #[arg(value_name = "HASH")]
    hash: String,
    /// Show every host function and what it cost
    #[arg(long, short, action = ArgAction::SetTrue)]
    verbose: bool,
    /// The Wasm that was deployed, with its symbols beside it, for source lines
    #[arg(long, short, value_name = "FILE")]
    contract: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Output {
    trace: CallTrace,
    #[serde(skip)]
    detail: Detail,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let hash = hash_from_text(&options.hash)?;
    let told = remote.ask::<TraceTransaction>(&HashParams { hash, wait: 0 })?;
    let built = options
        .contract
        .as_deref()
        .map(Contract::read)
        .transpose()?;
    let detail = match options.verbose {
        true => Detail::Host,
        false => Detail::Storage,
    };
    let trace = remote.explain(&told, built.as_ref())?;
    Ok(ui.answer(&Output { trace, detail }))
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let style = match paint.is_on() {
            true => Style::Coloured,
            false => Style::Plain,
        };
        match self.trace.frames.is_empty() {
            true => "no contract ran\n".into(),
            false => self.trace.render(self.detail, style),
        }
    }
}
