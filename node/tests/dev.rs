//! `hulld dev` as people run it: a process, a port, signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use hull_types::host_api::{Address, DEFAULT_PREFIX, Hash};
use hull_types::{Payload, SignedTransaction, dev};
use serde_json::{Value, json};

/// A running node. Killed when dropped, so that no test leaves one behind.
struct Node {
    child: Child,
    address: SocketAddr,
    ready: Value,
    _stdout: BufReader<ChildStdout>,
}

fn hulld() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hulld"));
    for (name, _) in std::env::vars() {
        if name.starts_with("HULL_") {
            command.env_remove(name);
        }
    }
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

impl Node {
    /// Starts a node, and returns when it says that it is ready.
    fn start(arguments: &[&str]) -> Self {
        let mut command = hulld();
        command
            .args(["dev", "--listen", "127.0.0.1:0", "--json"])
            .args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
        let ready = ready["ready"].clone();
        let address = ready["http"]
            .as_str()
            .unwrap()
            .strip_prefix("http://")
            .unwrap();
        Self {
            address: address.parse().unwrap(),
            child,
            ready,
            _stdout: stdout,
        }
    }

    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.into()
    }

    fn try_ask(&self, method: &str, params: Value) -> Value {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let body = body.to_string();
        let answer = self.raw(&format!(
            "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ));
        serde_json::from_str(&answer).unwrap()
    }

    fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.try_ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    fn send(&self, transaction: &SignedTransaction) -> Value {
        let bytes = format!("0x{}", hex::encode(transaction.encode_bytes()));
        let sent = self.ask("hull_sendTransaction", json!([bytes]));
        self.ask(
            "hull_receipt",
            json!({ "hash": sent["hash"], "wait": 30_000 }),
        )
    }

    fn transfer(&self, nonce: u64, value: u128) -> SignedTransaction {
        let chain_id = hex::decode(&self.ready["chainId"].as_str().unwrap()[2..]).unwrap();
        let [alice, bob, ..] = dev::accounts();
        let body = dev::transaction(
            alice.address,
            nonce,
            Payload::Transfer {
                to: bob.address,
                value,
            },
        );
        body.sign(&Hash(chain_id.try_into().unwrap()), &alice.key())
    }

    fn height(&self) -> u64 {
        self.ask("hull_status", json!({}))["height"]
            .as_u64()
            .unwrap()
    }

    fn balance(&self, address: &Address) -> u128 {
        let account = self.ask("hull_account", json!([text(address)]));
        account["balance"].as_str().unwrap().parse().unwrap()
    }

    /// Asks it to stop, as a supervisor does, and waits for it.
    fn stop(mut self, signal: &str) {
        let id = self.child.id().to_string();
        let killed = Command::new("kill").args([signal, &id]).status().unwrap();
        assert!(killed.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Fails if it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(address: &Address) -> String {
    address.to_text(DEFAULT_PREFIX).unwrap()
}

fn bob() -> Address {
    dev::accounts()[1].address
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    String::from_utf8_lossy(out).into_owned() + &String::from_utf8_lossy(err)
}

#[test]
fn a_transaction_is_sealed_at_once_and_can_be_proved() {
    let node = Node::start(&[]);
    let accounts = node.ready["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 10);
    let named = node.ask("dev_accounts", json!([]));
    for (shown, known) in accounts.iter().zip(dev::accounts()) {
        assert_eq!(shown["address"], text(&known.address));
        let key = format!("0x{}", hex::encode(known.key().to_bytes()));
        assert_eq!(shown["publicKnowledgeKey"], key);
    }
    assert_eq!(named[9]["balance"], dev::WEALTH.to_string());
    let receipt = node.send(&node.transfer(0, 7));
    assert_eq!(
        (&receipt["result"], &receipt["height"]),
        (&json!("success"), &json!(1))
    );
    assert_eq!(node.balance(&bob()), dev::WEALTH + 7);
    // The empty block after it comes by itself.
    while node.height() < 2 {}
    let subject = json!({ "kind": "account", "address": text(&bob()) });
    let proof = node.ask("hull_proof", json!({ "subject": subject }));
    assert_eq!(proof["height"], 1);
    // And no more come.
    let empty = node.ask("hull_block", json!([2]));
    assert_eq!(empty["transactions"], json!([]));
    assert_eq!(node.height(), 2);
    node.stop("-TERM");
}

#[test]
fn blocks_come_on_request_and_time_moves() {
    let node = Node::start(&["--seal", "request"]);
    let sent = node.transfer(0, 7);
    let bytes = format!("0x{}", hex::encode(sent.encode_bytes()));
    let sent = node.ask("hull_sendTransaction", json!([bytes]));
    let receipt = node.ask("hull_receipt", json!({ "hash": sent["hash"], "wait": 1 }));
    assert_eq!((receipt, node.height()), (Value::Null, 0));
    let sealed = node.ask("dev_seal", json!({ "blocks": 3 }));
    assert_eq!(
        (&sealed["height"], &sealed["transactions"]),
        (&json!(3), &json!(1))
    );
    let time = |node: &Node| node.ask("hull_status", json!({}))["time"].as_u64().unwrap();
    let before = time(&node);
    let day = 86_400_000;
    node.ask("dev_increaseTime", json!([day]));
    node.ask("dev_seal", json!([]));
    assert!(time(&node) >= before + day);
    node.ask("dev_setTime", json!([5_000_000_000_000_u64]));
    node.ask("dev_seal", json!([]));
    assert!((5_000_000_000_000..5_000_000_100_000).contains(&time(&node)));
    let past = node.try_ask("dev_setTime", json!([1]));
    assert_eq!(past["error"]["data"]["where"], "time");
    let many = node.try_ask("dev_seal", json!([1_001]));
    assert_eq!(many["error"]["data"]["where"], "blocks");
    node.stop("-INT");
}

#[test]
fn blocks_come_by_themselves() {
    let node = Node::start(&["--interval", "5"]);
    while node.height() < 3 {}
    node.stop("-TERM");
}

#[test]
fn a_state_file_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let file = file.to_str().unwrap();
    let node = Node::start(&["--state", file]);
    node.send(&node.transfer(0, 7));
    node.ask("dev_seal", json!([4]));
    let height = node.height();
    node.stop("-TERM");
    let node = Node::start(&["--state", file]);
    assert_eq!(
        (node.height(), node.balance(&bob())),
        (height, dev::WEALTH + 7)
    );
    node.send(&node.transfer(1, 1));
    node.stop("-INT");
    let node = Node::start(&["--state", file]);
    assert_eq!(node.balance(&bob()), dev::WEALTH + 8);
    let old = node.ask(
        "hull_account",
        json!({ "address": text(&bob()), "block": 1 }),
    );
    assert_eq!(old["balance"], (dev::WEALTH + 7).to_string());
    node.stop("-TERM");

    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
    let refused = hulld()
        .args(["dev", "--listen", "127.0.0.1:0", "--state", file])
        .output();
    let refused = refused.unwrap();
    assert!(!refused.status.success());
    assert!(said(&refused).contains("damaged"), "{}", said(&refused));
}

#[test]
fn a_folder_keeps_the_chain_also_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let node = Node::start(&["--data", data]);
    node.send(&node.transfer(0, 7));
    drop(node);
    let check = hulld()
        .args(["db", "check", "--data", data])
        .output()
        .unwrap();
    assert!(check.status.success(), "{}", said(&check));
    let node = Node::start(&["--data", data]);
    assert_eq!(node.balance(&bob()), dev::WEALTH + 7);
    let second = hulld()
        .args(["dev", "--listen", "127.0.0.1:0", "--data", data])
        .output();
    let second = said(&second.unwrap());
    assert!(second.contains("in use by another process"), "{second}");
    node.stop("-TERM");
    flip_every_so_often(folder.path());
    let check = hulld()
        .args(["db", "check", "--data", data])
        .output()
        .unwrap();
    assert!(!check.status.success(), "{}", said(&check));
}

fn flip_every_so_often(folder: &Path) {
    let file = folder.join("chain.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes
        .iter_mut()
        .skip(4096)
        .step_by(1_001)
        .for_each(|byte| *byte ^= 0x55);
    std::fs::write(&file, bytes).unwrap();
}

#[test]
fn people_see_accounts_addresses_and_that_it_is_ready() {
    let mut command = hulld();
    command
        .args(["dev", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut shown = String::new();
    for line in lines {
        shown += &line;
        shown += "\n";
        if line.contains("Ready at http://127.0.0.1:") {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    for account in dev::accounts() {
        assert!(shown.contains(&text(&account.address)), "{shown}");
    }
    assert!(shown.contains("Everybody knows these keys"), "{shown}");
    assert!(
        !shown.contains('\u{1b}'),
        "colours without a terminal: {shown}"
    );
}

#[test]
fn settings_tell_where_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("hulld.toml"),
        "[rpc]\nbatch = 10\npage = 7\n",
    )
    .unwrap();
    let run = |arguments: &[&str], variable: (&str, &str)| {
        let mut command = hulld();
        command.current_dir(folder.path()).args(arguments);
        command.env(variable.0, variable.1).output().unwrap()
    };
    let shown = run(
        &["config", "--set", "dev.name=mine"],
        ("HULL_RPC_BATCH", "20"),
    );
    let shown = said(&shown);
    let origins = [
        ("batch = 20", "# HULL_RPC_BATCH:"),
        ("page = 7", "# hulld.toml:"),
        ("name = \"mine\"", "# --set:"),
        ("depth = 32", "# default:"),
    ];
    for (value, origin) in origins {
        let line = shown.lines().find(|line| line.starts_with(value));
        let line = line.unwrap_or_else(|| panic!("{value}: {shown}"));
        assert!(line.contains(origin), "{line}");
    }
    // What it prints is a file that says the same.
    std::fs::write(folder.path().join("all.toml"), &shown).unwrap();
    let again = said(&run(&["config", "--config", "all.toml"], ("X", "")));
    let values = |text: &str| -> Vec<String> {
        let lines = text
            .lines()
            .map(|line| line.split("  #").next().unwrap().trim_end().into());
        lines.collect()
    };
    assert_eq!(values(&again), values(&shown));
    let wrong = [
        (
            &["config", "--set", "rpc.lisen=x"][..],
            "did you mean `rpc.listen`",
        ),
        (&["config", "--set", "rpc.batch=many"], "a whole number"),
        (
            &["config", "--set", "pool.replacement_percent=256"],
            "in range",
        ),
        (&["config", "--set", "rpc"], "KEY=VALUE"),
        (
            &["config", "--config", "missing.toml"],
            "cannot read missing.toml",
        ),
        (
            &["dev", "--seal", "never"],
            "`transaction`, `interval` or `request`",
        ),
        (&["dev", "--listen", "everywhere"], "rpc.listen"),
        (&["dev", "--set", "log.format=loud"], "log.format"),
        (&["db", "check", "--data", "."], "no store"),
    ];
    for (arguments, message) in wrong {
        let refused = run(arguments, ("X", ""));
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(
            said(&refused).contains(message),
            "{arguments:?}: {}",
            said(&refused)
        );
    }
    let unknown = said(&run(&["config"], ("HULL_POOL_BITES", "1")));
    assert!(unknown.contains("did you mean `pool.bytes`"), "{unknown}");
}

#[test]
fn a_port_that_is_taken_is_told() {
    let node = Node::start(&[]);
    let address = node.address.to_string();
    let second = hulld()
        .args(["dev", "--listen", &address])
        .output()
        .unwrap();
    let second = said(&second);
    assert!(
        second.contains(&format!("cannot listen on {address}")),
        "{second}"
    );
}
