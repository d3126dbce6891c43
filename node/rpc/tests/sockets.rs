//! The server on real sockets: what it serves, and what it withstands.

mod common;

use std::net::SocketAddr;
use std::time::Duration;

use common::TestNode;
use common::socket::{PATIENCE, Socket, upgrade};
use hull_rpc::{Server, Settings};
use hull_rpc_types as rpc;
use hull_rpc_types::ErrorCode;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

async fn start(settings: Settings) -> (TestNode, Server) {
    let node = TestNode::with(settings);
    let server = Server::start(([127, 0, 0, 1], 0).into(), node.api.clone()).await;
    (node, server.unwrap())
}

/// Sends bytes, and reads until the server closes.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    read_all(stream).await
}

async fn read_all(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer is an end too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn post(body: &str, more: &str) -> String {
    let len = body.len();
    format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         {more}content-length: {len}\r\n\r\n{body}"
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
}

fn body(answer: &str) -> Value {
    let (_, body) = answer
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("{answer}"));
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

fn status(id: u32) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"hull_status"}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn http_socket_health_and_metrics_share_a_port() {
    let (node, server) = start(Settings::default()).await;
    let answer = exchange(server.address(), post(&status(1), "").as_bytes()).await;
    assert_eq!(body(&answer)["result"]["height"], 0);
    let mut socket = Socket::open(server.address()).await;
    assert_eq!(
        socket.ask("hull_status", json!({})).await["chainName"],
        "test"
    );
    for (path, expected) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        let answer = exchange(server.address(), get(path).as_bytes()).await;
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with(expected),
            "{answer}"
        );
    }
    node.seal();
    let metrics = exchange(server.address(), get("/metrics").as_bytes()).await;
    for line in [
        "hull_height 1\n",
        "hull_rpc_calls_total{method=\"hull_status\",outcome=\"ok\"} 2\n",
        "# EOF\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_follow_the_chain_and_go_on_where_they_were() {
    let (mut node, server) = start(Settings::default()).await;
    let contract = node.deploy().await;
    let mut socket = Socket::open(server.address()).await;
    let filter = json!({ "contract": contract, "topics": [[rpc::Hash(common::TOPIC.0)]] });
    let events = socket.subscribe::<rpc::EventFeed>(filter).await;
    let blocks = socket.subscribe::<rpc::BlockFeed>(json!({})).await;
    let past = json!({ "from": 1, "sender": node.address(0) });
    let receipts = socket.subscribe::<rpc::ReceiptFeed>(past).await;
    for round in 2..5_u64 {
        let count = node.alice.call(node.contract, common::COUNT);
        node.submit(&count);
        node.seal();
        let event = socket.next::<rpc::EventFeed>(&events).await;
        assert_eq!(
            (event.height, event.transaction),
            (round, count.id().into())
        );
        let block = socket.next::<rpc::BlockFeed>(&blocks).await;
        assert_eq!(block.header.height, round);
    }
    let mut heights = Vec::new();
    for _ in 0..5 {
        heights.push(socket.next::<rpc::ReceiptFeed>(&receipts).await.height);
    }
    assert_eq!(heights, [1, 1, 2, 3, 4]);
    let refused = socket
        .try_ask("hull_subscribeEvents", json!({ "contract": "x" }))
        .await;
    assert_eq!(refused["error"]["data"]["where"], "contract");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_280_000_calls_is_refused_at_once() {
    let settings = Settings {
        request_bytes: 64 * 1024 * 1024,
        ..Settings::default()
    };
    let (node, server) = start(settings).await;
    let calls: Vec<String> = (0..280_000).map(status).collect();
    let batch = format!("[{}]", calls.join(","));
    let answer = exchange(server.address(), post(&batch, "").as_bytes()).await;
    assert_eq!(body(&answer)["error"]["code"], -32010, "{answer}");
    // With the usual limit it does not even get that far.
    let (_, usual) = start(Settings::default()).await;
    let answer = exchange(usual.address(), post(&batch, "").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    // What is within the limit is answered, and each call counts.
    let batch = format!("[{}]", calls[..100].join(","));
    let answer = exchange(server.address(), post(&batch, "").as_bytes()).await;
    assert_eq!(body(&answer).as_array().unwrap().len(), 100);
    assert!(node.api.metrics().times_refused("rate") == 0);
    server.stop().await;
    usual.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_json_and_large_bodies_are_refused() {
    let (node, server) = start(Settings::default()).await;
    for depth in [33, 1_000, 100_000] {
        let params = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let deep = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"hull_block","params":{params}}}"#);
        let answer = exchange(server.address(), post(&deep, "").as_bytes()).await;
        let code = &body(&answer)["error"]["code"];
        assert!(
            [-32602, -32700].contains(&code.as_i64().unwrap()),
            "{answer}"
        );
    }
    assert!(node.api.metrics().times_refused("depth") >= 1);
    let large = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"x{}"}}"#,
        " ".repeat(5 << 20)
    );
    let answer = exchange(server.address(), post(&large, "").as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_are_cut_off_and_hold_up_nobody() {
    let settings = Settings {
        head_time: Duration::from_millis(200),
        request_time: Duration::from_millis(200),
        ..Settings::default()
    };
    let (node, server) = start(settings).await;
    let mut heads = Vec::new();
    for _ in 0..50 {
        let mut slow = TcpStream::connect(server.address()).await.unwrap();
        slow.write_all(b"POST / HTTP/1.1\r\nhost: x\r\nx-slow: ")
            .await
            .unwrap();
        heads.push(slow);
    }
    let answer = exchange(server.address(), post(&status(1), "").as_bytes()).await;
    assert_eq!(body(&answer)["result"]["height"], 0);
    for slow in heads {
        let answer = read_all(slow).await;
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 408"),
            "{answer}"
        );
    }
    let mut slow = TcpStream::connect(server.address()).await.unwrap();
    let half = post(&status(1), "");
    slow.write_all(&half.as_bytes()[..half.len() - 5])
        .await
        .unwrap();
    let answer = read_all(slow).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(node.api.metrics().times_refused("time"), 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_loses_its_subscriptions_and_no_memory_is_held() {
    let settings = Settings {
        messages: 4,
        feed_time: Duration::from_millis(50),
        ..Settings::default()
    };
    let (node, server) = start(settings).await;
    let mut socket = Socket::open(server.address()).await;
    for _ in 0..32 {
        socket.send("hull_subscribeBlocks", json!({})).await;
    }
    // Blocks until the buffers of the system are full too.
    let sealed = timeout(PATIENCE, async {
        while node.api.metrics().times_refused("slow reader") == 0 {
            node.seal();
            tokio::task::yield_now().await;
        }
    });
    sealed.await.expect("the slow reader was never cut off");
    let answer = exchange(server.address(), post(&status(1), "").as_bytes()).await;
    assert_eq!(body(&answer)["result"]["chainName"], "test");
    drop(socket);
    no_subscriptions(&node).await;
    server.stop().await;
}

async fn no_subscriptions(node: &TestNode) {
    let none = async {
        while node.api.metrics().subscriptions() != 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, none)
        .await
        .expect("subscriptions are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn churn_of_subscriptions_leaves_nothing() {
    let (node, server) = start(Settings::default()).await;
    for round in 0..40 {
        let mut socket = Socket::open(server.address()).await;
        let mut kept = Vec::new();
        for _ in 0..10 {
            kept.push(socket.subscribe::<rpc::BlockFeed>(json!({})).await);
        }
        node.seal();
        for subscription in kept.drain(..5) {
            // jsonrpsee answers the id of a subscription a moment before it can end it.
            let end = json!([subscription]);
            let ended =
                async { while socket.ask("hull_unsubscribeBlocks", end.clone()).await != true {} };
            timeout(PATIENCE, ended).await.unwrap();
        }
        // The rest goes with the connection, in the midst of a block now and then.
        if round % 2 == 0 {
            node.seal();
        }
    }
    no_subscriptions(&node).await;
    let mut socket = Socket::open(server.address()).await;
    for _ in 0..32 {
        socket.subscribe::<rpc::BlockFeed>(json!({})).await;
    }
    let refused = socket.try_ask("hull_subscribeBlocks", json!({})).await;
    assert_eq!(refused["error"]["code"], -32006, "{refused}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_has_its_share_of_connections_and_calls() {
    let settings = Settings {
        connections_per_address: 3,
        rate: 1,
        burst: 10,
        ..Settings::default()
    };
    let (node, server) = start(settings).await;
    let mut first = Socket::open(server.address()).await;
    let mut second = Socket::open(server.address()).await;
    let third = Socket::open(server.address()).await;
    let answer = exchange(server.address(), get("/healthz").as_bytes()).await;
    assert_eq!(answer, "", "a connection too many is closed");
    assert_eq!(
        node.api
            .metrics()
            .times_refused("connections of an address"),
        1
    );
    drop(third);
    // The place is free as soon as the server has seen the end.
    let again = async {
        while !exchange(server.address(), get("/healthz").as_bytes())
            .await
            .contains("200")
        {}
    };
    timeout(PATIENCE, again).await.unwrap();
    // The address has one purse, whatever the connection; a batch is no way around it.
    let calls: Vec<String> = (0..8).map(status).collect();
    let batch = format!("[{}]", calls.join(","));
    let answers = body(&exchange(server.address(), post(&batch, "").as_bytes()).await);
    assert!(
        answers
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["result"].is_object())
    );
    let mut refused = 0;
    for _ in 0..4 {
        for socket in [&mut first, &mut second] {
            let answer = socket.try_ask("hull_status", json!({})).await;
            if let Some(code) = answer["error"]["code"].as_i64() {
                assert_eq!(code, i64::from(ErrorCode::RateLimited.code()));
                refused += 1;
            }
        }
    }
    assert!(refused >= 1);
    assert_eq!(node.api.metrics().times_refused("rate"), refused);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn web_pages_call_only_from_allowed_origins() {
    let settings = Settings {
        cors: vec!["https://wallet.example".into()],
        ..Settings::default()
    };
    let (_, server) = start(settings).await;
    let from = |origin: &str| post(&status(1), &format!("origin: {origin}\r\n"));
    let allowed = exchange(server.address(), from("https://wallet.example").as_bytes()).await;
    assert!(
        allowed.contains("access-control-allow-origin: https://wallet.example"),
        "{allowed}"
    );
    assert_eq!(body(&allowed)["result"]["height"], 0);
    let refused = exchange(server.address(), from("https://evil.example").as_bytes()).await;
    assert!(refused.starts_with("HTTP/1.1 403"), "{refused}");
    let preflight = "OPTIONS / HTTP/1.1\r\nhost: x\r\nconnection: close\r\norigin: https://wallet.example\r\n\r\n";
    let preflight = exchange(server.address(), preflight.as_bytes()).await;
    assert!(
        preflight.contains("access-control-allow-methods: GET, POST"),
        "{preflight}"
    );
    // A page may not open a WebSocket either, where preflights do not exist.
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let from = upgrade("origin: https://evil.example\r\n");
    stream.write_all(from.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 403");
    server.stop().await;
}

/// Every metric stands in the book.
#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_documented() {
    let (node, server) = start(Settings::default()).await;
    exchange(server.address(), post(&status(1), "").as_bytes()).await;
    let page = include_str!("../../../docs/book/src/dev-node.md");
    let text = node
        .api
        .metrics()
        .text(&hull_rpc::Node::new(node.chain.clone()));
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let mut count = 0;
    for line in names {
        let (name, kind) = line.split_once(' ').unwrap();
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        assert!(
            page.contains(&format!("| `{name}{suffix}` |")),
            "{name}{suffix}"
        );
        count += 1;
    }
    assert!(count >= 10, "{text}");
    server.stop().await;
}
