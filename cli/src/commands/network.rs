//! `cargo hull network`.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use hull_rpc_types::{GetStatus, NoParams};
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::remote::{DEV, DEV_URL, Rpc};
use crate::ui::{Answer, Paint, Ui};
use crate::wallet::{Network, Wallet};

/// Give networks names
///
/// With the name the chain's id is kept: another chain at the same URL is refused.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull network add test https://node.example
  cargo hull call @gold transfer @bob 5 --network test

JSON: {name: {\"url\", \"chainId\"}}")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Name the network of a node; asks it for its chain
    Add {
        /// What to call it
        name: String,
        /// The URL of the node's RPC
        url: String,
    },
    /// Show the names
    List,
    /// Forget a name
    Remove {
        /// Which
        name: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(BTreeMap<String, Network>);

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let networks = Wallet::find()?.networks();
    match &options.what {
        What::Add { name, url } => {
            let status = Rpc::new(url)?.call::<GetStatus>(&NoParams {})?;
            let network = Network {
                url: url.clone(),
                chain_id: status.chain_id.to_string(),
            };
            networks.set(name, network)?;
        }
        What::Remove { name } => networks.remove(name)?,
        What::List => {}
    }
    Ok(ui.answer(&List(networks.all()?)))
}

impl Answer for List {
    fn text(&self, paint: Paint) -> String {
        let width = self.0.keys().map(String::len).max();
        let width = width.unwrap_or_default().max(DEV.len());
        let mut text = String::new();
        if !self.0.contains_key(DEV) {
            let what = paint.faint("a development node of this machine");
            text += &format!("{DEV:width$}  {DEV_URL}  {what}\n");
        }
        for (name, network) in &self.0 {
            let chain = paint.faint(&network.chain_id);
            text += &format!("{name:width$}  {}  {chain}\n", network.url);
        }
        text
    }
}
