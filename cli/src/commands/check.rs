//! `cargo hull check`.

use std::path::PathBuf;

use clap::Args;
use hull_build::{SizeReport, Symbols};
use hull_vm::host_api::{Capabilities, Group, HostFunction};
use hull_vm::{Admission, AdmissionError, Config, Tiering, Vm, limits};
use serde::Serialize;

use crate::Exit;
use crate::contract::{Contract, to_hex};
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui, grouped};

/// Ask whether the network would admit the contract, and why not
///
/// The engine's own rules judge, the same that a node applies to an upload. A
/// refusal names the rule, the function, the offset, and what to do.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull check
  cargo hull check target/hull/token.wasm

JSON:
  {\"contract\", \"codeHash\", \"admitted\": true, \"bytes\", \"limit\", \"uploadGas\", \"functions\",
   \"entries\": [..], \"unused\": [capabilities that no import needs]}
  {\"contract\", \"codeHash\", \"admitted\": false,
   \"refusal\": {\"rule\", \"found\", \"function\": {\"index\", \"name\"} or null, \"offset\", \"remedy\"}}
Exit code 1 if it is not admitted.")]
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
    contract: String,
    code_hash: String,
    admitted: bool,
    #[serde(flatten)]
    verdict: Verdict,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Verdict {
    Admitted(Admitted),
    Refused { refusal: Refusal },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Admitted {
    bytes: u32,
    limit: usize,
    upload_gas: u64,
    functions: u32,
    entries: Vec<String>,
    unused: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct Refusal {
    rule: String,
    found: String,
    function: Option<Function>,
    offset: u64,
    remedy: &'static str,
}

#[derive(Debug, Serialize)]
struct Function {
    index: u32,
    name: Option<String>,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let contract = Contract::find(options.file.as_deref(), &options.project, ui)?;
    let vm = Vm::new(Config {
        tiering: Tiering::BaselineOnly,
        ..Config::default()
    })?;
    let verdict = match vm.admit(&contract.wasm) {
        Ok(admission) => Verdict::Admitted(Admitted::new(&admission, &contract.wasm, &vm)),
        Err(error) => Verdict::Refused {
            refusal: Refusal::new(&error, &contract),
        },
    };
    Ok(ui.answer(&Output {
        code_hash: to_hex(&hull_host_api::code_hash(&contract.wasm).0),
        contract: contract.name,
        admitted: matches!(verdict, Verdict::Admitted(_)),
        verdict,
    }))
}

impl Admitted {
    fn new(admission: &Admission, wasm: &[u8], vm: &Vm) -> Self {
        let entries = admission.entries.iter();
        Self {
            bytes: admission.code_len,
            limit: limits::MAX_CODE_LEN,
            upload_gas: vm.upload_cost(wasm.len()),
            functions: admission.functions,
            entries: entries.map(|it| format!("{it:?}").to_lowercase()).collect(),
            unused: unused(&admission.capabilities, wasm),
        }
    }
}

/// The groups that are declared and that no import needs: the least a contract
/// can declare is the most that a fault in it can do.
fn unused(declared: &Capabilities, wasm: &[u8]) -> Vec<&'static str> {
    let imports = SizeReport::read(wasm)
        .map(|it| it.imports)
        .unwrap_or_default();
    let functions = imports
        .iter()
        .filter_map(|it| HostFunction::by_name(&it.name));
    let needed: Vec<Group> = functions.map(|it| it.spec().group).collect();
    let groups = declared.groups.iter();
    groups
        .filter(|group| *group != Group::Base && !needed.contains(group))
        .map(Group::name)
        .collect()
}

impl Refusal {
    fn new(error: &AdmissionError, contract: &Contract) -> Self {
        let symbols = contract.debug_wasm.as_deref().unwrap_or(&contract.wasm);
        let symbols = Symbols::read(symbols).ok();
        let name = |index| symbols.as_ref().and_then(|it| it.function_name(index));
        Self {
            rule: error.rule.name(),
            found: error.found.clone(),
            function: error.function.map(|index| Function {
                index,
                name: name(index),
            }),
            offset: error.offset,
            remedy: error.rule.remedy(),
        }
    }
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        match &self.verdict {
            Verdict::Admitted(it) => {
                let mut text = format!(
                    "{} {}: {} of {} bytes, {} functions, upload {} gas\n",
                    paint.good("admitted"),
                    self.contract,
                    grouped(it.bytes),
                    grouped(it.limit as u64),
                    it.functions,
                    grouped(it.upload_gas),
                );
                if !it.unused.is_empty() {
                    let unused = it.unused.join(", ");
                    let note = paint.odd("declared and not used");
                    text += &format!("{note}: {unused}; take it out of capabilities(..)\n");
                }
                text
            }
            Verdict::Refused { refusal } => {
                let mut text = format!(
                    "{} {}\n  rule      {}\n  found     {}\n",
                    paint.bad("not admitted"),
                    self.contract,
                    refusal.rule,
                    refusal.found
                );
                if let Some(function) = &refusal.function {
                    let name = function.name.as_deref().unwrap_or("(no name)");
                    text += &format!("  function  {name}, number {}\n", function.index);
                }
                text += &format!(
                    "  offset    {:#x}\n  remedy    {}\n",
                    refusal.offset, refusal.remedy
                );
                text
            }
        }
    }

    fn exit(&self) -> Exit {
        match self.admitted {
            true => Exit::Done,
            false => Exit::No,
        }
    }
}
