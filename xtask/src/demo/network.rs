//! `cargo xtask demo --network`: the main job, on four validators.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{Demo, short, temporary_home, text};
use crate::workspace::Workspace;
use crate::{process, setup, ui};

const VALIDATORS: &str = "4";
const ACCOUNTS: &str = "100";
const TRANSFERS: &str = "10000";
/// Transfers in a second: what two cores do beside four validators.
const RATE: &str = "500";
/// After this time with transfers one validator is killed, and after as much again it
/// comes back.
const STEP: Duration = Duration::from_secs(5);
/// Tokens for the one who deploys, in the smallest unit.
const FUNDS: &str = "100000000000000000";
/// How long a node may take to say that it is ready, to end, or to catch up.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks at a node.
const PAUSE: Duration = Duration::from_millis(50);

pub(super) fn run(workspace: &Workspace, yes: bool) -> Result<bool> {
    setup::for_contracts(workspace, yes)?;
    ui::begin(
        "build",
        "hulld, cargo-hull, and hull-load, which sends transfers; minutes the first time",
    );
    process::run(&mut workspace.cargo([
        "build",
        "--workspace",
        "--bin=hulld",
        "--bin=cargo-hull",
        "--bin=hull-load",
    ]))?;
    ui::begin("run", "four validators on this machine");
    let home = temporary_home()?;
    let done = on_network(workspace, &home);
    let removed = fs::remove_dir_all(&home);
    let table = done?;
    removed.with_context(|| format!("remove {}", home.display()))?;
    print!("\n{table}");
    ui::next("a network that stays: `cargo xtask localnet`");
    println!("demo: ok");
    Ok(true)
}

fn on_network(workspace: &Workspace, home: &Path) -> Result<String> {
    let started = Instant::now();
    let mut network = Network::start(workspace, home)?;
    let mut demo = Demo {
        workspace,
        url: network.nodes[0].url.clone(),
        home: home.to_owned(),
        sender: Some("operator".into()),
        steps: Vec::new(),
    };
    let chain = format!("chain {}", short(&network.chain_id));
    demo.told("start four validators", started.elapsed(), chain);
    demo.fund(workspace)?;
    demo.deploy_examples()?;
    demo.load(workspace, &mut network)?;
    demo.compare(&network)?;
    demo.token_balance()?;
    demo.prove()?;
    network.stop()?;
    Ok(demo.table())
}

impl Demo<'_> {
    /// Makes a key of its own, and gives it tokens.
    fn fund(&mut self, workspace: &Workspace) -> Result<()> {
        let password = self.home.join("password");
        fs::write(&password, "four validators\n")?;
        let file = format!("--password-file={}", password.display());
        let made = self.hull("make a key", &["keys", "generate", "operator", &file])?;
        let address = text(&made["address"])?.to_owned();
        self.came_to(format!("{address}, @operator"));
        let started = Instant::now();
        let mut command = workspace.command(&workspace.binary("hull-load"));
        command.args(["fund", "--rpc", &self.url, &address, FUNDS]);
        process::run(&mut command)?;
        self.told("give it tokens", started.elapsed(), String::new());
        Ok(())
    }

    /// Every example contract, from its source.
    fn deploy_examples(&mut self) -> Result<()> {
        let gold = r#"about={"name":"Gold","symbol":"AU","decimals":2}"#;
        let silver = r#"about={"name":"Silver","symbol":"AG","decimals":2}"#;
        let ships = r#"about={"name":"Ships","symbol":"SHIP"}"#;
        let pair = r#"pair={"a":"@gold","b":"@silver"}"#;
        let policy = r#"policy={"owners":["@operator","@gold"],"threshold":1}"#;
        let deal = format!(
            r#"deal={{"buyer":"@operator","seller":"@gold","arbiter":null,"amount":"5","deadline":"{}"}}"#,
            u64::MAX / 2
        );
        let examples: [(&str, &str, &[&str]); 8] = [
            ("token", "gold", &[gold, "supply=1000"]),
            ("token", "silver", &[silver, "supply=1000"]),
            ("counter", "tally", &["40"]),
            ("collectible", "ships", &[ships]),
            ("registry", "devices", &["60000"]),
            (
                "exchange",
                "market",
                &[pair, "--grant=@gold", "--grant=@silver"],
            ),
            ("multisig", "safe", &[policy]),
            ("escrow", "deal", &[&deal]),
        ];
        for (folder, name, arguments) in examples {
            let manifest = self.workspace.root.join("contracts").join(folder);
            let manifest = format!("--manifest-path={}/Cargo.toml", manifest.display());
            let name_it = format!("--name={name}");
            let deploy = ["deploy", &manifest, &name_it, "new"];
            let what = format!("build and deploy {folder}");
            self.transaction(&what, &[&deploy, arguments].concat())?;
        }
        Ok(())
    }

    /// Transfers of many accounts to all nodes, one of which is killed in between.
    fn load(&mut self, workspace: &Workspace, network: &mut Network) -> Result<()> {
        let mut command = workspace.command(&workspace.binary("hull-load"));
        command.args(["transfers", "--json", "--accounts", ACCOUNTS]);
        command.args(["--transfers", TRANSFERS, "--rate", RATE]);
        for node in &network.nodes {
            command.args(["--rpc", &node.url]);
        }
        let started = Instant::now();
        let load = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let load = load.context("start hull-load")?;
        thread::sleep(STEP);
        let victim = network.nodes.len() - 1;
        network.nodes[victim].kill()?;
        thread::sleep(STEP);
        let back = Instant::now();
        network.nodes[victim].start(workspace)?;
        let back = back.elapsed();
        let output = load.wait_with_output()?;
        let report = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "transfers were lost: {report}");
        let report: Value = serde_json::from_str(&report)?;
        ensure!(report["included"] == 10_000, "not all are final: {report}");
        self.told(
            "10,000 transfers of 100 accounts",
            started.elapsed(),
            format!(
                "{} a second in {} blocks",
                report["perSecond"], report["blocks"]
            ),
        );
        let finality = &report["finality"];
        let figures = format!(
            "median {} ms, 99 of 100 within {} ms",
            finality["median"], finality["p99"]
        );
        self.told("  from sent to final", Duration::ZERO, figures);
        let name = &network.nodes[victim].name;
        let killed = format!("{name} killed, and back after {} s", STEP.as_secs());
        self.told("  one validator fails", back, killed);
        Ok(())
    }

    /// The same root on all nodes, at a height that all have.
    fn compare(&mut self, network: &Network) -> Result<()> {
        let started = Instant::now();
        let height = self.status(&network.nodes[0].url)?["height"].clone();
        let mut roots = Vec::new();
        for node in &network.nodes {
            let root = loop {
                let status = self.status(&node.url)?;
                if status["height"].as_u64() >= height.as_u64() {
                    let block = json!({ "block": height });
                    break self.ask(&node.url, "hull_block", &block)?["stateRootAfter"].clone();
                }
                ensure!(
                    started.elapsed() < PATIENCE,
                    "{} stays behind: {status}",
                    node.name
                );
                thread::sleep(PAUSE);
            };
            roots.push(root);
        }
        let same = roots.iter().all(|root| *root == roots[0]);
        ensure!(
            same,
            "the nodes have different roots at {height}: {roots:?}"
        );
        let root = short(text(&roots[0])?);
        let what = "compare the four states";
        self.told(
            what,
            started.elapsed(),
            format!("{root} on all, at block {height}"),
        );
        Ok(())
    }

    fn token_balance(&mut self) -> Result<()> {
        let asked = self.hull(
            "ask the token",
            &["query", "@gold", "balance_of", "@operator"],
        )?;
        ensure!(asked["value"].to_string().contains("1000"), "{asked}");
        self.came_to("1000 AU".into());
        Ok(())
    }

    /// Down to the signatures of the validators.
    fn prove(&mut self) -> Result<()> {
        let proved = self.hull("prove a balance", &["account", "@operator", "--prove"])?;
        let proof = &proved["proof"];
        ensure!(proof["decided"] == true, "no validator signed it: {proved}");
        let header = short(text(&proof["header"])?);
        self.came_to(format!(
            "holds; header {header} is signed by the validators"
        ));
        Ok(())
    }

    fn status(&self, url: &str) -> Result<Value> {
        self.ask(url, "hull_status", &json!({}))
    }

    /// Asks a node through the program that people use.
    fn ask(&self, url: &str, method: &str, params: &Value) -> Result<Value> {
        let mut command = self.workspace.command(&self.workspace.binary("hull-load"));
        command.args(["ask", "--rpc", url, method, &params.to_string()]);
        let answer = process::output(&mut command)?;
        serde_json::from_str(&answer).with_context(|| format!("{method} says {answer}"))
    }
}

/// Four validators, and nothing that stays of them.
struct Network {
    nodes: Vec<Node>,
    chain_id: String,
}

struct Node {
    name: String,
    home: PathBuf,
    url: String,
    child: Option<Child>,
}

impl Network {
    fn start(workspace: &Workspace, home: &Path) -> Result<Self> {
        let out = home.join("network");
        let mut command = workspace.command(&workspace.binary("hulld"));
        command.args(["init", "--json", "--port=0", "--name=demo"]);
        command
            .args(["--validators", VALIDATORS, "--out"])
            .arg(&out);
        let made: Value = serde_json::from_str(&process::output(&mut command)?)?;
        let nodes = made["nodes"]
            .as_array()
            .context("hulld init made no nodes")?;
        let nodes = nodes.iter().map(|node| {
            Ok(Node {
                name: text(&node["name"])?.into(),
                home: text(&node["home"])?.into(),
                url: String::new(),
                child: None,
            })
        });
        let mut network = Self {
            nodes: nodes.collect::<Result<_>>()?,
            chain_id: text(&made["chainId"])?.into(),
        };
        for node in &mut network.nodes {
            node.start(workspace)?;
        }
        Ok(network)
    }

    fn stop(&mut self) -> Result<()> {
        self.nodes.iter_mut().try_for_each(Node::stop)
    }
}

impl Node {
    /// Starts it and waits until it answers.
    fn start(&mut self, workspace: &Workspace) -> Result<()> {
        let program = workspace.binary("hulld");
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.home.join("log"))?;
        let mut command = Command::new(&program);
        command.args(["run", "--json", "--home"]).arg(&self.home);
        command.current_dir(&self.home);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command
            .spawn()
            .with_context(|| format!("start {}", program.display()))?;
        let output = child.stdout.take().context("the node has no output")?;
        self.child = Some(child);
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let ready: Value = serde_json::from_str(&line)
            .with_context(|| format!("{} did not say that it is ready, but `{line}`", self.name))?;
        self.url = text(&ready["ready"]["http"])?.into();
        Ok(())
    }

    /// At once, as a machine that loses its power.
    fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks it to end, and sees it end well.
    fn stop(&mut self) -> Result<()> {
        if let Some(child) = &mut self.child {
            let id = child.id().to_string();
            process::run(Command::new("kill").args(["-TERM", &id]))?;
            let status = process::wait(child, PATIENCE)?;
            ensure!(status.success(), "{} ended with {status}", self.name);
            self.child = None;
        }
        Ok(())
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Where the demo failed; one that has ended already is no error.
        let _ = self.kill();
    }
}
