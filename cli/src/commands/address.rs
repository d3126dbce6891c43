//! `cargo hull address`.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::remote::NetworkOptions;
use crate::ui::{Answer, Paint, Ui};

/// Give addresses names
///
/// A name counts on one chain. Wherever an address is wanted, @NAME stands for it.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull address add gold hull1…
  cargo hull query @gold total_supply

JSON: {name: address}")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Name an address
    Add {
        /// What to call it
        name: String,
        /// The address, or another name of it
        address: String,
    },
    /// Show every name: also of keys, and of the accounts of a development chain
    List,
    /// Forget a name
    Remove {
        /// Which
        name: String,
    },
}

#[derive(Debug, Serialize)]
#[serde(transparent)]
struct List(BTreeMap<String, String>);

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    match &options.what {
        What::Add { name, address } => remote.save(name, &remote.address(address)?)?,
        What::Remove { name } => remote.forget(name)?,
        What::List => {}
    }
    let named = remote.named()?.into_iter();
    let named = named.map(|(name, address)| (name, remote.text(&address)));
    Ok(ui.answer(&List(named.collect())))
}

impl Answer for List {
    fn text(&self, paint: Paint) -> String {
        let width = self.0.keys().map(String::len).max().unwrap_or_default();
        let line = |(name, address): (&String, &String)| {
            format!("{}  {address}\n", paint.title(format!("@{name:width$}")))
        };
        match self.0.is_empty() {
            true => "there is no name; give one: cargo hull address add NAME ADDRESS\n".into(),
            false => self.0.iter().map(line).collect(),
        }
    }
}
