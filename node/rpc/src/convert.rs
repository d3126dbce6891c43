//! From the node's types to those of the API.

mod execution;
mod trace;

use hull_chain::{Committed, Note};
use hull_executor::{Cause, Deposit, Item};
use hull_host_api::{Address, Callees, Capabilities, Hash, Upgrade, contract_address};
use hull_rpc_types as rpc;
use hull_types::{
    Evidence, Header, Parameters, Payload, Receipt, ReceiptResult, SignedTransaction,
};
use parity_scale_codec::Encode;

/// Converts, for a network.
#[derive(Clone, Copy)]
pub(crate) struct Convert<'p> {
    pub(crate) prefix: &'p str,
}

/// A transaction in a block.
pub(crate) struct Included<'b> {
    pub(crate) id: Hash,
    block: &'b Committed,
    index: u32,
    envelope: &'b SignedTransaction,
    receipt: &'b Receipt,
}

impl<'b> Included<'b> {
    pub(crate) fn new(block: &'b Committed, index: u32) -> Option<Self> {
        let at = index as usize;
        Some(Self {
            id: *block.ids.get(at)?,
            envelope: block.block.transactions.get(at)?,
            receipt: block.receipts.get(at)?,
            block,
            index,
        })
    }
}

fn evidence(evidence: &Evidence) -> rpc::Evidence {
    let (statement, _) = &evidence.first;
    rpc::Evidence {
        validator: rpc::Hash(evidence.validator),
        height: statement.height,
        round: statement.round,
        proof: evidence.encode().into(),
    }
}

impl Convert<'_> {
    pub(crate) fn address(&self, address: &Address) -> rpc::Address {
        rpc::Address::new(address, self.prefix)
    }

    pub(crate) fn header(&self, header: &Header) -> rpc::Header {
        rpc::Header {
            height: header.height,
            time: header.time,
            parent: header.parent.into(),
            state_root: header.state_root.into(),
            receipts_root: header.receipts_root.into(),
            validators_hash: header.validators_hash.into(),
            transactions_root: header.transactions_root.into(),
            evidence_root: header.evidence_root.into(),
        }
    }

    pub(crate) fn block(&self, committed: &Committed, full: bool) -> rpc::Block {
        let height = committed.block.header.height;
        let transactions = (0_u32..).zip(committed.ids.iter().zip(&committed.block.transactions));
        let transactions = match full {
            false => rpc::BlockTransactions::Hashes(
                committed.ids.iter().copied().map(Into::into).collect(),
            ),
            true => rpc::BlockTransactions::Full(
                transactions
                    .map(|(index, (id, envelope))| {
                        let state = rpc::TransactionState::Included { height, index };
                        self.transaction(*id, envelope, state)
                    })
                    .collect(),
            ),
        };
        rpc::Block {
            hash: committed.hash.into(),
            header: self.header(&committed.block.header),
            state_root_after: committed.state_root.into(),
            transactions,
            certificate: committed.certificate.clone().into(),
            evidence: committed.block.evidence.iter().map(evidence).collect(),
        }
    }

    pub(crate) fn parameters(&self, parameters: &Parameters) -> rpc::Parameters {
        rpc::Parameters {
            schedule: parameters.schedule,
            block_gas: parameters.block_gas.into(),
            block_bytes: parameters.block_bytes,
            transaction_bytes: parameters.transaction_bytes,
            transaction_gas: parameters.transaction_gas.into(),
            transaction_byte_gas: parameters.transaction_byte_gas.into(),
            least_gas_price: parameters.least_gas_price.into(),
            deposit_item: parameters.deposit_item.into(),
            deposit_byte: parameters.deposit_byte.into(),
            deposit_code_byte: parameters.deposit_code_byte.into(),
            fee_account: self.address(&parameters.fee_account),
            authority: parameters.authority.map(|it| self.address(&it)),
        }
    }

    pub(crate) fn transaction(
        &self,
        id: Hash,
        envelope: &SignedTransaction,
        state: rpc::TransactionState,
    ) -> rpc::Transaction {
        let body = &envelope.transaction;
        let hull_types::Signature::Secp256k1(signature) = &envelope.signature;
        rpc::Transaction {
            hash: id.into(),
            sender: self.address(&body.sender),
            nonce: body.nonce.into(),
            gas_limit: body.gas_limit.into(),
            gas_price: body.gas_price.into(),
            tip: body.tip.into(),
            deposit_limit: body.deposit_limit.into(),
            payload: rpc::Payload::of(&body.payload, |it| self.address(it)),
            signature: signature[..].into(),
            state,
        }
    }

    pub(crate) fn receipt(&self, included: &Included<'_>, note: Option<&Note>) -> rpc::Receipt {
        let (body, receipt) = (&included.envelope.transaction, included.receipt);
        let fee = u128::from(receipt.gas).saturating_mul(body.gas_price);
        let made = Made::by(body, receipt.result.is_success());
        let data = match &receipt.result {
            ReceiptResult::Revert(data) => Some(data.clone()),
            _ => note
                .map(|note| note.data.clone())
                .filter(|data| !data.is_empty()),
        };
        rpc::Receipt {
            transaction: included.id.into(),
            height: included.block.block.header.height,
            block: included.block.hash.into(),
            index: included.index,
            sender: self.address(&body.sender),
            result: result(&receipt.result),
            data: data.map(Into::into),
            gas: receipt.gas.into(),
            fee: fee.saturating_add(body.tip).into(),
            deposit: receipt.deposit.into(),
            events: receipt
                .events
                .iter()
                .map(|event| self.event(event))
                .collect(),
            contract: made.contract.map(|contract| self.address(&contract)),
            code_hash: made.code.map(Into::into),
            failures: self.cause(note.and_then(|note| note.cause.as_ref())),
        }
    }

    pub(crate) fn event(&self, event: &hull_host_api::Event) -> rpc::Event {
        rpc::Event {
            contract: self.address(&event.contract),
            topics: event.topics.iter().copied().map(Into::into).collect(),
            data: event.data.clone().into(),
        }
    }

    pub(crate) fn cause(&self, cause: Option<&Cause>) -> Vec<rpc::Failure> {
        match cause {
            None => Vec::new(),
            Some(Cause::Contract(failure)) => self.failures(failure),
            Some(Cause::Refused(refusal)) => vec![rpc::Failure {
                kind: None,
                contract: None,
                code_hash: None,
                reason: refusal.to_string(),
                message: None,
                data: None,
            }],
        }
    }

    pub(crate) fn failures(&self, failure: &hull_executor::Failure) -> Vec<rpc::Failure> {
        let chain = failure.chain().map(|one| rpc::Failure {
            kind: Some(one.kind.to_string()),
            contract: Some(self.address(&one.contract)),
            code_hash: one.code_hash.map(Into::into),
            reason: one.reason.to_string(),
            message: one.message().map(Into::into),
            data: match &one.reason {
                hull_executor::Reason::Reverted(data) => Some(data.clone().into()),
                _ => None,
            },
        });
        chain.collect()
    }

    pub(crate) fn capabilities(&self, capabilities: &Capabilities) -> rpc::Capabilities {
        let callees = match capabilities.callees {
            Callees::None => "none",
            Callees::Granted => "granted",
            Callees::Any => "any",
        };
        let upgrade = match capabilities.upgrade {
            Upgrade::Never => "never",
            Upgrade::Narrowing => "narrowing",
            Upgrade::Widening => "widening",
        };
        rpc::Capabilities {
            groups: capabilities
                .groups
                .iter()
                .map(|group| group.name().into())
                .collect(),
            callees: callees.into(),
            storage_quota: capabilities.storage_quota.into(),
            upgrade: upgrade.into(),
        }
    }

    pub(crate) fn deposit(&self, deposit: &Deposit) -> rpc::Deposit {
        rpc::Deposit {
            payer: self.address(&deposit.payer),
            amount: deposit.amount.into(),
            bytes: deposit.bytes,
        }
    }

    pub(crate) fn item(&self, key: Vec<u8>, item: &Item) -> rpc::Item {
        rpc::Item {
            key: key.into(),
            value: rpc::Bytes::from(&*item.value),
            deposit: self.deposit(&item.deposit),
        }
    }
}

/// What a transaction put on the chain.
#[derive(Default)]
pub(crate) struct Made {
    pub(crate) contract: Option<Address>,
    pub(crate) code: Option<Hash>,
}

impl Made {
    pub(crate) fn by(body: &hull_types::Transaction, succeeded: bool) -> Self {
        let mut made = Self::default();
        match &body.payload {
            Payload::Instantiate {
                code_hash, salt, ..
            } if succeeded => {
                made.contract = Some(contract_address(&body.sender, code_hash, salt));
            }
            Payload::Upload { code } if succeeded => {
                made.code = Some(hull_host_api::code_hash(code));
            }
            _ => (),
        }
        made
    }
}

pub(crate) fn result(result: &ReceiptResult) -> rpc::ReceiptResult {
    match result {
        ReceiptResult::Success => rpc::ReceiptResult::Success,
        ReceiptResult::Revert(_) => rpc::ReceiptResult::Revert,
        ReceiptResult::Halt => rpc::ReceiptResult::Halt,
    }
}
