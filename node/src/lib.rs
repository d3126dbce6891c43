//! `hulld`, the node of a Hull chain.
//!
//! | command | what it does |
//! |---|---|
//! | `hulld dev` | one process, no peers: seals a block as soon as a transaction arrives; ten funded accounts |
//! | `hulld run` | a node of a network, from its home: validator or full node |
//! | `hulld init` | makes the home of a node, or those of a test network |
//! | `hulld keys` | shows and makes the keys of a home |
//! | `hulld signing` | exports and imports the record of what a validator signed |
//! | `hulld status`, `peers`, `healthcheck` | ask a node that runs |
//! | `hulld version` | what this software is |
//! | `hulld config` | prints the settings that count, and where each came from |
//! | `hulld db check` | verifies everything that a store holds |
//!
//! ```text
//!   RPC ──submit──> hull_chain::Chain <──propose, commit── seal: when a block comes
//!    │                     │                                (in a network: consensus)
//!    └──── reads ──────────┘
//! ```
//!
//! In a network, [`agreement`] stands where [`seal`] stands here: `hull_consensus` asks
//! it for blocks, shows it those of others, and says which are decided.
//!
//! The rooms: [`config`] (settings in layers), [`dev`] (the development node), [`seal`]
//! (when blocks come), [`clock`], [`dump`] (a store in one file).
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod agreement;
mod args;
mod ask;
mod banner;
pub mod clock;
pub mod config;
mod db;
pub mod dev;
pub mod dump;
pub mod home;
mod init;
mod keys;
mod log;
mod network;
mod run;
pub mod seal;
mod signals;
mod signing;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use config::Effective;

/// Runs a command line.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Fails if nobody reads; then nobody has to.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match arguments.command {
        Command::Dev(options) => options
            .layers()
            .read()
            .map_err(Into::into)
            .and_then(|effective| dev::run(&effective)),
        Command::Run(options) => options
            .layers()
            .read()
            .map_err(Into::into)
            .and_then(|effective| run::run(&options.home(), &effective)),
        Command::Init(options) => options
            .plan()
            .and_then(|plan| init::run(&plan, &options.choices())),
        Command::Keys { command } => keys::run(&command),
        Command::Signing { command } => signing::run(&command),
        Command::Status(options) => options.rpc().and_then(|rpc| ask::status(rpc, options.json)),
        Command::Peers(options) => options.rpc().and_then(|rpc| ask::peers(rpc, options.json)),
        Command::Healthcheck(options) => options
            .rpc()
            .and_then(|rpc| ask::healthcheck(rpc, options.json)),
        Command::Version { json } => {
            version(json);
            Ok(())
        }
        Command::Config(options) => options
            .layers()
            .read()
            .map(|effective| print_config(&effective, options.json))
            .map_err(Into::into),
        Command::Db { command } => db::run(&command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            banner::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn print_config(effective: &Effective, json: bool) {
    banner::print(&match json {
        true => format!("{}\n", effective.to_json()),
        false => effective.to_toml(),
    });
}

fn version(json: bool) {
    let (version, arch, os) = (
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH,
        std::env::consts::OS,
    );
    banner::print(&match json {
        true => {
            let value = serde_json::json!({ "version": version, "arch": arch, "os": os });
            format!("{value}\n")
        }
        false => format!("hulld {version} ({arch}, {os})\n"),
    });
}
