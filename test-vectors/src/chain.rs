//! Vectors of whole blocks: `chains/*.json`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hull_executor::{ContractState, Executed, StateDiff};
use hull_host_api::{Address, Hash, code_hash};
use hull_types::{
    Parameters, Payload, ReceiptResult, SignedTransaction, SigningKey, Transaction, sender_of,
};
use hull_vm::Tiering;
use parity_scale_codec::Encode;
use serde::{Deserialize, Serialize};

use crate::play::{Player, in_memory};
use crate::programs;
use crate::run::{bytes32, event, files_in, number, read_json};
use crate::vector::{Decimal, EventJson, Hex};

/// One file: accounts, blocks, and what must come of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChainVector {
    /// What it shows.
    pub about: String,
    /// The name in the genesis. Its time is 0, its parameters those at height 0, its
    /// accounts those of the keys, and it has no validators.
    pub name: String,
    /// The chain id: the hash of the genesis; written by a bless.
    #[serde(default, skip_serializing_if = "Hex::is_empty")]
    pub chain_id: Hex,
    /// The parameters, by name. Those that are missing are the default ones.
    pub parameters: BTreeMap<String, Decimal>,
    /// Gas schedules that activate later than at height 0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub activations: Vec<ActivationJson>,
    /// What the accounts of the keys own: by the secret secp256k1 key.
    pub keys: BTreeMap<Hex, Decimal>,
    /// The blocks, from height 1 on, a second apart.
    pub blocks: Vec<BlockJson>,
}

/// Another gas schedule from a height on; all else stays.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActivationJson {
    /// The first height.
    pub height: u64,
    /// Its version: one of the software, or [`DEARER`](crate::play::DEARER).
    pub schedule: u32,
}

/// A block.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockJson {
    /// Its transactions.
    pub transactions: Vec<TransactionJson>,
    /// What must come of it; written by a bless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<BlockExpected>,
}

/// A transaction. Its gas price is 1 and its tip 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionJson {
    /// The secret key of the sender.
    pub key: Hex,
    /// How many of the sender's came before.
    pub nonce: u64,
    /// Most gas.
    pub gas_limit: Decimal,
    /// Most deposit.
    #[serde(default, skip_serializing_if = "Decimal::is_empty")]
    pub deposit_limit: Decimal,
    /// What it does.
    #[serde(rename = "do")]
    pub payload: PayloadJson,
}

/// What a transaction does; fields as in `hull_types::Payload`. Code is named by
/// its program.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[allow(missing_docs, reason = "see `Payload`")]
pub enum PayloadJson {
    Transfer {
        to: Hex,
        value: Decimal,
    },
    Upload {
        code: String,
    },
    Instantiate {
        code: String,
        salt: Hex,
        value: Decimal,
        input: Hex,
    },
    Call {
        contract: Hex,
        value: Decimal,
        input: Hex,
    },
    SetCode {
        contract: Hex,
        code: String,
        input: Hex,
    },
    RemoveCode {
        code: String,
    },
}

/// What must come of a block.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockExpected {
    /// What must come of each transaction.
    pub transactions: Vec<TransactionExpected>,
    /// The root of the receipts.
    pub receipts_root: Hex,
    /// The hash of the block.
    pub hash: Hex,
    /// The state root after it, with the trees of `hull-state`.
    pub state_root: Hex,
    /// Accounts that changed: nonce and balance.
    pub accounts: BTreeMap<Hex, (u64, Decimal)>,
    /// Contracts that changed, in SCALE.
    pub contracts: BTreeMap<Hex, Hex>,
    /// Codes that changed, in SCALE; null where one was removed.
    pub codes: BTreeMap<Hex, Option<Hex>>,
    /// Storage that changed: items in SCALE; null where one was removed.
    pub storage: BTreeMap<Hex, BTreeMap<Hex, Option<Hex>>>,
    /// SHA2-256 of the whole diff in SCALE.
    pub diff_hash: Hex,
}

/// What must come of a transaction.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionExpected {
    /// The name of the transaction, which binds its signed encoding.
    pub id: Hex,
    /// `success`, `revert` or `halt`.
    pub result: String,
    /// Gas used.
    pub gas: Decimal,
    /// What the sender paid in deposits, less what it got back.
    pub deposit: Decimal,
    /// Data returned or reverted with.
    pub data: Hex,
    /// The contract that was created.
    #[serde(default, skip_serializing_if = "Hex::is_empty")]
    pub contract: Hex,
    /// Events, in order.
    pub events: Vec<EventJson>,
    /// The receipt in SCALE.
    pub receipt: Hex,
}

/// Holds the executor to a vector, on both tiers.
///
/// # Errors
/// Where they differ.
pub fn check(path: &Path) -> Result<()> {
    let vector = read(path)?;
    for tiering in [Tiering::BaselineOnly, Tiering::OptimizedOnly] {
        let player = Player::new(&vector, tiering)?;
        let chain_id = player.genesis().chain_id().to_string();
        ensure!(
            chain_id == vector.chain_id,
            "{}: the chain id is {chain_id}",
            path.display()
        );
        let found = player.play(&in_memory()?)?;
        for (number, (block, found)) in vector.blocks.iter().zip(found).enumerate() {
            let expected = block
                .expect
                .as_ref()
                .context("a block without expectation; bless it")?;
            ensure!(
                *expected == found,
                "{}, block {number}, {tiering:?}:\nexpected {}\nfound    {}",
                path.display(),
                serde_json::to_string_pretty(expected)?,
                serde_json::to_string_pretty(&found)?,
            );
        }
    }
    Ok(())
}

/// The vector with today's results.
///
/// # Errors
/// If it cannot be played.
pub fn blessed(path: &Path) -> Result<ChainVector> {
    let mut vector = read(path)?;
    let player = Player::new(&vector, Tiering::BaselineOnly)?;
    let found = player.play(&in_memory()?)?;
    vector.chain_id = player.genesis().chain_id().to_string();
    for (block, found) in vector.blocks.iter_mut().zip(found) {
        block.expect = Some(found);
    }
    Ok(vector)
}

/// A vector.
///
/// # Errors
/// If the file cannot be read or is none.
pub fn read(path: &Path) -> Result<ChainVector> {
    read_json(path)
}

/// The vector files, in order.
///
/// # Errors
/// If the folder cannot be read.
pub fn files() -> Result<Vec<std::path::PathBuf>> {
    files_in("chains")
}

pub(crate) fn parameters(chosen: &BTreeMap<String, Decimal>) -> Result<Parameters> {
    let mut parameters = Parameters::default();
    for (name, value) in chosen {
        match name.as_str() {
            "deposit_item" => parameters.deposit_item = value.parse()?,
            "deposit_byte" => parameters.deposit_byte = value.parse()?,
            "deposit_code_byte" => parameters.deposit_code_byte = value.parse()?,
            "transaction_gas" => parameters.transaction_gas = value.parse()?,
            "transaction_byte_gas" => parameters.transaction_byte_gas = value.parse()?,
            "fee_account" => parameters.fee_account = Address(bytes32(value)?),
            other => anyhow::bail!("no parameter `{other}` can be chosen"),
        }
    }
    Ok(parameters)
}

pub(crate) fn secret(key: &str) -> Result<SigningKey> {
    SigningKey::from_slice(&bytes32(key)?).context("not a secret key")
}

pub(crate) fn sign(json: &TransactionJson, chain_id: &Hash) -> Result<SignedTransaction> {
    let key = secret(&json.key)?;
    let body = Transaction {
        sender: sender_of(&key),
        nonce: json.nonce,
        gas_limit: json.gas_limit.parse()?,
        gas_price: 1,
        tip: 0,
        deposit_limit: number(&json.deposit_limit)?,
        payload: payload(&json.payload)?,
    };
    Ok(body.sign(chain_id, &key))
}

fn payload(json: &PayloadJson) -> Result<Payload> {
    let hash = |code: &str| Ok::<_, anyhow::Error>(code_hash(&programs::load(code)?));
    Ok(match json {
        PayloadJson::Transfer { to, value } => Payload::Transfer {
            to: Address(bytes32(to)?),
            value: number(value)?,
        },
        PayloadJson::Upload { code } => Payload::Upload {
            code: programs::load(code)?,
        },
        PayloadJson::Instantiate {
            code,
            salt,
            value,
            input,
        } => Payload::Instantiate {
            code_hash: hash(code)?,
            salt: bytes32(salt)?,
            grants: Vec::new(),
            value: number(value)?,
            input: hex::decode(input)?,
        },
        PayloadJson::Call {
            contract,
            value,
            input,
        } => Payload::Call {
            contract: Address(bytes32(contract)?),
            value: number(value)?,
            input: hex::decode(input)?,
        },
        PayloadJson::SetCode {
            contract,
            code,
            input,
        } => Payload::SetCode {
            contract: Address(bytes32(contract)?),
            code_hash: hash(code)?,
            input: hex::decode(input)?,
        },
        PayloadJson::RemoveCode { code } => Payload::RemoveCode {
            code_hash: hash(code)?,
        },
    })
}

pub(crate) fn of_transaction(
    signed: &SignedTransaction,
    executed: &Executed,
) -> TransactionExpected {
    let receipt = &executed.receipt;
    let result = match receipt.result {
        ReceiptResult::Success => "success",
        ReceiptResult::Revert(_) => "revert",
        ReceiptResult::Halt => "halt",
    };
    TransactionExpected {
        id: signed.id().to_string(),
        result: result.into(),
        gas: receipt.gas.to_string(),
        deposit: receipt.deposit.to_string(),
        data: hex::encode(&executed.data),
        contract: executed
            .contract
            .map(|address| address.to_string())
            .unwrap_or_default(),
        events: receipt.events.iter().map(event).collect(),
        receipt: hex::encode(receipt.encode()),
    }
}

pub(crate) fn describe(diff: &StateDiff) -> BlockExpected {
    let accounts = diff.accounts.iter().map(|(address, account)| {
        let content = (account.nonce, account.balance.to_string());
        (address.to_string(), content)
    });
    let contracts = diff
        .contracts
        .iter()
        .map(|(address, contract): (_, &ContractState)| {
            (address.to_string(), hex::encode(contract.encode()))
        });
    let codes = diff.codes.iter().map(|(hash, code)| {
        let code = code.as_ref().map(|code| hex::encode(code.encode()));
        (hash.to_string(), code)
    });
    let storage = diff.storage.iter().map(|(owner, items)| {
        let items = items.iter().map(|(key, item)| {
            let item = item.as_ref().map(|item| hex::encode(item.encode()));
            (hex::encode(&**key), item)
        });
        (owner.to_string(), items.collect())
    });
    BlockExpected {
        accounts: accounts.collect(),
        contracts: contracts.collect(),
        codes: codes.collect(),
        storage: storage.collect(),
        diff_hash: code_hash(&diff.encode()).to_string(),
        ..BlockExpected::default()
    }
}
