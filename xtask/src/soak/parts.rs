//! What a soak runs: tests that exist, with more cases.

use std::fs;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::record::Record;
use crate::process::{self, Streams};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{libtest, network};

/// The differential test's long form.
const FULL_CASES: u64 = 1_000_000;
/// A round of the differential test when time is the limit.
const ROUND_CASES: u64 = 20_000;

#[derive(Clone, Copy, Debug)]
pub(super) enum Limit {
    Cases,
    Time(Duration),
}

pub(super) fn differential(
    workspace: &Workspace,
    limit: Limit,
    record: &mut Record,
) -> Result<Tally> {
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
pub(super) fn properties(workspace: &Workspace, cases: u64, record: &mut Record) -> Result<Tally> {
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
pub(super) fn inputs(workspace: &Workspace, cases: u64, record: &mut Record) -> Result<Tally> {
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
pub(super) fn simulation(
    workspace: &Workspace,
    networks: u64,
    record: &mut Record,
) -> Result<Tally> {
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
pub(super) fn faults(workspace: &Workspace, chains: u64, record: &mut Record) -> Result<Tally> {
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
pub(super) fn kills(workspace: &Workspace, time: Duration, record: &mut Record) -> Result<Tally> {
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
pub(super) fn partitions(workspace: &Workspace, rounds: u64, record: &mut Record) -> Result<Tally> {
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
pub(super) fn fuzz_targets(workspace: &Workspace) -> Vec<String> {
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

pub(super) fn fuzz(
    workspace: &Workspace,
    target: &str,
    time: Duration,
    record: &mut Record,
) -> Result<Tally> {
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

#[cfg(test)]
mod tests {
    use super::super::record::page;
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
}
