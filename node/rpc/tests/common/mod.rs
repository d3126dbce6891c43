//! A node in the process of the test.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test uses a part"
)]

pub mod socket;
#[path = "../../../chain/tests/support/mod.rs"]
mod support;

use std::sync::Arc;

use hull_chain::{Chain, Settings as ChainSettings};
use hull_rpc::{Api, Node, Settings};
use hull_rpc_types as rpc;
use hull_rpc_types::{ErrorCode, ErrorData};
use hull_types::host_api::Address;
use hull_types::{SignedTransaction, dev};
use jsonrpsee::server::RpcModule;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use support::{COUNT, Signer, TOPIC, call, wasm};

pub struct TestNode {
    pub chain: Chain,
    pub api: Api,
    pub module: RpcModule<Api>,
    pub alice: Signer,
    /// The fixture, once it is deployed.
    pub contract: Address,
}

impl TestNode {
    pub fn new() -> Self {
        Self::with(Settings::default())
    }

    pub fn with(settings: Settings) -> Self {
        let chain = Chain::open(ChainSettings::in_memory(dev::genesis("test"))).unwrap();
        Self::of(Node::new(chain), settings)
    }

    pub fn of(node: Node, settings: Settings) -> Self {
        let chain = node.chain.clone();
        let api = Api::new(node, settings);
        Self {
            module: hull_rpc::module(api.clone()),
            api,
            alice: Signer::new(0, chain.chain_id()),
            chain,
            contract: Address([0; 32]),
        }
    }

    pub fn submit(&self, transaction: &SignedTransaction) {
        self.chain.submit(&transaction.encode_bytes(), 0).unwrap();
    }

    pub fn seal(&self) {
        seal(&self.chain);
    }

    /// Puts the fixture on the chain, in one block.
    pub async fn deploy(&mut self) -> rpc::Address {
        let (transactions, contract) = self.alice.deploy();
        transactions.iter().for_each(|one| self.submit(one));
        self.seal();
        self.contract = contract;
        rpc::Address::new(&contract, "hull")
    }

    pub fn address(&self, index: usize) -> rpc::Address {
        rpc::Address::new(&dev::accounts()[index].address, "hull")
    }

    pub fn clone_module(&self) -> RpcModule<Api> {
        hull_rpc::module(self.api.clone())
    }

    pub async fn raw(&self, request: &str) -> Value {
        let (answer, _) = self.module.raw_json_request(request, 1).await.unwrap();
        serde_json::from_str(answer.get()).unwrap()
    }

    pub async fn ask<T: DeserializeOwned>(&self, method: &str, params: Value) -> T {
        ask_module(&self.module, method, params).await
    }

    pub async fn refused(&self, method: &str, params: Value) -> (ErrorCode, ErrorData) {
        let request = request(method, params);
        let answer = self.raw(&request).await;
        let code = answer["error"]["code"].as_i64();
        let code = code.unwrap_or_else(|| panic!("not refused: {request}: {answer}"));
        let code = ErrorCode::from_code(i32::try_from(code).unwrap()).unwrap();
        let data = answer["error"]["data"].clone();
        (code, serde_json::from_value(data).unwrap())
    }
}

pub fn seal(chain: &Chain) {
    let candidate = chain.propose(chain.head().time + 1_000).unwrap();
    chain.commit(candidate, &[]).unwrap();
}

pub fn request(method: &str, params: Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

pub async fn ask_module<T: DeserializeOwned>(
    module: &RpcModule<Api>,
    method: &str,
    params: Value,
) -> T {
    let request = request(method, params);
    let (answer, _) = module.raw_json_request(&request, 1).await.unwrap();
    let answer: Value = serde_json::from_str(answer.get()).unwrap();
    let result = answer.get("result");
    let result = result.unwrap_or_else(|| panic!("{request}: {answer}"));
    serde_json::from_value(result.clone()).unwrap()
}

pub fn hex(transaction: &SignedTransaction) -> String {
    rpc::Bytes(transaction.encode_bytes()).to_string()
}

/// Checks a proof as a client does, with nothing of the node.
pub fn verify(
    proof: &rpc::Proof,
    subject: &hull_proof::Subject,
) -> Result<(), hull_proof::Invalid> {
    let root = proof.state_root.into();
    let value = proof.value.as_ref().map(|value| &value.0[..]);
    hull_proof::verify(&root, subject, value, &proof.proof.0)
}
