//! The command line.

use std::ffi::OsString;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::{
    abi, account, address, build, call, check, completions, decode, deploy, doctor, encode, gas,
    info, instantiate, keys, network, new, node, profile, query, storage, test, trace, transfer,
    tx, upload, validators,
};
use crate::error::Error;
use crate::{Exit, ui::Ui};

/// Writes, builds, tests and explains Hull contracts.
#[derive(Debug, Parser)]
#[command(
    name = "cargo-hull",
    bin_name = "cargo hull",
    version,
    after_long_help = "\
Examples:
  cargo hull new token --template token && cd token
  cargo hull test -vvv
  cargo hull check

Exit codes:
  0  done
  1  the answer is no: a test failed, the code is not admitted, gas grew, something is missing
  2  the command line is wrong: an option, a name, a value
  3  a file or a project is not what it should be
  4  the contract does not compile
  5  something has to be installed first
  6  the node does not answer, or refuses

With --json standard output is one JSON document: the answer of the command, or
{\"error\": {\"code\", \"message\", \"causes\", \"help\"}}."
)]
pub(crate) struct Arguments {
    /// Answer with one JSON document
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell nothing of progress
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(new::Options),
    Build(build::Options),
    Check(check::Options),
    Test(test::Options),
    Info(info::Options),
    Abi(abi::Options),
    Encode(encode::Options),
    Decode(decode::Options),
    Gas(gas::Options),
    Profile(profile::Options),
    Deploy(deploy::Options),
    Upload(upload::Options),
    Instantiate(instantiate::Options),
    Call(call::Options),
    Query(query::Options),
    Transfer(transfer::Options),
    Validators(validators::Options),
    Account(account::Options),
    Tx(tx::Options),
    Trace(trace::Options),
    Storage(storage::Options),
    Keys(keys::Options),
    Address(address::Options),
    Network(network::Options),
    Node(node::Options),
    Doctor(doctor::Options),
    Completions(completions::Options),
}

impl Arguments {
    pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let mut arguments: Vec<_> = arguments.into_iter().collect();
        // `cargo hull new` starts `cargo-hull hull new`.
        if arguments.get(1).is_some_and(|it| it == "hull") {
            arguments.remove(1);
        }
        let matches = Self::command().try_get_matches_from(arguments)?;
        Self::from_arg_matches(&matches)
    }
}

impl Command {
    pub(crate) fn run(&self, ui: Ui) -> Result<Exit, Error> {
        match self {
            Self::New(options) => new::run(options, ui),
            Self::Build(options) => build::run(options, ui),
            Self::Check(options) => check::run(options, ui),
            Self::Test(options) => test::run(options, ui),
            Self::Info(options) => info::run(options, ui),
            Self::Abi(options) => abi::run(options, ui),
            Self::Encode(options) => encode::run(options, ui),
            Self::Decode(options) => decode::run(options, ui),
            Self::Gas(options) => gas::run(options, ui),
            Self::Profile(options) => profile::run(options, ui),
            Self::Deploy(options) => deploy::run(options, ui),
            Self::Upload(options) => upload::run(options, ui),
            Self::Instantiate(options) => instantiate::run(options, ui),
            Self::Call(options) => call::run(options, ui),
            Self::Query(options) => query::run(options, ui),
            Self::Transfer(options) => transfer::run(options, ui),
            Self::Validators(options) => validators::run(options, ui),
            Self::Account(options) => account::run(options, ui),
            Self::Tx(options) => tx::run(options, ui),
            Self::Trace(options) => trace::run(options, ui),
            Self::Storage(options) => storage::run(options, ui),
            Self::Keys(options) => keys::run(options, ui),
            Self::Address(options) => address::run(options, ui),
            Self::Network(options) => network::run(options, ui),
            Self::Node(options) => node::run(options, ui),
            Self::Doctor(options) => doctor::run(options, ui),
            Self::Completions(options) => completions::run(options, ui),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn cargo_names_the_command_again() {
        for line in [
            &["cargo-hull", "doctor"][..],
            &["cargo-hull", "hull", "doctor"],
        ] {
            let read = Arguments::read(line.iter().map(OsString::from));
            assert!(matches!(read.unwrap().command, Command::Doctor(_)));
        }
    }

    #[test]
    fn the_help_names_every_exit_code() {
        let help = Arguments::command().render_long_help().to_string();
        for (exit, meaning) in Exit::ALL {
            let line = format!("  {}  {meaning}\n", exit as u8);
            assert!(help.contains(&line), "{line}");
        }
    }
}
