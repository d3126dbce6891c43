//! A chain of token transfers in memory, on one core.
//!
//! The token is the one of the `call` benches, on the raw host functions. Every
//! account sends to another one, in an order that jumps around in memory.
//! Transactions are unsigned: a signature is checked when a transaction arrives,
//! not when it is executed. [`durable`] has a store on disk, and [`signed`] everything
//! from the bytes of signed transactions on.

pub mod durable;
pub mod signed;
pub mod stages;

use anyhow::{Context, Result, ensure};
use bench_workloads::token::{balance_key, transfer_input};
use hull_executor::{
    CodeRecord, ContractRecord, ContractState, Deposit, Executor, Item, MemoryState, StateDiff,
    StateReader,
};
use hull_types::host_api::{Address, BlockInfo, Capabilities, ContractInfo, code_hash};
use hull_types::{Parameters, ParametersHistory, Payload, Transaction, VerifiedTransaction};
use hull_vm::{Admission, Config, Tiering};

/// Accounts that hold tokens.
pub const ACCOUNTS: usize = 10_000;
/// Transactions of a block.
pub const BLOCK: usize = 1_000;

const TOKEN: Address = Address([9; 32]);
/// Native tokens and contract tokens that each account begins with.
const WEALTH: u128 = 1 << 80;
const GAS_LIMIT: u64 = 2_000_000_000;
/// A prime, so that receivers are all over the place and all different.
const STRIDE: usize = 7_919;

/// The chain.
pub struct Tokens {
    executor: Executor,
    state: MemoryState,
    accounts: Vec<Address>,
    blocks: u64,
}

impl Tokens {
    /// A chain whose accounts all hold tokens of the contract.
    ///
    /// # Errors
    /// If the module cannot be admitted.
    pub fn new(module: &[u8], tiering: Tiering) -> Result<Self> {
        let parameters = Parameters {
            block_gas: GAS_LIMIT * BLOCK as u64,
            ..Parameters::default()
        };
        let history = ParametersHistory::constant(parameters)?;
        let config = Config {
            tiering,
            ..Config::default()
        };
        let executor = Executor::new(history, &config)?;
        let admission = executor.vm(1).upload(module)?;
        let accounts: Vec<_> = (0..ACCOUNTS).map(account).collect();

        let mut state = MemoryState::default();
        for account in &accounts {
            state.fund(*account, WEALTH);
        }
        state.apply(token_state(module, &admission, &accounts));
        Ok(Self {
            executor,
            state,
            accounts,
            blocks: 0,
        })
    }

    /// The transactions of the next block, `count` of them.
    pub fn next_block(&self, count: usize) -> Vec<VerifiedTransaction> {
        let first = self.blocks as usize * BLOCK;
        let transfers = first..first + count;
        transfers.map(|number| self.transfer(number)).collect()
    }

    fn transfer(&self, number: usize) -> VerifiedTransaction {
        let from = number * STRIDE % ACCOUNTS;
        let to = (number * STRIDE + ACCOUNTS / 2 + 1) % ACCOUNTS;
        VerifiedTransaction::assume(Transaction {
            sender: self.accounts[from],
            // Everybody has a turn before anybody has the next.
            nonce: (number / ACCOUNTS) as u64,
            gas_limit: GAS_LIMIT,
            gas_price: 1,
            tip: 0,
            deposit_limit: 0,
            payload: Payload::Call {
                contract: TOKEN,
                value: 0,
                input: transfer_input(&self.accounts[to].0, 1).to_vec(),
            },
        })
    }

    /// Executes a block and makes its changes: what is measured.
    ///
    /// # Errors
    /// If a transfer did not succeed.
    pub fn execute(&mut self, transactions: &[VerifiedTransaction]) -> Result<()> {
        self.blocks += 1;
        let block = BlockInfo {
            height: self.blocks,
            time: self.blocks,
            ..BlockInfo::default()
        };
        let output = self
            .executor
            .execute_block(&self.state, block, &[], transactions)?;
        let failed = output
            .executed
            .iter()
            .find(|executed| !executed.receipt.result.is_success());
        ensure!(failed.is_none(), "{failed:?}");
        self.state.apply(output.diff);
        Ok(())
    }

    /// Whether all tokens of the contract are still there, and were moved.
    ///
    /// # Errors
    /// If not.
    pub fn check(&self) -> Result<()> {
        let mut sum = 0;
        for account in &self.accounts {
            let item = self.state.item(&TOKEN, &balance_key(&account.0))?;
            let item = item.context("every account has a balance")?;
            sum += u128::from_le_bytes(item.value[..].try_into()?);
        }
        ensure!(sum == WEALTH * ACCOUNTS as u128, "the tokens are {sum}");
        let first = self.state.account(&self.accounts[0])?;
        ensure!(
            self.blocks == 0 || first.is_some_and(|account| account.nonce > 0),
            "nobody sent anything"
        );
        Ok(())
    }
}

/// The token, with a balance of every account.
fn token_state(module: &[u8], admission: &Admission, accounts: &[Address]) -> StateDiff {
    let mut state = StateDiff::default();
    let free = |bytes| Deposit {
        payer: accounts[0],
        amount: 0,
        bytes,
    };
    let mut bytes = 0;
    let items = state.storage.entry(TOKEN).or_default();
    for account in accounts {
        let key = balance_key(&account.0);
        let value = WEALTH.to_le_bytes();
        let size = (key.len() + value.len()) as u32;
        bytes += u64::from(size);
        let item = Item {
            value: value[..].into(),
            deposit: free(size),
        };
        items.insert(key[..].into(), Some(item));
    }
    let record = CodeRecord {
        uploader: accounts[0],
        deposit: 0,
        len: admission.code_len,
        users: 1,
        capabilities: admission.capabilities,
        migrates: false,
    };
    let code_hash = code_hash(module);
    state.codes.insert(code_hash, Some(record));
    state.code_bytes.insert(code_hash, module.into());
    // Its own quota is for fewer accounts.
    let capabilities = Capabilities {
        storage_quota: u64::MAX,
        ..admission.capabilities
    };
    let contract = ContractRecord {
        info: ContractInfo {
            code_hash,
            capabilities,
        },
        creator: accounts[0],
        grants: Vec::new().into(),
        deposit: free(0),
        bytes,
        items: accounts.len() as u64,
    };
    state.contracts.insert(TOKEN, ContractState::Live(contract));
    state
}

/// An address that looks like a hash.
fn account(number: usize) -> Address {
    Address(code_hash(&(number as u64).to_le_bytes()).0)
}
