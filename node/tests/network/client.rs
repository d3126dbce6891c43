//! The RPC of a node, also of one that is gone for a while.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use hull_types::SignedTransaction;
use serde_json::{Value, json};

/// How long a node may take to answer; it waits for receipts for half a minute.
const ANSWER: Duration = Duration::from_secs(60);
/// How long a connection may take: the nodes are near.
const CONNECT: Duration = Duration::from_secs(2);
/// Between two questions about the same.
const PAUSE: Duration = Duration::from_millis(20);
/// Most calls in one request: what a node takes.
const BATCH: usize = 100;

/// Where a node answers, when it does.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    rpc: SocketAddr,
}

/// Asks until something is so; whether it was within a minute.
pub(crate) fn within_a_minute(is_so: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

pub(crate) fn encoded(transaction: &SignedTransaction) -> Value {
    format!("0x{}", hex::encode(transaction.encode_bytes())).into()
}

impl Client {
    pub(crate) fn new(rpc: SocketAddr) -> Self {
        Self { rpc }
    }

    fn raw(&self, request: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect_timeout(&self.rpc, CONNECT)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body.into());
        // A node that is killed closes its connections.
        body.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn post(&self, body: &Value) -> io::Result<Value> {
        let (body, home) = (body.to_string(), "host: x\r\nconnection: close");
        let answer = self.raw(&format!(
            "POST / HTTP/1.1\r\n{home}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        ))?;
        serde_json::from_str(&answer).map_err(io::Error::other)
    }

    /// The whole answer, with a result or an error; fails if there is none.
    pub(crate) fn call(&self, method: &str, params: Value) -> io::Result<Value> {
        self.post(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }

    /// What a method answers to each of many; null where it refuses.
    pub(crate) fn ask_each(&self, method: &str, each: &[Value]) -> io::Result<Vec<Value>> {
        let mut results = Vec::with_capacity(each.len());
        for part in each.chunks(BATCH) {
            let calls = part.iter().enumerate().map(|(id, params)| {
                json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
            });
            let Value::Array(answers) = self.post(&calls.collect())? else {
                return Err(io::Error::other("a batch is answered with a list"));
            };
            let begin = results.len();
            results.resize(begin + part.len(), Value::Null);
            for mut answer in answers {
                let place = answer["id"].as_u64().unwrap() as usize;
                results[begin + place] = answer["result"].take();
            }
        }
        Ok(results)
    }

    pub(crate) fn try_ask(&self, method: &str, params: Value) -> Value {
        let answer = self.call(method, params);
        answer.unwrap_or_else(|error| panic!("{method} to {}: {error}", self.rpc))
    }

    pub(crate) fn ask(&self, method: &str, params: Value) -> Value {
        let mut answer = self.try_ask(method, params);
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].take()
    }

    pub(crate) fn metrics(&self) -> String {
        let request = "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        self.raw(request).unwrap()
    }

    /// The value of a metric; the sum, if it is told with labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let text = self.metrics();
        let values = text.lines().filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let (_, value) = rest.rsplit_once(' ')?;
            (rest.starts_with([' ', '{'])).then(|| value.parse::<f64>().unwrap())
        });
        values.sum()
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
        let bytes = encoded(transaction);
        self.ask("hull_sendTransaction", json!([bytes]))["hash"].take()
    }

    /// What became of it, once it is in a block; null after half a minute.
    pub(crate) fn receipt(&self, id: &Value) -> Value {
        self.ask("hull_receipt", json!({ "hash": id, "wait": 30_000 }))
    }

    /// Sends a transaction and waits until it is in a block; its receipt.
    pub(crate) fn settle(&self, transaction: &SignedTransaction) -> Value {
        let receipt = self.receipt(&self.send(transaction));
        assert_eq!(receipt["result"], "success", "{receipt}");
        receipt
    }

    /// Waits until the node has a height. It may take long, if it only goes on.
    pub(crate) fn reaches(&self, height: u64) {
        let mut at = self.height();
        while at < height {
            let before = at;
            let goes_on = within_a_minute(|| self.height() > before);
            at = self.height();
            assert!(
                goes_on,
                "{} stays at {at} and should reach {height}",
                self.rpc
            );
        }
    }
}
