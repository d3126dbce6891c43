//! What operators type, with good and bad input.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn hulld(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hulld"));
    for (name, _) in std::env::vars() {
        if name.starts_with("HULL_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    hulld(arguments).output().unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fails, and says so.
fn refused(arguments: &[&str], message: &str) {
    let output = run(arguments);
    let said = text(&output.stderr);
    assert!(!output.status.success(), "{arguments:?}");
    assert!(said.contains(message), "{arguments:?}: {said}");
}

fn path(folder: &Path, name: &str) -> String {
    folder.join(name).to_str().unwrap().into()
}

#[test]
fn a_test_network_is_made_whole() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path(), "net");
    let made = json(&[
        "init",
        "--out",
        &out,
        "--validators",
        "3",
        "--full-nodes",
        "1",
        "--port",
        "0",
        "--json",
    ]);
    let nodes = made["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 4);
    let alice = hull_types::dev::accounts()[0].address;
    assert_eq!(
        made["authority"],
        alice.to_text(hull_types::host_api::DEFAULT_PREFIX).unwrap()
    );
    let mut seen = Vec::new();
    for node in nodes {
        let home = node["home"].as_str().unwrap();
        let shown = json(&["keys", "show", "--home", home, "--json"]);
        assert_eq!(shown["peer"], node["peer"]);
        assert_eq!(shown["validator"], node["validator"]);
        let is_full = node["name"] == "full-0";
        assert_eq!(node["validator"].is_null(), is_full);
        assert_eq!(Path::new(home).join("signing").exists(), !is_full);
        let power = if is_full { Value::Null } else { 1.into() };
        assert_eq!(shown["genesisPower"], power);

        let config = json(&["config", "--home", home, "--json"]);
        assert_eq!(config["rpc.listen"]["value"], node["rpc"]);
        let list = |name: &str| config[name]["value"].as_array().unwrap().clone();
        let others = nodes.iter().filter(|other| other["name"] != node["name"]);
        for other in others {
            assert!(list("consensus.peers").contains(&other["consensus"]));
            assert!(list("network.peers").contains(&other["network"]));
        }
        assert_eq!(
            (list("consensus.peers").len(), list("network.peers").len()),
            (3, 3)
        );
        for key in ["node.key", "validator.key"] {
            if let Ok(metadata) = fs::metadata(Path::new(home).join(key)) {
                assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{key}");
            }
        }
        seen.push(fs::read(Path::new(home).join("genesis.json")).unwrap());
        seen.dedup();
    }
    assert_eq!(seen.len(), 1, "one genesis");
    refused(&["init", "--out", &out], "there is a node in");
}

#[test]
fn a_network_of_several_machines_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let out = path(folder.path(), "net");
    let hosts = ["--hosts", "192.0.2.1,192.0.2.2,three.example"];
    let nodes = ["init", "--out", &out, "--validators", "2", "--json"];
    refused(&[&nodes[..], &hosts].concat(), "a host for each node");
    let made = json(&[&nodes[..], &hosts, &["--full-nodes", "1"]].concat());
    let peer = made["nodes"][2]["peer"].as_str().unwrap();

    let home = path(folder.path(), "net/validator-0");
    let config = json(&["config", "--home", &home, "--json"]);
    let value = |name: &str| config[name]["value"].clone();
    assert_eq!(value("rpc.listen"), "127.0.0.1:4855");
    assert_eq!(value("consensus.listen"), "0.0.0.0:4856");
    assert_eq!(value("network.listen"), "0.0.0.0:4857");
    assert_eq!(
        value("network.external"),
        serde_json::json!(["/ip4/192.0.2.1/tcp/4857"])
    );
    let others = ["/ip4/192.0.2.2/tcp/4856", "/dns4/three.example/tcp/4856"];
    assert_eq!(value("consensus.peers"), serde_json::json!(others));
    let last = format!("/dns4/three.example/tcp/4857/p2p/{peer}");
    assert_eq!(value("network.peers")[1], last);
}

#[test]
fn a_node_of_its_own_and_one_that_joins_it() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (path(folder.path(), "first"), path(folder.path(), "second"));
    let made = json(&["init", "--home", &first, "--name", "mine", "--json"]);
    assert_eq!(
        (&made["chain"], made["nodes"].as_array().unwrap().len()),
        (&"mine".into(), 1)
    );
    let shown = json(&["keys", "show", "--home", &first, "--json"]);
    assert_eq!(shown["genesisPower"], 1);

    let genesis = path(folder.path(), "first/genesis.json");
    let joined = json(&["init", "--home", &second, "--genesis", &genesis, "--json"]);
    assert_eq!(joined["chainId"], made["chainId"]);
    let shown = json(&["keys", "show", "--home", &second, "--json"]);
    assert_eq!(shown["validator"], Value::Null);
    let keys = json(&[
        "keys",
        "generate",
        "--home",
        &second,
        "--validator",
        "--json",
    ]);
    assert_eq!(keys, serde_json::json!(["validator.key"]));
    let shown = json(&["keys", "show", "--home", &second, "--json"]);
    assert!(shown["validator"].is_string());
    assert_eq!(shown["genesisPower"], 0);
    let again = ["keys", "generate", "--home", &second, "--validator"];
    refused(&again, "are never replaced");

    // OpenSSL reads the keys, and makes some that are read.
    let key = path(folder.path(), "second/node.key");
    let mut openssl = Command::new("openssl");
    openssl.args(["pkey", "-noout", "-in", &key]);
    if let Ok(output) = openssl.output() {
        assert!(output.status.success(), "{}", text(&output.stderr));
        let mut openssl = Command::new("openssl");
        openssl.args(["genpkey", "-algorithm", "ed25519", "-out", &key]);
        assert!(openssl.output().unwrap().status.success());
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        let other = json(&["keys", "show", "--home", &second, "--json"]);
        assert_ne!(other["peer"], shown["peer"]);
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    refused(&["keys", "show", "--home", &second], "chmod 600");
}

#[test]
fn a_signing_record_is_taken_to_another_machine() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (path(folder.path(), "here"), path(folder.path(), "there"));
    json(&["init", "--home", &here, "--json"]);
    let shown = json(&["signing", "show", "--home", &here, "--json"]);
    assert_eq!(shown["last"], Value::Null);
    let keys = json(&["keys", "show", "--home", &here, "--json"]);
    assert_eq!(shown["validator"], keys["validator"]);

    // The record of a validator that signed.
    let file = path(folder.path(), "record.json");
    let wrote = run(&["signing", "export", "--home", &here, "--to", &file]);
    assert!(wrote.status.success(), "{}", text(&wrote.stderr));
    let mut record: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    record["last"] = serde_json::json!({
        "height": 12, "round": 3, "step": "prevote", "digest": "ab".repeat(32),
    });
    fs::write(&file, record.to_string()).unwrap();

    // Home and keys without the record: as after a move, or a restored backup.
    fs::create_dir(&there).unwrap();
    for name in ["genesis.json", "config.toml", "node.key", "validator.key"] {
        fs::copy(Path::new(&here).join(name), Path::new(&there).join(name)).unwrap();
    }
    refused(&["run", "--home", &there], "hulld signing import --home");
    refused(&["signing", "show", "--home", &there], "signing import");
    refused(&["signing", "create", "--home", &there], "--never-signed");
    let import = |home: &str| run(&["signing", "import", "--home", home, &file]);
    let said = import(&there);
    assert!(said.status.success(), "{}", text(&said.stderr));
    let line = "last       height 12, round 3, prevote\n";
    assert!(text(&said.stdout).ends_with(line), "{}", text(&said.stdout));
    let shown = json(&["signing", "show", "--home", &there, "--json"]);
    let last = serde_json::json!({ "height": 12, "round": 3, "step": "prevote" });
    assert_eq!(shown["last"], last);
    let create = ["signing", "create", "--never-signed", "--home", &there];
    refused(&create, "already");

    // An older one takes nothing back, and one of somebody else is none.
    record["last"]["height"] = 11.into();
    fs::write(&file, record.to_string()).unwrap();
    let older = ["signing", "import", "--home", &there, &file];
    refused(&older, "height 12, round 3, prevote already");
    record["publicKey"] = "cd".repeat(32).into();
    fs::write(&file, record.to_string()).unwrap();
    refused(&older, "of another key");
    fs::write(&file, "x".repeat(5_000)).unwrap();
    refused(&older, "less than");
    let nowhere = ["signing", "import", "--home", &there, "nowhere.json"];
    refused(&nowhere, "nowhere.json");
    let full = path(folder.path(), "full");
    let genesis = path(&folder.path().join("here"), "genesis.json");
    json(&["init", "--home", &full, "--genesis", &genesis, "--json"]);
    refused(
        &["signing", "show", "--home", &full],
        "a full node signs nothing",
    );
}

#[test]
fn a_running_node_is_asked() {
    let mut child = hulld(&["dev", "--listen", "127.0.0.1:0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    let url = ready["ready"]["http"].as_str().unwrap();
    let rpc = url.strip_prefix("http://").unwrap();
    let asked = [
        json(&["status", "--rpc", rpc, "--json"]),
        json(&["peers", "--rpc", rpc, "--json"]),
        json(&["healthcheck", "--rpc", rpc, "--json"]),
    ];
    let people = ["status", "peers", "healthcheck"].map(|what| run(&[what, "--rpc", rpc]));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(asked[0]["chainId"], ready["ready"]["chainId"]);
    assert_eq!(asked[0]["ready"], true);
    assert_eq!(asked[1], serde_json::json!([]));
    assert_eq!(asked[2]["ready"], true);
    let [status, peers, health] = people.map(|output| {
        assert!(output.status.success());
        text(&output.stdout)
    });
    assert!(status.contains("Height      0\n"), "{status}");
    assert_eq!((&*peers, &*health), ("no peers\n", "ready\n"));
    for what in ["status", "peers", "healthcheck"] {
        refused(&[what, "--rpc", rpc], "no node answers at");
    }
}

#[test]
fn what_is_wrong_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (empty, made) = (path(folder.path(), "empty"), path(folder.path(), "made"));
    fs::create_dir(&empty).unwrap();
    json(&["init", "--home", &made, "--json"]);
    let out = path(folder.path(), "out");
    refused(&["init"], "--out DIR --validators 4");
    refused(
        &["init", "--out", &out, "--validators", "0"],
        "at least one validator",
    );
    refused(
        &["init", "--out", &out, "--validators", "200"],
        "at most 100",
    );
    refused(&["init", "--out", &out, "--port", "65530"], "lower --port");
    refused(&["init", "--home", &out, "--validators", "4"], "--out");
    refused(
        &["init", "--home", &out, "--genesis", "nowhere.json"],
        "nowhere.json",
    );
    assert!(!Path::new(&out).exists(), "nothing is half made");
    refused(&["keys", "show", "--home", &empty], "node.key");
    refused(&["keys", "generate", "--home", &out], "hulld init --home");
    refused(&["run", "--home", &empty], "genesis.json");
    refused(&["status", "--rpc", "somewhere"], "--rpc");

    let config = path(folder.path(), "made/config.toml");
    let settings = fs::read_to_string(&config).unwrap();
    fs::write(&config, settings.replace("peers", "pears")).unwrap();
    refused(&["config", "--home", &made], "did you mean `");
    refused(&["run", "--home", &made], "did you mean `");
    let wrong = "[network]\nlisten = \"everywhere\"\n";
    fs::write(&config, wrong).unwrap();
    refused(&["run", "--home", &made], "network.listen is `everywhere`");
    let wrong = "[network]\npeers = [\"one.example:4857\"]\n";
    fs::write(&config, wrong).unwrap();
    refused(&["run", "--home", &made], "/p2p/PEER");
    let any = "[rpc]\nlisten = \"127.0.0.1:0\"\n";
    fs::write(&config, any).unwrap();
    refused(&["status", "--home", &made], "give it with --rpc");
}

#[test]
fn the_software_says_what_it_is() {
    let version = json(&["version", "--json"]);
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let said = text(&run(&["version"]).stdout);
    assert!(said.starts_with("hulld "), "{said}");
}
