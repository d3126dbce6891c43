//! Codes come by their hash, and nothing else does.

use std::collections::BTreeMap;

use crate::support::{Node, settings};
use hull_net::{Event, FetchError, Limits, Settings};
use hull_types::host_api::{Hash, code_hash};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_comes_from_whoever_has_it() {
    let code = vec![7_u8; 1024 * 1024];
    let hash = code_hash(&code);
    let mut asks = Node::start(settings(&[])).await;
    let alone = asks.network.fetch_code(hash).await;
    assert_eq!(alone, Err(FetchError::NotFound { asked: 0 }));
    let without = Node::start(settings(&[&asks])).await;
    let with = Node::with_codes(settings(&[&asks]), &[&code]).await;
    asks.until_connected(&without).await;
    asks.until_connected(&with).await;
    let (first, second) =
        tokio::join!(asks.network.fetch_code(hash), asks.network.fetch_code(hash));
    assert_eq!(first.unwrap(), code);
    assert_eq!(second.unwrap(), code);
    let unknown = asks.network.fetch_code(Hash([9; 32])).await;
    assert_eq!(unknown, Err(FetchError::NotFound { asked: 2 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_liar_is_thrown_out_and_the_next_one_asked() {
    let mut asks = Node::start(settings(&[])).await;
    let (one, other) = (settings(&[&asks]), settings(&[&asks]));
    let id = |settings: &Settings| settings.key.public().to_peer_id();
    // Peers are asked in the order of their ids, from a place that the hash decides:
    // a code for which the liar comes first.
    let (liar, honest) = match id(&one) < id(&other) {
        true => (one, other),
        false => (other, one),
    };
    let codes = (0_u32..).map(|number| number.to_le_bytes().to_vec());
    let code = codes
        .into_iter()
        .find(|code| code_hash(code).0[0].is_multiple_of(2));
    let code = code.unwrap();
    let hash = code_hash(&code);
    let lie = BTreeMap::from([(hash, b"something else".to_vec())]);
    let liar = Node::with_answers(liar, lie).await;
    let honest = Node::with_codes(honest, &[&code]).await;
    asks.until_connected(&liar).await;
    asks.until_connected(&honest).await;
    assert_eq!(asks.network.fetch_code(hash).await.unwrap(), code);
    let liar_id = liar.id();
    let banned = |event: &Event| matches!(event, Event::Banned { peer, .. } if *peer == liar_id);
    asks.until("a ban", banned).await;
    let gone = Event::Disconnected(liar_id);
    asks.until("the end", |event| *event == gone).await;
    assert!(asks.has_peer(honest.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_too_often_is_told_to_wait() {
    let code = b"a code".to_vec();
    let limits = Limits {
        codes: 0,
        codes_burst: 2,
        ..Limits::default()
    };
    let serves = Settings {
        limits,
        ..settings(&[])
    };
    let serves = Node::with_codes(serves, &[&code]).await;
    let mut asks = Node::start(settings(&[&serves])).await;
    asks.until_connected(&serves).await;
    let ask = async || asks.network.fetch_code(code_hash(&code)).await;
    assert_eq!(ask().await.unwrap(), code);
    assert_eq!(ask().await.unwrap(), code);
    assert_eq!(ask().await, Err(FetchError::NotFound { asked: 1 }));
}
