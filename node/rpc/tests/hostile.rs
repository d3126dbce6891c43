//! Random bad input: no panic, no failure of the node, bounded memory.
//!
//! The node is a development node, so that what only that does is asked too.
//! `HULL_CASES` says how many (100,000 unless given), `HULL_SEED` which.

mod common;

use std::sync::Arc;

use common::{Signer, TestNode, seal};
use hull_chain::{Chain, Settings as ChainSettings};
use hull_executor::StateReader;
use hull_rpc::{Node, Server, Settings};
use hull_rpc_types::{self as rpc, DEV_METHODS, ErrorCode, METHODS};
use hull_state::{Options, Retain};
use hull_types::dev;
use hulld::clock::Clock;
use hulld::seal::{Policy, Sealer};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CASES: usize = 100_000;
/// Of these, sent as raw bytes over a socket.
const OVER_SOCKETS: usize = 3_000;

/// xorshift64*: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound as u64)).unwrap()
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Makes requests for a chain that has something to be asked about.
struct Generator {
    random: Random,
    addresses: Vec<String>,
    hashes: Vec<String>,
    schemas: Value,
    methods: Vec<Value>,
    /// Signs transactions that may be in a block.
    bob: Signer,
    chain: Chain,
}

impl Generator {
    async fn new(node: &mut TestNode, seed: u64) -> Self {
        let contract = node.deploy().await;
        for _ in 0..3 {
            let count = node.alice.call(node.contract, common::COUNT);
            node.submit(&count);
            seal(&node.chain);
        }
        let block: rpc::Block = node.ask("hull_block", json!([])).await;
        let rpc::BlockTransactions::Hashes(ids) = &block.transactions else {
            unreachable!("hashes were asked for");
        };
        let code: rpc::Contract = node.ask("hull_contract", json!([contract])).await;
        let hashes = [block.hash, block.header.parent, code.code_hash, ids[0]];
        let document = rpc::openrpc("0", true);
        Self {
            random: Random(seed | 1),
            addresses: vec![contract.0, node.address(0).0, node.address(1).0],
            hashes: hashes.iter().map(ToString::to_string).collect(),
            schemas: document["components"]["schemas"].clone(),
            methods: document["methods"].as_array().unwrap().clone(),
            bob: Signer::new(1, node.chain.chain_id()),
            chain: node.chain.clone(),
        }
    }

    fn request(&mut self) -> String {
        // Rarely: blocks pile up.
        let methods = match self.random.one_in(16) {
            true => DEV_METHODS,
            false => METHODS,
        };
        let method = *self.random.pick(methods);
        let name = match self.random.one_in(40) {
            true => self.text(),
            false => method.to_string(),
        };
        let description = self.methods.iter().find(|one| one["name"] == method);
        let params = description.unwrap()["params"].as_array().unwrap().clone();
        let mut object = Map::new();
        for param in params {
            // What has to be there mostly is, what may be there sometimes.
            let there = match param["required"] == json!(true) {
                true => !self.random.one_in(40),
                false => self.random.one_in(3),
            };
            if there {
                let name = param["name"].as_str().unwrap().to_string();
                let value = match (method, self.random.below(4)) {
                    ("hull_sendTransaction", 0) => self.transaction(),
                    _ => self.value(&param["schema"], &name, 0),
                };
                object.insert(name, value);
            }
        }
        if self.random.one_in(40) {
            object.insert(self.text(), self.junk(0));
        }
        let mut params = Value::Object(object);
        if self.random.one_in(20) {
            params = self.junk(0);
        }
        json!({ "jsonrpc": "2.0", "id": 1, "method": name, "params": params }).to_string()
    }

    /// A value that a schema describes, or nearly.
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        if depth > 6 || self.random.one_in(40) {
            return self.junk(depth);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            let schema = self.schemas[name].clone();
            return match name {
                "Address" => json!(self.random.pick(&self.addresses)),
                "Hash" => json!(self.random.pick(&self.hashes)),
                "Bytes" => self.bytes(),
                "Decimal64" | "Decimal128" => self.number(),
                "BlockId" => self.block(),
                _ => self.value(&schema, name, depth + 1),
            };
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(options) = schema[key].as_array().filter(|it| !it.is_empty()) {
                let option = self.random.pick(options).clone();
                return self.value(&option, name, depth + 1);
            }
        }
        if !schema["const"].is_null() {
            return schema["const"].clone();
        }
        match schema["properties"].as_object() {
            Some(fields) => {
                let fields = fields.clone();
                let fields = fields.iter();
                let fields = fields
                    .map(|(name, schema)| (name.clone(), self.value(schema, name, depth + 1)));
                Value::Object(fields.collect())
            }
            None => self.plain(schema, name, depth),
        }
    }

    fn plain(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[0].as_str(),
            kind => kind.as_str(),
        };
        match (kind, name) {
            (_, "wait") => json!(self.random.below(2)),
            (Some("boolean"), _) => json!(self.random.one_in(2)),
            (Some("integer"), _) => json!(self.random.below(8)),
            (Some("string"), "cursor") => json!(format!("{}:0:0", self.random.below(6))),
            (Some("string"), _) => json!(self.text()),
            (Some("array"), _) => {
                let len = self.random.below(4);
                let items = schema["items"].clone();
                (0..len)
                    .map(|_| self.value(&items, name, depth + 1))
                    .collect()
            }
            _ => self.junk(depth),
        }
    }

    /// A transfer that is signed; half of them with a bit changed.
    fn transaction(&mut self) -> Value {
        let to = dev::accounts()[2].address;
        // What waited may be gone: time moves by hours.
        if self.random.one_in(8) {
            let state = self.chain.state_at(self.chain.head().height).unwrap();
            let account = state.account(&self.bob.address).unwrap().unwrap();
            self.bob.nonce = account.nonce;
        }
        let mut bytes = self.bob.transfer(to, 1).encode_bytes();
        if self.random.one_in(2) {
            self.bob.nonce -= 1;
            let at = self.random.below(bytes.len());
            bytes[at] ^= 1 << self.random.below(8);
        }
        json!(rpc::Bytes(bytes))
    }

    fn block(&mut self) -> Value {
        match self.random.below(5) {
            0 => json!("latest"),
            1 => json!(self.random.pick(&self.hashes[..2])),
            2 => json!(self.random.next()),
            _ => json!(self.random.below(5)),
        }
    }

    fn bytes(&mut self) -> Value {
        let len = *self.random.pick(&[0, 1, 1, 1, 4, 5, 32, 200]);
        let bytes = (0..len).map(|_| u8::try_from(self.random.next() >> 56).unwrap());
        let mut bytes: Vec<u8> = bytes.collect();
        if let Some(first) = bytes.first_mut() {
            *first %= 6;
        }
        json!(rpc::Bytes(bytes))
    }

    fn number(&mut self) -> Value {
        let edge = [
            0,
            1,
            u64::MAX,
            u64::MAX / 2,
            1 << 53,
            1_000_000_000,
            10_000_000_000,
        ];
        let number = *self.random.pick(&edge);
        match self.random.below(4) {
            0 => json!(number),
            1 => json!(u128::MAX.to_string()),
            _ => json!(number.to_string()),
        }
    }

    fn text(&mut self) -> String {
        let odd = [
            "",
            "0x",
            "0xzz",
            "latest",
            "\u{0}",
            "𝕊",
            "hull1",
            "-1",
            "1e99",
            "__proto__",
        ];
        match self.random.below(3) {
            0 => "a".repeat(self.random.below(5_000)),
            _ => (*self.random.pick(&odd)).to_string(),
        }
    }

    fn junk(&mut self, depth: usize) -> Value {
        match self.random.below(8) {
            0 => Value::Null,
            1 => json!(self.random.next()),
            2 => json!(-1),
            3 => json!(0.5),
            4 => json!(self.text()),
            5 if depth < 5 => json!([self.junk(depth + 1), self.junk(depth + 1)]),
            6 if depth < 5 => json!({ "a": self.junk(depth + 1) }),
            _ => json!([]),
        }
    }

    /// A request with bytes changed, cut, doubled, or none at all.
    fn raw(&mut self) -> Vec<u8> {
        let mut bytes = self.request().into_bytes();
        match self.random.below(5) {
            0 => (0..self.random.below(300))
                .map(|_| u8::try_from(self.random.next() >> 56).unwrap())
                .collect(),
            1 => {
                bytes.truncate(self.random.below(bytes.len()));
                bytes
            }
            2 => [&bytes[..], &bytes].concat(),
            3 => format!("[{}]", String::from_utf8_lossy(&bytes)).into_bytes(),
            _ => {
                for _ in 0..4 {
                    let at = self.random.below(bytes.len());
                    bytes[at] = u8::try_from(self.random.next() >> 56).unwrap();
                }
                bytes
            }
        }
    }
}

/// The code of an answer's error, if it is one.
fn code(answer: &Value) -> Option<i32> {
    answer["error"]["code"]
        .as_i64()
        .map(|code| i32::try_from(code).unwrap())
}

fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name);
    text.ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread")]
async fn random_input_makes_no_trouble() {
    let cases = usize::try_from(number("HULL_CASES", CASES as u64)).unwrap();
    let seed = number("HULL_SEED", 20_261_123);
    // Small, so that a million cases take minutes and not hours.
    let settings = Settings {
        call_gas: 1_000_000_000,
        wait: std::time::Duration::from_millis(1),
        rate: u32::MAX / 2_000,
        burst: u32::MAX / 2_000,
        ..Settings::default()
    };
    let (mut node, sealer) = development(settings);
    let mut generator = Generator::new(&mut node, seed).await;
    let unparsed = [-32700, -32600, -32601, ErrorCode::InvalidParams.code()];
    let (mut parsed, mut answered) = (0, 0);
    for case in OVER_SOCKETS..cases {
        let request = generator.request();
        let (answer, _) = node.module.raw_json_request(&request, 1).await.unwrap();
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        let code = code(&answer);
        let failure = ErrorCode::NodeFailure.code();
        assert_ne!(
            code,
            Some(failure),
            "seed {seed} case {case}: {request}: {answer}"
        );
        parsed += usize::from(code.is_none_or(|code| !unparsed.contains(&code)));
        answered += usize::from(code.is_none());
    }
    let structured = cases - OVER_SOCKETS;
    assert!(
        parsed * 10 >= structured * 3,
        "{parsed} of {structured} were parsed"
    );
    assert!(
        answered * 10 >= structured,
        "{answered} of {structured} had an answer"
    );
    over_sockets(&node, &mut generator).await;
    // What only a development node does was done.
    let head = node.chain.head();
    assert!(head.height > 10, "{head:?}");
    sealer.stop().expect("the node went on");
    node.chain.store().check().unwrap();
    bounded();
    println!("{cases} cases, {parsed} parsed, {answered} answered, seed {seed}");
}

/// A development node with its real sealing loop and clock, and every state kept.
fn development(settings: Settings) -> (TestNode, Sealer) {
    let chain = Chain::open(ChainSettings {
        options: Options {
            retain: Retain::All,
        },
        ..ChainSettings::in_memory(dev::genesis("test"))
    });
    let chain = chain.unwrap();
    let clock = Clock::default();
    let sealer = Sealer::start(chain.clone(), clock.clone(), Policy::Request, |error| {
        panic!("the sealing loop ended: {error}")
    });
    let sealer = sealer.unwrap();
    let node = Node {
        clock: Arc::new(move || clock.now()),
        dev: Some(Arc::new(sealer.handle())),
        ..Node::new(chain)
    };
    (TestNode::of(node, settings), sealer)
}

async fn over_sockets(node: &TestNode, generator: &mut Generator) {
    let address = ([127, 0, 0, 1], 0).into();
    let server = Server::start(address, node.api.clone()).await.unwrap();
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    // Head and body are small and go out at once.
    stream.set_nodelay(true).unwrap();
    for case in 0..OVER_SOCKETS {
        let body = generator.raw();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&body).await.unwrap();
        let answer = answer(&mut stream).await;
        let failure = format!("\"code\":{}", ErrorCode::NodeFailure.code());
        assert!(
            !answer.contains(&failure),
            "case {case}: {}",
            String::from_utf8_lossy(&body)
        );
    }
    // Not even HTTP.
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        // The server may close before it has read everything.
        let _ = stream.write_all(&generator.raw()).await;
    }
    let health = TcpStream::connect(server.address()).await;
    let mut health = health.unwrap();
    health
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .unwrap();
    assert!(answer(&mut health).await.ends_with("ok\n"));
    server.stop().await;
}

/// Reads one answer of a connection that stays open.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let len = head.split("content-length: ").nth(1);
            let len = len.and_then(|rest| rest.split("\r\n").next());
            if body.len() >= len.map_or(0, |len| len.parse().unwrap()) {
                return text.into_owned();
            }
        }
        let count = stream.read_buf(&mut read).await.unwrap();
        assert!(
            count > 0,
            "the server closed: {}",
            String::from_utf8_lossy(&read)
        );
    }
}

/// The most memory that this process ever had.
fn bounded() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let Some(line) = line else { return };
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(
        kilobytes < 1024 * 1024,
        "{kilobytes} KiB of memory were used"
    );
}
