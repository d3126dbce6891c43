//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Parser, Subcommand};

use crate::clock::Clock;
use crate::config::Layers;
use crate::home::Home;
use crate::init::{Choices, Plan};

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
    /// Makes the home of a node, or those of a test network
    Init(InitOptions),
    /// Shows and makes the keys of a home
    Keys {
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Looks after the record of what a validator signed, so that it never signs twice
    Signing {
        #[command(subcommand)]
        command: SigningCommand,
    },
    /// Tells what a running node and its chain are
    Status(AskOptions),
    /// Tells whom a running node is connected to
    Peers(AskOptions),
    /// Ends well if a running node may be asked; for containers
    Healthcheck(AskOptions),
    /// Tells what this software is
    Version {
        /// Answers as JSON
        #[arg(long)]
        json: bool,
    },
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
    /// The home whose settings are shown
    #[arg(long, env = "HULL_HOME", value_name = "DIR", conflicts_with = "config")]
    home: Option<PathBuf>,
    /// Answers as JSON
    #[arg(long)]
    pub(crate) json: bool,
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

/// Where a node has everything.
#[derive(Args)]
pub(crate) struct HomeOption {
    /// The home of the node
    #[arg(long, env = "HULL_HOME", value_name = "DIR")]
    home: PathBuf,
}

#[derive(Args)]
pub(crate) struct InitOptions {
    /// The home of one node
    #[arg(long, env = "HULL_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// The genesis of the chain that the node joins; without it the node is the only
    /// validator of a new chain
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    genesis: Option<PathBuf>,
    /// Makes the key of a validator too
    #[arg(long, conflicts_with = "out")]
    validator: bool,
    /// A folder for the homes of a test network on this machine, instead of one home
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Validators of the test network; 4 unless given
    #[arg(long, value_name = "N", requires = "out")]
    validators: Option<u16>,
    /// Nodes of the test network that only follow
    #[arg(long, value_name = "N", requires = "out")]
    full_nodes: Option<u16>,
    /// Where the nodes of the network will run, one host for each, validators first: IP
    /// addresses or names. Without it all run on this machine, and only for it
    #[arg(long, value_name = "HOST,…", value_delimiter = ',', requires = "out")]
    hosts: Vec<String>,
    /// The name of a new chain
    #[arg(long, default_value = "hull-local")]
    name: String,
    /// The port of the RPC; the two after it are for peers, and the next node's begin ten
    /// later; 0 takes free ones
    #[arg(long, default_value_t = 4855)]
    port: u16,
    /// Answers as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(crate) struct AskOptions {
    /// The home of the node, whose settings tell where its RPC is
    #[arg(long, env = "HULL_HOME", value_name = "DIR")]
    home: Option<PathBuf>,
    /// Where the RPC is, if not as the settings say
    #[arg(long, value_name = "ADDRESS:PORT")]
    rpc: Option<SocketAddr>,
    /// Answers as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Subcommand)]
pub(crate) enum KeysCommand {
    /// Shows who the node is: its peer id, and its validator key if it has one
    Show {
        #[command(flatten)]
        home: HomeOption,
        /// Answers as JSON
        #[arg(long)]
        json: bool,
    },
    /// Makes the keys that are missing; those that are there stay
    Generate {
        #[command(flatten)]
        home: HomeOption,
        /// The key of a validator too
        #[arg(long)]
        validator: bool,
        /// Answers as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum SigningCommand {
    /// Shows what was signed last
    Show {
        #[command(flatten)]
        home: HomeOption,
        /// Answers as JSON
        #[arg(long)]
        json: bool,
    },
    /// Prints the record of a validator that was stopped, to be imported elsewhere
    Export {
        #[command(flatten)]
        home: HomeOption,
        /// The file that is written, instead of standard output
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Takes an exported record in, unless it is older than what is here
    Import {
        #[command(flatten)]
        home: HomeOption,
        /// The exported record; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Begins a record for a key that never signed anything on this chain
    Create {
        #[command(flatten)]
        home: HomeOption,
        /// Only you can know that it never did, on no machine
        #[arg(long, required = true)]
        never_signed: bool,
    },
}

#[derive(Subcommand)]
pub(crate) enum DbCommand {
    /// Verifies everything that a store holds
    Check {
        /// The folder of the store
        #[arg(long, value_name = "DIR", required_unless_present = "home")]
        data: Option<PathBuf>,
        /// The home of the node whose store it is
        #[arg(long, env = "HULL_HOME", value_name = "DIR", conflicts_with = "data")]
        home: Option<PathBuf>,
        /// Answers as JSON
        #[arg(long)]
        json: bool,
    },
}

impl Common {
    fn layers(&self) -> Layers {
        self.layers_of(self.config.clone())
    }

    fn layers_of(&self, file: Option<PathBuf>) -> Layers {
        let mut layers = Layers::from_process(file);
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

impl HomeOption {
    pub(crate) fn get(&self) -> Home {
        Home::new(&self.home)
    }
}

impl InitOptions {
    pub(crate) fn plan(&self) -> Result<Plan> {
        match (&self.out, &self.home) {
            (Some(out), _) => Ok(Plan::Network {
                out: out.clone(),
                validators: self.validators.unwrap_or(4),
                full_nodes: self.full_nodes.unwrap_or(0),
                hosts: self.hosts.clone(),
            }),
            (None, Some(home)) => Ok(Plan::One {
                home: home.clone(),
                genesis: self.genesis.clone(),
                is_validator: self.validator,
            }),
            (None, None) => bail!(
                "say where: `--home DIR` for one node, or `--out DIR --validators 4` for a test network"
            ),
        }
    }

    pub(crate) fn choices(&self) -> Choices {
        Choices {
            name: self.name.clone(),
            port: self.port,
            now: Clock::default().now(),
            json: self.json,
        }
    }
}

impl AskOptions {
    /// Where the node answers.
    pub(crate) fn rpc(&self) -> Result<SocketAddr> {
        if let Some(rpc) = self.rpc {
            return Ok(rpc);
        }
        let file = self.home.as_ref().map(|home| Home::new(home).config());
        let listen = Layers::from_process(file).read()?.config.rpc.listen;
        let rpc: SocketAddr = listen
            .parse()
            .with_context(|| format!("rpc.listen is `{listen}`; write it as 127.0.0.1:4855"))?;
        ensure!(
            rpc.port() != 0,
            "rpc.listen takes any free port, so only the node knows which: give it with --rpc"
        );
        Ok(rpc)
    }
}

impl ConfigOptions {
    pub(crate) fn layers(&self) -> Layers {
        match &self.home {
            Some(home) => self.common.layers_of(Some(Home::new(home).config())),
            None => self.common.layers(),
        }
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
