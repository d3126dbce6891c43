//! `cargo hull abi`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use hull_abi::{Abi, Codec, InkSource, Message};

use crate::Exit;
use crate::contract::{Contract, find_abi, signature, to_hex};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Paint, Ui};

/// Show the contract's ABI, for people or as JSON, also as ink! metadata
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull abi
  cargo hull abi --format json > token.abi.json
  cargo hull abi --format ink target/hull/token.wasm

JSON:
  --json is --format json: the ABI with types, selectors, events, storage and documentation.
  --format ink: metadata in the schema of ink! 5, which polkadot.js reads.")]
pub(crate) struct Options {
    /// A Wasm module or an ABI as JSON; else the project's contract, built
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The form; text unless said otherwise
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// Hull's own
    Json,
    /// ink! 5 metadata
    Ink,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let default = if ui.json { Format::Json } else { Format::Text };
    let text = match options.format.unwrap_or(default) {
        Format::Text => listing(&find(options, ui)?, ui.paint_out()),
        Format::Json => find(options, ui)?.to_json(),
        Format::Ink => ink(&Contract::find(
            options.file.as_deref(),
            &options.project,
            ui,
        )?)?,
    };
    ui.print(&text);
    Ok(Exit::Done)
}

fn find(options: &Options, ui: Ui) -> Result<Abi, Error> {
    find_abi(options.file.as_deref(), &options.project, ui)
}

fn ink(contract: &Contract) -> Result<String, Error> {
    let compiler = contract.compiler.as_ref();
    let source = InkSource {
        code_hash: hull_host_api::code_hash(&contract.wasm).0,
        compiler: format!("rustc {}", compiler.map_or("unknown", |it| &it.release)),
    };
    let metadata = contract.abi()?.to_ink_metadata(&source);
    Ok(format!("{metadata:#}\n"))
}

fn listing(abi: &Abi, paint: Paint) -> String {
    let codec = abi.codec();
    let mut lines = vec![paint.title(format!("{} {}", abi.name, abi.version))];
    lines.extend(abi.docs.iter().map(|it| format!("  {}", it.trim())));
    lines.push(paint.title("constructors"));
    for constructor in &abi.constructors {
        message(&mut lines, abi, &codec, constructor, paint);
    }
    lines.push(paint.title("messages"));
    for one in &abi.messages {
        message(&mut lines, abi, &codec, one, paint);
    }
    if !abi.events.is_empty() {
        lines.push(paint.title("events"));
    }
    for event in &abi.events {
        let fields = event.fields.iter();
        let fields: Vec<_> = fields
            .map(|it| {
                let mark = if it.indexed { "#" } else { "" };
                format!("{mark}{}: {}", it.name, codec.type_name(it.ty))
            })
            .collect();
        let topic = paint.faint(to_hex(&event.signature_topic));
        lines.push(format!("  {}({})", event.name, fields.join(", ")));
        lines.push(format!("      {topic}"));
    }
    if !abi.storage.is_empty() {
        lines.push(paint.title("storage"));
    }
    for field in &abi.storage {
        let key = paint.faint(to_hex(&field.key));
        lines.push(format!("  {} {key}", field.name));
    }
    lines.join("\n") + "\n"
}

fn message(lines: &mut Vec<String>, abi: &Abi, codec: &Codec<'_>, it: &Message, paint: Paint) {
    let mut marks = vec![to_hex(&it.selector)];
    if !it.mutates {
        marks.push("view".into());
    }
    if it.payable {
        marks.push("payable".into());
    }
    let signature = signature(codec, abi, it);
    lines.push(format!("  {signature}  {}", paint.faint(marks.join(", "))));
    lines.extend(it.docs.first().map(|it| format!("      {}", it.trim())));
}
