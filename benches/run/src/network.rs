//! Four validators of this machine, and as many transfers as they take.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use bench_summary::Figure;
use serde_json::Value;

use crate::{Folders, cargo, run};

const VALIDATORS: usize = 4;
/// Accounts that send.
const ACCOUNTS: u64 = 200;
/// Ticks of a second in `/proc`: `USER_HZ`, which is 100 on every Linux.
const TICKS: f64 = 100.0;
/// What a validator counts by itself; the rest of its time is network, consensus, RPC.
const STAGES: [&str; 4] = ["submit", "propose", "validate", "commit"];

/// So many transfers in a second, for so long.
struct Load {
    name: &'static str,
    rate: u64,
    seconds: u64,
}

/// The first is a little more than the target, so that it can be met; the second leaves the processors room: how long a transfer
/// takes that does not wait for one.
const LOADS: [Load; 2] = [
    Load {
        name: "full",
        rate: 1_050,
        seconds: 60,
    },
    Load {
        name: "half",
        rate: 400,
        seconds: 30,
    },
];

/// Builds the node, runs four and measures.
pub(crate) fn measure(folders: &Folders, is_quick: bool) -> Result<Vec<Figure>> {
    run(Command::new(cargo())
        .args([
            "build",
            "--release",
            "--package=hulld",
            "--package=hull-load",
        ])
        .arg("--target-dir")
        .arg(&folders.target)
        .current_dir(folders.workspace.join("..")))?;
    let programs = folders.target.join("release");
    let mut figures = Vec::new();
    for load in LOADS {
        let seconds = if is_quick { 2 } else { load.seconds };
        let network = Network::start(&programs, &folders.bench().join("network"))?;
        let measured = under(&network, &programs, &Load { seconds, ..load })?;
        network.stop()?;
        figures.extend(measured);
    }
    Ok(figures)
}

/// What a load does to a network that has done nothing before.
fn under(network: &Network, programs: &Path, load: &Load) -> Result<Vec<Figure>> {
    let before = network.processor_time()?;
    let mut command = Command::new(programs.join("hull-load"));
    command.args(["transfers", "--json", "--accounts", &ACCOUNTS.to_string()]);
    command.args(["--rate", &load.rate.to_string()]);
    let transfers = load.rate * load.seconds;
    command.args(["--transfers", &transfers.to_string()]);
    for node in &network.nodes {
        command.args(["--rpc", &format!("http://{}", node.rpc)]);
    }
    let output = command.stderr(Stdio::inherit()).output()?;
    let report = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "transfers were lost: {report}");
    let report: Value = serde_json::from_str(&report).context("read the report of hull-load")?;
    let after = network.processor_time()?;
    let number = |value: &Value| value.as_f64().context("the report has no such number");
    let included = number(&report["included"])?;
    let finality = &report["finality"];
    let mut figures = vec![
        figure(load, "transfers", number(&report["perSecond"])?, "a second"),
        figure(load, "p50", number(&finality["median"])? * 1e6, "ns"),
        figure(load, "p99", number(&finality["p99"])? * 1e6, "ns"),
    ];
    let spent = after.iter().zip(&before);
    for ((stage, after), (_, before)) in spent {
        let each = (after - before) * 1e9 / included;
        figures.push(figure(load, &format!("cpu-{stage}"), each, "ns"));
    }
    Ok(figures)
}

fn figure(load: &Load, what: &str, value: f64, unit: &str) -> Figure {
    let workload = format!("{}-{what}", load.name);
    println!("network {workload}: {value:.0} {unit}");
    Figure {
        group: "network".to_owned(),
        subject: "hull".to_owned(),
        workload,
        value,
        unit: unit.to_owned(),
    }
}

struct Network {
    nodes: Vec<Node>,
}

struct Node {
    child: Child,
    rpc: String,
}

impl Drop for Node {
    fn drop(&mut self) {
        // Where something failed; one that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Network {
    fn start(programs: &Path, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| format!("clear {}", folder.display()))?;
        }
        let mut command = Command::new(programs.join("hulld"));
        command.args(["init", "--json", "--port=0", "--name=bench", "--out"]);
        command
            .arg(folder)
            .arg(format!("--validators={VALIDATORS}"));
        let output = command.stderr(Stdio::inherit()).output()?;
        let made: Value = serde_json::from_slice(&output.stdout).context("make four homes")?;
        let nodes = made["nodes"].as_array().context("no nodes were made")?;
        let homes = nodes.iter().filter_map(|node| node["home"].as_str());
        let nodes = homes.map(|home| Node::start(programs, home.into()));
        Ok(Self {
            nodes: nodes.collect::<Result<_>>()?,
        })
    }

    fn stop(mut self) -> Result<()> {
        for node in &mut self.nodes {
            let id = node.child.id().to_string();
            run(Command::new("kill").args(["-TERM", &id]))?;
            let status = node.child.wait()?;
            ensure!(status.success(), "a validator ended with {status}");
        }
        Ok(())
    }

    /// Seconds of processors that all validators took, by stage and in all.
    fn processor_time(&self) -> Result<Vec<(&'static str, f64)>> {
        let mut stages = STAGES.map(|stage| (stage, 0.0)).to_vec();
        let mut all = 0.0;
        for node in &self.nodes {
            let metrics = node.metrics()?;
            for (stage, seconds) in &mut stages {
                let name = format!("hull_work_seconds_total{{stage=\"{stage}\"}} ");
                let mut lines = metrics.lines();
                let value = lines.find_map(|line| line.strip_prefix(&name));
                let value = value.with_context(|| format!("{name} is no metric"))?;
                *seconds += value.trim().parse::<f64>()?;
            }
            all += node.seconds()?;
        }
        let counted: f64 = stages.iter().map(|(_, seconds)| seconds).sum();
        stages.push(("rest", all - counted));
        stages.push(("all", all));
        Ok(stages)
    }
}

impl Node {
    fn start(programs: &Path, home: PathBuf) -> Result<Self> {
        let log = fs::File::create(home.join("log"))?;
        let mut command = Command::new(programs.join("hulld"));
        command.args(["run", "--json", "--home"]).arg(&home);
        command
            .current_dir(&home)
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command.spawn().context("start hulld")?;
        let output = child.stdout.take().context("the node has no output")?;
        let mut node = Self {
            child,
            rpc: String::new(),
        };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)
            .with_context(|| format!("a node did not say that it is ready, but `{line}`"))?;
        let url = ready["ready"]["http"].as_str();
        let address = url.and_then(|url| url.strip_prefix("http://"));
        node.rpc = address.context("the node does not say where it is")?.into();
        Ok(node)
    }

    /// What the process took of the processors.
    fn seconds(&self) -> Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name of the program is in brackets and may have spaces.
        let (_, fields) = stat.rsplit_once(')').context("read /proc")?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks = ticks.map(|ticks| Ok(ticks.parse::<f64>()?));
        Ok(ticks.sum::<Result<f64>>()? / TICKS)
    }

    fn metrics(&self) -> Result<String> {
        let mut stream = TcpStream::connect(&self.rpc)?;
        let request = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}
