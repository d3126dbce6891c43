//! Homes made by `hulld init`, run by `hulld run`.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use hull_types::host_api::Hash;
use hull_types::{Payload, SignedTransaction, Transaction, dev};
use serde_json::Value;

use crate::client::Client;

/// The program that is tested.
pub(crate) const HULLD: &str = env!("CARGO_BIN_EXE_hulld");

pub(crate) fn hulld() -> Command {
    command(HULLD)
}

/// A program that starts where there is nothing of ours.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
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
    /// Of nodes that run on this machine.
    pub(crate) fn new(validators: u16, full_nodes: u16) -> Self {
        let port = first_port(validators + full_nodes).to_string();
        Self::with(validators, full_nodes, &["--port", &port])
    }

    /// With more that is said to `hulld init`.
    pub(crate) fn with(validators: u16, full_nodes: u16, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut init = hulld();
        init.args(["init", "--json", "--out"]);
        init.arg(folder.path().join("net"));
        init.arg(format!("--validators={validators}"));
        init.arg(format!("--full-nodes={full_nodes}"));
        Self {
            made: made(init.args(arguments)),
            folder,
        }
    }

    /// Adds the home of a node that comes later, and knows all who are there.
    pub(crate) fn join(&mut self, name: &str, arguments: &[&str]) {
        let net = self.folder.path().join("net");
        let port = first_port(1).to_string();
        let mut init = hulld();
        init.args(["init", "--json", "--port", &port, "--home"]);
        init.arg(net.join(name)).arg("--genesis");
        init.arg(net.join("validator-0/genesis.json"));
        let mut node = made(init.args(arguments))["nodes"][0].take();
        node["name"] = name.into();
        self.made["nodes"].as_array_mut().unwrap().push(node);
    }

    /// Where those that were made before a node are found, as its settings.
    pub(crate) fn peers_of(&self, name: &str) -> [String; 2] {
        let others = self.made["nodes"].as_array().unwrap().iter();
        let others: Vec<_> = others.filter(|node| node["name"] != name).collect();
        ["consensus", "network"].map(|what| {
            let found: Vec<_> = others.iter().map(|it| it[what].as_str().unwrap()).collect();
            format!("{what}.peers={}", found.join(","))
        })
    }

    pub(crate) fn node(&self, name: &str) -> &Value {
        let mut nodes = self.made["nodes"].as_array().unwrap().iter();
        nodes.find(|node| node["name"] == name).unwrap()
    }

    pub(crate) fn chain_id(&self) -> Hash {
        let text = self.made["chainId"].as_str().unwrap();
        Hash(hex::decode(&text[2..]).unwrap().try_into().unwrap())
    }

    /// Where a node answers.
    pub(crate) fn client(&self, name: &str) -> Client {
        Client::new(self.node(name)["rpc"].as_str().unwrap().parse().unwrap())
    }

    /// Runs a node until it answers.
    pub(crate) fn run(&self, name: &str, settings: &[&str]) -> Running {
        self.launch(hulld(), name, settings)
    }

    /// The same with a command that ends in the program's name.
    pub(crate) fn launch(&self, mut command: Command, name: &str, settings: &[&str]) -> Running {
        let home = self.folder.path().join("net").join(name);
        command.args(["run", "--json", "--home"]).arg(&home);
        for setting in settings {
            command.args(["--set", setting]);
        }
        let mut log = std::fs::File::options();
        let log = log.create(true).append(true).open(home.join("node.log"));
        command.stdout(Stdio::piped()).stderr(log.unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        let client = said["ready"]["http"].as_str().map(|url| {
            let address = url.strip_prefix("http://").unwrap();
            Client::new(address.parse().unwrap())
        });
        let running = Running {
            client: client.unwrap_or_else(|| self.client(name)),
            began_at: said["ready"]["height"].as_u64().unwrap_or_default(),
            child,
            home,
        };
        let is_ready = said["ready"].is_object();
        assert!(is_ready, "{name}: {line} {}", running.log());
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

fn made(init: &mut Command) -> Value {
    let output = init.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A port from which on there are free ones for so many nodes. Below those that the
/// system gives to connections that go out: a node that comes back finds its own free.
fn first_port(nodes: u16) -> u16 {
    const PLACES: u32 = 200;
    const STEP: u16 = 10;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    for _ in 0..PLACES {
        // Tests that run side by side begin at different places.
        let place = std::process::id() * 17 + TAKEN.fetch_add(1, Ordering::Relaxed);
        let first = 10_000 + (place % PLACES) as u16 * 100;
        let mut firsts = (0..nodes).map(|node| first + node * STEP);
        if firsts.all(|port| (port..port + 3).all(is_free)) {
            return first;
        }
    }
    panic!("no ports are free");
}

/// A node that runs. Killed when dropped.
pub(crate) struct Running {
    pub(crate) child: Child,
    /// Its height when it was ready.
    pub(crate) began_at: u64,
    client: Client,
    home: PathBuf,
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Deref for Running {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Running {
    /// Asks again and again, for at most a minute.
    pub(crate) fn eventually(&self, what: &str, is_so: impl Fn() -> bool) {
        let is_so = crate::client::within_a_minute(is_so);
        assert!(is_so, "{what}: never; {}", self.log());
    }

    /// The end of what it told.
    pub(crate) fn log(&self) -> String {
        let log = std::fs::read_to_string(self.home.join("node.log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    pub(crate) fn stop(mut self) {
        let id = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(asked.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
    }
}
