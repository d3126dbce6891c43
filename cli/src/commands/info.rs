//! `cargo hull info`.

use std::path::PathBuf;

use clap::Args;
use hull_build::{ReportError, SizeReport};
use hull_vm::host_api::{Callees, Capabilities, Group, Upgrade};
use serde::Serialize;

use crate::Exit;
use crate::contract::{Contract, to_hex};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui, grouped};

/// Show what a contract consists of: sections, imports, capabilities, exports, digest
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull info
  cargo hull info target/hull/token.wasm
  cargo hull info --json | jq .bytes

JSON:
  {\"name\", \"version\", \"codeHash\", \"bytes\", \"withoutCustom\", \"functions\",
   \"sections\": [{\"name\", \"bytes\"}], \"imports\": [{\"module\", \"name\"}], \"exports\": [..],
   \"capabilities\": {\"groups\": [..], \"callees\", \"storageQuota\", \"upgrade\"} or null,
   \"messages\", \"events\": counts or null}")]
pub(crate) struct Options {
    /// A Wasm module; else the project's contract, built
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    name: String,
    version: Option<String>,
    code_hash: String,
    bytes: usize,
    without_custom: usize,
    functions: u32,
    sections: Vec<Section>,
    imports: Vec<Import>,
    exports: Vec<String>,
    capabilities: Option<Declared>,
    messages: Option<usize>,
    events: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Section {
    name: String,
    bytes: usize,
}

#[derive(Debug, Serialize)]
struct Import {
    module: String,
    name: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Declared {
    groups: Vec<&'static str>,
    callees: &'static str,
    storage_quota: u64,
    upgrade: &'static str,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let contract = Contract::find(options.file.as_deref(), &options.project, ui)?;
    Ok(ui.answer(&Output::new(&contract)?))
}

impl Output {
    fn new(contract: &Contract) -> Result<Self, Error> {
        let bad = |error: ReportError| Error::BadModule {
            path: contract.path.clone(),
            reason: error.to_string(),
        };
        let report = SizeReport::read(&contract.wasm).map_err(bad)?;
        let sections = report.sections.into_iter();
        let imports = report.imports.into_iter();
        let abi = contract.abi.as_ref();
        Ok(Self {
            name: contract.name.clone(),
            version: abi.map(|abi| abi.version.clone()),
            code_hash: to_hex(&hull_host_api::code_hash(&contract.wasm).0),
            bytes: report.total,
            without_custom: report.without_custom,
            functions: report.functions,
            sections: sections
                .map(|(name, bytes)| Section { name, bytes })
                .collect(),
            imports: imports
                .map(|it| Import {
                    module: it.module,
                    name: it.name,
                })
                .collect(),
            exports: report.exports,
            capabilities: report.capabilities.as_ref().map(Declared::from),
            messages: abi.map(|abi| abi.messages.len()),
            events: abi.map(|abi| abi.events.len()),
        })
    }
}

impl From<&Capabilities> for Declared {
    fn from(capabilities: &Capabilities) -> Self {
        Self {
            groups: capabilities.groups.iter().map(Group::name).collect(),
            callees: match capabilities.callees {
                Callees::None => "none",
                Callees::Granted => "granted",
                Callees::Any => "any",
            },
            storage_quota: capabilities.storage_quota,
            upgrade: match capabilities.upgrade {
                Upgrade::Never => "never",
                Upgrade::Narrowing => "narrowing",
                Upgrade::Widening => "widening",
            },
        }
    }
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let version = self.version.as_deref().unwrap_or_default();
        let title = format!("{} {version}", self.name);
        let mut lines = vec![
            paint.title(title.trim_end()),
            format!("  code hash  {}", self.code_hash),
            format!(
                "  size       {} bytes, {} without custom sections",
                grouped(self.bytes as u64),
                grouped(self.without_custom as u64)
            ),
            format!("  functions  {}", self.functions),
        ];
        if let (Some(messages), Some(events)) = (self.messages, self.events) {
            lines.push(format!("  abi        {messages} messages, {events} events"));
        }
        lines.push(paint.title("sections"));
        for section in &self.sections {
            let bytes = grouped(section.bytes as u64);
            lines.push(format!("  {:<20} {bytes:>10}", section.name));
        }
        lines.push(paint.title("imports"));
        let imports = self.imports.iter();
        lines.extend(imports.map(|it| format!("  {}.{}", it.module, it.name)));
        lines.push(paint.title("exports"));
        lines.extend(self.exports.iter().map(|it| format!("  {it}")));
        lines.push(paint.title("capabilities"));
        match &self.capabilities {
            None => lines.push("  none declared: the least".into()),
            Some(it) => lines.extend([
                format!("  may use    {}", it.groups.join(", ")),
                format!("  may call   {}", it.callees),
                format!("  storage    {} bytes", grouped(it.storage_quota)),
                format!("  upgrade    {}", it.upgrade),
            ]),
        }
        lines.join("\n") + "\n"
    }
}
