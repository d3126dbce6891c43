//! Peers find each other, come back, and are not too many.

use crate::support::{CHAIN, Node, settings};
use hull_net::{Denied, Direction, Event, Keypair, Limits, Network, Settings, StartError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_knows_one_finds_the_others() {
    let middle = Node::start(settings(&[])).await;
    let mut first = Node::start(settings(&[&middle])).await;
    first.until_connected(&middle).await;
    let mut last = Node::start(settings(&[&middle])).await;
    last.until_connected(&first).await;
    first.until_connected(&last).await;
    last.publish(b"hello");
    assert_eq!(first.next().await, b"hello");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_limited_and_told_of() {
    let limits = Limits {
        inbound: 2,
        ..Limits::default()
    };
    let small = Settings {
        limits,
        ..settings(&[])
    };
    let mut small = Node::start(small).await;
    let mut others = Vec::new();
    for _ in 0..2 {
        let other = Node::start(settings(&[&small])).await;
        small.until_connected(&other).await;
        others.push(other);
    }
    let _late = Node::start(settings(&[&small])).await;
    let refused = Event::Refused(Denied::Full);
    small.until("a refusal", |event| *event == refused).await;
    let peers = small.network.peers();
    assert_eq!(peers.len(), 2);
    for peer in peers.iter() {
        assert_eq!(peer.direction, Direction::Inbound);
        assert!(peer.agent.starts_with("hull/"), "{}", peer.agent);
        assert!(peer.score >= 0.0);
    }
    assert_eq!(others[0].network.peers()[0].direction, Direction::Outbound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_banned_peer_stays_out() {
    let mut one = Node::start(settings(&[])).await;
    let other = Node::start(settings(&[&one])).await;
    one.until_connected(&other).await;
    let hour = std::time::Duration::from_secs(3600);
    one.network.ban(other.id(), hour).await;
    let refused = Event::Refused(Denied::Banned);
    one.until("a refusal", |event| *event == refused).await;
    assert!(!one.has_peer(other.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_begins_anew_gets_everything_again() {
    let mut stays = Node::start(settings(&[])).await;
    let key = Keypair::generate_ed25519();
    let again = Settings {
        key,
        ..settings(&[&stays])
    };
    for round in [b'1', b'2', b'3'] {
        let mut comes = Node::start(again.clone()).await;
        comes.until_connected(&stays).await;
        stays.publish(&[b'a', round]);
        assert_eq!(comes.next().await, [b'a', round]);
        comes.publish(&[b'b', round]);
        assert_eq!(stays.next().await, [b'b', round]);
        comes.stop().await;
    }
}

/// Hands everything on, and does not tell the other side when a connection ends: as a
/// machine that loses its power.
async fn silent_proxy(to: std::net::SocketAddr) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            let far = TcpStream::connect(to).await.unwrap();
            let (near_read, near_write) = near.into_split();
            let (far_read, far_write) = far.into_split();
            tokio::spawn(pump(near_read, far_write));
            tokio::spawn(pump(far_read, near_write));
        }
    });
    address
}

async fn pump(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    // Both halves stay open for as long as the test.
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_end_went_unnoticed_gets_everything_again() {
    let mut stays = Node::start(settings(&[])).await;
    let direct = stays.address();
    let mut parts: Vec<_> = direct.iter().collect();
    let port = parts.iter().find_map(|part| match part {
        libp2p::multiaddr::Protocol::Tcp(port) => Some(*port),
        _ => None,
    });
    let proxy = silent_proxy(([127, 0, 0, 1], port.unwrap()).into()).await;
    parts[1] = libp2p::multiaddr::Protocol::Tcp(proxy.port());
    let again = Settings {
        peers: vec![parts.into_iter().collect()],
        listen: Vec::new(),
        ..settings(&[])
    };
    let mut comes = Node::start(again.clone()).await;
    comes.until_connected(&stays).await;
    comes.publish(b"first");
    assert_eq!(stays.next().await, b"first");
    comes.stop().await;
    assert_eq!(stays.network.peers().len(), 1, "it was not noticed");

    let mut comes = Node::start(again).await;
    comes.until_connected(&stays).await;
    stays.publish(b"to the new one");
    assert_eq!(comes.next().await, b"to the new one");
    comes.publish(b"from the new one");
    assert_eq!(stays.next().await, b"from the new one");
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let start = |settings| Network::start(settings, Nothing, hull_net::Metrics::default());
    let one = Node::start(settings(&[])).await;
    let plain = Settings::new(Keypair::generate_ed25519(), CHAIN);
    let taken = Settings {
        listen: vec![one.address().iter().take(2).collect()],
        ..plain.clone()
    };
    let error = start(taken).await.err().unwrap();
    assert!(matches!(error, StartError::Listen { .. }), "{error}");
    assert!(error.to_string().contains("in use"), "{error}");
    let nobody = Settings {
        peers: vec!["/ip4/192.0.2.1/tcp/4860".parse().unwrap()],
        ..plain.clone()
    };
    let error = start(nobody).await.err().unwrap().to_string();
    assert!(error.contains("/p2p/PEER"), "{error}");
    let no_tcp = Settings {
        listen: vec!["/ip4/127.0.0.1/udp/1".parse().unwrap()],
        ..plain
    };
    let error = start(no_tcp).await.err().unwrap().to_string();
    assert!(error.contains("no address of TCP"), "{error}");
}

struct Nothing;

impl hull_net::Gate for Nothing {
    fn transaction(&self, _: &[u8]) -> hull_net::Verdict {
        hull_net::Verdict::Ignore
    }

    fn code(&self, _: &hull_types::host_api::Hash) -> Option<Vec<u8>> {
        None
    }
}
