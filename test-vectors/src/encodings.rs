//! `encodings.json`: one value of every type that nodes exchange or keep, in
//! SCALE, and the hashes that name things. Numbers in the values are all
//! different, so that no two fields can change places.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Result, ensure};
use hull_executor::{Account, CodeRecord, ContractRecord, ContractState, Deposit, Item, StateDiff};
use hull_host_api::{
    Address, Callees, Capabilities, ContractInfo, Event, Group, Groups, Hash, Upgrade,
};
use hull_types::{
    Certificate, CommitSignature, Evidence, Genesis, GenesisAccount, Header, Parameters, Payload,
    Receipt, ReceiptResult, Says, Signature, SignedTransaction, Statement, Transaction, Validator,
    ValidatorSets, evidence_root, receipts_root, transactions_root,
};
use parity_scale_codec::Encode;

use crate::run::read_json;
use crate::vector::Hex;

/// Where they are kept.
pub fn file() -> PathBuf {
    crate::root().join("encodings.json")
}

/// Holds today's encodings to those of the file.
///
/// # Errors
/// The first that differs.
pub fn check() -> Result<()> {
    let expected: BTreeMap<String, Hex> = read_json(&file())?;
    let found = all();
    for (name, bytes) in &expected {
        let found = found.get(name);
        ensure!(
            found == Some(bytes),
            "{name}: expected {bytes}, found {found:?}"
        );
    }
    ensure!(
        expected.len() == found.len(),
        "encodings are missing; bless"
    );
    Ok(())
}

/// Every encoding, by name.
pub fn all() -> BTreeMap<String, Hex> {
    let mut all = BTreeMap::new();
    let mut put = |name: &str, bytes: Vec<u8>| {
        all.insert(name.to_owned(), hex::encode(bytes));
    };
    for (name, payload) in payloads() {
        put(&format!("payload/{name}"), payload.encode());
    }
    let body = transaction();
    let signed = SignedTransaction {
        transaction: body.clone(),
        signature: Signature::Secp256k1([0x5C; 65]),
    };
    put("transaction/body", body.encode());
    put("transaction/signed", signed.encode_bytes());
    put(
        "transaction/signing_hash",
        body.signing_hash(&Hash([9; 32])).0.into(),
    );
    put("transaction/id", signed.id().0.into());
    put(
        "transaction/root",
        transactions_root([&signed, &signed, &signed]).0.into(),
    );
    for (name, receipt) in receipts() {
        put(&format!("receipt/{name}"), receipt.encode());
    }
    let list = receipts().map(|(_, receipt)| receipt);
    put("receipt/root", receipts_root(&list).0.into());
    put("evidence", evidence().encode());
    put("evidence/root", evidence_root(&[evidence()]).0.into());
    put("validators", validators().encode());
    put("certificate", certificate().encode());
    put("header", header().encode());
    put("header/hash", header().hash().0.into());
    put("genesis", genesis().encode());
    put("genesis/chain_id", genesis().chain_id().0.into());
    put("state/account", account().encode());
    put("state/contract", ContractState::Live(contract()).encode());
    put(
        "state/contract_terminated",
        ContractState::Terminated.encode(),
    );
    put("state/code", code().encode());
    put("state/item", item().encode());
    put("state/diff", diff().encode());
    all
}

fn payloads() -> [(&'static str, Payload); 7] {
    let (address, hash, bytes) = (Address([1; 32]), Hash([2; 32]), vec![3, 4, 5]);
    [
        (
            "transfer",
            Payload::Transfer {
                to: address,
                value: 6,
            },
        ),
        (
            "upload",
            Payload::Upload {
                code: bytes.clone(),
            },
        ),
        (
            "instantiate",
            Payload::Instantiate {
                code_hash: hash,
                salt: [7; 32],
                grants: vec![address, Address([8; 32])],
                value: 9,
                input: bytes.clone(),
            },
        ),
        (
            "call",
            Payload::Call {
                contract: address,
                value: 10,
                input: bytes.clone(),
            },
        ),
        (
            "set_code",
            Payload::SetCode {
                contract: address,
                code_hash: hash,
                input: bytes,
            },
        ),
        ("remove_code", Payload::RemoveCode { code_hash: hash }),
        (
            "update_validators",
            Payload::UpdateValidators {
                update: vec![Validator {
                    public_key: [11; 32],
                    power: 12,
                }],
            },
        ),
    ]
}

fn transaction() -> Transaction {
    Transaction {
        sender: Address([1; 32]),
        nonce: 2,
        gas_limit: 3,
        gas_price: 4,
        tip: 5,
        deposit_limit: 6,
        payload: Payload::Transfer {
            to: Address([7; 32]),
            value: 8,
        },
    }
}

fn receipts() -> [(&'static str, Receipt); 3] {
    let receipt = |result, deposit| Receipt {
        result,
        gas: 1,
        events: vec![Event {
            contract: Address([2; 32]),
            topics: vec![Hash([3; 32])],
            data: vec![4, 5],
        }],
        deposit,
    };
    [
        ("success", receipt(ReceiptResult::Success, 6)),
        ("revert", receipt(ReceiptResult::Revert(vec![7, 8]), -1)),
        ("halt", receipt(ReceiptResult::Halt, 0)),
    ]
}

fn evidence() -> Evidence {
    let statement = |block| Statement {
        height: 1,
        round: 2,
        says: Says::Precommit(block),
    };
    Evidence {
        validator: [3; 32],
        first: (statement(None), [4; 64]),
        second: (statement(Some(Hash([5; 32]))), [6; 64]),
    }
}

fn certificate() -> Certificate {
    Certificate {
        round: 1,
        signatures: vec![CommitSignature {
            validator: 2,
            signature: [3; 64],
        }],
    }
}

fn validators() -> ValidatorSets {
    ValidatorSets::new(vec![Validator {
        public_key: [1; 32],
        power: 2,
    }])
}

fn header() -> Header {
    Header {
        height: 1,
        time: 2,
        parent: Hash([3; 32]),
        state_root: Hash([4; 32]),
        receipts_root: Hash([5; 32]),
        validators_hash: Hash([6; 32]),
        transactions_root: Hash([7; 32]),
        evidence_root: Hash([8; 32]),
    }
}

fn genesis() -> Genesis {
    Genesis {
        name: "vector".into(),
        time: 1,
        parameters: Parameters {
            schedule: 1,
            block_gas: 2,
            block_bytes: 3,
            transaction_bytes: 4,
            transaction_gas: 5,
            transaction_byte_gas: 6,
            least_gas_price: 7,
            deposit_item: 8,
            deposit_byte: 9,
            deposit_code_byte: 10,
            fee_account: Address([11; 32]),
            authority: Some(Address([16; 32])),
        },
        accounts: vec![GenesisAccount {
            address: Address([12; 32]),
            balance: 13,
        }],
        validators: vec![Validator {
            public_key: [14; 32],
            power: 15,
        }],
    }
}

fn account() -> Account {
    Account {
        nonce: 1,
        balance: 2,
    }
}

fn deposit() -> Deposit {
    Deposit {
        payer: Address([1; 32]),
        amount: 2,
        bytes: 3,
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        groups: Groups::BASE.with(Group::Storage).with(Group::Crypto),
        callees: Callees::Granted,
        storage_quota: 77,
        upgrade: Upgrade::Narrowing,
    }
}

fn contract() -> ContractRecord {
    ContractRecord {
        info: ContractInfo {
            code_hash: Hash([4; 32]),
            capabilities: capabilities(),
        },
        creator: Address([5; 32]),
        grants: vec![Address([6; 32])].into(),
        deposit: deposit(),
        bytes: 7,
        items: 8,
    }
}

fn code() -> CodeRecord {
    CodeRecord {
        uploader: Address([1; 32]),
        deposit: 2,
        len: 3,
        users: 4,
        capabilities: capabilities(),
        migrates: true,
    }
}

fn item() -> Item {
    Item {
        value: [9, 10][..].into(),
        deposit: deposit(),
    }
}

fn diff() -> StateDiff {
    let mut diff = StateDiff::default();
    diff.accounts.insert(Address([1; 32]), account());
    diff.contracts
        .insert(Address([2; 32]), ContractState::Live(contract()));
    diff.contracts
        .insert(Address([3; 32]), ContractState::Terminated);
    diff.codes.insert(Hash([4; 32]), Some(code()));
    diff.codes.insert(Hash([5; 32]), None);
    diff.code_bytes.insert(Hash([4; 32]), [6, 7][..].into());
    let storage = diff.storage.entry(Address([2; 32])).or_default();
    storage.insert([8][..].into(), Some(item()));
    storage.insert([9][..].into(), None);
    diff
}
