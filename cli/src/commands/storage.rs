//! `cargo hull storage`.

use std::path::PathBuf;

use clap::Args;
use hull_abi::Abi;
use hull_rpc_types::{self as rpc_types, BlockId, ListStorage, StorageParams};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::contract::{bytes, to_hex};
use crate::error::Error;
use crate::remote::{NetworkOptions, Remote};
use crate::ui::{Answer, Paint, Ui, grouped};

/// Show what a contract keeps, and who paid for it
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull storage @gold
  cargo hull storage @gold --prefix 0x01 --limit 10 --at 12

JSON:
  {\"contract\", \"height\", \"items\": [{\"key\", \"place\", \"value\", \"raw\", \"deposit\", \"payer\"}],
   \"cursor\": for --after, if there is more}")]
pub(crate) struct Options {
    /// The contract: an address or a name
    #[arg(value_name = "CONTRACT")]
    contract: String,
    /// What keys begin with
    #[arg(long, value_name = "HEX", default_value = "0x")]
    prefix: String,
    /// Most items
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: u32,
    /// The cursor of the page before
    #[arg(long, value_name = "CURSOR")]
    after: Option<String>,
    /// Height of the block; else the last one
    #[arg(long, value_name = "HEIGHT")]
    at: Option<u64>,
    /// A Wasm module or an ABI as JSON; else the ABI that the contract carries
    #[arg(long, value_name = "FILE")]
    abi: Option<PathBuf>,
    #[command(flatten)]
    network: NetworkOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    contract: String,
    height: u64,
    items: Vec<Line>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    key: String,
    place: Option<String>,
    value: Option<Value>,
    #[serde(skip)]
    shown: Option<(String, String)>,
    raw: String,
    deposit: String,
    payer: String,
    #[serde(skip)]
    paid_by: String,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let remote = options.network.connect()?;
    let contract = remote.address(&options.contract)?;
    // Bytes are worth showing too.
    let abi = remote.abi_of(&contract, options.abi.as_deref()).ok();
    let page = remote.ask::<ListStorage>(&StorageParams {
        contract: rpc_types::Address(remote.text(&contract)),
        prefix: bytes(&options.prefix)?.into(),
        limit: Some(options.limit),
        cursor: options.after.clone(),
        block: options.at.map_or(BlockId::Latest, BlockId::Height),
    })?;
    let items = page.items.iter();
    Ok(ui.answer(&Output {
        contract: remote.text(&contract),
        height: page.height,
        items: items.map(|it| line(&remote, abi.as_deref(), it)).collect(),
        cursor: page.cursor,
    }))
}

fn line(remote: &Remote, abi: Option<&Abi>, item: &rpc_types::Item) -> Line {
    let decoded = abi.and_then(|abi| {
        let decoded = abi.codec().decode_storage(&item.key.0, Some(&item.value.0));
        decoded.ok()
    });
    let (place, value) = match decoded {
        Some(decoded) => (Some(decoded.place), decoded.value),
        None => (None, None),
    };
    let known = remote.known();
    let shown = place.as_ref().zip(value.as_ref());
    Line {
        key: to_hex(&item.key.0),
        shown: shown.map(|(place, value)| (known.place(place), known.value(value))),
        place,
        value,
        raw: to_hex(&item.value.0),
        deposit: item.deposit.amount.to_string(),
        payer: item.deposit.payer.to_string(),
        paid_by: remote.label(&item.deposit.payer),
    }
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        if self.items.is_empty() {
            return format!("nothing at height {}\n", self.height);
        }
        let place = |it: &Line| match &it.shown {
            Some((place, _)) => place.clone(),
            None => it.key.clone(),
        };
        let shown = |it: &Line| match &it.shown {
            Some((_, value)) => value.clone(),
            None => it.raw.clone(),
        };
        let width = |of: &dyn Fn(&Line) -> String| {
            let widths = self.items.iter().map(|it| of(it).chars().count());
            widths.max().unwrap_or_default()
        };
        let (places, values) = (width(&place), width(&shown));
        let mut text = String::new();
        for item in &self.items {
            let deposit = item.deposit.parse::<u128>();
            let deposit = deposit.map_or(item.deposit.clone(), grouped);
            let paid = paint.faint(format!("{deposit} by {}", item.paid_by));
            let (place, value) = (place(item), shown(item));
            text += &format!("{place:places$}  {value:values$}  {paid}\n");
        }
        if let Some(cursor) = &self.cursor {
            text += &format!("there is more: --after {cursor}\n");
        }
        text
    }
}
