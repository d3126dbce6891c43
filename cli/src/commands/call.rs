//! `cargo hull call`.

use std::path::PathBuf;

use clap::Args;
use hull_types::Payload;

use crate::Exit;
use crate::contract::{Kind, input};
use crate::error::Error;
use crate::remote::{NetworkOptions, TransactionOptions};
use crate::ui::Ui;

/// Send a message to a contract, as a transaction
///
/// The transaction is tried first: what it needs of gas and deposit is its limit,
/// and what would not succeed is not sent.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull call @gold transfer @bob 5
  cargo hull call @gold transfer to=@bob amount=5 --dry-run
  cargo hull call hull1… save --value 1000 --from ann --network test

Names:
  @name is an address that has a name here: your keys, what `cargo hull deploy --name` and
  `cargo hull address add` named, and on a development chain @alice, @bob, … @judy.

JSON:
  {\"transaction\": null if only tried, \"height\", \"result\": \"success\", \"revert\" or \"halt\", \"gas\", \"gasLimit\",
   \"fee\", \"deposit\", \"value\", \"failures\": [text], \"events\": [{\"contract\", \"name\", \"fields\"}]}")]
pub(crate) struct Options {
    /// The contract: an address or a name
    #[arg(value_name = "CONTRACT")]
    contract: String,
    /// The message
    #[arg(value_name = "MESSAGE")]
    message: String,
    /// Its arguments, in their order or each as name=value; lists and structs as JSON
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    args: Vec<String>,
    /// Tokens that come with the call, in the smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    value: u128,
    /// A Wasm module or an ABI as JSON; else the ABI that the contract carries
    #[arg(long, value_name = "FILE")]
    abi: Option<PathBuf>,
    #[command(flatten)]
    transaction: TransactionOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let contract = remote.address(&options.contract)?;
    let abi = remote.abi_of(&contract, options.abi.as_deref())?;
    let message = Kind::Message.named(&abi, &options.message)?;
    let args: Result<Vec<_>, _> = options.args.iter().map(|it| remote.argument(it)).collect();
    let payload = Payload::Call {
        contract,
        value: options.value,
        input: input(&abi, message, &args?)?,
    };
    let what = format!("{}.{}", abi.name, message.name);
    let called = Some((&*abi, message));
    let done = remote.submit(&what, payload, called, &options.transaction, ui)?;
    Ok(ui.answer(&done))
}
