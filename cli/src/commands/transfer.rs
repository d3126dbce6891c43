//! `cargo hull transfer`.

use clap::Args;
use hull_types::Payload;

use crate::Exit;
use crate::error::Error;
use crate::remote::{NetworkOptions, TransactionOptions};
use crate::ui::Ui;

/// Send the chain's own tokens
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull transfer @bob 1000000000000
  cargo hull transfer hull1… 5 --from ann --network test

JSON: as of cargo hull call.")]
pub(crate) struct Options {
    /// Who gets them: an address or a name
    #[arg(value_name = "TO")]
    to: String,
    /// How many, in the smallest unit
    #[arg(value_name = "AMOUNT")]
    amount: u128,
    #[command(flatten)]
    transaction: TransactionOptions,
    #[command(flatten)]
    network: NetworkOptions,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let payload = Payload::Transfer {
        to: remote.address(&options.to)?,
        value: options.amount,
    };
    let done = remote.submit("transfer", payload, None, &options.transaction, ui)?;
    Ok(ui.answer(&done))
}
