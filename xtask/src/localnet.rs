//! `cargo xtask localnet`: a network of real processes on this machine.
//!
//! `hulld init` makes the homes and `hulld run` runs them, as operators do; here is only
//! what starts and ends them together.

mod node;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::workspace::Workspace;
use crate::{process, ui};
use node::Node;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Validators of the network
    #[arg(long, default_value_t = 4, value_name = "N")]
    validators: u16,
    /// Nodes beside them that only follow
    #[arg(long, default_value_t = 0, value_name = "N")]
    full_nodes: u16,
    /// The first port; 0 takes free ones
    #[arg(long, default_value_t = 4855)]
    port: u16,
    /// Keeps the homes here, and goes on with those that are here; else they are gone at the end
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// How often it is looked whether all nodes still run.
const LOOK: Duration = Duration::from_millis(500);

/// Runs a network until it is told to end.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<bool> {
    ui::begin("build", "hulld, which is the node; minutes the first time");
    process::run(&mut workspace.cargo(["build", "--workspace", "--bin=hulld"]))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the async runtime")?;
    runtime.block_on(async {
        // Before anything runs that has to be ended.
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        ui::begin("run", "a network of this machine");
        let mut network = Network::start(workspace, arguments)?;
        println!("\n{}", network.table());
        ui::next("cargo hull --network http://… account @alice; Ctrl-C ends the network");
        let ended = tokio::select! {
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
            error = network.watch() => Err(error),
        };
        println!();
        let stopped = network.stop();
        ended?;
        stopped?;
        println!("localnet: ended");
        Ok(true)
    })
}

/// Nodes that run. They end with it, however that comes.
struct Network {
    /// Those that ended are taken out.
    nodes: Vec<Node>,
    folder: PathBuf,
    /// Whether the folder is removed at the end.
    is_temporary: bool,
}

impl Network {
    fn start(workspace: &Workspace, arguments: &Arguments) -> Result<Self> {
        let temporary = || std::env::temp_dir().join(format!("hull-net-{}", std::process::id()));
        let mut network = Self {
            nodes: Vec::new(),
            folder: arguments.out.clone().unwrap_or_else(temporary),
            is_temporary: arguments.out.is_none(),
        };
        let homes = network.homes(workspace, arguments)?;
        for home in &homes {
            network.nodes.push(Node::start(workspace, home)?);
        }
        // All together: the first one waits for the others.
        for node in &mut network.nodes {
            node.until_ready()?;
        }
        Ok(network)
    }

    /// The homes in the folder, made if there are none.
    fn homes(&self, workspace: &Workspace, arguments: &Arguments) -> Result<Vec<PathBuf>> {
        let there = || -> Result<Vec<PathBuf>> {
            let mut homes = Vec::new();
            for entry in self.folder.read_dir()? {
                let home = entry?.path();
                if home.join("config.toml").is_file() {
                    homes.push(home);
                }
            }
            homes.sort();
            Ok(homes)
        };
        if self.folder.is_dir() && !self.is_temporary {
            let homes = there()?;
            ensure!(
                !homes.is_empty(),
                "{} is there and has no nodes in it; name another folder",
                self.folder.display()
            );
            return Ok(homes);
        }
        let mut init = workspace.command(&workspace.binary("hulld"));
        init.arg("init")
            .arg("--json")
            .arg("--out")
            .arg(&self.folder);
        for (name, number) in [
            ("--validators", arguments.validators),
            ("--full-nodes", arguments.full_nodes),
            ("--port", arguments.port),
        ] {
            init.arg(name).arg(number.to_string());
        }
        let made: Value = serde_json::from_str(&process::output(&mut init)?)?;
        ensure!(made["nodes"].is_array(), "hulld init said {made}");
        there()
    }

    fn table(&self) -> String {
        let head = ["node", "role", "RPC", "peer", "home"].map(String::from);
        let mut rows = vec![head.to_vec()];
        rows.extend(self.nodes.iter().map(Node::row));
        ui::table(&rows)
    }

    /// Waits for one that ends by itself.
    async fn watch(&mut self) -> anyhow::Error {
        let mut timer = tokio::time::interval(LOOK);
        loop {
            timer.tick().await;
            for node in &mut self.nodes {
                if let Some(error) = node.ended() {
                    return error;
                }
            }
        }
    }

    fn stop(&mut self) -> Result<()> {
        let mut failed = Vec::new();
        for node in &self.nodes {
            // One that has ended already is told of below.
            let _ = node.ask_to_end();
        }
        for mut node in self.nodes.drain(..) {
            if let Err(error) = node.until_ended() {
                failed.push(format!("{error:#}"));
            }
        }
        if !failed.is_empty() {
            bail!("{}", failed.join("; "));
        }
        Ok(())
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Killed where it was not stopped.
        self.nodes.clear();
        if self.is_temporary {
            // It may never have been made.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}
