//! `cargo hull tx`.

use clap::Args;
use hull_rpc_types::{self as rpc_types, GetReceipt, GetTransaction, HashParams};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::contract::hash_from_text;
use crate::error::Error;
use crate::remote::NetworkOptions;
use crate::ui::{Answer, Paint, Ui};

/// Show a transaction and what became of it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull tx 0x41c9…

JSON: as of cargo hull call; {\"transaction\", \"state\": \"waiting\"} before it is in a block.
Exit code 1 if it did not succeed, or is not known.")]
pub(crate) struct Options {
    /// The hash of the transaction
    #[arg(value_name = "HASH")]
    hash: String,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Serialize)]
struct Waiting {
    transaction: String,
    state: &'static str,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let hash = hash_from_text(&options.hash)?;
    let params = HashParams { hash, wait: 0 };
    let transaction = remote.look::<GetTransaction>(&params)?.flatten();
    let Some(transaction) = transaction else {
        return Ok(ui.answer(&Waiting {
            transaction: hash.to_string(),
            state: "unknown",
        }));
    };
    let Some(receipt) = remote.ask::<GetReceipt>(&params)? else {
        return Ok(ui.answer(&Waiting {
            transaction: hash.to_string(),
            state: "waiting",
        }));
    };
    let called = remote.called(&transaction.payload)?;
    let (what, called) = match &called {
        Some((what, abi, message)) => (what.clone(), Some((&**abi, message))),
        None => (kind(&transaction.payload), None),
    };
    let limit = transaction.gas_limit.0;
    Ok(ui.answer(&remote.done(&what, &receipt, limit, called)))
}

/// The payload's kind, as the RPC names it.
fn kind(payload: &rpc_types::Payload) -> String {
    let value = serde_json::to_value(payload).unwrap_or_default();
    let kind = value.get("kind").and_then(Value::as_str);
    kind.unwrap_or("transaction").to_owned()
}

impl Answer for Waiting {
    fn text(&self, paint: Paint) -> String {
        let state = match self.state {
            "waiting" => paint.odd("waiting: it is in the node's pool, and in no block yet"),
            _ => paint.bad("unknown: the node has it neither in a block nor in its pool"),
        };
        format!("{}\n  {state}\n", self.transaction)
    }

    fn exit(&self) -> Exit {
        match self.state {
            "waiting" => Exit::Done,
            _ => Exit::No,
        }
    }
}
