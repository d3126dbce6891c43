//! Transactions: tried, shown, signed, sent, waited for.

use std::time::{Duration, Instant};

use clap::Args;
use hull_abi::{Abi, DecodedOutput, Message};
use hull_host_api::{Balance, Gas};
use hull_rpc_types::{
    self as rpc_types, AccountParams, BlockId, EstimateGas, GetAccount, GetParameters, GetReceipt,
    HashParams, Receipt, ReceiptResult, SendParams, SendTransaction, Simulate, SimulateParams,
    Simulated, TransactionRequest,
};
use hull_testing::trace::Known;
use hull_types::{Payload, Transaction};
use serde::Serialize;
use serde_json::{Map, Value};

use super::names::Sender;
use super::{Remote, RemoteError};
use crate::Exit;
use crate::contract::to_hex;
use crate::error::Error;
use crate::ui::{Answer, Paint, Ui, grouped};
use crate::wallet::PasswordOptions;

/// How a transaction is sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Transaction")]
pub(crate) struct TransactionOptions {
    /// Key that signs and pays; else the only key, or on a development chain @alice
    #[arg(long, value_name = "NAME", env = "HULL_FROM")]
    from: Option<String>,
    /// Try it and show what it would cost; send nothing
    #[arg(long)]
    dry_run: bool,
    /// Send it even if it would not succeed
    #[arg(long)]
    force: bool,
    /// Do not wait until it is in a block
    #[arg(long)]
    no_wait: bool,
    /// Most gas; else what trying it has shown, and a tenth
    #[arg(long, value_name = "GAS")]
    gas_limit: Option<Gas>,
    /// Tokens for a unit of gas, in the smallest unit; else the least of the chain
    #[arg(long, value_name = "AMOUNT")]
    gas_price: Option<Balance>,
    /// Tokens to pay on top, in the smallest unit
    #[arg(long, value_name = "AMOUNT", default_value_t = 0)]
    tip: Balance,
    /// Most storage deposit, in the smallest unit; else what trying it has shown
    #[arg(long, value_name = "AMOUNT")]
    deposit_limit: Option<Balance>,
    #[command(flatten)]
    password: PasswordOptions,
}

/// What became of a transaction, or what would.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Submitted {
    /// What was done, for people.
    #[serde(skip)]
    pub(crate) what: String,
    /// Its hash; none if it was only tried.
    pub(crate) transaction: Option<String>,
    /// The block; none if it was only tried or not waited for.
    pub(crate) height: Option<u64>,
    /// `success`, `revert`, `halt`; none if it was not waited for.
    pub(crate) result: Option<ReceiptResult>,
    pub(crate) gas: String,
    pub(crate) gas_limit: String,
    pub(crate) fee: String,
    pub(crate) deposit: String,
    /// What the message returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Value>,
    /// Why it did not succeed, the outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<String>,
    pub(crate) events: Vec<ShownEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) contract: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_hash: Option<String>,
    /// The name that the new contract has here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// An event, decoded where an ABI is known.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShownEvent {
    pub(crate) contract: String,
    pub(crate) name: Option<String>,
    pub(crate) fields: Value,
    #[serde(skip)]
    text: String,
}

impl TransactionOptions {
    /// Who is to sign, if it is said.
    pub(crate) fn from(&self) -> Option<&str> {
        self.from.as_deref()
    }
}

impl Submitted {
    pub(crate) fn succeeded(&self) -> bool {
        self.result == Some(ReceiptResult::Success)
    }

    pub(crate) fn is_on_chain(&self) -> bool {
        self.height.is_some()
    }
}

/// How long a block is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a node is asked to hold back its answer.
const WAIT_MS: u64 = 5_000;

impl Remote {
    /// Tries a transaction, and unless that is all, signs it, sends it and waits.
    /// `called` is the message that it calls, to decode what comes back.
    pub(crate) fn submit(
        &self,
        what: &str,
        payload: Payload,
        called: Option<(&Abi, &Message)>,
        options: &TransactionOptions,
        ui: Ui,
    ) -> Result<Submitted, Error> {
        let sender = self.sender(options.from.as_deref())?;
        let tried = self.try_out(&sender, &payload, options, ui)?;
        if options.dry_run {
            return Ok(self.tried(what, &tried, called));
        }
        if tried.simulated.result != ReceiptResult::Success && !options.force {
            let reasons = self.reasons(&tried.simulated.failures, &tried.simulated.data, called);
            let (what, reason) = (what.to_owned(), reasons.join("; inside it, "));
            return Err(RemoteError::WouldFail { what, reason }.into());
        }
        let key = self.key(&sender, &options.password, ui)?;
        let transaction = self.fill_in(&sender, payload, &tried, options)?;
        let gas_limit = transaction.gas_limit;
        let signed = transaction.sign(&self.status.chain_id.into(), &key);
        let sent = self.ask::<SendTransaction>(&SendParams {
            transaction: signed.encode_bytes().into(),
        })?;
        if options.no_wait {
            let mut submitted = self.tried(what, &tried, called);
            submitted.transaction = Some(sent.hash.to_string());
            submitted.result = None;
            return Ok(submitted);
        }
        let receipt = ui.step_if_long("included", || self.wait_for(sent.hash))?;
        Ok(self.done(what, &receipt, gas_limit, called))
    }

    fn try_out(
        &self,
        sender: &Sender,
        payload: &Payload,
        options: &TransactionOptions,
        ui: Ui,
    ) -> Result<Tried, Error> {
        let transaction = TransactionRequest {
            sender: rpc_types::Address(self.text(&sender.address)),
            payload: rpc_types::Payload::of(payload, |it| rpc_types::Address(self.text(it))),
            gas_limit: options.gas_limit.map(Into::into),
            gas_price: options.gas_price.map(Into::into),
            tip: options.tip.into(),
            deposit_limit: options.deposit_limit.map(Into::into),
        };
        let params = SimulateParams {
            transaction,
            block: BlockId::Latest,
            trace: false,
        };
        ui.step_if_long("tried", || {
            Ok(Tried {
                estimate: self.ask::<EstimateGas>(&params)?,
                simulated: self.ask::<Simulate>(&params)?,
            })
        })
    }

    fn fill_in(
        &self,
        sender: &Sender,
        payload: Payload,
        tried: &Tried,
        options: &TransactionOptions,
    ) -> Result<Transaction, Error> {
        let account = self.ask::<GetAccount>(&AccountParams {
            address: rpc_types::Address(self.text(&sender.address)),
            block: BlockId::Latest,
        })?;
        let gas_price = match options.gas_price {
            Some(price) => price,
            None => {
                let at = rpc_types::AtParams::default();
                self.ask::<GetParameters>(&at)?.least_gas_price.0
            }
        };
        Ok(Transaction {
            sender: sender.address,
            nonce: account.next_nonce.unwrap_or(account.nonce).0,
            gas_limit: options
                .gas_limit
                .unwrap_or_else(|| with_margin(tried.estimate.gas_limit.0)),
            gas_price,
            tip: options.tip,
            deposit_limit: options
                .deposit_limit
                .unwrap_or(tried.estimate.deposit_limit.0),
            payload,
        })
    }

    /// Waits until a transaction is in a block.
    fn wait_for(&self, hash: rpc_types::Hash) -> Result<Receipt, Error> {
        #[expect(clippy::disallowed_methods, reason = "people wait for it")]
        let start = Instant::now();
        let params = HashParams {
            hash,
            wait: WAIT_MS,
        };
        while start.elapsed() < PATIENCE {
            if let Some(receipt) = self.ask::<GetReceipt>(&params)? {
                return Ok(receipt);
            }
        }
        Err(RemoteError::NotIncluded {
            transaction: hash.to_string(),
            seconds: PATIENCE.as_secs(),
        }
        .into())
    }

    fn tried(&self, what: &str, tried: &Tried, called: Option<(&Abi, &Message)>) -> Submitted {
        let Tried {
            simulated,
            estimate,
        } = tried;
        Submitted {
            what: what.into(),
            transaction: None,
            height: None,
            result: Some(simulated.result),
            gas: simulated.gas.to_string(),
            gas_limit: with_margin(estimate.gas_limit.0).to_string(),
            fee: simulated.fee.to_string(),
            deposit: simulated.deposit.to_string(),
            value: self.value(simulated.result, &simulated.data, called),
            failures: self.reasons(&simulated.failures, &simulated.data, called),
            events: simulated
                .events
                .iter()
                .map(|it| self.event(it, called))
                .collect(),
            contract: simulated.contract.as_ref().map(ToString::to_string),
            code_hash: simulated.code_hash.as_ref().map(ToString::to_string),
            name: None,
        }
    }

    /// What a receipt says.
    pub(crate) fn done(
        &self,
        what: &str,
        receipt: &Receipt,
        gas_limit: Gas,
        called: Option<(&Abi, &Message)>,
    ) -> Submitted {
        let data = receipt.data.clone().unwrap_or_default();
        Submitted {
            what: what.into(),
            transaction: Some(receipt.transaction.to_string()),
            height: Some(receipt.height),
            result: Some(receipt.result),
            gas: receipt.gas.to_string(),
            gas_limit: gas_limit.to_string(),
            fee: receipt.fee.to_string(),
            deposit: receipt.deposit.to_string(),
            value: self.value(receipt.result, &data, called),
            failures: self.reasons(&receipt.failures, &data, called),
            events: receipt
                .events
                .iter()
                .map(|it| self.event(it, called))
                .collect(),
            contract: receipt.contract.as_ref().map(ToString::to_string),
            code_hash: receipt.code_hash.as_ref().map(ToString::to_string),
            name: None,
        }
    }

    fn value(
        &self,
        result: ReceiptResult,
        data: &rpc_types::Bytes,
        called: Option<(&Abi, &Message)>,
    ) -> Option<Value> {
        if result != ReceiptResult::Success {
            return None;
        }
        let (abi, message) = called?;
        match abi.codec().decode_output(message, &data.0).ok()? {
            DecodedOutput::Value(value) if !value.is_null() => Some(value),
            _ => None,
        }
    }

    /// Why something failed. Where the contract declared an error, that is the
    /// reason; the node can say only that it reverted.
    pub(crate) fn reasons(
        &self,
        failures: &[rpc_types::Failure],
        data: &rpc_types::Bytes,
        called: Option<(&Abi, &Message)>,
    ) -> Vec<String> {
        let decoded = called.and_then(|(abi, message)| {
            let output = abi.codec().decode_output(message, &data.0);
            match output.ok()? {
                DecodedOutput::Error(error) => Some(self.error(&error)),
                DecodedOutput::Lang(error) => Some(format!("not begun: {error:?}")),
                DecodedOutput::Value(_) => None,
            }
        });
        let mut reasons: Vec<_> = failures.iter().map(|it| self.reason(it)).collect();
        match (decoded, reasons.first_mut()) {
            (Some(decoded), Some(first)) => *first = decoded,
            (Some(decoded), None) => reasons.push(decoded),
            (None, _) => {}
        }
        reasons
    }

    fn reason(&self, failure: &rpc_types::Failure) -> String {
        let kind = failure.kind.as_deref();
        let of = match (kind, &failure.contract) {
            (Some(kind), Some(contract)) => format!("{kind} of {}: ", self.label(contract)),
            _ => String::new(),
        };
        let decoded = self.declared_error(failure);
        let reason = decoded.or_else(|| failure.message.clone());
        format!("{of}{}", reason.unwrap_or_else(|| failure.reason.clone()))
    }

    fn error(&self, error: &Value) -> String {
        format!("error {}", self.known().value(error))
    }

    /// The error of a nested call, by the ABI of its contract. Which message was
    /// called is not told, so it is that one of all errors that fits.
    fn declared_error(&self, failure: &rpc_types::Failure) -> Option<String> {
        let data = failure.data.as_ref()?;
        let abi = self.abi_at(failure.contract.as_ref()?)?;
        let mut fits = abi.messages.iter().filter_map(|message| {
            match abi.codec().decode_output(message, &data.0).ok()? {
                DecodedOutput::Error(error) => Some(self.error(&error)),
                _ => None,
            }
        });
        fits.next()
    }

    /// An event, decoded if the ABI of its contract is to be had.
    pub(crate) fn event(
        &self,
        event: &rpc_types::Event,
        called: Option<(&Abi, &Message)>,
    ) -> ShownEvent {
        let decode = |abi: &Abi| {
            let topic = event.topics.first()?;
            let decoded = abi.codec().decode_event(&topic.0, &event.data.0).ok()?;
            let known = self.known();
            let line = decoded.fields.iter();
            let line = line.map(|(name, it)| format!("{name}: {}", known.value(it)));
            let line = line.collect::<Vec<_>>().join(", ");
            let name = decoded.event.name.clone();
            let text = format!("{name} {{ {line} }}");
            let fields = decoded.fields.into_iter();
            let fields: Map<_, _> = fields.map(|(name, it)| (name.to_owned(), it)).collect();
            Some((name, text, fields))
        };
        let decoded = called.and_then(|(abi, _)| decode(abi));
        let decoded = decoded.or_else(|| decode(&*self.abi_at(&event.contract)?));
        let contract = event.contract.to_string();
        match decoded {
            Some((name, text, fields)) => ShownEvent {
                text,
                contract,
                name: Some(name),
                fields: fields.into(),
            },
            None => ShownEvent {
                text: format!(
                    "of {} {}",
                    self.label(&event.contract),
                    to_hex(&event.data.0)
                ),
                contract,
                name: None,
                fields: to_hex(&event.data.0).into(),
            },
        }
    }

    /// The name of an address, or else its text.
    pub(crate) fn label(&self, address: &rpc_types::Address) -> String {
        self.shown(&address.0)
    }

    fn shown(&self, text: &str) -> String {
        let named = self.named().unwrap_or_default().into_iter();
        let mut names = named.filter(|(_, address)| self.text(address) == text);
        names
            .next()
            .map_or_else(|| text.into(), |(name, _)| format!("@{name}"))
    }
}

struct Tried {
    estimate: rpc_types::Estimate,
    simulated: Simulated,
}

impl Answer for Submitted {
    fn text(&self, paint: Paint) -> String {
        let end = match self.result {
            Some(ReceiptResult::Success) => paint.good("success"),
            Some(ReceiptResult::Revert) => paint.bad("reverted"),
            Some(ReceiptResult::Halt) => paint.bad("halted"),
            None => paint.odd("sent"),
        };
        let place = match (self.height, self.result, &self.transaction) {
            (Some(height), ..) => format!(" in block {height}"),
            (None, Some(_), None) => " if it were sent; it was not".into(),
            _ => String::new(),
        };
        let mut text = format!("{}: {end}{place}\n", paint.title(&self.what));
        let mut line = |name: &str, value: String| {
            text += &format!("  {} {value}\n", paint.faint(format!("{name:<11}")));
        };
        let number = |text: &str| text.parse::<u128>().map_or(text.to_owned(), grouped);
        if let Some(value) = &self.value {
            line("returned", Known::new(0).value(value));
        }
        for (depth, failure) in self.failures.iter().enumerate() {
            line(
                if depth == 0 { "because" } else { "inside it" },
                failure.clone(),
            );
        }
        for event in &self.events {
            line("event", event.text.clone());
        }
        if let Some(contract) = &self.contract {
            let name = self.name.as_ref().map(|it| format!(", now @{it}"));
            line("contract", contract.clone() + &name.unwrap_or_default());
        }
        if let Some(code) = &self.code_hash {
            line("code", code.clone());
        }
        line(
            "gas",
            format!("{} of {}", number(&self.gas), number(&self.gas_limit)),
        );
        line("fee", number(&self.fee));
        if self.deposit != "0" {
            line("deposit", signed(&self.deposit));
        }
        if let Some(hash) = &self.transaction {
            line("transaction", hash.clone());
        }
        text
    }

    fn exit(&self) -> Exit {
        match self.result {
            Some(ReceiptResult::Success) | None => Exit::Done,
            _ => Exit::No,
        }
    }
}

/// A tenth more than what trying it has shown: until it is in a block, others may
/// change what it finds. Gas that is not used is not paid.
fn with_margin(gas: Gas) -> Gas {
    gas.saturating_add(gas / 10)
}

/// A deposit that was paid, or that came back.
fn signed(text: &str) -> String {
    match text.strip_prefix('-') {
        Some(back) => format!("{} back", back.parse::<u128>().map_or(back.into(), grouped)),
        None => text.parse::<u128>().map_or(text.into(), grouped),
    }
}
