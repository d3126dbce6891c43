//! `hulld`, the node of a Hull chain.
//!
//! | command | what it does |
//! |---|---|
//! | `hulld dev` | one process, no peers: seals a block as soon as a transaction arrives; ten funded accounts |
//! | `hulld run` | a node of a network, from its home: validator or full node |
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
mod banner;
pub mod clock;
pub mod config;
mod db;
pub mod dev;
pub mod dump;
pub mod home;
mod log;
mod run;
pub mod seal;
mod signals;

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
        Command::Config(options) => options
            .layers()
            .read()
            .map(|effective| print_config(&effective))
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

fn print_config(effective: &Effective) {
    banner::print(&effective.to_toml());
}
