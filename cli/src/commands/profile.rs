//! `cargo hull profile`.

mod graph;
mod names;
mod stage;

use std::path::PathBuf;

use clap::Args;
use hull_vm::host_api::{Balance, HostFunction};
use hull_vm::{Place, Profile};
use serde::Serialize;

use crate::Exit;
use crate::contract::Contract;
use crate::error::Error;
use crate::project::ProjectOptions;
use crate::ui::{Answer, Paint, Ui, grouped};
use names::Names;
use stage::{Ended, Stage};

/// Show where the gas of a call goes: a flame graph of functions and host calls
///
/// Creates the contract in an engine, calls it, and draws what it used: one box
/// for each function of the source and each host function, as wide as its gas.
/// The gas is that of the network, without the transaction's own.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull profile add 5 --new 'new start=40'
  cargo hull profile transfer @bob 5 --before 'mint @alice 100' --output transfer.svg

Addresses:
  @name stands for an address of its own; calls come from @alice unless --caller says otherwise.

JSON:
  {\"contract\", \"message\", \"result\": \"success\", or what went wrong, \"gas\", \"graph\": path,
   \"places\": [{\"kind\": \"frame\", \"function\" or \"host\", \"name\", \"calls\", \"gas\"}], the dearest first}
Exit code 1 if the contract cannot be created, or a call before does not succeed.")]
pub(crate) struct Options {
    /// The message
    #[arg(value_name = "MESSAGE")]
    name: String,
    /// Its arguments, in their order or each as name=value
    #[arg(value_name = "ARGUMENT", allow_negative_numbers = true)]
    args: Vec<String>,
    /// The constructor and its arguments; the first one, without any, unless said otherwise
    #[arg(long, value_name = "CALL")]
    new: Option<String>,
    /// A call to make first; may be given several times
    #[arg(long, value_name = "CALL")]
    before: Vec<String>,
    /// Who calls
    #[arg(long, value_name = "ADDRESS", default_value = "@alice")]
    caller: String,
    /// Tokens that come with the call, in the smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    value: Balance,
    /// Where to draw; else <message>.svg beside the Wasm
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// A Wasm module; else the project's contract, built
    #[arg(long, short, value_name = "FILE")]
    contract: Option<PathBuf>,
    #[command(flatten)]
    project: ProjectOptions,
}

#[derive(Debug, Serialize)]
struct Output {
    contract: String,
    message: String,
    result: String,
    gas: u64,
    graph: PathBuf,
    places: Vec<Used>,
}

/// What one place used itself.
#[derive(Debug, Serialize)]
struct Used {
    kind: &'static str,
    name: String,
    calls: u64,
    gas: u64,
}

/// Lines of the table; `--json` has them all.
const SHOWN: usize = 15;

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let contract = Contract::find(options.contract.as_deref(), &options.project, ui)?;
    let names = Names::new(&contract)?;
    let mut stage = Stage::new(&contract, &options.caller)?;
    stage.create(options.new.as_deref())?;
    for call in &options.before {
        stage.before(call)?;
    }
    let mut profile = Profile::default();
    let ended = stage.call(&options.name, &options.args, options.value, &mut profile)?;
    let file = format!("{}.svg", options.name);
    let beside = || contract.path.with_file_name(&file);
    let graph = options.output.clone().unwrap_or_else(beside);
    let title = format!("{}.{}", contract.name, options.name);
    let svg = graph::draw(&profile, &names, &title, &ended)?;
    std::fs::write(&graph, svg).map_err(Error::file("write", &graph))?;
    let Ended { result, gas } = ended;
    Ok(ui.answer(&Output {
        message: options.name.clone(),
        places: places(&profile, &names),
        contract: contract.name,
        result,
        gas,
        graph,
    }))
}

fn places(profile: &Profile, names: &Names) -> Vec<Used> {
    let by_place = profile.by_place().into_iter();
    let mut places: Vec<_> = by_place
        .map(|(place, (calls, gas))| {
            let name = names.of(&place);
            let (kind, name) = match place {
                Place::Function { .. } => ("function", name),
                Place::Host(_) => ("host", name),
                // What a frame uses itself is before its first function.
                _ => ("frame", format!("{name}: loading the code")),
            };
            Used {
                kind,
                name,
                calls,
                gas,
            }
        })
        .collect();
    places.sort_by_key(|used| std::cmp::Reverse(used.gas));
    places
}

/// The name of a host function as contracts import it.
fn host_name(function: HostFunction) -> &'static str {
    function.spec().name
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let title = paint.title(format!("{}.{}", self.contract, self.message));
        let mut text = format!("{title}: {}, {} gas\n", self.result, grouped(self.gas));
        text += &paint.faint(format!(
            "{:>14} {:>7} {:>6}  where",
            "gas", "share", "calls"
        ));
        text.push('\n');
        for used in self.places.iter().take(SHOWN) {
            // In tenths of a percent.
            let share = u128::from(used.gas) * 1000 / u128::from(self.gas.max(1));
            let (gas, calls) = (grouped(used.gas), used.calls);
            let (whole, tenth) = (share / 10, share % 10);
            text += &format!("{gas:>14} {whole:>4}.{tenth}% {calls:>6}  {}\n", used.name);
        }
        let more = self.places.len().saturating_sub(SHOWN);
        if more > 0 {
            text += &format!("{:>31}  and {more} more\n", "");
        }
        text += &format!("flame graph: {}\n", self.graph.display());
        text
    }
}
