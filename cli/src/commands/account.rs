//! `cargo hull account`.

use clap::Args;
use hull_rpc_types::{self as rpc_types, AccountParams, BlockId, GetAccount};
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::remote::{NetworkOptions, Proved};
use crate::ui::{Answer, Paint, Ui, grouped};

/// Show balance and nonce of an account, and prove them
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull account @bob
  cargo hull account @bob --prove     # the balance holds against the state root of a header

JSON:
  {\"address\", \"balance\", \"nonce\", \"contract\": bool, \"height\",
   \"proof\": {\"height\", \"stateRoot\", \"header\": hash,
    \"decided\": bool}, with --prove}")]
pub(crate) struct Options {
    /// An address or a name; else who sends transactions
    #[arg(value_name = "ACCOUNT")]
    account: Option<String>,
    /// Height of the block; else the last one
    #[arg(long, value_name = "HEIGHT")]
    at: Option<u64>,
    /// Ask for a proof and verify it here, instead of believing the node
    #[arg(long, conflicts_with = "at")]
    prove: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    #[serde(skip)]
    name: String,
    address: String,
    balance: String,
    nonce: String,
    contract: bool,
    height: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Proved>,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let address = match &options.account {
        Some(account) => remote.address(account)?,
        None => remote.sender(None)?.address,
    };
    let text = rpc_types::Address(remote.text(&address));
    if options.prove {
        let (account, proved) = remote.prove_account(&address)?;
        return Ok(ui.answer(&Output {
            name: remote.label(&text),
            address: text.0,
            balance: account.balance.to_string(),
            nonce: account.nonce.to_string(),
            contract: remote.is_contract(&address)?,
            height: proved.height,
            proof: Some(proved),
        }));
    }
    let account = remote.ask::<GetAccount>(&AccountParams {
        address: text.clone(),
        block: options.at.map_or(BlockId::Latest, BlockId::Height),
    })?;
    Ok(ui.answer(&Output {
        name: remote.label(&text),
        address: text.0,
        balance: account.balance.to_string(),
        nonce: account.nonce.to_string(),
        contract: account.contract,
        height: account.height,
        proof: None,
    }))
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let balance = self.balance.parse::<u128>();
        let balance = balance.map_or(self.balance.clone(), grouped);
        let mut text = format!("{}\n", paint.title(&self.name));
        let mut line = |name: &str, value: &str| {
            text += &format!("  {} {value}\n", paint.faint(format!("{name:<8}")));
        };
        if self.name != self.address {
            line("address", &self.address);
        }
        line("balance", &balance);
        line("nonce", &self.nonce);
        line("height", &self.height.to_string());
        if let Some(proof) = &self.proof {
            let good = paint.good("holds");
            line(
                "proof",
                &format!("{good} against the state root {}", proof.state_root),
            );
            let by = match proof.decided {
                true => "signed by the validators",
                false => "the node's word: this chain has no validators",
            };
            line("header", &format!("{} {}", proof.header, paint.faint(by)));
        }
        text
    }
}
