//! `hull-load`: signed transfers, at a steady rate, and what became of them.
//!
//! For networks of tests: the tokens come from the account `alice` of development
//! chains, whose key everybody knows. Transfers are signed beforehand. Each account sends
//! to the nodes in turn, so that gossip has to bring nonces together; a node that does not
//! answer is left out until it does. Blocks are read from the first node, and a transfer
//! is final when it is in one.
//!
//! ```text
//! hull-load --rpc http://127.0.0.1:4855 --rpc http://127.0.0.1:4865 --transfers 10000
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
use clap::Parser;

use client::Client;
use plan::Plan;
use report::Report;
use watch::Watch;

/// Sends signed transfers to a network at a steady rate, and tells what became of them
#[derive(Parser)]
#[command(version)]
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
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(report) => {
            println!("{}", report.shown(arguments.json));
            match report.lost() {
                0 => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            eprintln!("hull-load: {error:#}");
            ExitCode::FAILURE
        }
    }
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
