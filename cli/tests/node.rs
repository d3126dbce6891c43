//! The commands that talk to a node, against a real one.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::{Value, json};
use support::{Place, Run};

/// A development node that ends with the test.
struct Node {
    child: Child,
    url: String,
}

impl Node {
    fn start() -> Self {
        // Tests of the whole workspace build every program beside this one.
        let beside = Path::new(env!("CARGO_BIN_EXE_cargo-hull")).with_file_name("hulld");
        assert!(
            beside.is_file(),
            "{} is not there: cargo build --workspace --bins",
            beside.display()
        );
        let mut child = std::process::Command::new(beside)
            .args(["dev", "--listen=127.0.0.1:0", "--json"])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let url = ready["ready"]["http"].as_str().unwrap().to_owned();
        Self { child, url }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A test that has failed already need not fail again.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A user of a network.
struct User {
    place: Place,
    url: String,
}

impl User {
    fn of(url: &str) -> Self {
        let place = Place::new();
        place.write("password", "open sesame\n");
        place.write("wrong", "sesame\n");
        let url = url.into();
        Self { place, url }
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let mut command = self.place.command("", arguments);
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("walk");
        command.env("CARGO_TARGET_DIR", target);
        command.env("HULL_NETWORK", &self.url);
        Run::of(&self.place, &mut command)
    }

    /// A command that ends well, and its document.
    fn json(&self, arguments: &[&str]) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(run.exit, 0, "{arguments:?} {}", run.shown());
        run.json()
    }

    /// A command that does not, with its exit code and error.
    fn fails(&self, arguments: &[&str], exit: i32) -> Value {
        let run = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(run.exit, exit, "{arguments:?} {}", run.shown());
        run.json()["error"].clone()
    }

    fn balance(&self, who: &str) -> u128 {
        let account = self.json(&["account", who]);
        account["balance"].as_str().unwrap().parse().unwrap()
    }
}

fn token() -> String {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../contracts/token/Cargo.toml");
    format!("--manifest-path={}", manifest.display())
}

const ABOUT: &str = r#"about={"name":"Gold","symbol":"AU","decimals":2}"#;

#[test]
fn a_contract_is_deployed_called_and_explained() {
    let node = Node::start();
    let user = User::of(&node.url);
    let deploy = [
        "deploy",
        &token(),
        "--name",
        "gold",
        "new",
        ABOUT,
        "supply=1000",
    ];
    let tried = user.json(&[&deploy[..], &["--dry-run"]].concat());
    assert_eq!(
        (&tried["transaction"], &tried["result"]),
        (&Value::Null, &json!("success"))
    );
    let deployed = user.json(&deploy);
    assert!(deployed["contract"].as_str().unwrap().starts_with("hull1"));
    assert_eq!(deployed["name"], "gold");

    // What is shown before is what is paid.
    let transfer = ["call", "@gold", "transfer", "@bob", "42"];
    let tried = user.json(&[&transfer[..], &["--dry-run"]].concat());
    let before = user.balance("@alice");
    let done = user.json(&transfer);
    for key in ["gas", "fee", "deposit", "events"] {
        assert_eq!(tried[key], done[key], "{key}");
    }
    let spent: u128 = ["fee", "deposit"]
        .iter()
        .map(|key| done[key].as_str().unwrap().parse::<u128>().unwrap())
        .sum();
    assert_eq!(before - user.balance("@alice"), spent);
    assert_eq!(done["events"][0]["name"], "Transferred");

    let asked = user.json(&["query", "@gold", "balance_of", "@bob"]);
    assert_eq!(asked["value"], 42);
    let height = deployed["height"].to_string();
    let then = user.json(&["query", "@gold", "balance_of", "@bob", "--at", &height]);
    assert_eq!(then["value"], 0);

    // The same facts, later.
    let hash = done["transaction"].as_str().unwrap();
    let again = user.json(&["tx", hash]);
    assert_eq!(
        (&again["gas"], &again["events"]),
        (&done["gas"], &done["events"])
    );
    let trace = user.json(&["trace", hash]);
    assert_eq!(trace["frames"][0]["message"], "transfer");
    let shown = user.run(&["trace", hash]);
    assert!(
        shown.out.contains("transfer(to: bob, amount: 42)") && shown.out.contains("balances[bob]"),
        "{}",
        shown.shown()
    );
    let stored = user.run(&["storage", "@gold"]);
    assert!(
        stored.out.contains("total_supply") && stored.out.contains("by @alice"),
        "{}",
        stored.shown()
    );
}

#[test]
fn what_would_fail_is_not_sent_unless_it_is_forced() {
    let node = Node::start();
    let user = User::of(&node.url);
    user.json(&[
        "deploy",
        &token(),
        "--name",
        "gold",
        "new",
        ABOUT,
        "supply=7",
    ]);
    let before = user.balance("@alice");
    let call = ["call", "@gold", "transfer", "@bob", "8"];
    let error = user.fails(&call, 1);
    assert_eq!(error["code"], "would_fail");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("InsufficientBalance"), "{message}");
    assert_eq!(user.balance("@alice"), before);

    let run = user.run(&[&call[..], &["--force", "--json"]].concat());
    assert_eq!(run.exit, 1, "{}", run.shown());
    let forced = run.json();
    assert_eq!(forced["result"], "revert");
    assert!(
        forced["failures"][0]
            .as_str()
            .unwrap()
            .contains("InsufficientBalance")
    );
    assert!(user.balance("@alice") < before, "the fee is paid");
}

#[test]
fn keys_sign_with_their_password_alone() {
    let node = Node::start();
    let user = User::of(&node.url);
    let ann = user.json(&["keys", "generate", "ann", "--password-file", "password"]);
    let address = ann["address"].as_str().unwrap();
    user.json(&["transfer", "@ann", "1000000000000", "--from", "@alice"]);
    assert_eq!(user.balance(address), 1_000_000_000_000);

    let send = ["transfer", "@bob", "5", "--from", "ann"];
    let with = |file| user.run(&[&send[..], &["--json", "--password-file", file]].concat());
    assert_eq!(with("wrong").json()["error"]["code"], "wrong_password");
    assert_eq!(user.fails(&send, 2)["code"], "no_terminal");
    assert_eq!(user.balance(address), 1_000_000_000_000);
    // The only key is who sends.
    let sent = user.json(&["transfer", "@bob", "5", "--password-file", "password"]);
    let fee: u128 = sent["fee"].as_str().unwrap().parse().unwrap();
    assert_eq!(user.balance(address), 1_000_000_000_000 - 5 - fee);
    assert_eq!(
        user.fails(&["transfer", "@bob", "5", "--from", "amn"], 2)["code"],
        "unknown"
    );

    let exported = user.run(&["keys", "export", "ann"]);
    assert!(
        exported
            .out
            .starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    );
    user.place.write("ann.pem", &exported.out);
    let imported = user.json(&[
        "keys",
        "import",
        "twin",
        "--secret-file",
        "ann.pem",
        "--password-file",
        "password",
    ]);
    assert_eq!(imported["address"], ann["address"]);
}

#[test]
fn balances_are_proved_and_lies_are_seen() {
    let node = Node::start();
    let user = User::of(&node.url);
    user.json(&["transfer", "@bob", "5"]);
    let proved = user.json(&["account", "@bob", "--prove"]);
    assert_eq!(proved["balance"].as_str().unwrap(), "1000000000000000005");
    let root = proved["proof"]["stateRoot"].as_str().unwrap();
    // Somebody who was never there has nothing, and that is proved too.
    let stranger = user.json(&["keys", "generate", "zoe", "--password-file", "password"]);
    let address = stranger["address"].as_str().unwrap();
    let nothing = user.json(&["account", address, "--prove"]);
    assert_eq!(
        (&nothing["balance"], &nothing["proof"]["stateRoot"]),
        (&json!("0"), &json!(root))
    );

    let liar = Middleman::before(&node.url, |method, answer| {
        if method == "hull_proof" {
            let value = answer["result"]["value"].as_str().unwrap();
            // Another nonce.
            answer["result"]["value"] = value.replacen("0x00", "0x01", 1).into();
        }
    });
    let deceived = User::of(&liar.url);
    assert_eq!(
        deceived.fails(&["account", "@bob", "--prove"], 6)["code"],
        "bad_proof"
    );
}

#[test]
fn a_network_is_the_chain_that_it_was() {
    let node = Node::start();
    let user = User::of(&node.url);
    user.json(&["network", "add", "mine", &node.url]);
    user.json(&["account", "@alice", "--network", "mine"]);
    assert_eq!(
        user.fails(&["account", "@alice", "--network", "mnie"], 2)["code"],
        "unknown"
    );

    // The name stays, and another chain answers there.
    let other = Middleman::before(&node.url, |method, answer| {
        if method == "hull_status" {
            answer["result"]["chainId"] = format!("0x{}", "07".repeat(32)).into();
        }
    });
    let file = user.place.path().join("../home/.hull/networks.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace(&node.url, &other.url)).unwrap();
    let error = user.fails(&["transfer", "@bob", "5", "--network", "mine"], 6);
    assert_eq!(error["code"], "other_chain");
    user.json(&["network", "remove", "mine"]);

    let gold = user.json(&["account", "@carol"])["address"].clone();
    user.json(&["address", "add", "friend", gold.as_str().unwrap()]);
    assert_eq!(user.json(&["account", "friend"])["address"], gold);
    assert_eq!(
        user.fails(&["account", "@freind"], 2)["code"],
        "bad_address"
    );
}

#[test]
fn what_is_no_node_is_told() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}", silent.local_addr().unwrap());
    drop(silent);
    let error = User::of(&nobody).fails(&["account", "@alice"], 6);
    assert_eq!(error["code"], "unreachable");
    assert!(
        error["help"]
            .as_str()
            .unwrap()
            .contains("cargo hull node dev")
    );

    let page = Middleman::saying("<html>hello</html>");
    let error = User::of(&page.url).fails(&["account", "@alice"], 6);
    assert_eq!(error["code"], "strange_answer");
    assert_eq!(
        User::of("ftp://x").fails(&["account", "@alice"], 2)["code"],
        "bad_url"
    );
}

/// A server between a user and a node, which may change what the node says.
struct Middleman {
    url: String,
}

impl Middleman {
    fn saying(text: &'static str) -> Self {
        Self::serve(move |_| text.to_owned())
    }

    fn before(node: &str, change: impl Fn(&str, &mut Value) + Send + 'static) -> Self {
        let node = node.strip_prefix("http://").unwrap().to_owned();
        Self::serve(move |body| {
            let request: Value = serde_json::from_str(body).unwrap();
            let mut stream = std::net::TcpStream::connect(&node).unwrap();
            let head = format!(
                "POST / HTTP/1.1\r\nhost: {node}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            let (_, answer) = answer.split_once("\r\n\r\n").unwrap();
            let mut answer: Value = serde_json::from_str(answer).unwrap();
            change(request["method"].as_str().unwrap(), &mut answer);
            answer.to_string()
        })
    }

    /// Serves until the test's process ends.
    fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) <= 2 {
                        break;
                    }
                    let lower = line.to_ascii_lowercase();
                    if let Some(value) = lower.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() {
                    continue;
                }
                let text = answer(&String::from_utf8(body).unwrap());
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
                    text.len()
                );
                // The other side may have gone.
                let _ = reader.get_mut().write_all(head.as_bytes());
            }
        };
        std::thread::Builder::new().spawn(serve).unwrap();
        Self { url }
    }
}

#[test]
fn validators_are_the_authoritys_to_change() {
    let node = Node::start();
    let user = User::of(&node.url);
    let known = user.json(&["validators"]);
    assert_eq!(
        (&known["height"], &known["validators"]),
        (&json!(1), &json!([]))
    );
    let update = format!("0x{}=10", "7f".repeat(32));
    let error = user.fails(&["validators", &update], 1);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("authority of the chain alone"), "{error}");
    let run = user.run(&["validators", "0x7f=10"]);
    assert_eq!(run.exit, 2, "{}", run.shown());
}
