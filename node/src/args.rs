//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Layers;
use crate::home::Home;

/// The node of a Hull chain.
#[derive(Parser)]
#[command(name = "hulld", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Runs a development chain: ten funded accounts, a block for every transaction
    Dev(DevOptions),
    /// Runs a node of a network: a validator if its home has the key of one
    Run(RunOptions),
    /// Prints the settings that count, and where each came from
    Config(ConfigOptions),
    /// Looks after a store
    Db {
        #[command(subcommand)]
        command: DbCommand,
    },
}

/// Settings from beside the command.
#[derive(Args)]
pub(crate) struct Common {
    /// A file of settings; `hulld.toml` here unless given, if it is there
    #[arg(long, env = "HULL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Sets one setting, as in `--set rpc.batch=10`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
}

#[derive(Args)]
pub(crate) struct ConfigOptions {
    #[command(flatten)]
    common: Common,
}

#[derive(Args)]
pub(crate) struct DevOptions {
    #[command(flatten)]
    common: Common,
    /// Where the RPC listens; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// When blocks come: `transaction`, `interval` or `request`
    #[arg(long, value_name = "WHEN")]
    seal: Option<String>,
    /// Milliseconds between blocks; sets `--seal interval`
    #[arg(long, value_name = "MS")]
    interval: Option<u64>,
    /// A file that is loaded at the start, if it is there, and written at the end
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    state: Option<PathBuf>,
    /// A folder that keeps the chain; without it the chain is in memory
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Logs as JSON, one object a line, instead of text for people
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct RunOptions {
    /// The home of the node: its genesis, keys, settings and chain
    #[arg(long, env = "HULL_HOME", value_name = "DIR")]
    home: PathBuf,
    /// Sets one setting, as in `--set rpc.batch=10`
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Logs as JSON, one object a line, instead of text for people
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Verifies everything that a store holds
    Check {
        /// The folder of the store
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

impl Common {
    fn layers(&self) -> Layers {
        let mut layers = Layers::from_process(self.config.clone());
        for text in &self.set {
            layers.set_text(text);
        }
        layers
    }
}

impl RunOptions {
    pub(crate) fn home(&self) -> Home {
        Home::new(&self.home)
    }

    pub(crate) fn layers(&self) -> Layers {
        let config = self.home().config();
        let mut layers = Layers::from_process(config.exists().then_some(config));
        for text in &self.set {
            layers.set_text(text);
        }
        if self.json {
            layers.set("log.format", "json", "--json");
        }
        layers
    }
}

impl ConfigOptions {
    pub(crate) fn layers(&self) -> Layers {
        self.common.layers()
    }
}

impl DevOptions {
    pub(crate) fn layers(&self) -> Layers {
        let mut layers = self.common.layers();
        let path = |path: &PathBuf| path.display().to_string();
        if self.interval.is_some() && self.seal.is_none() {
            layers.set("dev.seal", "interval", "--interval");
        }
        let flags = [
            ("rpc.listen", self.listen.clone(), "--listen"),
            ("dev.seal", self.seal.clone(), "--seal"),
            (
                "dev.interval_ms",
                self.interval.map(|it| it.to_string()),
                "--interval",
            ),
            ("dev.state", self.state.as_ref().map(path), "--state"),
            ("store.directory", self.data.as_ref().map(path), "--data"),
            ("log.format", self.json.then(|| "json".into()), "--json"),
        ];
        for (key, value, flag) in flags {
            if let Some(value) = value {
                layers.set(key, &value, flag);
            }
        }
        layers
    }
}
