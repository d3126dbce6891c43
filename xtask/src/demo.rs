//! `cargo xtask demo`: the main job, from source to a proved balance.
//!
//! A development node in memory, the example token built from source, and
//! `cargo hull` between them, as a contract developer uses it.

mod network;
mod node;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{process, setup, ui};
use node::Node;

/// Tokens that exist from the beginning.
const SUPPLY: &str = "1000";
/// Tokens that are made afterwards.
const MINTED: &str = "500";
/// Tokens that Bob gets.
const SENT: &str = "42";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// On four validators instead of a development node, with transfers while one of them
    /// fails
    #[arg(long)]
    pub(crate) network: bool,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments, yes: bool) -> Result<bool> {
    if arguments.network {
        return network::run(workspace, yes);
    }
    setup::for_contracts(workspace, yes)?;
    ui::begin(
        "build",
        "hulld, which is the node, and cargo-hull; minutes the first time",
    );
    process::run(&mut workspace.cargo([
        "build",
        "--workspace",
        "--bin=hulld",
        "--bin=cargo-hull",
    ]))?;

    ui::begin("run", "a chain in memory, and a token on it");
    let started = Instant::now();
    let mut node = Node::start(workspace)?;
    let mut demo = Demo {
        workspace,
        url: node.url.clone(),
        home: temporary_home()?,
        sender: None,
        steps: Vec::new(),
    };
    demo.told(
        "start a node",
        started.elapsed(),
        format!("chain {}", short(&node.chain_id)),
    );
    let done = demo.walk();
    let stopped = node.stop();
    let removed = std::fs::remove_dir_all(&demo.home);
    done?;
    stopped?;
    removed.with_context(|| format!("remove {}", demo.home.display()))?;
    print!("\n{}", demo.table());
    ui::next("`cargo xtask test`; your own contract: docs/book/src/ten-minutes.md");
    println!("demo: ok");
    Ok(true)
}

struct Demo<'w> {
    workspace: &'w Workspace,
    url: String,
    /// Of `cargo hull`: names that it is given lie there.
    home: PathBuf,
    /// The key that signs, if it is not one that everybody knows.
    sender: Option<String>,
    steps: Vec<Step>,
}

struct Step {
    what: String,
    gas: String,
    time: Duration,
    came_to: String,
}

impl Demo<'_> {
    fn walk(&mut self) -> Result<()> {
        let manifest = self.workspace.root.join("contracts/token/Cargo.toml");
        let manifest = format!("--manifest-path={}", manifest.display());
        let built = self.hull("build the token", &["build", &manifest])?;
        let record = &built["record"];
        let size = record["sizes"]["wasm"].as_u64().unwrap_or_default();
        let digest = text(&record["digest"])?;
        self.came_to(format!("{size} bytes, sha256 {}", short(digest)));

        let about = r#"about={"name":"Gold","symbol":"AU","decimals":2}"#;
        let supply = format!("supply={SUPPLY}");
        let deploy = ["deploy", &manifest, "--name=gold", "new", about, &supply];
        let deployed = self.transaction("deploy it", &deploy)?;
        let contract = text(&deployed["contract"])?.to_owned();
        self.came_to(format!("{contract}, now @gold"));

        let role = [
            "call",
            "@gold",
            "grant_role",
            "role=Minter",
            "account=@alice",
        ];
        self.transaction("let Alice mint", &role)?;
        let mint = ["call", "@gold", "mint", "@alice", MINTED];
        self.transaction("mint", &mint)?;
        let transfer = ["call", "@gold", "transfer", "@bob", SENT];
        let transferred = self.transaction("transfer to Bob", &transfer)?;
        let event = &transferred["events"][0];
        self.came_to(format!("event {}", text(&event["name"])?));

        for (who, expected) in [("@bob", 42), ("@alice", 1458)] {
            let what = format!("ask what {who} has");
            let asked = self.hull(&what, &["query", "@gold", "balance_of", who])?;
            let value = asked["value"].to_string().replace('"', "");
            ensure!(
                value == expected.to_string(),
                "{who} has {value}, not {expected}"
            );
            self.came_to(format!("{value} AU"));
        }
        self.refused()?;

        let proved = self.hull("prove a balance", &["account", "@alice", "--prove"])?;
        let proof = &proved["proof"];
        let root = text(&proof["stateRoot"])?;
        self.came_to(format!(
            "{} holds under state root {}",
            text(&proved["balance"])?,
            short(root)
        ));
        Ok(())
    }

    /// What would fail is not sent, and says why.
    fn refused(&mut self) -> Result<()> {
        let started = Instant::now();
        let arguments = ["call", "@gold", "transfer", "@alice", "43", "--from=@bob"];
        let output = self
            .command(&arguments)
            .output()
            .context("start cargo-hull")?;
        ensure!(!output.status.success(), "Bob sent more than he has");
        let error: Value = serde_json::from_slice(&output.stdout)?;
        let message = text(&error["error"]["message"])?;
        ensure!(message.contains("InsufficientBalance"), "{message}");
        self.told(
            "Bob sends 43",
            started.elapsed(),
            "not sent: InsufficientBalance { available: 42 }".into(),
        );
        Ok(())
    }

    /// A step that is a transaction.
    fn transaction(&mut self, what: &str, arguments: &[&str]) -> Result<Value> {
        let answer = self.hull(what, arguments)?;
        ensure!(answer["result"] == "success", "{what}: {answer:#}");
        let step = self.steps.last_mut().expect("it was just told");
        step.gas = text(&answer["gas"])?.to_owned();
        step.came_to = format!("block {}", answer["height"]);
        Ok(answer)
    }

    /// A step: a command of `cargo hull`, and its JSON.
    fn hull(&mut self, what: &str, arguments: &[&str]) -> Result<Value> {
        let started = Instant::now();
        let output = self.command(arguments).output();
        let output = output.context("start cargo-hull")?;
        let answer = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            bail!("{what}: cargo hull {} said {answer}", arguments.join(" "));
        }
        self.told(what, started.elapsed(), String::new());
        serde_json::from_str(&answer).with_context(|| format!("{what}: {answer}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.workspace.command(&self.workspace.binary("cargo-hull"));
        command.args(arguments).arg("--json");
        command
            .env("HULL_HOME", &self.home)
            .env("HULL_NETWORK", &self.url);
        for name in ["HULL_FROM", "HULL_PASSWORD_FILE"] {
            command.env_remove(name);
        }
        if let Some(sender) = &self.sender {
            command.env("HULL_FROM", sender);
            command.env("HULL_PASSWORD_FILE", self.home.join("password"));
        }
        command.stdin(Stdio::null()).stderr(Stdio::inherit());
        command
    }

    fn told(&mut self, what: &str, time: Duration, came_to: String) {
        self.steps.push(Step {
            what: what.into(),
            gas: String::new(),
            time,
            came_to,
        });
    }

    fn came_to(&mut self, text: String) {
        let step = self.steps.last_mut().expect("there was a step");
        step.came_to = text;
    }

    fn table(&self) -> String {
        let mut rows = vec![["", "gas", "time", ""].map(String::from).to_vec()];
        rows.extend(self.steps.iter().map(|step| {
            vec![
                step.what.clone(),
                grouped(&step.gas),
                milliseconds(step.time),
                step.came_to.clone(),
            ]
        }));
        ui::table(&rows)
    }
}

fn text(value: &Value) -> Result<&str> {
    value
        .as_str()
        .with_context(|| format!("{value} is no text"))
}

/// Enough of a hash or address to tell it from others.
fn short(hash: &str) -> String {
    hash.chars().take(12).chain(['…']).collect()
}

fn milliseconds(time: Duration) -> String {
    match time.as_millis() {
        // A line about the one before it.
        0 => String::new(),
        short @ 1..1000 => format!("{short} ms"),
        _ => ui::duration(time),
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A home of its own, so that nothing of the user's is read or written.
fn temporary_home() -> Result<PathBuf> {
    let home = std::env::temp_dir().join(format!("hull-demo-{}", std::process::id()));
    std::fs::create_dir_all(&home).with_context(|| format!("make {}", home.display()))?;
    Ok(home)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_readable() {
        assert_eq!(
            ["", "7", "1234", "123456"].map(grouped),
            ["", "7", "1,234", "123,456"]
        );
        assert_eq!(milliseconds(Duration::from_millis(999)), "999 ms");
        assert_eq!(short("0x0123456789abcdef"), "0x0123456789…");
    }
}
