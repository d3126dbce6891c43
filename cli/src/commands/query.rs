//! `cargo hull query`.

use std::path::PathBuf;

use clap::Args;
use hull_abi::DecodedOutput;
use hull_rpc_types::{self as rpc_types, BlockId, CallContract, CallParams, ReceiptResult};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::contract::{Kind, input, to_hex};
use crate::error::Error;
use crate::remote::NetworkOptions;
use crate::ui::{Answer, Paint, Ui, grouped};

/// Ask a contract something; nothing changes and nothing is paid
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull query @gold balance_of @bob
  cargo hull query @gold total_supply --at 12

JSON:
  {\"contract\", \"message\", \"result\", \"value\", \"failures\": [text], \"gas\", \"height\"}
Exit code 1 if the message does not succeed.")]
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
    /// Height of the block on whose state it runs; else the last one
    #[arg(long, value_name = "HEIGHT")]
    at: Option<u64>,
    /// Who asks, for contracts that answer not everybody the same
    #[arg(long, value_name = "ADDRESS")]
    caller: Option<String>,
    /// A Wasm module or an ABI as JSON; else the ABI that the contract carries
    #[arg(long, value_name = "FILE")]
    abi: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    contract: String,
    message: String,
    result: ReceiptResult,
    value: Value,
    failures: Vec<String>,
    gas: String,
    height: u64,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let contract = remote.address(&options.contract)?;
    let abi = remote.abi_of(&contract, options.abi.as_deref())?;
    let message = Kind::Message.named(&abi, &options.message)?;
    let args: Result<Vec<_>, _> = options.args.iter().map(|it| remote.argument(it)).collect();
    let caller = options.caller.as_deref().map(|it| remote.address(it));
    let caller = caller.transpose()?;
    let text = |address| rpc_types::Address(remote.text(address));
    let outcome = remote.ask::<CallContract>(&CallParams {
        contract: text(&contract),
        input: input(&abi, message, &args?)?.into(),
        caller: caller.as_ref().map(text),
        gas_limit: None,
        block: options.at.map_or(BlockId::Latest, BlockId::Height),
    })?;
    let value = match abi.codec().decode_output(message, &outcome.data.0) {
        Ok(DecodedOutput::Value(value)) => value,
        _ if outcome.result == ReceiptResult::Success => to_hex(&outcome.data.0).into(),
        _ => Value::Null,
    };
    let called = Some((&*abi, message));
    Ok(ui.answer(&Output {
        contract: text(&contract).0,
        message: message.name.clone(),
        result: outcome.result,
        value,
        failures: remote.reasons(&outcome.failures, &outcome.data, called),
        gas: outcome.gas.to_string(),
        height: outcome.height,
    }))
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        match self.result {
            ReceiptResult::Success => {
                let value = &self.value;
                let value = value.as_str().map_or_else(|| value.to_string(), Into::into);
                let gas = self.gas.parse::<u128>().map_or(self.gas.clone(), grouped);
                let facts = format!("at height {}, {gas} gas if it were sent", self.height);
                format!("{value}\n{}\n", paint.faint(facts))
            }
            _ => {
                let reason = self.failures.join("; inside it, ");
                format!("{}: {} {reason}\n", self.message, paint.bad("no answer:"))
            }
        }
    }

    fn exit(&self) -> Exit {
        match self.result {
            ReceiptResult::Success => Exit::Done,
            _ => Exit::No,
        }
    }
}
