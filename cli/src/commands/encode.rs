//! `cargo hull encode`.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::Exit;
use crate::contract::{Kind, find_abi, input, to_hex};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui};

/// Encode a call: selector and arguments as hexadecimal
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull encode add 5
  cargo hull encode transfer to=hull1… amount=5
  cargo hull encode --constructor new 'about={\"name\":\"Gold\",\"symbol\":\"G\",\"decimals\":2}' supply=100
  cargo hull encode --contract target/hull/token.abi.json total_supply

JSON:
  {\"contract\", \"kind\": \"message\" or \"constructor\", \"name\", \"selector\", \"input\"}")]
pub(crate) struct Options {
    /// The message
    #[arg(value_name = "MESSAGE")]
    name: String,
    /// Its arguments, in their order or each as name=value; lists and structs as JSON
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    args: Vec<String>,
    /// It is a constructor
    #[arg(long)]
    constructor: bool,
    /// A Wasm module or an ABI as JSON; else the project's contract, built
    #[arg(long, short, value_name = "FILE")]
    contract: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    contract: String,
    kind: &'static str,
    name: String,
    selector: String,
    input: String,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let abi = find_abi(options.contract.as_deref(), &options.project, ui)?;
    let kind = match options.constructor {
        true => Kind::Constructor,
        false => Kind::Message,
    };
    let message = kind.named(&abi, &options.name)?;
    let input = input(&abi, message, &options.args)?;
    Ok(ui.answer(&Output {
        contract: abi.name.clone(),
        kind: kind.name(),
        name: message.name.clone(),
        selector: to_hex(&message.selector),
        input: to_hex(&input),
    }))
}

impl Answer for Output {
    fn text(&self, _: Paint) -> String {
        format!("{}\n", self.input)
    }
}
