//! `cargo hull deploy`.

use std::path::PathBuf;

use clap::Args;
use hull_host_api::code_hash;
use hull_rpc_types::{BlockId, CodeParams, GetCode};
use hull_types::Payload;

use super::instantiate::CreationOptions;
use crate::Exit;
use crate::contract::Contract;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::remote::{NetworkOptions, TransactionOptions};
use crate::ui::Ui;

/// Build the contract, put its code on the chain, and make a contract of it
///
/// Code that is on the chain already is not uploaded again.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull deploy new 40 --name tally
  cargo hull deploy new 'about={\"name\":\"Gold\",\"symbol\":\"AU\",\"decimals\":12}' --name gold
  cargo hull deploy --contract target/hull/coin.wasm new 40 --from ann --network test

JSON: as of cargo hull call, with \"contract\"; what the upload came to is not in it.")]
pub(crate) struct Options {
    #[command(flatten)]
    creation: CreationOptions,
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
    let abi = contract.abi()?;
    let remote = options.network.connect()?;
    let hash = code_hash(&contract.wasm);
    let there = remote.look::<GetCode>(&CodeParams {
        code_hash: hash.into(),
        wasm: false,
        block: BlockId::Latest,
    })?;
    if there.is_none() {
        let what = format!("upload of {}", contract.name);
        let code = contract.wasm.clone();
        let upload = Payload::Upload { code };
        let done = remote.submit(&what, upload, None, &options.transaction, ui)?;
        // Without its code on the chain the rest cannot be tried.
        if !done.succeeded() || !done.is_on_chain() {
            return Ok(ui.answer(&done));
        }
        ui.beside(&done);
    }
    let done = options
        .creation
        .create(&remote, hash, abi, &options.transaction, ui)?;
    Ok(ui.answer(&done))
}
