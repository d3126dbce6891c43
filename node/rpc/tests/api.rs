//! The methods, without sockets: what they answer, what they refuse.

mod common;

use std::sync::{Arc, Mutex};

use common::{TestNode, hex};
use hull_chain::{Chain, Settings as ChainSettings};
use hull_rpc::{NetworkControl, Node, Settings};
use hull_rpc_types as rpc;
use hull_rpc_types::{ErrorCode, Method};
use hull_types::dev;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use serde_json::{Value, json};

#[tokio::test]
async fn a_transaction_from_sending_to_receipt_and_proof() {
    let mut node = TestNode::new();
    let contract = node.deploy().await;
    let transaction = node.alice.call(node.contract, common::COUNT);
    let sent: rpc::Sent = node
        .ask("hull_sendTransaction", json!([hex(&transaction)]))
        .await;
    assert_eq!(sent.hash, transaction.id().into());
    assert!(sent.ready);
    let hash = json!({ "hash": sent.hash });
    let waiting: rpc::Transaction = node.ask("hull_transaction", hash.clone()).await;
    assert_eq!(
        waiting.state,
        rpc::TransactionState::Waiting { ready: true }
    );
    assert_eq!(
        node.ask::<Value>("hull_receipt", hash.clone()).await,
        Value::Null
    );
    node.seal();

    let receipt: rpc::Receipt = node.ask("hull_receipt", hash.clone()).await;
    assert_eq!(
        (receipt.result, receipt.height),
        (rpc::ReceiptResult::Success, 2)
    );
    assert_eq!(receipt.data, Some(rpc::Bytes(1_u64.to_le_bytes().to_vec())));
    assert_eq!(receipt.fee.0, u128::from(receipt.gas.0));
    assert_eq!(receipt.events[0].topics, [rpc::Hash(common::TOPIC.0)]);
    let included: rpc::Transaction = node.ask("hull_transaction", hash.clone()).await;
    let place = rpc::TransactionState::Included {
        height: 2,
        index: 0,
    };
    assert_eq!(included.state, place);
    let trace: rpc::Trace = node.ask("hull_trace", hash).await;
    assert_eq!(trace.frames.len(), 1);
    assert_eq!(trace.frames[0].contract, contract);
    assert!(
        trace.frames[0]
            .steps
            .iter()
            .any(|step| matches!(step, rpc::Step::Event { .. }))
    );

    // The root of the last block is in no header yet.
    let subject = json!({ "kind": "item", "contract": contract, "key": "0x6e" });
    let early = node
        .refused("hull_proof", json!({ "subject": subject, "height": 2 }))
        .await;
    assert_eq!(early.0, ErrorCode::NotProvable);
    node.seal();
    let proof: rpc::Proof = node.ask("hull_proof", json!({ "subject": subject })).await;
    assert_eq!(proof.height, 2);
    assert_eq!(proof.state_root, proof.header.state_root);
    let item = |key: &[u8]| hull_proof::Subject::Item {
        owner: node.contract,
        key: key.to_vec(),
    };
    common::verify(&proof, &item(b"n")).unwrap();
    let absent = json!({ "kind": "item", "contract": contract, "key": "0x00" });
    let mut absent: rpc::Proof = node.ask("hull_proof", json!({ "subject": absent })).await;
    assert_eq!(absent.value, None);
    common::verify(&absent, &item(&[0])).unwrap();
    absent.value = proof.value;
    assert!(common::verify(&absent, &item(&[0])).is_err());
}

#[tokio::test]
async fn the_state_can_be_read_now_and_as_it_was() {
    let mut node = TestNode::new();
    let contract = node.deploy().await;
    for key in 0..5_u8 {
        let write = node.alice.call(node.contract, &[4, 7, 0, 0, key]);
        node.submit(&write);
    }
    node.seal();
    let found: rpc::Contract = node.ask("hull_contract", json!([contract])).await;
    assert_eq!((found.storage_items.0, found.height), (5, 2));
    assert_eq!(found.capabilities.groups, ["base", "storage", "events"]);
    assert_eq!(found.creator, node.address(0));
    let before: rpc::Contract = node.ask("hull_contract", json!([contract, 1])).await;
    assert_eq!(before.storage_items.0, 0);
    let code = json!({ "codeHash": found.code_hash, "wasm": true });
    let code: rpc::Code = node.ask("hull_code", code).await;
    assert_eq!(code.users, 1);
    assert_eq!(code.wasm.map(|wasm| wasm.0), Some(common::wasm()));
    let item: Option<rpc::Item> = node
        .ask("hull_storage", json!([contract, "0x07000003"]))
        .await;
    assert_eq!(item.unwrap().value, rpc::Bytes(b"no".to_vec()));
    let none: Option<rpc::Item> = node
        .ask("hull_storage", json!([contract, "0x07000009"]))
        .await;
    assert_eq!(none, None);

    // Pages: of two, of a prefix, and of the height of the first page.
    let (mut keys, mut params) = (
        Vec::new(),
        json!({ "contract": contract, "prefix": "0x07", "limit": 2 }),
    );
    for page in 0..3 {
        let found: rpc::StoragePage = node.ask("hull_storageList", params.clone()).await;
        assert_eq!(found.height, 2);
        assert_eq!(found.cursor.is_some(), page < 2, "page {page}");
        keys.extend(found.items.into_iter().map(|item| item.key.0[3]));
        params["cursor"] = json!(found.cursor);
        let later = node.alice.call(node.contract, &[4, 7, 0, 1, page]);
        node.submit(&later);
        node.seal();
    }
    assert_eq!(keys, [0, 1, 2, 3, 4]);

    let account: rpc::Account = node.ask("hull_account", json!([node.address(0)])).await;
    assert_eq!((account.nonce.0, account.contract), (10, false));
    let account: rpc::Account = node.ask("hull_account", json!([node.address(0), 0])).await;
    assert_eq!((account.nonce.0, account.next_nonce), (0, None));
    let held: rpc::Account = node.ask("hull_account", json!([contract])).await;
    assert!(held.contract);
}

#[tokio::test]
async fn blocks_by_height_hash_and_name() {
    let mut node = TestNode::new();
    let transaction = node
        .alice
        .transfer(hull_types::host_api::Address([9; 32]), 5);
    node.submit(&transaction);
    node.seal();
    let latest: rpc::Block = node.ask("hull_block", json!([])).await;
    let by_height: rpc::Block = node.ask("hull_block", json!([1])).await;
    let by_hash: rpc::Block = node
        .ask("hull_block", json!({ "block": latest.hash }))
        .await;
    assert_eq!((&latest, &latest), (&by_height, &by_hash));
    let hashes = rpc::BlockTransactions::Hashes(vec![transaction.id().into()]);
    assert_eq!(latest.transactions, hashes);
    let full: rpc::Block = node.ask("hull_block", json!(["latest", true])).await;
    let rpc::BlockTransactions::Full(full) = full.transactions else {
        panic!("asked for whole transactions");
    };
    assert_eq!(full[0].sender, node.address(0));
    let genesis: rpc::Block = node.ask("hull_block", json!([0])).await;
    let status: rpc::Status = node.ask("hull_status", json!({})).await;
    assert_eq!(genesis.hash, status.chain_id);
    assert_eq!(latest.header.state_root, genesis.state_root_after);
    assert_eq!(
        node.refused("hull_block", json!([2])).await.0,
        ErrorCode::NotFound
    );
    let unknown = json!([rpc::Hash([1; 32])]);
    assert_eq!(
        node.refused("hull_block", unknown).await.0,
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn what_is_tried_is_what_happens() {
    let mut node = TestNode::new();
    let contract = node.deploy().await;
    let sender = node.address(0);
    let body = |input: &str| {
        json!({ "transaction": {
            "sender": sender,
            "payload": { "kind": "call", "contract": contract, "input": input },
            "depositLimit": "10000000000000",
        }})
    };
    for input in ["0x00", "0x01", "0x02", "0x03"] {
        let params = body(input);
        let simulated: rpc::Simulated = node.ask("hull_simulate", params.clone()).await;
        let estimate: rpc::Estimate = node.ask("hull_estimateGas", params).await;
        let bytes = input.parse::<rpc::Bytes>().unwrap().0;
        let mut signed = node.alice.body(common::call(node.contract, &bytes));
        signed.gas_limit = estimate.gas_limit.0;
        node.alice.nonce += 1;
        let signed = signed.sign(&node.alice.chain_id, &node.alice.key);
        node.submit(&signed);
        node.seal();
        let receipt: rpc::Receipt = node
            .ask("hull_receipt", json!([signed.id().to_string_0x()]))
            .await;
        assert_eq!(receipt.result, simulated.result, "{input}");
        assert_eq!(receipt.events, simulated.events, "{input}");
        assert_eq!(receipt.deposit, simulated.deposit, "{input}");
        assert_eq!(receipt.failures, simulated.failures, "{input}");
        if receipt.result != rpc::ReceiptResult::Halt {
            assert_eq!(receipt.gas, simulated.gas, "{input}");
            assert_eq!(receipt.fee, estimate.fee, "{input}");
        }
    }
    // What failed, in the contract's own words.
    let aborted: rpc::Simulated = node.ask("hull_simulate", body("0x03")).await;
    assert_eq!(aborted.failures[0].message.as_deref(), Some("told so"));
    assert_eq!(aborted.failures[0].contract.as_ref(), Some(&contract));
    // A question changes nothing, and may not.
    let call = |input| json!({ "contract": contract, "input": input });
    let outcome: rpc::Outcome = node.ask("hull_call", call("0x01")).await;
    assert_eq!(
        (outcome.result, outcome.data),
        (rpc::ReceiptResult::Revert, rpc::Bytes(b"no".to_vec()))
    );
    let outcome: rpc::Outcome = node.ask("hull_call", call("0x00")).await;
    assert_eq!(outcome.result, rpc::ReceiptResult::Halt);
}

#[tokio::test]
async fn events_come_in_pages() {
    let mut node = TestNode::new();
    let contract = node.deploy().await;
    for _ in 0..7 {
        let count = node.alice.call(node.contract, common::COUNT);
        node.submit(&count);
        if node.alice.nonce.is_multiple_of(3) {
            node.seal();
        }
    }
    node.seal();
    let topics = json!([[rpc::Hash(common::TOPIC.0)]]);
    let mut params = json!({ "contract": contract, "topics": topics, "limit": 2 });
    let mut counts = Vec::new();
    loop {
        let page: rpc::EventsPage = node.ask("hull_events", params.clone()).await;
        assert!(page.events.len() <= 2);
        counts.extend(page.events.iter().map(|event| event.data.0[0]));
        match page.cursor {
            Some(cursor) => params["cursor"] = json!(cursor),
            None => break,
        }
    }
    assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7]);
    let other = json!({ "topics": [[rpc::Hash([9; 32])]] });
    let none: rpc::EventsPage = node.ask("hull_events", other).await;
    assert!(none.events.is_empty());
}

#[tokio::test]
async fn errors_have_codes_and_say_what_where_and_what_to_do() {
    let mut node = TestNode::new();
    node.deploy().await;
    let mut elsewhere = common::Signer::new(0, hull_types::host_api::Hash([7; 32]));
    let foreign = elsewhere.transfer(node.alice.address, 1);
    let transfer = node.alice.transfer(node.alice.address, 1);
    node.submit(&transfer);
    let mut again = node.alice.body(transfer.transaction.payload.clone());
    again.nonce = transfer.transaction.nonce;
    again.tip = 1;
    let underpriced = again.sign(&node.alice.chain_id, &node.alice.key);
    let upper = node.address(0).0.to_uppercase();
    let cases = [
        (
            "hull_sendTransaction",
            json!([hex(&foreign)]),
            ErrorCode::BadSignature,
            "transaction",
        ),
        (
            "hull_sendTransaction",
            json!(["0x00"]),
            ErrorCode::InvalidTransaction,
            "transaction",
        ),
        (
            "hull_sendTransaction",
            json!([hex(&transfer)]),
            ErrorCode::PoolRefused,
            "transaction",
        ),
        (
            "hull_sendTransaction",
            json!([hex(&underpriced)]),
            ErrorCode::PoolRefused,
            "transaction",
        ),
        (
            "hull_account",
            json!([upper]),
            ErrorCode::InvalidParams,
            "address",
        ),
        (
            "hull_account",
            json!({ "adress": "x" }),
            ErrorCode::InvalidParams,
            "hull_account",
        ),
        (
            "hull_account",
            json!([]),
            ErrorCode::InvalidParams,
            "hull_account",
        ),
        (
            "hull_contract",
            json!([node.address(3)]),
            ErrorCode::NotFound,
            "contract",
        ),
        (
            "hull_code",
            json!([rpc::Hash([1; 32])]),
            ErrorCode::NotFound,
            "codeHash",
        ),
        (
            "hull_trace",
            json!([rpc::Hash([1; 32])]),
            ErrorCode::NotFound,
            "hash",
        ),
        (
            "hull_storageList",
            json!({ "contract": node.address(0), "cursor": "x" }),
            ErrorCode::InvalidParams,
            "cursor",
        ),
        (
            "hull_events",
            json!({ "cursor": "1:2" }),
            ErrorCode::InvalidParams,
            "cursor",
        ),
        (
            "hull_events",
            json!({ "topics": [null, null, null, null, null] }),
            ErrorCode::InvalidParams,
            "topics",
        ),
    ];
    for (method, params, code, place) in cases {
        let (found, data) = node.refused(method, params.clone()).await;
        assert_eq!(
            (found, data.place.as_str()),
            (code, place),
            "{method} {params}"
        );
        assert!(
            !data.what.is_empty() && !data.remedy.is_empty(),
            "{method} {params}"
        );
    }
    // Without a development node there are no such methods.
    let answer = node
        .raw(r#"{"jsonrpc":"2.0","id":1,"method":"dev_seal"}"#)
        .await;
    assert_eq!(answer["error"]["code"], -32601);
}

#[tokio::test]
async fn a_call_for_a_receipt_waits_for_the_block() {
    let mut node = TestNode::new();
    let transfer = node.alice.transfer(node.alice.address, 1);
    node.submit(&transfer);
    let params = json!({ "hash": transfer.id().to_string_0x(), "wait": 30_000 });
    let asking = {
        let node = node.clone_module();
        tokio::spawn(async move {
            common::ask_module::<rpc::Receipt>(&node, "hull_receipt", params).await
        })
    };
    // It asks first, or finds the block at once: the answer is the same.
    tokio::task::yield_now().await;
    node.seal();
    assert_eq!(asking.await.unwrap().height, 1);
    let never = json!({ "hash": rpc::Hash([1; 32]), "wait": 1 });
    assert_eq!(node.ask::<Value>("hull_receipt", never).await, Value::Null);
}

/// A network that notes what it is given.
#[derive(Default)]
struct Noting(Mutex<Vec<Vec<u8>>>);

impl NetworkControl for Noting {
    fn publish(&self, transaction: &[u8]) {
        self.0.lock().unwrap().push(transaction.to_vec());
    }

    fn peers(&self) -> Vec<rpc::Peer> {
        vec![rpc::Peer {
            id: "somebody".into(),
            address: "/ip4/192.0.2.1/tcp/4860".into(),
            direction: rpc::Direction::Outbound,
            score: -7,
            connected: 5,
            agent: "hulld/1".into(),
        }]
    }

    fn register(&self, registry: &mut Registry) {
        registry.register("noting", "That it was asked", Gauge::<i64>::default());
    }
}

#[tokio::test]
async fn what_the_pool_takes_goes_to_the_network() {
    let chain = Chain::open(ChainSettings::in_memory(dev::genesis("test"))).unwrap();
    let network = Arc::new(Noting::default());
    let node = Node {
        network: Some(network.clone()),
        ..Node::new(chain)
    };
    let mut node = TestNode::of(node, Settings::default());
    let (transactions, _) = node.alice.deploy();
    let bytes = transactions[0].encode_bytes();
    let sent = json!({ "transaction": rpc::Bytes(bytes.clone()) });
    node.ask::<Value>("hull_sendTransaction", sent.clone())
        .await;
    node.refused("hull_sendTransaction", sent).await;
    assert_eq!(*network.0.lock().unwrap(), [bytes], "once");

    let peers: Value = node.ask("hull_peers", json!({})).await;
    let peer = json!({
        "id": "somebody", "address": "/ip4/192.0.2.1/tcp/4860", "direction": "outbound",
        "score": -7, "connected": 5, "agent": "hulld/1",
    });
    assert_eq!(peers, json!([peer]));
    let text = node.api.metrics().text(&Node::new(node.chain.clone()));
    assert!(text.contains("hull_noting 0"), "{text}");
}

#[tokio::test]
async fn a_node_without_a_network_has_no_peers() {
    let peers: Value = TestNode::new().ask("hull_peers", json!({})).await;
    assert_eq!(peers, json!([]));
}

#[tokio::test]
async fn every_method_of_the_document_is_there_and_no_other() {
    let node = TestNode::new();
    let document: Value = node.ask("rpc.discover", json!({})).await;
    let named = document["methods"].as_array().unwrap().iter();
    let mut named: Vec<&str> = named
        .map(|method| method["name"].as_str().unwrap())
        .collect();
    named.push("rpc.discover");
    let ends = [
        "hull_unsubscribeBlocks",
        "hull_unsubscribeReceipts",
        "hull_unsubscribeEvents",
    ];
    named.extend(ends);
    named.sort_unstable();
    let mut there: Vec<&str> = node.module.method_names().collect();
    there.sort_unstable();
    assert_eq!(there, named);
    assert!(there.contains(&rpc::GetStatus::NAME));
}

trait Prefixed {
    fn to_string_0x(&self) -> String;
}

impl Prefixed for hull_types::host_api::Hash {
    fn to_string_0x(&self) -> String {
        format!("0x{self}")
    }
}
