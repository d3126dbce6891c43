//! `hulld run` as people run it: four processes that agree.

#![expect(clippy::disallowed_methods, reason = "tests give up after a while")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use hull_consensus::SigningGuard;
use hull_types::host_api::Hash;
use hull_types::{Certificate, Genesis, Payload, SignedTransaction, Validator, dev};
use hulld::home::{Home, genesis_to_json};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Four homes, and what runs in them.
struct Network {
    folder: TempDir,
    genesis: Genesis,
    nodes: Vec<Option<Running>>,
}

/// A running node. Killed when dropped, so that no test leaves one behind.
struct Running {
    child: Child,
    rpc: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Validators of these seeds, with a power of 1 each.
fn set(seeds: &[u8]) -> Vec<Validator> {
    let mut validators: Vec<Validator> = seeds.iter().map(|seed| with_power(*seed, 1)).collect();
    validators.sort_by_key(|one| one.public_key);
    validators
}

fn with_power(seed: u8, power: u64) -> Validator {
    Validator {
        public_key: SigningKey::from_bytes(&[seed; 32])
            .verifying_key()
            .to_bytes(),
        power,
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Network {
    /// Nodes with the keys of these seeds, none of them running. As many of the first as
    /// said are validators; alice may change that.
    fn new(seeds: &[u8], validators: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut genesis = Genesis {
            validators: set(&seeds[..validators]),
            ..dev::genesis("four of them")
        };
        genesis.parameters.authority = Some(dev::accounts()[0].address);
        let ports: Vec<u16> = seeds.iter().map(|_| free_port()).collect();
        for (index, seed) in seeds.iter().enumerate() {
            let home = Home::new(folder.path().join(index.to_string()));
            fs::create_dir_all(home.folder()).unwrap();
            fs::write(home.genesis_file(), genesis_to_json(&genesis)).unwrap();
            Home::write_key(&home.validator_file(), &[*seed; 32]).unwrap();
            Home::write_key(&home.node_file(), &[100 + *seed; 32]).unwrap();
            SigningGuard::create(&home.signing(), &genesis.chain_id(), &[*seed; 32]).unwrap();
            let others = ports.iter().enumerate().filter(|(at, _)| *at != index);
            let peers = others.map(|(_, port)| format!("\"/ip4/127.0.0.1/tcp/{port}\""));
            let peers = peers.collect::<Vec<_>>().join(", ");
            let config = format!(
                "[rpc]\nlisten = \"127.0.0.1:0\"\n\n[consensus]\nname = \"node-{index}\"\n\
                 listen = \"127.0.0.1:{}\"\npeers = [{peers}]\nheartbeat_ms = 200\n\n[network]\nlisten = \"127.0.0.1:0\"\n",
                ports[index]
            );
            fs::write(home.config(), config).unwrap();
        }
        let nodes = seeds.iter().map(|_| None).collect();
        Self {
            folder,
            genesis,
            nodes,
        }
    }

    fn home(&self, node: usize) -> Home {
        Home::new(self.folder.path().join(node.to_string()))
    }

    fn command(&self, node: usize) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hulld"));
        for (name, _) in std::env::vars() {
            if name.starts_with("HULL_") {
                command.env_remove(name);
            }
        }
        command.arg("run").arg("--json").arg("--home");
        command.arg(self.home(node).folder());
        command.current_dir(self.folder.path());
        command
    }

    /// Starts a node, and returns when it says that it is ready.
    fn start(&mut self, node: usize) {
        let mut command = self.command(node);
        let log = self.folder.path().join(format!("{node}.log"));
        let log = fs::OpenOptions::new().create(true).append(true).open(log);
        command.stdout(Stdio::piped()).stderr(log.unwrap());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("node {node} says `{line}`: {}", self.log(node)));
        assert_eq!(ready["ready"]["role"], "validator");
        let rpc = ready["ready"]["http"].as_str().unwrap();
        let rpc = rpc.strip_prefix("http://").unwrap().parse().unwrap();
        self.nodes[node] = Some(Running { child, rpc });
    }

    fn log(&self, node: usize) -> String {
        let log = fs::read_to_string(self.folder.path().join(format!("{node}.log")));
        let log = log.unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    fn kill(&mut self, node: usize) {
        let mut running = self.nodes[node].take().unwrap();
        running.child.kill().unwrap();
        running.child.wait().unwrap();
    }

    /// Ends a node as a supervisor does, and says whether it ended well.
    fn terminate(&mut self, node: usize) -> bool {
        let mut running = self.nodes[node].take().unwrap();
        let id = running.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        running.child.wait().unwrap().success()
    }

    fn ask(&self, node: usize, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let rpc = self.nodes[node].as_ref().unwrap().rpc;
        let mut stream = TcpStream::connect(rpc).unwrap();
        let request = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let mut answer: Value = serde_json::from_str(body).unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    fn height(&self, node: usize) -> u64 {
        self.ask(node, "hull_status", json!([]))["height"]
            .as_u64()
            .unwrap()
    }

    /// Waits until a node has a height.
    fn reaches(&self, node: usize, height: u64) {
        let began = Instant::now();
        while self.height(node) < height {
            let at = self.height(node);
            assert!(
                began.elapsed() < PATIENCE,
                "node {node} is at {at}, not at {height}: {}",
                self.log(node)
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends a transfer to a node and waits until it is final there; its height.
    fn transfer(&self, node: usize, nonce: u64) -> u64 {
        let (to, value) = (dev::accounts()[1].address, 7);
        self.send(node, nonce, Payload::Transfer { to, value })
    }

    /// The same with anything that alice wants.
    fn send(&self, node: usize, nonce: u64, payload: Payload) -> u64 {
        let alice = &dev::accounts()[0];
        let transaction = dev::transaction(alice.address, nonce, payload);
        let signed: SignedTransaction = transaction.sign(&self.genesis.chain_id(), &alice.key());
        let bytes = format!("0x{}", hex::encode(signed.encode_bytes()));
        let sent = self.ask(node, "hull_sendTransaction", json!([bytes]));
        let wait = json!({ "hash": sent["hash"], "wait": 30_000 });
        let receipt = self.ask(node, "hull_receipt", wait);
        assert_eq!(receipt["result"], "success", "{receipt}");
        let height = receipt["height"].as_u64();
        height.unwrap_or_else(|| panic!("no receipt: {receipt}; {}", self.log(node)))
    }

    /// All that run have the same block and state at a height, each with a proof.
    fn same_at(&self, height: u64) {
        self.same_by(height, &self.genesis.validators);
    }

    /// The same, decided by these validators.
    fn same_by(&self, height: u64, validators: &[Validator]) {
        let mut seen = Vec::new();
        for node in (0..self.nodes.len()).filter(|node| self.nodes[*node].is_some()) {
            self.reaches(node, height);
            let block = self.ask(node, "hull_block", json!([height]));
            let hash = Hash(bytes(&block["hash"]).try_into().unwrap());
            let certificate = Certificate::decode_bytes(&bytes(&block["certificate"])).unwrap();
            let chain_id = self.genesis.chain_id();
            let proved = certificate.verify(&chain_id, validators, height, &hash);
            assert_eq!(proved, Ok(()), "at height {height} on node {node}");
            seen.push((hash, block["stateRootAfter"].clone()));
        }
        assert!(
            seen.iter().all(|one| *one == seen[0]),
            "at height {height}: {seen:?}"
        );
    }
}

fn bytes(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

#[test]
fn four_processes_agree_lose_one_and_take_it_back() {
    let mut network = Network::new(&[1, 2, 3, 4], 4);
    for node in 0..4 {
        network.start(node);
    }
    for nonce in 0..3 {
        let height = network.transfer(0, nonce);
        network.same_at(height);
        // The state after it is in the next header.
        network.same_at(height + 1);
    }
    network.kill(3);
    let mut height = 0;
    for nonce in 3..6 {
        height = network.transfer(0, nonce);
    }
    network.start(3);
    network.same_at(height + 2);
    height = network.transfer(3, 6);
    network.same_at(height + 1);
    for node in 0..4 {
        assert!(network.terminate(node), "{}", network.log(node));
    }
    // And all of it again from what is on the disk.
    for node in 0..4 {
        network.start(node);
    }
    network.same_at(height + 1);
    height = network.transfer(1, 7);
    network.same_at(height);
}

#[test]
fn one_validator_leaves_and_one_joins() {
    let mut network = Network::new(&[1, 2, 3, 4, 5], 4);
    for node in 0..5 {
        network.start(node);
    }
    let mut update = vec![with_power(4, 0), with_power(5, 1)];
    update.sort_by_key(|one| one.public_key);
    let height = network.send(0, 0, Payload::UpdateValidators { update });
    // Those before decide the next block too, the new ones the one after it.
    network.same_at(height + 1);
    let after = set(&[1, 2, 3, 5]);
    network.same_by(height + 2, &after);
    // Without the one that left and one more nobody is left to spare: the new one votes.
    network.kill(3);
    network.kill(2);
    let height = network.transfer(0, 1);
    network.same_by(height, &after);
}

#[test]
fn a_key_signs_in_one_process_and_with_its_record_alone() {
    let mut network = Network::new(&[1], 1);
    network.start(0);
    network.reaches(0, 2);
    let second = network.command(0).output().unwrap();
    let why = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(
        !second.status.success() && why.contains("another process signs"),
        "{why}"
    );
    assert!(network.terminate(0));
    let signing = network.home(0).signing();
    fs::rename(&signing, signing.with_extension("lost")).unwrap();
    let without = network.command(0).output().unwrap();
    let why = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(
        !without.status.success() && why.contains("no signing record"),
        "{why}"
    );
}
