//! What the tests share: a chain in memory, and contracts from the test vectors.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

use std::path::Path;

use hull_executor::{BlockError, BlockOutput, Executed, Executor, MemoryState, StateReader};
use hull_host_api::{
    Address, Balance, BlockInfo, Capabilities, Gas, Hash, code_hash, contract_address,
};
use hull_types::{Parameters, ParametersHistory, Payload, Transaction, VerifiedTransaction};
use hull_vm::{Config, Tiering};

pub(crate) const ALICE: Address = Address([0xA1; 32]);
pub(crate) const BOB: Address = Address([0xB0; 32]);
pub(crate) const FEES: Address = Address([0xFE; 32]);
/// What everybody has at the beginning.
pub(crate) const WEALTH: Balance = 1_000_000_000_000_000;
/// Gas limit unless a test says otherwise.
pub(crate) const GAS: Gas = 50_000_000_000;
/// Deposit limit unless a test says otherwise.
pub(crate) const DEPOSIT: Balance = 1_000_000_000_000;

/// Parameters with prices that are easy to tell apart.
pub(crate) fn parameters() -> Parameters {
    Parameters {
        fee_account: FEES,
        least_gas_price: 1,
        deposit_item: 1_000,
        deposit_byte: 10,
        deposit_code_byte: 1,
        ..Parameters::default()
    }
}

/// The Wasm of a program of the test vectors.
pub(crate) fn program(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/programs");
    let path = folder.join(name).with_extension("wasm");
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A program of the test vectors with an empty constructor and every capability.
pub(crate) fn with_constructor(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors/programs");
    let text = std::fs::read_to_string(folder.join(name).with_extension("wat"));
    let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
    let body = text.trim_end().strip_suffix(')').expect("a module ends");
    contract(&format!("{body} (func (export \"instantiate\")))"))
}

/// A contract from text that declares every capability.
pub(crate) fn contract(text: &str) -> Vec<u8> {
    let mut wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    wasm.extend(Capabilities::ALL.section());
    wasm
}

pub(crate) fn instantiate(code_hash: Hash, salt: u8, value: Balance, input: &[u8]) -> Payload {
    Payload::Instantiate {
        code_hash,
        salt: [salt; 32],
        grants: Vec::new(),
        value,
        input: input.to_vec(),
    }
}

/// A chain in memory. Every transaction is a block of its own, and the supply is
/// checked after each.
pub(crate) struct Chain {
    pub(crate) executor: Executor,
    pub(crate) state: MemoryState,
    pub(crate) block: BlockInfo,
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self::with(parameters(), Tiering::BaselineOnly)
    }

    pub(crate) fn with(parameters: Parameters, tiering: Tiering) -> Self {
        let history = ParametersHistory::constant(parameters).expect("parameters are in range");
        Self::with_history(history, tiering)
    }

    pub(crate) fn with_history(history: ParametersHistory, tiering: Tiering) -> Self {
        let config = Config {
            tiering,
            ..Config::default()
        };
        let mut state = MemoryState::default();
        for account in [ALICE, BOB] {
            state.fund(account, WEALTH);
        }
        Self {
            executor: Executor::new(history, &config).expect("the executor starts"),
            state,
            block: BlockInfo {
                height: 1,
                time: 1_000,
                chain_id: Hash([0xC1; 32]),
            },
        }
    }

    pub(crate) fn nonce(&self, sender: &Address) -> u64 {
        let account = self.state.account(sender).expect("memory does not fail");
        account.map_or(0, |account| account.nonce)
    }

    pub(crate) fn balance(&self, address: &Address) -> Balance {
        let account = self.state.account(address).expect("memory does not fail");
        account.map_or(0, |account| account.balance)
    }

    /// A transaction of a sender with its next nonce.
    pub(crate) fn body(&self, sender: Address, payload: Payload) -> Transaction {
        Transaction {
            sender,
            nonce: self.nonce(&sender),
            gas_limit: GAS,
            gas_price: 1,
            tip: 0,
            deposit_limit: DEPOSIT,
            payload,
        }
    }

    pub(crate) fn try_block(&self, bodies: &[Transaction]) -> Result<BlockOutput, BlockError> {
        let bodies: Vec<_> = bodies
            .iter()
            .cloned()
            .map(VerifiedTransaction::assume)
            .collect();
        self.executor
            .execute_block(&self.state, self.block, &[], &bodies)
    }

    pub(crate) fn block(&mut self, bodies: &[Transaction]) -> BlockOutput {
        let supply = self.state.supply();
        let output = self.try_block(bodies).expect("the block is valid");
        self.state.apply(output.diff.clone());
        self.block.height += 1;
        self.block.time += 1;
        assert_eq!(self.state.supply(), supply, "tokens came or went");
        output
    }

    pub(crate) fn run(&mut self, body: Transaction) -> Executed {
        let mut output = self.block(&[body]);
        output.executed.pop().expect("one transaction, one receipt")
    }

    pub(crate) fn send(&mut self, sender: Address, payload: Payload) -> Executed {
        self.run(self.body(sender, payload))
    }

    pub(crate) fn upload(&mut self, sender: Address, name: &str) -> Hash {
        let code = program(name);
        let hash = code_hash(&code);
        let done = self.send(sender, Payload::Upload { code });
        assert!(done.receipt.result.is_success(), "{done:?}");
        hash
    }

    /// Uploads a program if it is not there, and creates a contract of Alice's.
    pub(crate) fn deploy(&mut self, name: &str, salt: u8, value: Balance, input: &[u8]) -> Address {
        let hash = code_hash(&program(name));
        if self
            .state
            .code(&hash)
            .expect("memory does not fail")
            .is_none()
        {
            self.upload(ALICE, name);
        }
        let done = self.send(ALICE, instantiate(hash, salt, value, input));
        let address = done.contract.unwrap_or_else(|| panic!("{done:?}"));
        assert_eq!(address, contract_address(&ALICE, &hash, &[salt; 32]));
        address
    }

    /// Uploads and creates a program that has no constructor, with an empty one
    /// and every capability.
    pub(crate) fn place(&mut self, name: &str, salt: u8) -> Address {
        self.create(with_constructor(name), salt)
    }

    /// Uploads code if it is not there, and creates a contract of Alice's.
    pub(crate) fn create(&mut self, code: Vec<u8>, salt: u8) -> Address {
        let code_hash = code_hash(&code);
        let known = self.state.code(&code_hash).expect("memory does not fail");
        if known.is_none() {
            let done = self.send(ALICE, Payload::Upload { code });
            assert!(done.receipt.result.is_success(), "{done:?}");
        }
        let done = self.send(ALICE, instantiate(code_hash, salt, 0, &[]));
        done.contract.unwrap_or_else(|| panic!("{done:?}"))
    }

    pub(crate) fn call(&mut self, sender: Address, contract: Address, input: &[u8]) -> Executed {
        self.send(
            sender,
            Payload::Call {
                contract,
                value: 0,
                input: input.to_vec(),
            },
        )
    }
}
