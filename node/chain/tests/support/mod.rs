//! Accounts that sign, and a contract, for the tests of chain, RPC and node.
#![allow(dead_code, unreachable_pub, reason = "each test uses a part")]

use hull_types::host_api::{Address, Capabilities, Group, Hash, code_hash, contract_address};
use hull_types::{Payload, SignedTransaction, SigningKey, Transaction, dev, sender_of};

/// What a call of the fixture does.
pub const COUNT: &[u8] = &[0];
pub const REVERT: &[u8] = &[1];
pub const TRAP: &[u8] = &[2];
pub const ABORT: &[u8] = &[3];
/// The topic of the event that counting emits.
pub const TOPIC: Hash = Hash([0x11; 32]);

/// Somebody who signs, with consecutive nonces.
pub struct Signer {
    pub key: SigningKey,
    pub address: Address,
    pub chain_id: Hash,
    pub nonce: u64,
}

impl Signer {
    /// The account of an index of a development chain.
    pub fn new(index: usize, chain_id: Hash) -> Self {
        let key = dev::accounts()[index].key();
        Self {
            address: sender_of(&key),
            key,
            chain_id,
            nonce: 0,
        }
    }

    pub fn body(&self, payload: Payload) -> Transaction {
        Transaction {
            sender: self.address,
            nonce: self.nonce,
            gas_limit: match payload {
                Payload::Upload { .. } => 500_000_000_000,
                _ => 10_000_000_000,
            },
            gas_price: 1,
            tip: 0,
            deposit_limit: 10_000_000_000_000,
            payload,
        }
    }

    pub fn sign(&mut self, payload: Payload) -> SignedTransaction {
        let body = self.body(payload);
        self.nonce += 1;
        body.sign(&self.chain_id, &self.key)
    }

    pub fn transfer(&mut self, to: Address, value: u128) -> SignedTransaction {
        self.sign(Payload::Transfer { to, value })
    }

    pub fn call(&mut self, contract: Address, input: &[u8]) -> SignedTransaction {
        self.sign(call(contract, input))
    }

    /// Upload and instantiation of the fixture, and its address.
    pub fn deploy(&mut self) -> (Vec<SignedTransaction>, Address) {
        let code = wasm();
        let hash = code_hash(&code);
        let address = contract_address(&self.address, &hash, &[0; 32]);
        let upload = self.sign(Payload::Upload { code });
        let instantiate = self.sign(instantiate(hash));
        (vec![upload, instantiate], address)
    }
}

pub fn instantiate(code_hash: Hash) -> Payload {
    Payload::Instantiate {
        code_hash,
        salt: [0; 32],
        grants: vec![],
        value: 0,
        input: vec![],
    }
}

pub fn call(contract: Address, input: &[u8]) -> Payload {
    Payload::Call {
        contract,
        value: 0,
        input: input.to_vec(),
    }
}

/// The fixture with what it may do.
pub fn wasm() -> Vec<u8> {
    let mut wasm = wat::parse_str(include_str!("fixture.wat")).unwrap();
    let mut may = Capabilities::LEAST;
    may.groups = may.groups.with(Group::Storage).with(Group::Events);
    may.storage_quota = 1_000_000;
    wasm.extend(may.section());
    wasm
}
