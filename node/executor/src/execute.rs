//! What a transaction does, by its payload.

use hull_host_api::{
    Address, Balance, ContractInfo, Event, Fatal, Gas, Group, Hash, Host, HostError, HostResult,
    Upgrade, code_hash,
};
use hull_types::{Payload, ReceiptResult, Transaction, Validator};
use hull_vm::{Call, CallResult, Entry, Instantiate, Observer, Outcome, UploadError, Vm};

use crate::error::{Cause, Refusal};
use crate::journal::Journal;
use crate::state::{CodeRecord, Deposit};

/// What a payload came to.
pub(crate) struct Done {
    /// The data of a revert is in `data`.
    pub(crate) result: ReceiptResult,
    /// Gas used, besides that of the transaction itself.
    pub(crate) gas: Gas,
    pub(crate) data: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) contract: Option<Address>,
    pub(crate) cause: Option<Cause>,
}

impl Done {
    fn success(gas: Gas) -> Self {
        Self {
            result: ReceiptResult::Success,
            gas,
            data: Vec::new(),
            events: Vec::new(),
            contract: None,
            cause: None,
        }
    }

    fn refused(gas: Gas, refusal: Refusal) -> Self {
        Self {
            result: ReceiptResult::Revert(Vec::new()),
            cause: Some(Cause::Refused(refusal)),
            ..Self::success(gas)
        }
    }

    fn out_of_gas(limit: Gas, needed: Gas) -> Self {
        Self {
            result: ReceiptResult::Halt,
            cause: Some(Cause::Refused(Refusal::OutOfGas { needed })),
            ..Self::success(limit)
        }
    }

    pub(crate) fn from_outcome(outcome: Outcome) -> Self {
        Self {
            result: match outcome.result {
                CallResult::Success => ReceiptResult::Success,
                CallResult::Revert => ReceiptResult::Revert(Vec::new()),
                CallResult::Halt(_) => ReceiptResult::Halt,
            },
            gas: outcome.gas,
            data: outcome.data,
            events: outcome.events,
            contract: None,
            cause: outcome.failure.map(Cause::Contract),
        }
    }
}

/// A payload about to be executed.
pub(crate) struct Execution<'a, 's, 'o> {
    pub(crate) vm: &'a Vm,
    pub(crate) journal: &'a mut Journal<'s>,
    pub(crate) transaction: &'a Transaction,
    /// Gas left after that of the transaction itself.
    pub(crate) gas: Gas,
    pub(crate) observer: Option<&'o mut (dyn Observer + 'o)>,
}

impl Execution<'_, '_, '_> {
    /// Does what the payload says.
    pub(crate) fn run(self) -> Result<Done, Fatal> {
        let transaction = self.transaction;
        match &transaction.payload {
            Payload::Transfer { to, value } => self.transfer(to, *value),
            Payload::Upload { code } => self.upload(code),
            Payload::Instantiate {
                code_hash,
                salt,
                grants,
                value,
                input,
            } => self.instantiate(Instantiate {
                origin: transaction.sender,
                code_hash: *code_hash,
                salt: *salt,
                grants: grants.clone(),
                value: *value,
                gas_limit: 0,
                deposit_limit: transaction.deposit_limit,
                input: input.clone(),
            }),
            Payload::Call {
                contract,
                value,
                input,
            } => {
                let call = self.message(*contract, *value, Entry::Call, input);
                self.call(&call)
            }
            Payload::SetCode {
                contract,
                code_hash,
                input,
            } => self.set_code(contract, code_hash, input),
            Payload::RemoveCode { code_hash } => self.remove_code(code_hash),
            Payload::UpdateValidators { update } => self.update_validators(update),
        }
    }

    fn message(&self, contract: Address, value: Balance, entry: Entry, input: &[u8]) -> Call {
        Call {
            origin: self.transaction.sender,
            caller: self.transaction.sender,
            contract,
            value,
            gas_limit: self.gas,
            deposit_limit: self.transaction.deposit_limit,
            read_only: false,
            entry,
            input: input.to_vec(),
        }
    }

    fn transfer(self, to: &Address, value: Balance) -> Result<Done, Fatal> {
        self.journal.enter(0).map_err(own)?;
        let sent = self.journal.transfer(&self.transaction.sender, to, value);
        let sent = guest(sent)?;
        self.journal.exit(sent.is_some()).map_err(own)?;
        Ok(match sent {
            Some(()) => Done::success(0),
            None => Done::refused(0, Refusal::InsufficientBalance),
        })
    }

    fn call(self, call: &Call) -> Result<Done, Fatal> {
        let outcome = match self.observer {
            None => self.vm.call(self.journal, call)?,
            Some(observer) => self.vm.call_observed(self.journal, call, observer)?,
        };
        Ok(Done::from_outcome(outcome))
    }

    fn instantiate(self, mut new: Instantiate) -> Result<Done, Fatal> {
        new.gas_limit = self.gas;
        let (address, outcome) = match self.observer {
            None => self.vm.instantiate(self.journal, &new)?,
            Some(observer) => self.vm.instantiate_observed(self.journal, &new, observer)?,
        };
        let created = outcome.result.is_success();
        Ok(Done {
            contract: created.then_some(address),
            ..Done::from_outcome(outcome)
        })
    }

    /// Exists already? Gas? Deposit? Admitted? In that order: from cheap to dear.
    fn upload(mut self, code: &[u8]) -> Result<Done, Fatal> {
        let code_hash = code_hash(code);
        if self.journal.code_record(&code_hash)?.is_some() {
            return Ok(Done::refused(0, Refusal::AlreadyUploaded(code_hash)));
        }
        let gas = self.vm.upload_cost(code.len());
        if gas > self.gas {
            return Ok(Done::out_of_gas(self.gas, gas));
        }
        let deposit = self.journal.parameters().code_deposit(code.len() as u64);
        if !self.pay_for_code(deposit)? {
            return Ok(Done::refused(
                gas,
                Refusal::DepositExceeded { needed: deposit },
            ));
        }
        let admission = match self.vm.upload(code) {
            Ok(admission) => admission,
            Err(UploadError::Fatal(fatal)) => return Err(fatal),
            Err(UploadError::Refused(error)) => {
                self.journal.exit(false).map_err(own)?;
                return Ok(Done::refused(gas, Refusal::NotAdmitted(error)));
            }
        };
        let record = CodeRecord {
            uploader: self.transaction.sender,
            deposit,
            len: admission.code_len,
            users: 0,
            capabilities: admission.capabilities,
            migrates: admission.entries.contains(&Entry::Migrate),
        };
        self.journal.put_code(&code_hash, Some(record))?;
        self.journal.put_code_bytes(&code_hash, code.into())?;
        self.journal.exit(true).map_err(own)?;
        Ok(Done::success(gas))
    }

    /// Opens a checkpoint and takes the deposit in it; closes it if that fails.
    fn pay_for_code(&mut self, deposit: Balance) -> Result<bool, Fatal> {
        self.journal
            .enter(self.transaction.deposit_limit)
            .map_err(own)?;
        let paid = deposit <= self.transaction.deposit_limit
            && guest(self.journal.pay(deposit))?.is_some();
        if !paid {
            self.journal.exit(false).map_err(own)?;
        }
        Ok(paid)
    }

    fn remove_code(self, code_hash: &Hash) -> Result<Done, Fatal> {
        let sender = self.transaction.sender;
        let refusal = match self.journal.code_record(code_hash)? {
            None => Refusal::NoCode(*code_hash),
            Some(code) if code.uploader != sender => Refusal::NotUploader {
                uploader: code.uploader,
            },
            Some(code) if code.users > 0 => Refusal::CodeInUse { users: code.users },
            Some(code) => {
                self.journal.enter(0).map_err(own)?;
                self.journal.put_code(code_hash, None)?;
                self.journal.refund(Deposit {
                    payer: code.uploader,
                    amount: code.deposit,
                    bytes: code.len,
                })?;
                self.journal.exit(true).map_err(own)?;
                return Ok(Done::success(0));
            }
        };
        Ok(Done::refused(0, refusal))
    }

    fn update_validators(self, update: &[Validator]) -> Result<Done, Fatal> {
        let authority = self.journal.parameters().authority;
        if authority != Some(self.transaction.sender) {
            return Ok(Done::refused(0, Refusal::NotAuthority { authority }));
        }
        let mut sets = self.journal.validators()?;
        match sets.update(self.journal.block().height, update) {
            Ok(()) => self.journal.put_validators(&sets)?,
            Err(error) => return Ok(Done::refused(0, Refusal::Validators(error))),
        }
        Ok(Done::success(0))
    }

    /// The new code is in place while its migration runs; what the migration does
    /// decides about both.
    fn set_code(
        mut self,
        contract: &Address,
        code_hash: &Hash,
        input: &[u8],
    ) -> Result<Done, Fatal> {
        let (info, migrates) = match self.may_set_code(contract, code_hash)? {
            Ok(new) => new,
            Err(refusal) => return Ok(Done::refused(0, refusal)),
        };
        self.journal
            .enter(self.transaction.deposit_limit)
            .map_err(own)?;
        self.journal.set_contract(contract, info).map_err(own)?;
        let done = if migrates {
            let call = self.message(*contract, 0, Entry::Migrate, input);
            let observer = self.observer.take();
            let outcome = match observer {
                None => self.vm.call(self.journal, &call)?,
                Some(observer) => self.vm.call_observed(self.journal, &call, observer)?,
            };
            Done::from_outcome(outcome)
        } else {
            Done::success(0)
        };
        self.journal.exit(done.result.is_success()).map_err(own)?;
        Ok(done)
    }

    /// Who may replace a contract's code from outside: its creator, if upgrades
    /// are allowed at all and the contract does not decide them itself.
    fn may_set_code(
        &mut self,
        contract: &Address,
        code_hash: &Hash,
    ) -> Result<Result<(ContractInfo, bool), Refusal>, Fatal> {
        let Some(live) = self.journal.live(contract)? else {
            return Ok(Err(Refusal::NoContract(*contract)));
        };
        let (creator, today) = (live.creator, live.info.capabilities);
        if creator != self.transaction.sender {
            return Ok(Err(Refusal::NotCreator { creator }));
        }
        if today.groups.contains(Group::Upgrade) {
            return Ok(Err(Refusal::NotUpgradable));
        }
        let Some(code) = self.journal.code_record(code_hash)? else {
            return Ok(Err(Refusal::NoCode(*code_hash)));
        };
        let capabilities = match today.upgrade {
            Upgrade::Never => return Ok(Err(Refusal::NotUpgradable)),
            Upgrade::Narrowing => today.intersection(&code.capabilities),
            Upgrade::Widening => code.capabilities,
        };
        let info = ContractInfo {
            code_hash: *code_hash,
            capabilities,
        };
        Ok(Ok((info, code.migrates)))
    }
}

/// The value, or `None` where the answer blames the transaction.
fn guest<T>(answer: HostResult<T>) -> Result<Option<T>, Fatal> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(HostError::Guest(_)) => Ok(None),
        Err(HostError::Fatal(fatal)) => Err(fatal),
    }
}

/// An error where a transaction can do nothing wrong.
fn own(error: HostError) -> Fatal {
    match error {
        HostError::Fatal(fatal) => fatal,
        HostError::Guest(error) => Fatal::new(format!("the journal refuses its own: {error:?}")),
    }
}
