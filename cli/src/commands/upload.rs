//! `cargo hull upload`.

use std::path::PathBuf;

use clap::Args;
use hull_types::Payload;

use crate::Exit;
use crate::contract::Contract;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::remote::{NetworkOptions, TransactionOptions};
use crate::ui::Ui;

/// Put the contract's code on the chain, for contracts to be made of it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull upload
  cargo hull upload --contract target/hull/coin.wasm --dry-run

JSON: as of cargo hull call, with \"codeHash\".")]
pub(crate) struct Options {
    /// A Wasm module; else the project's contract, built
    #[arg(long, short, value_name = "FILE")]
    contract: Option<PathBuf>,
    #[command(flatten)]
    transaction: TransactionOptions,
    #[command(flatten)]
    network: NetworkOptions,
    #[command(flatten)]
    project: ProjectOptions,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let contract = Contract::find(options.contract.as_deref(), &options.project, ui)?;
    let remote = options.network.connect()?;
    let what = format!("upload of {}", contract.name);
    let payload = Payload::Upload {
        code: contract.wasm,
    };
    let done = remote.submit(&what, payload, None, &options.transaction, ui)?;
    Ok(ui.answer(&done))
}
