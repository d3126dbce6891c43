//! `cargo xtask soak`: the long forms of the tests, with a dated record.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};

use crate::process::{self, Streams};
use crate::setup::{self, Task};
use crate::tally::{Report, Tally};
use crate::workspace::Workspace;
use crate::{date, libtest, network, rocksdb, ui};

/// The differential test's long form.
const FULL_CASES: u64 = 1_000_000;
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
/// A round of the differential test when time is the limit.
const ROUND_CASES: u64 = 20_000;

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

/// What a part of the run found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Record {
    part: String,
    cases: u64,
    seeds: Vec<u64>,
    /// `None` if the part did not say.
    differences: Option<u64>,
    elapsed: Duration,
    outcome: String,
    /// What was measured.
    figures: Vec<String>,
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

/// Writes the page of a run in which anything ran.
fn keep(workspace: &Workspace, records: &[Record]) -> Result<()> {
    let ran = |record: &Record| !record.outcome.starts_with("skipped");
    if records.iter().any(ran) {
        let file = result_file(workspace);
        fs::create_dir_all(workspace.root.join("docs/results"))?;
        fs::write(&file, page(workspace, records))
            .with_context(|| format!("write {}", file.display()))?;
        println!("\nrecord: {}", file.display());
        ui::next("commit the record");
    }
    Ok(())
}

fn recorded(
    records: &mut Vec<Record>,
    part: &str,
    run: impl FnOnce(&mut Record) -> Result<Tally>,
) -> Tally {
    let mut record = Record {
        part: part.to_owned(),
        ..Record::default()
    };
    let start = Instant::now();
    let tally = run(&mut record).unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
    record.elapsed = start.elapsed();
    record.outcome = match (tally.failed, tally.skipped.first()) {
        (0, None) => "passed".into(),
        (0, Some(skip)) => format!("skipped: {}", skip.reason),
        _ => "failed".into(),
    };
    records.push(record);
    tally
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    Cases,
    Time(Duration),
}

fn differential(workspace: &Workspace, limit: Limit, record: &mut Record) -> Result<Tally> {
    if !workspace.has("vm/tests/differential.rs") {
        return Ok(Tally::skip(
            "differential",
            "this checkout has no vm/tests/differential.rs",
        ));
    }
    let start = Instant::now();
    loop {
        let seed = new_seed()?;
        let cases = match limit {
            Limit::Cases => FULL_CASES,
            Limit::Time(_) => ROUND_CASES,
        };
        let mut command = workspace.cargo(["test", "--release", "--package", "hull-vm"]);
        command
            .args([
                "--test",
                "differential",
                "engines_agree",
                "--",
                "--nocapture",
            ])
            .env("HULL_DIFFERENTIAL_CASES", cases.to_string())
            .env("HULL_DIFFERENTIAL_SEED", seed.to_string());
        record.seeds.push(seed);
        let before = record.cases;
        let status = process::tee(&mut command, Streams::Both, |line| read_cases(record, line))?;
        // The test ends at its first fault.
        record.differences = Some(u64::from(!status.success()));
        if !status.success() {
            return Ok(Tally::failure(format!(
                "differential: the round of seed {seed} failed"
            )));
        }
        if record.cases == before {
            return Ok(said_enough(&Record::default(), "differential"));
        }
        match limit {
            Limit::Time(time) if start.elapsed() < time => {}
            _ => return Ok(Tally::pass()),
        }
    }
}

/// `2000 cases, 3 too large, …`: the figures of a campaign without a fault.
fn read_cases(record: &mut Record, line: &str) {
    if let Some(Ok(cases)) = line
        .split_once(" cases, ")
        .map(|(count, _)| count.parse::<u64>())
    {
        record.cases += cases;
    }
}

/// The properties of the example contracts, on the Wasm that they are.
fn properties(workspace: &Workspace, cases: u64, record: &mut Record) -> Result<Tally> {
    let contracts = workspace.contracts();
    let arguments = ["test", "--no-fail-fast", "--test", "properties"];
    let mut command = contracts.cargo(arguments);
    command.env("PROPTEST_CASES", cases.to_string());
    let tally = libtest::run(&mut command, "contract properties", |_| ())?;
    record.cases = cases.saturating_mul(tally.passed as u64);
    record.differences = Some(tally.failed as u64);
    Ok(tally)
}

/// Random requests to a development node.
fn inputs(workspace: &Workspace, cases: u64, record: &mut Record) -> Result<Tally> {
    let seed = new_seed()?;
    record.seeds.push(seed);
    // The whole workspace, so that nothing is built anew for other features.
    let mut command = workspace.cargo(["test", "--workspace", "--test", "hostile"]);
    command
        .args(["random_input_makes_no_trouble", "--", "--nocapture"])
        .env("HULL_CASES", cases.to_string())
        .env("HULL_SEED", seed.to_string());
    let status = process::tee(&mut command, Streams::Both, |line| read_cases(record, line))?;
    record.differences = Some(u64::from(!status.success()));
    if !status.success() {
        return Ok(Tally::failure(format!("rpc inputs: seed {seed} failed")));
    }
    Ok(said_enough(record, "rpc inputs"))
}

/// So many simulated networks of whole chains.
fn simulation(workspace: &Workspace, networks: u64, record: &mut Record) -> Result<Tally> {
    let seed = new_seed()?;
    record.seeds.push(seed);
    let name = "validators_agree_whatever_the_network_and_one_of_them_do";
    // The whole workspace, so that nothing is built anew for other features.
    let mut command = workspace.cargo(["test", "--workspace", "--test", "simulation"]);
    command
        .args([name, "--", "--nocapture"])
        .env("HULL_SIMULATION_CASES", networks.to_string())
        .env("HULL_SIMULATION_SEED", seed.to_string());
    let status = process::tee(&mut command, Streams::Both, |line| read_cases(record, line))?;
    record.differences = Some(u64::from(!status.success()));
    if !status.success() {
        return Ok(Tally::failure(format!(
            "simulation: a network after seed {seed} failed; it says which"
        )));
    }
    Ok(said_enough(record, "simulation"))
}

/// The fault tests of the store on so many chains.
fn faults(workspace: &Workspace, chains: u64, record: &mut Record) -> Result<Tally> {
    let mut command = workspace.cargo(["test", "--workspace", "--test", "state"]);
    command
        .args(["--", "faults", "kill"])
        .env("HULL_ROUNDS", chains.to_string());
    let tally = libtest::run(&mut command, "disk faults", |_| ())?;
    record.cases = chains.saturating_mul(tally.passed as u64);
    record.differences = Some(tally.failed as u64);
    Ok(tally)
}

/// Validators that are killed for so long.
fn kills(workspace: &Workspace, time: Duration, record: &mut Record) -> Result<Tally> {
    let seed = new_seed()?;
    record.seeds.push(seed);
    let tally = network::kills(workspace, time, seed, |line| read_figures(record, line))?;
    record.differences = Some(tally.failed as u64);
    match tally.failed {
        0 => Ok(said_enough(record, "kills")),
        _ => Ok(tally),
    }
}

/// So many rounds of each partition.
fn partitions(workspace: &Workspace, rounds: u64, record: &mut Record) -> Result<Tally> {
    let seed = new_seed()?;
    record.seeds.push(seed);
    let tally = network::partitions(workspace, Some((rounds, seed)), |line| {
        read_figures(record, line);
    });
    record.differences = Some(tally.failed as u64);
    Ok(tally)
}

/// `kills: 7 kills, …` and `partition: two and two: 3 rounds, …`: cases, and all of it.
fn read_figures(record: &mut Record, line: &str) {
    let figures = [("kills: ", " kills, "), ("partition: ", " rounds, ")];
    for (begin, unit) in figures {
        let Some(rest) = line.strip_prefix(begin) else {
            continue;
        };
        if let Some((before, _)) = rest.split_once(unit) {
            let count = before.rsplit(' ').next().and_then(|it| it.parse().ok());
            record.cases += count.unwrap_or(0);
            record.figures.push(rest.into());
        }
    }
}

/// A pass that names no case proves nothing.
fn said_enough(record: &Record, part: &str) -> Tally {
    match record.cases {
        0 => Tally::failure(format!(
            "{part}: the test did not say how many cases it ran"
        )),
        _ => Tally::pass(),
    }
}

fn new_seed() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos() as u64)
}

/// The names in `fuzz/fuzz_targets`.
fn fuzz_targets(workspace: &Workspace) -> Vec<String> {
    let Ok(folder) = fs::read_dir(workspace.root.join("fuzz/fuzz_targets")) else {
        return Vec::new();
    };
    let files = folder.flatten().map(|entry| entry.path());
    let sources = files.filter(|file| file.extension().is_some_and(|kind| kind == "rs"));
    let mut names: Vec<_> = sources
        .filter_map(|file| Some(file.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

fn fuzz(workspace: &Workspace, target: &str, time: Duration, record: &mut Record) -> Result<Tally> {
    if workspace.program("cargo-fuzz").is_none() {
        return Ok(Tally::skip(
            format!("fuzz {target}"),
            "cargo-fuzz is not installed",
        ));
    }
    let mut command = workspace.command("rustup".as_ref());
    command
        .args(["run", "nightly", "cargo", "fuzz", "run", target, "--"])
        .arg(format!("-max_total_time={}", time.as_secs()));
    let status = process::tee(&mut command, Streams::Both, |line| read_fuzz(record, line))?;
    record.differences = Some(u64::from(!status.success()));
    match status.success() {
        true => Ok(Tally::pass()),
        false => Ok(Tally::failure(format!(
            "fuzz {target}: its input is in fuzz/artifacts"
        ))),
    }
}

/// `Done 1000 runs in 10 second(s)`, and `INFO: Seed: 1`.
fn read_fuzz(record: &mut Record, line: &str) {
    if let Some(rest) = line.strip_prefix("Done ") {
        record.cases = rest
            .split(' ')
            .next()
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
    } else if let Some(Ok(seed)) = line.strip_prefix("INFO: Seed: ").map(|s| s.trim().parse()) {
        record.seeds.push(seed);
    }
}

/// Today's file; a second run on a day does not overwrite the first.
fn result_file(workspace: &Workspace) -> PathBuf {
    let folder = workspace.root.join("docs/results");
    let name = |number: u64| match number {
        1 => format!("{}-soak.md", date::today()),
        _ => format!("{}-soak-{number}.md", date::today()),
    };
    let mut number = 1;
    while folder.join(name(number)).exists() {
        number += 1;
    }
    folder.join(name(number))
}

fn page(workspace: &Workspace, records: &[Record]) -> String {
    let mut page = format!("# Soak of {}\n\n", date::today());
    for (what, value) in facts(workspace) {
        page.push_str(&format!("- {what}: {value}\n"));
    }
    page.push_str("\n| part | cases | seeds | differences | duration | outcome |\n");
    page.push_str("|---|---:|---|---:|---:|---|\n");
    for record in records {
        let seeds: Vec<_> = record.seeds.iter().map(u64::to_string).collect();
        page.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            record.part,
            record.cases,
            seeds.join(" "),
            record
                .differences
                .map_or_else(|| "not said".into(), |count| count.to_string()),
            ui::duration(record.elapsed),
            record.outcome,
        ));
    }
    let figures = records.iter().flat_map(|record| {
        let lines = record.figures.iter();
        lines.map(move |line| format!("- {}: {line}\n", record.part))
    });
    let figures: String = figures.collect();
    if !figures.is_empty() {
        page.push_str(&format!("\n{figures}"));
    }
    page
}

/// What somebody needs to know to run the same again.
fn facts(workspace: &Workspace) -> Vec<(&'static str, String)> {
    let say = |program: &str, arguments: &[&str]| {
        process::output(workspace.command(program.as_ref()).args(arguments))
            .map_or_else(|_| "unknown".into(), |text| text.trim().to_owned())
    };
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    vec![
        (
            "commit",
            say("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
        ),
        ("compiler", say("rustc", &["--version"])),
        ("processor", format!("{model}, {cores} threads")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_of_the_differential_test_add_up() {
        let mut record = Record::default();
        read_cases(&mut record, "2000 cases, 3 too large, 40 not instantiated");
        read_cases(&mut record, "500 cases, 0 too large, 1 not instantiated");
        read_cases(&mut record, "812 cases/s");
        read_cases(&mut record, "test engines_agree ... ok");
        assert_eq!(record.cases, 2_500);
    }

    #[test]
    fn the_fuzzer_says_how_much_it_ran() {
        let mut record = Record::default();
        read_fuzz(&mut record, "INFO: Seed: 4242");
        read_fuzz(&mut record, "Done 1000 runs in 10 second(s)");
        assert_eq!((record.cases, record.seeds), (1_000, vec![4_242]));
    }

    #[test]
    fn what_networks_say_is_kept() {
        let mut record = Record::default();
        read_figures(&mut record, "seed 4; HULL_SEED=4 does the same again");
        read_figures(
            &mut record,
            "kills: 7 kills, 900 transactions, 5 ms at most",
        );
        read_figures(
            &mut record,
            "partition: two and two: 3 rounds, 80 transactions",
        );
        assert_eq!(record.cases, 10);
        record.part = "all".into();
        let page = page(&Workspace::find().expect("a checkout"), &[record]);
        assert!(page.ends_with("- all: two and two: 3 rounds, 80 transactions\n"));
    }

    #[test]
    fn a_part_that_fails_is_recorded_as_failed() {
        let mut records = Vec::new();
        recorded(&mut records, "a", |_| Ok(Tally::failure("x")));
        recorded(&mut records, "b", |_| Ok(Tally::skip("b", "no fuzzer")));
        recorded(&mut records, "c", |_| Ok(Tally::pass()));
        let outcomes: Vec<_> = records
            .iter()
            .map(|record| record.outcome.as_str())
            .collect();
        assert_eq!(outcomes, ["failed", "skipped: no fuzzer", "passed"]);
    }
}
