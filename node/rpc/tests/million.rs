//! Hostile case 47: a contract with a million keys (CWA-2023-003). Whoever goes through
//! them, by the contract or by the list, gets so much and pays for it.

mod common;

use std::sync::Arc;

use common::{Signer, TestNode};
use hull_chain::{Chain, Settings as ChainSettings};
use hull_executor::{Deposit, Item};
use hull_rpc::{Node, Settings};
use hull_rpc_types as rpc;
use hull_state::{Batch, Redb, Space, Store};
use hull_types::host_api::{
    Address, CAPABILITIES_SECTION, Capabilities, Group, code_hash, contract_address,
};
use hull_types::{Payload, dev};
use parity_scale_codec::Encode;
use serde_json::json;

const KEYS: u32 = 1_000_000;
/// The most gas of a question.
const GAS: u64 = 10_000_000_000;

/// A call goes from key to key until there is none, and returns the last one.
const WALK: &str = r#"(module
  (import "hull" "storage_next" (func $next (param i32 i32 i32 i32 i32 i32 i32) (result i64)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory 1)
  (func (export "instantiate"))
  (func (export "call")
    (local $len i64)
    (loop $on
      (local.set $len (call $next
        (i32.const 0) (i32.wrap_i64 (local.get $len)) (i32.const 0) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 64)))
      (br_if $on (i64.gt_s (local.get $len) (i64.const 0))))
    (call $return (i32.const 0) (i32.const 4))))"#;

fn walk() -> Vec<u8> {
    let mut wasm = wat::parse_str(WALK).unwrap();
    let mut may = Capabilities::LEAST;
    may.groups = may.groups.with(Group::Storage);
    let (name, may) = (CAPABILITIES_SECTION.as_bytes(), may.encode());
    let len = 1 + name.len() + may.len();
    wasm.extend([
        0,
        u8::try_from(len).unwrap(),
        u8::try_from(name.len()).unwrap(),
    ]);
    wasm.extend(name);
    wasm.extend(may);
    wasm
}

/// A chain whose contract has the keys. They are put into the store beside the chain:
/// its own way would take minutes, and the latest state is read from these records.
fn chain() -> (Chain, Signer, Address) {
    let store = Arc::new(Redb::in_memory().unwrap());
    let open = || {
        let genesis = dev::genesis("test");
        Chain::open(ChainSettings::new(genesis, Arc::clone(&store) as _)).unwrap()
    };
    let chain = open();
    let mut alice = Signer::new(0, chain.chain_id());
    let code = walk();
    let hash = code_hash(&code);
    let contract = contract_address(&alice.address, &hash, &[0; 32]);
    let instantiate = Payload::Instantiate {
        code_hash: hash,
        salt: [0; 32],
        grants: vec![],
        value: 0,
        input: vec![],
    };
    for payload in [Payload::Upload { code }, instantiate] {
        let bytes = alice.sign(payload).encode_bytes();
        chain.submit(&bytes, 0).unwrap();
    }
    common::seal(&chain);
    drop(chain);
    let item = Item {
        value: b"v"[..].into(),
        deposit: Deposit {
            payer: alice.address,
            amount: 0,
            bytes: 5,
        },
    };
    let item = item.encode();
    let mut batch = Batch::default();
    for key in 0..KEYS {
        // See `hull_state::layout`.
        let state_key = [&[4], &contract.0[..], &key.to_be_bytes()].concat();
        batch.put(Space::State, state_key, item.clone());
    }
    store.write(&batch).unwrap();
    (open(), alice, contract)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_over_a_million_keys_ends() {
    let (chain, mut alice, contract) = chain();
    let settings = Settings {
        call_gas: GAS,
        ..Settings::default()
    };
    let node = TestNode::of(Node::new(chain), settings);
    let address = rpc::Address::new(&contract, "hull");

    // The list: page by page, none larger than the limit, whatever is asked for.
    let most = Settings::default().page;
    let (mut seen, mut cursor) = (0, None::<String>);
    for _ in 0..5 {
        let page: rpc::StoragePage = node
            .ask(
                "hull_storageList",
                json!({ "contract": address, "limit": u32::MAX, "cursor": cursor }),
            )
            .await;
        assert_eq!(page.items.len(), most as usize);
        let first = u32::from_be_bytes(page.items[0].key.0[..].try_into().unwrap());
        assert_eq!(first, seen);
        seen += most;
        cursor = Some(page.cursor.expect("there are more"));
    }
    assert!(seen < KEYS);

    // A question: as far as gas goes.
    let outcome: rpc::Outcome = node
        .ask("hull_call", json!({ "contract": address, "input": "0x" }))
        .await;
    assert_eq!(outcome.result, rpc::ReceiptResult::Halt, "{outcome:?}");
    assert_eq!(outcome.gas.0, GAS);

    // A transaction: a halt that takes all its gas; the chain goes on.
    let walk = alice.call(contract, &[]);
    let before = node.chain.head();
    node.submit(&walk);
    node.seal();
    let committed = node.chain.committed(before.height + 1).unwrap();
    let [receipt] = &committed.receipts[..] else {
        panic!("{committed:?}");
    };
    assert!(!receipt.result.is_success());
    assert_eq!(receipt.gas, walk.transaction.gas_limit);
    // The keys are there: the one at the end too.
    let last = rpc::Bytes((KEYS - 1).to_be_bytes().to_vec());
    let item: Option<rpc::Item> = node
        .ask("hull_storage", json!({ "contract": address, "key": last }))
        .await;
    assert!(item.is_some());
}
