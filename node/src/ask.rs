//! Questions to a node that runs: `hulld status`, `peers` and `healthcheck`.
//!
//! Over plain HTTP to its RPC, which is on this machine or a private network.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use hull_rpc_types::{Direction, GetPeers, GetStatus, Method, NoParams, Peer, Status};
use serde_json::{Value, json};

use crate::banner::print;

/// How long a node may take to take a connection, and to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an answer: a thousand peers fit.
const MOST: u64 = 1024 * 1024;

/// Tells what the node and its chain are.
pub(crate) fn status(rpc: SocketAddr, json: bool) -> Result<()> {
    let status: Status = call::<GetStatus>(rpc)?;
    let (ready, why) = readiness(rpc)?;
    if json {
        let mut value = serde_json::to_value(&status)?;
        value["ready"] = json!(ready);
        value["notReadyBecause"] = if ready { Value::Null } else { json!(why) };
        print(&format!("{value}\n"));
        return Ok(());
    }
    let rows = [
        (
            "Chain",
            format!("{} {}", status.chain_name, status.chain_id),
        ),
        ("Height", status.height.to_string()),
        ("Block", status.block.to_string()),
        ("State root", status.state_root.to_string()),
        (
            "Pool",
            format!(
                "{} transactions, {} bytes",
                status.pool.transactions, status.pool.bytes
            ),
        ),
        ("Version", status.version),
        (
            "Ready",
            if ready {
                "yes".into()
            } else {
                format!("no: {why}")
            },
        ),
    ];
    for (name, value) in rows {
        print(&format!("{name:<10}  {value}\n"));
    }
    Ok(())
}

/// Tells who is connected.
pub(crate) fn peers(rpc: SocketAddr, json: bool) -> Result<()> {
    let peers: Vec<Peer> = call::<GetPeers>(rpc)?;
    if json {
        print(&format!("{}\n", serde_json::to_value(&peers)?));
        return Ok(());
    }
    if peers.is_empty() {
        print("no peers\n");
        return Ok(());
    }
    print(&format!(
        "{:<52}  {:<8}  {:>5}  {:>9}  ADDRESS\n",
        "PEER", "", "SCORE", "CONNECTED"
    ));
    for peer in peers {
        let direction = match peer.direction {
            Direction::Inbound => "inbound",
            Direction::Outbound => "outbound",
        };
        print(&format!(
            "{:<52}  {direction:<8}  {:>5}  {:>7} s  {}\n",
            peer.id,
            peer.score,
            peer.connected / 1_000,
            peer.address
        ));
    }
    Ok(())
}

/// Fails unless the node may be asked. For containers.
pub(crate) fn healthcheck(rpc: SocketAddr, json: bool) -> Result<()> {
    let (ready, why) = readiness(rpc)?;
    if json {
        print(&format!("{}\n", json!({ "ready": ready, "why": why })));
    }
    ensure!(ready, "the node at {rpc} is not ready: {why}");
    if !json {
        print("ready\n");
    }
    Ok(())
}

fn readiness(rpc: SocketAddr) -> Result<(bool, String)> {
    let (code, body) = http(rpc, "GET /readyz", "")?;
    Ok((code == 200, body.trim().to_owned()))
}

fn call<M: Method<Params = NoParams>>(rpc: SocketAddr) -> Result<M::Answer> {
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": M::NAME, "params": {} });
    let (code, answer) = http(rpc, "POST /", &body.to_string())?;
    let answer: Value = serde_json::from_str(&answer)
        .with_context(|| format!("{rpc} is no Hull node: it answered {code} to {}", M::NAME))?;
    if let Some(error) = answer.get("error") {
        bail!("{rpc} refused {}: {}", M::NAME, error["message"]);
    }
    let result = answer.get("result").cloned().unwrap_or_default();
    serde_json::from_value(result).with_context(|| {
        format!(
            "{rpc} answered {} in another form; is it of another version?",
            M::NAME
        )
    })
}

/// Asks, and gives the code and body of the answer.
fn http(rpc: SocketAddr, what: &str, body: &str) -> Result<(u16, String)> {
    let rpc = reachable(rpc);
    let connect = || -> Result<String> {
        let mut stream = TcpStream::connect_timeout(&rpc, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(
            stream,
            "{what} HTTP/1.1\r\nhost: {rpc}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )?;
        let mut answer = String::new();
        stream.take(MOST).read_to_string(&mut answer)?;
        Ok(answer)
    };
    let answer = connect().with_context(|| {
        format!(
            "no node answers at {rpc}; is it running? \
             Name another with --rpc ADDRESS:PORT, or its home with --home"
        )
    })?;
    parse(&answer).ok_or_else(|| anyhow!("what answers at {rpc} does not speak HTTP"))
}

fn parse(answer: &str) -> Option<(u16, String)> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let code = head.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    Some((code, body.to_owned()))
}

/// A node that listens on all addresses is reached on that of this machine.
fn reachable(mut rpc: SocketAddr) -> SocketAddr {
    if rpc.ip().is_unspecified() {
        rpc.set_ip(match rpc.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    rpc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_taken_apart() {
        let answer = "HTTP/1.1 503 Service Unavailable\r\na: b\r\n\r\nthe log failed\n";
        assert_eq!(parse(answer), Some((503, "the log failed\n".into())));
        assert_eq!(parse("SSH-2.0-OpenSSH\r\n\r\n"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn all_addresses_are_this_machine() {
        let there = |text: &str| reachable(text.parse().unwrap()).to_string();
        assert_eq!(there("0.0.0.0:1"), "127.0.0.1:1");
        assert_eq!(there("[::]:1"), "[::1]:1");
        assert_eq!(there("192.0.2.1:1"), "192.0.2.1:1");
    }
}
