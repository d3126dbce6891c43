//! `cargo xtask soak`: the long forms of the tests, with a dated record.

mod parts;
mod record;

use std::time::Duration;

use anyhow::Result;

use crate::rocksdb;
use crate::setup::{self, Task};
use crate::tally::{Report, Tally};
use crate::workspace::Workspace;

use parts::{
    Limit, differential, faults, fuzz, fuzz_targets, inputs, kills, partitions, properties,
    simulation,
};
use record::{Record, keep, recorded};

/// The fuzzer's long form.
const FULL_FUZZING: Duration = Duration::from_secs(60 * 60);
/// Cases of each property of the example contracts in the long form, and where
/// minutes are counted.
const FULL_PROPERTIES: u64 = 100_000;
const SHORT_PROPERTIES: u64 = 2_000;
/// Random inputs to the RPC in the long form, and where minutes are counted.
const FULL_INPUTS: u64 = 1_000_000;
const SHORT_INPUTS: u64 = 200_000;
/// Chains that go through each disk fault in the long form, and where minutes are
/// counted.
const FULL_CHAINS: u64 = 20;
const SHORT_CHAINS: u64 = 5;
/// Validators are killed for so long in the long form.
const FULL_KILLS: Duration = Duration::from_secs(30 * 60);
/// Times that each partition of a network comes and goes in the long form, and where
/// minutes are counted.
const FULL_PARTITIONS: u64 = 20;
const SHORT_PARTITIONS: u64 = 3;
/// Networks that are simulated in the long form, and where minutes are counted.
const FULL_NETWORKS: u64 = 10_000;
const SHORT_NETWORKS: u64 = 500;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Minutes in all, shared by the parts
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    minutes: u64,
    /// A million differential cases, a hundred thousand of each property, a million
    /// inputs to the RPC, twenty chains for each disk fault, half an hour of killed
    /// validators, twenty rounds of each partition, ten thousand simulated networks,
    /// and an hour of fuzzing a target
    #[arg(long, conflicts_with = "minutes")]
    full: bool,
    /// Runs only parts whose names contain one of these
    parts: Vec<String>,
}

/// A part of the run.
struct Part {
    name: &'static str,
    /// What it shows.
    why: &'static str,
    run: fn(&Workspace, &Arguments, &mut Record) -> Result<Tally>,
}

/// In the order in which they run; the fuzz targets follow.
const PARTS: [Part; 8] = [
    Part {
        name: "differential",
        why: "both tiers and an interpreter agree on generated modules",
        run: |workspace, arguments, record| {
            let limit = match arguments.full {
                true => Limit::Cases,
                false => Limit::Time(arguments.share()),
            };
            differential(workspace, limit, record)
        },
    },
    Part {
        name: "contract properties",
        why: "whatever anybody does with the example contracts, nothing is lost",
        run: |workspace, arguments, record| {
            let cases = arguments.choose(FULL_PROPERTIES, SHORT_PROPERTIES);
            properties(workspace, cases, record)
        },
    },
    Part {
        name: "rpc inputs",
        why: "no input brings a node down",
        run: |workspace, arguments, record| {
            let cases = arguments.choose(FULL_INPUTS, SHORT_INPUTS);
            inputs(workspace, cases, record)
        },
    },
    Part {
        name: "disk faults",
        why: "disks that fail, forget, fill up and rot leave a block boundary",
        run: |workspace, arguments, record| {
            faults(
                workspace,
                arguments.choose(FULL_CHAINS, SHORT_CHAINS),
                record,
            )
        },
    },
    Part {
        name: "disk faults, RocksDB",
        why: "the same faults, and the engine's own",
        run: |workspace, arguments, record| {
            record.cases = arguments.choose(FULL_CHAINS, SHORT_CHAINS);
            rocksdb::tests(workspace, Some(record.cases))
        },
    },
    Part {
        name: "kills",
        why: "validators are killed, and nothing is lost that a client was told",
        run: |workspace, arguments, record| {
            let time = match arguments.full {
                true => FULL_KILLS,
                false => arguments.share(),
            };
            kills(workspace, time, record)
        },
    },
    Part {
        name: "partitions",
        why: "links are cut, lose packets and heal",
        run: |workspace, arguments, record| {
            let rounds = arguments.choose(FULL_PARTITIONS, SHORT_PARTITIONS);
            partitions(workspace, rounds, record)
        },
    },
    Part {
        name: "simulation",
        why: "validators agree, whatever the network and one of them do",
        run: |workspace, arguments, record| {
            let networks = arguments.choose(FULL_NETWORKS, SHORT_NETWORKS);
            simulation(workspace, networks, record)
        },
    },
];

impl Arguments {
    /// Time for a part that takes what it gets.
    fn share(&self) -> Duration {
        Duration::from_secs(self.minutes * 60 / 2)
    }

    fn choose(&self, full: u64, short: u64) -> u64 {
        if self.full { full } else { short }
    }
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, yes: bool) -> Result<bool> {
    if workspace.has("fuzz/Cargo.toml") && arguments.parts.is_empty() {
        setup::prepare(workspace, Task::Soak, yes)?;
    }
    let (mut report, mut records) = (Report::only(&arguments.parts), Vec::new());
    for part in PARTS {
        report.part(part.name, part.why, || {
            recorded(&mut records, part.name, |record| {
                (part.run)(workspace, arguments, record)
            })
        });
    }
    let time = match arguments.full {
        true => FULL_FUZZING,
        false => arguments.share(),
    };
    for target in fuzz_targets(workspace) {
        let name = format!("fuzz {target}");
        report.part(&name, "what the generators do not think of", || {
            recorded(&mut records, &name, |record| {
                fuzz(workspace, &target, time, record)
            })
        });
    }
    keep(workspace, &records)?;
    Ok(report.finish("the record names the seed of each round"))
}
