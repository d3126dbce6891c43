//! Homes made by `hulld init`, run by `hulld run`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hull_types::host_api::Hash;
use hull_types::{Payload, SignedTransaction, Transaction, dev};
use serde_json::{Value, json};

pub(crate) fn hulld() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hulld"));
    for (name, _) in std::env::vars() {
        if name.starts_with("HULL_") {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// The homes of a network, which need not run.
pub(crate) struct Homes {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) made: Value,
}

impl Homes {
    pub(crate) fn new(validators: u16, full_nodes: u16) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut init = hulld();
        init.args(["init", "--port=0", "--json", "--out"]);
        init.arg(folder.path().join("net"));
        init.arg(format!("--validators={validators}"));
        init.arg(format!("--full-nodes={full_nodes}"));
        let output = init.output().unwrap();
        assert!(output.status.success());
        let made = serde_json::from_slice(&output.stdout).unwrap();
        Self { folder, made }
    }

    pub(crate) fn node(&self, name: &str) -> &Value {
        let mut nodes = self.made["nodes"].as_array().unwrap().iter();
        nodes.find(|node| node["name"] == name).unwrap()
    }

    pub(crate) fn chain_id(&self) -> Hash {
        let text = self.made["chainId"].as_str().unwrap();
        Hash(hex::decode(&text[2..]).unwrap().try_into().unwrap())
    }

    /// Runs a node until it answers.
    pub(crate) fn run(&self, name: &str, settings: &[&str]) -> Running {
        let home = self.folder.path().join("net").join(name);
        let mut command = hulld();
        command.args(["run", "--json", "--home"]).arg(&home);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let log = std::fs::File::create(home.join("node.log")).unwrap();
        command.stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let rpc = self.node(name)["rpc"].as_str().unwrap().to_owned();
        let running = Running { child, rpc, home };
        assert!(line.contains("ready"), "{name}: {line} {}", running.log());
        running
    }

    pub(crate) fn transfer(
        &self,
        from: usize,
        nonce: u64,
        price: u128,
        value: u128,
    ) -> SignedTransaction {
        let account = &dev::accounts()[from];
        let body = Transaction {
            gas_price: price,
            ..dev::transaction(
                account.address,
                nonce,
                Payload::Transfer {
                    to: dev::accounts()[9].address,
                    value,
                },
            )
        };
        body.sign(&self.chain_id(), &account.key())
    }
}

/// A node that runs. Killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    rpc: String,
    home: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.rpc).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.into()
    }

    pub(crate) fn metrics(&self) -> String {
        self.raw("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.metrics();
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0.0, |value| value.parse().unwrap())
    }

    pub(crate) fn try_ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let (body, home) = (body.to_string(), "host: x\r\nconnection: close");
        let answer = self.raw(&format!(
            "POST / HTTP/1.1\r\n{home}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ));
        serde_json::from_str(&answer).unwrap()
    }

    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.try_ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    pub(crate) fn height(&self) -> u64 {
        let status = self.ask("hull_status", json!({}));
        status["height"].as_u64().unwrap()
    }

    pub(crate) fn peers(&self) -> Vec<Value> {
        let peers = self.ask("hull_peers", json!({}));
        peers.as_array().unwrap().clone()
    }

    /// Sends a transaction, and says under which id.
    pub(crate) fn send(&self, transaction: &SignedTransaction) -> Value {
        let bytes = format!("0x{}", hex::encode(transaction.encode_bytes()));
        self.ask("hull_sendTransaction", json!([bytes]))["hash"].take()
    }

    /// What became of it, once it is in a block; null after half a minute.
    pub(crate) fn receipt(&self, id: &Value) -> Value {
        self.ask("hull_receipt", json!({ "hash": id, "wait": 30_000 }))
    }

    /// Asks again and again, for at most a minute.
    pub(crate) fn eventually(&self, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + Duration::from_secs(60);
        while !is_so() {
            assert!(Instant::now() < end, "{what}: never; {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.join("node.log")).unwrap_or_default()
    }

    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }
}
