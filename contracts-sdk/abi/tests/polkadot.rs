//! The ink! metadata, read by `@polkadot/api-contract` itself.

mod support;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hull_abi::InkSource;
use hull_host_api::Address;
use parity_scale_codec::Encode;
use serde_json::{Value, json};
use support::{Error, Tree, order, token};

const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/polkadot");

#[test]
fn polkadot_js_reads_and_writes_the_same_bytes() {
    let Some(folder) = installed() else { return };
    let abi = token();
    let codec = abi.codec();
    let source = InkSource {
        code_hash: [0x11; 32],
        compiler: "rustc 1.95.0".into(),
    };
    let address = Address([9; 32]);
    let ours = json!(address.to_text("hull").unwrap());
    // That library writes addresses in a form of its own, but reads hexadecimal.
    let theirs = json!(format!("0x{}", "09".repeat(32)));
    let max = json!(u128::MAX.to_string());
    let tree = json!({ "name": "a", "children": [{ "name": "b", "children": [] }] });
    let pairs = [
        ("transfer", json!([ours, max]), json!([theirs, max])),
        ("balance_of", json!([ours]), json!([theirs])),
        ("plant", json!([tree]), json!([tree])),
        ("flip", json!([]), json!([])),
    ];
    let calls = pairs.iter().map(|(name, ours, theirs)| {
        let input = codec.encode_call(abi.message(name).unwrap(), ours).unwrap();
        json!({ "message": label(name), "args": theirs, "input": hex(&input) })
    });
    let calls: Vec<Value> = calls.collect();
    let new = codec
        .encode_call(abi.constructor("new").unwrap(), &json!([7]))
        .unwrap();
    let create = json!({ "create": "new", "args": [7], "input": hex(&new) });
    let calls: Vec<Value> = calls.into_iter().chain([create]).collect();
    type Wire<T> = Result<T, u8>;
    let have = Error::InsufficientBalance { have: 1, need: 2 };
    let plant = Some(Tree {
        name: "r".into(),
        children: Vec::new(),
    });
    let outputs = [
        ("balanceOf", Wire::Ok(u128::MAX).encode()),
        ("transfer", Wire::Ok(Ok::<(), Error>(())).encode()),
        ("transfer", Wire::Ok(Err::<(), _>(have)).encode()),
        (
            "transfer",
            Wire::Ok(Err::<(), _>(Error::Forbidden(address))).encode(),
        ),
        ("transfer", Wire::<()>::Err(1).encode()),
        ("plant", Wire::Ok(plant).encode()),
        ("place", Wire::Ok(Ok::<_, Error>(order())).encode()),
    ];
    let outputs = outputs.map(|(name, data)| json!({ "message": name, "data": hex(&data) }));
    let event = &abi.events[0];
    let topics = [hex(&event.signature_topic), hex(&[9; 32])];
    let data = hex(&(None::<Address>, address, 5u128).encode());
    let read = run(
        &folder,
        &json!({
            "metadata": abi.to_ink_metadata(&source),
            "calls": calls,
            "outputs": outputs,
            "events": [{ "topics": topics, "data": data }],
        }),
    );

    assert_eq!(read["version"], "5");
    assert_eq!(read["contract"], "token");
    assert_eq!(read["constructors"], json!(["new", "tryNew"]));
    let transfer = json!({
        "method": "transfer",
        "isMutating": true,
        "isPayable": false,
        "selector": "0x84a15da1",
        "docs": ["Moves tokens."],
    });
    assert_eq!(read["messages"][0], transfer);
    assert_eq!(read["messages"][2]["isPayable"], true);
    assert_eq!(read["messages"][4]["selector"], "0xcafebabe");
    assert_eq!(read["events"][0]["indexed"], json!(["from", "to"]));

    for (index, call) in calls.iter().enumerate() {
        assert_eq!(read["inputs"][index], call["input"], "{call}");
    }
    assert_eq!(read["decoded"][0]["method"], "transfer");
    assert_eq!(
        read["decoded"][4],
        json!({ "method": "new", "args": ["7"] })
    );
    for (index, output) in outputs.iter().enumerate() {
        assert_eq!(
            read["outputs"][index]["hex"], output["data"],
            "{}",
            read["outputs"][index]
        );
    }
    let short = json!({ "InsufficientBalance": { "have": "1", "need": "2" } });
    assert_eq!(read["outputs"][2]["human"]["Ok"]["Err"], short);
    assert_eq!(
        read["outputs"][4]["human"],
        json!({ "Err": "CouldNotReadInput" })
    );
    assert_eq!(read["emitted"][0]["identifier"], "token::Transferred");
    assert_eq!(read["emitted"][0]["args"][0], Value::Null);
    assert_eq!(read["emitted"][0]["args"][2], "5");
}

/// The name under which that library has a message.
fn label(name: &str) -> String {
    if name == "balance_of" {
        "balanceOf".into()
    } else {
        name.into()
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// The folder with the packages of the lock file, or `None` with a reason
/// printed where there is no npm.
fn installed() -> Option<PathBuf> {
    if !Command::new("npm")
        .arg("--version")
        .output()
        .is_ok_and(|it| it.status.success())
    {
        println!("skipped: npm is missing, it comes with Node.js");
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("polkadot");
    let lock = std::fs::read(format!("{SOURCES}/package-lock.json")).expect("it is in the source");
    // Copied last, so it tells that the installation was whole.
    let done = folder.join("installed.json");
    if std::fs::read(&done).is_ok_and(|it| it == lock) {
        return Some(folder);
    }
    std::fs::create_dir_all(&folder).expect("the target folder is writable");
    for file in ["package.json", "package-lock.json"] {
        std::fs::copy(format!("{SOURCES}/{file}"), folder.join(file)).expect("it is in the source");
    }
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(&folder)
        .output()
        .expect("npm starts");
    assert!(
        output.status.success(),
        "npm ci: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::write(done, lock).expect("the target folder is writable");
    Some(folder)
}

fn run(folder: &Path, input: &Value) -> Value {
    let mut child = Command::new("node")
        .arg(format!("{SOURCES}/read.mjs"))
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin
        .write_all(input.to_string().as_bytes())
        .expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "read.mjs failed; it says why above"
    );
    serde_json::from_slice(&output.stdout).expect("it writes JSON")
}
