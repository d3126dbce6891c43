//! `cargo hull decode`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hull_abi::{Abi, DecodedOutput, ValueError};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Exit;
use crate::contract::{Kind, bytes, find_abi};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui};

/// Decode what was said to a contract, or what it said
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull decode input 0x84a15da1…
  cargo hull decode output balance_of 0x00e803000000000000…
  cargo hull decode event 0xb5b6…(topic 0) 0x01d4…(data)
  cargo hull decode storage 0x01… 0xe803…

JSON:
  input:   {\"kind\": \"message\" or \"constructor\", \"name\", \"args\": {name: value}}
  output:  {\"kind\": \"output\", \"name\", \"value\"}, or \"error\", or \"langError\" in the place of \"value\"
  event:   {\"kind\": \"event\", \"name\", \"fields\": {name: value}}
  storage: {\"kind\": \"storage\", \"place\", \"value\"}
Numbers over 2^53 are text.")]
pub(crate) struct Options {
    #[command(subcommand)]
    what: What,
    /// A Wasm module or an ABI as JSON; else the project's contract, built
    #[arg(long, short, value_name = "FILE", global = true)]
    contract: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Subcommand)]
enum What {
    /// The input of a call or of a constructor
    Input {
        /// Selector and arguments
        #[arg(value_name = "HEX")]
        data: String,
    },
    /// What a message returned, or reverted with
    Output {
        /// The message
        #[arg(value_name = "MESSAGE")]
        name: String,
        /// The data
        #[arg(value_name = "HEX")]
        data: String,
        /// It is a constructor
        #[arg(long)]
        constructor: bool,
    },
    /// An event
    Event {
        /// Topic 0
        #[arg(value_name = "TOPIC")]
        topic: String,
        /// The data
        #[arg(value_name = "HEX")]
        data: String,
    },
    /// A key of the storage, and what lies there
    Storage {
        /// The key
        #[arg(value_name = "KEY")]
        key: String,
        /// The value
        #[arg(value_name = "HEX")]
        value: Option<String>,
    },
}

/// The answer, as its JSON document and as a line.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Output {
    document: Value,
    #[serde(skip)]
    line: String,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let abi = find_abi(options.contract.as_deref(), &options.project, ui)?;
    let output = match &options.what {
        What::Input { data } => input(&abi, data),
        What::Output {
            name,
            data,
            constructor,
        } => output(&abi, name, data, *constructor),
        What::Event { topic, data } => event(&abi, topic, data),
        What::Storage { key, value } => storage(&abi, key, value.as_deref()),
    };
    Ok(ui.answer(&output?))
}

fn bad(what: impl Into<String>) -> impl FnOnce(ValueError) -> Error {
    let what = what.into();
    move |source| Error::BadData { what, source }
}

fn input(abi: &Abi, data: &str) -> Result<Output, Error> {
    let data = bytes(data)?;
    let constructor = abi.message_of(&data).is_none() && abi.constructor_of(&data).is_some();
    let (kind, decoded) = match constructor {
        true => (Kind::Constructor, abi.codec().decode_constructor(&data)),
        false => (Kind::Message, abi.codec().decode_call(&data)),
    };
    let decoded = decoded.map_err(bad(format!("an input of {}", abi.name)))?;
    let name = &decoded.message.name;
    Ok(Output {
        line: format!("{name}{}", named(&decoded.args, ["(", ")"])),
        document: json!({"kind": kind.name(), "name": name, "args": object(decoded.args)}),
    })
}

fn output(abi: &Abi, name: &str, data: &str, constructor: bool) -> Result<Output, Error> {
    let kind = match constructor {
        true => Kind::Constructor,
        false => Kind::Message,
    };
    let message = kind.named(abi, name)?;
    let decoded = abi.codec().decode_output(message, &bytes(data)?);
    let decoded = decoded.map_err(bad(format!("a result of {name}")))?;
    let (key, value, line) = match decoded {
        DecodedOutput::Value(value) => ("value", value.clone(), value.to_string()),
        DecodedOutput::Error(value) => ("error", value.clone(), format!("error {value}")),
        DecodedOutput::Lang(error) => {
            let name = format!("{error:?}");
            (
                "langError",
                name.clone().into(),
                format!("not begun: {name}"),
            )
        }
    };
    Ok(Output {
        document: json!({"kind": "output", "name": name, key: value}),
        line,
    })
}

fn event(abi: &Abi, topic: &str, data: &str) -> Result<Output, Error> {
    let bad_topic = |bytes: Vec<u8>| Error::BadTopic {
        text: topic.into(),
        bytes: bytes.len(),
    };
    let topic: [u8; 32] = bytes(topic)?.try_into().map_err(bad_topic)?;
    let decoded = abi.codec().decode_event(&topic, &bytes(data)?);
    let decoded = decoded.map_err(bad(format!("an event of {}", abi.name)))?;
    let name = &decoded.event.name;
    Ok(Output {
        line: format!("{name} {}", named(&decoded.fields, ["{ ", " }"])),
        document: json!({"kind": "event", "name": name, "fields": object(decoded.fields)}),
    })
}

fn storage(abi: &Abi, key: &str, value: Option<&str>) -> Result<Output, Error> {
    let value = value.map(bytes).transpose()?;
    let decoded = abi.codec().decode_storage(&bytes(key)?, value.as_deref());
    let decoded = decoded.map_err(bad(format!("storage of {}", abi.name)))?;
    let shown = decoded.value.as_ref().map(|it| format!(" = {it}"));
    Ok(Output {
        line: format!("{}{}", decoded.place, shown.unwrap_or_default()),
        document: json!({"kind": "storage", "place": decoded.place, "value": decoded.value}),
    })
}

fn object(values: Vec<(&str, Value)>) -> Map<String, Value> {
    values
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn named(values: &[(&str, Value)], [open, close]: [&str; 2]) -> String {
    let values = values.iter();
    let values: Vec<_> = values
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    format!("{open}{}{close}", values.join(", "))
}

impl Answer for Output {
    fn text(&self, _: Paint) -> String {
        format!("{}\n", self.line)
    }
}
