//! A WebSocket client of a few lines, without masks and compression to speak of.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use hull_rpc_types as rpc;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longer than anything takes; only a hang gets there.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub struct Socket {
    stream: TcpStream,
    notices: VecDeque<Value>,
}

/// What opens a WebSocket, with more headers.
pub fn upgrade(more: &str) -> String {
    format!(
        "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n{more}\
         sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

impl Socket {
    pub async fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(upgrade("").as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        assert!(
            head.starts_with(b"HTTP/1.1 101"),
            "{}",
            String::from_utf8_lossy(&head)
        );
        Self {
            stream,
            notices: VecDeque::new(),
        }
    }

    /// Sends a call and does not wait for its answer.
    pub async fn send(&mut self, method: &str, params: Value) {
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let call = call.to_string();
        // A text frame, last of its message, with a mask of zeros.
        let mut frame = vec![0x81, 0x80 | 126];
        frame.extend(u16::try_from(call.len()).unwrap().to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(call.as_bytes());
        self.stream.write_all(&frame).await.unwrap();
    }

    pub async fn try_ask(&mut self, method: &str, params: Value) -> Value {
        self.send(method, params).await;
        loop {
            let message = self.receive().await;
            match message.get("id") {
                Some(_) => return message,
                None => self.notices.push_back(message),
            }
        }
    }

    pub async fn ask(&mut self, method: &str, params: Value) -> Value {
        let mut answer = self.try_ask(method, params).await;
        assert!(answer.get("result").is_some(), "{method}: {answer}");
        answer["result"].take()
    }

    pub async fn subscribe<S: rpc::Subscription>(&mut self, params: Value) -> Value {
        self.ask(S::NAME, params).await
    }

    /// The next item of a subscription.
    pub async fn next<S: rpc::Subscription>(&mut self, id: &Value) -> S::Item {
        let mine = |notice: &Value| notice["params"]["subscription"] == *id;
        let mut notice = match self.notices.iter().position(mine) {
            Some(at) => self.notices.remove(at).unwrap(),
            None => loop {
                let message = self.receive().await;
                match mine(&message) {
                    true => break message,
                    false => self.notices.push_back(message),
                }
            },
        };
        assert_eq!(notice["method"], S::NOTICE);
        serde_json::from_value(notice["params"]["result"].take()).unwrap()
    }

    /// The next text; what is between is answered to nobody.
    async fn receive(&mut self) -> Value {
        loop {
            let (kind, payload) = timeout(PATIENCE, self.frame()).await.unwrap();
            match kind {
                1 => return serde_json::from_slice(&payload).unwrap(),
                8 => panic!("the server closed"),
                _ => (),
            }
        }
    }

    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let first = self.stream.read_u8().await.unwrap();
        let len = match self.stream.read_u8().await.unwrap() {
            126 => u64::from(self.stream.read_u16().await.unwrap()),
            127 => self.stream.read_u64().await.unwrap(),
            len => u64::from(len),
        };
        let mut payload = vec![0; usize::try_from(len).unwrap()];
        self.stream.read_exact(&mut payload).await.unwrap();
        (first & 15, payload)
    }
}
