//! `hull-load`: signed transfers, at a steady rate, and what became of them.
//!
//! For networks of tests: the tokens come from the account `alice` of development
//! chains, whose key everybody knows. Transfers are signed beforehand. Each account sends
//! to the nodes in turn, so that gossip has to bring nonces together; a node that does not
//! answer is left out until it does. Blocks are read from the first node, and a transfer
//! is final when it is in one.
//!
//! ```text
//! hull-load transfers --rpc http://127.0.0.1:4855 --rpc http://127.0.0.1:4865 --transfers 10000
//! ```
#![allow(
    clippy::disallowed_methods,
    reason = "a client that measures time; nothing here is part of a result"
)]

mod client;
mod plan;
mod report;
mod send;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::{Args, Parser};
use hull_host_api::Address;

use client::Client;
use plan::Plan;
use report::Report;
use watch::Watch;

/// Transfers for networks of tests
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
enum Task {
    /// Sends signed transfers at a steady rate, and tells what became of them
    Transfers(Arguments),
    /// Asks a node anything, and prints its answer
    Ask {
        /// URL of a node's RPC
        #[arg(long, value_name = "URL")]
        rpc: String,
        /// The name of the method
        method: String,
        /// Its parameters, in JSON
        params: String,
    },
    /// Gives an account tokens of alice
    Fund {
        /// URL of a node's RPC
        #[arg(long, value_name = "URL")]
        rpc: String,
        /// Who gets them
        #[arg(value_name = "ADDRESS")]
        to: String,
        /// How many, in the smallest unit
        #[arg(value_name = "AMOUNT")]
        amount: u128,
    },
}

#[derive(Args)]
struct Arguments {
    /// URL of a node's RPC; give one for each node. Blocks are read from the first
    #[arg(long, value_name = "URL", required = true)]
    rpc: Vec<String>,
    /// How many accounts send
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    accounts: u32,
    /// How many transfers, in all
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    transfers: u32,
    /// How many in a second; 0 sends as fast as the nodes take them
    #[arg(long, default_value_t = 500)]
    rate: u32,
    /// Seconds to wait after the last one that became final
    #[arg(long, default_value_t = 30)]
    patience: u64,
    /// The answer as one JSON document
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let done = match Task::parse() {
        Task::Transfers(arguments) => run(&arguments).map(|report| {
            println!("{}", report.shown(arguments.json));
            report.lost() == 0
        }),
        Task::Ask {
            rpc,
            method,
            params,
        } => ask(&rpc, &method, &params).map(|()| true),
        Task::Fund { rpc, to, amount } => fund(&rpc, &to, amount).map(|()| true),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("hull-load: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn ask(url: &str, method: &str, params: &str) -> Result<()> {
    let params = serde_json::from_str(params).context("the parameters are no JSON")?;
    println!("{}", Client::new(url).ask(method, &params)?);
    Ok(())
}

fn fund(url: &str, to: &str, amount: u128) -> Result<()> {
    let client = Client::new(url);
    let status = client.status()?;
    let to = Address::from_text(to, &status.address_prefix)
        .with_context(|| format!("{to} is no address of this network"))?;
    plan::fund(&client, &status, &[to], amount)
}

fn run(arguments: &Arguments) -> Result<Report> {
    let clients: Vec<_> = arguments.rpc.iter().map(|url| Client::new(url)).collect();
    let first = &clients[0];
    let status = first.status().context("ask the first node who it is")?;
    let plan = Plan::new(first, &status, arguments.accounts, arguments.transfers)?;
    ensure!(!plan.transfers.is_empty(), "there is nothing to send");
    let mut watch = Watch::new(first.clone(), plan.transfers.iter().map(|one| one.id))?;
    let sent = send::send(&clients, &plan, arguments.rate, &mut watch)?;
    watch.until_all(sent.accepted(), Duration::from_secs(arguments.patience))?;
    Ok(Report::new(&sent, &watch))
}
