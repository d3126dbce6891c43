//! The executor: a block and a state in, receipts and a diff out.

use std::collections::BTreeMap;

use hull_host_api::{Address, Balance, BlockInfo, Fatal, Gas, Hash, Height, Host, limits};
use hull_types::{
    Parameters, ParametersHistory, Receipt, Transaction, VerifiedTransaction, receipts_root,
};
use hull_vm::{Call, Config, Entry, Observer, Outcome, Schedule, Vm};

use crate::charge::charge;
use crate::diff::StateDiff;
use crate::error::{BlockError, Cause, InvalidTransaction, SetupError, TransactionError};
use crate::execute::Execution;
use crate::journal::Journal;
use crate::settle::{describe, settle};
use crate::state::StateReader;
use crate::validate::{Room, at_most, check_form, check_payload, validate};

/// Executes blocks. Pure but for caches: the same block on the same state gives
/// the same result, on any machine and at any time.
///
/// Cheap to clone; clones share the engines.
#[derive(Clone)]
pub struct Executor {
    parameters: ParametersHistory,
    /// By schedule version: every one that the chain ever had.
    engines: BTreeMap<u32, Vm>,
}

/// What became of one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Executed {
    /// What all nodes agree on.
    pub receipt: Receipt,
    /// What the contract returned or reverted with.
    pub data: Vec<u8>,
    /// The contract that an instantiation created.
    pub contract: Option<Address>,
    /// Why it did not succeed; `None` if it did. For people and tools.
    pub cause: Option<Cause>,
}

/// What became of a block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockOutput {
    /// What it changes.
    pub diff: StateDiff,
    /// What became of each transaction, in order.
    pub executed: Vec<Executed>,
    /// Gas of all transactions.
    pub gas: Gas,
    /// Fees of all transactions; they are in the diff, at the account for fees.
    pub fees: Balance,
}

impl BlockOutput {
    /// The receipts, in the order of the transactions.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.executed.iter().map(|executed| &executed.receipt)
    }

    /// The root of the receipts, for the next header.
    pub fn receipts_root(&self) -> Hash {
        receipts_root(self.receipts())
    }
}

/// What became of a transaction that was only tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// As of an included transaction.
    pub executed: Executed,
    /// What it would change.
    pub diff: StateDiff,
}

/// A question to a contract, without a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Who asks.
    pub caller: Address,
    /// The contract.
    pub contract: Address,
    /// The input of the message.
    pub input: Vec<u8>,
    /// Most gas.
    pub gas_limit: Gas,
}

impl Executor {
    /// An executor for a chain. `config` is the node's own business but for its
    /// schedule, which the parameters choose.
    ///
    /// # Errors
    /// If the software does not know a schedule, or an engine does not start.
    pub fn new(parameters: ParametersHistory, config: &Config) -> Result<Self, SetupError> {
        Self::with_schedules(parameters, config, Schedule::by_version)
    }

    /// The same for a chain that prices by schedules of its own; `find` knows them by
    /// their version. All its nodes need the same ones.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_schedules(
        parameters: ParametersHistory,
        config: &Config,
        find: impl Fn(u32) -> Option<&'static Schedule>,
    ) -> Result<Self, SetupError> {
        let mut engines = BTreeMap::new();
        for activation in parameters.activations() {
            let version = activation.parameters.schedule;
            if engines.contains_key(&version) {
                continue;
            }
            let schedule = find(version).ok_or(SetupError::UnknownSchedule { version })?;
            let vm = Vm::new(Config {
                schedule,
                ..config.clone()
            })?;
            engines.insert(version, vm);
        }
        Ok(Self {
            parameters,
            engines,
        })
    }

    /// The parameters at a height.
    pub fn parameters(&self, height: Height) -> &Parameters {
        self.parameters.at(height)
    }

    /// The engine at a height.
    pub fn vm(&self, height: Height) -> &Vm {
        let version = self.parameters(height).schedule;
        self.engines
            .get(&version)
            .expect("`new` made an engine for every version")
    }

    /// Everything that can be said of a transaction without a state, for a mempool.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn check_form(
        &self,
        height: Height,
        transaction: &VerifiedTransaction,
    ) -> Result<(), InvalidTransaction> {
        check_form(self.parameters(height), transaction)
    }

    /// Begins a block on the state before it.
    pub fn begin<'s>(&'s self, state: &'s dyn StateReader, block: BlockInfo) -> BlockRun<'s> {
        let parameters = self.parameters(block.height);
        BlockRun {
            vm: self.vm(block.height),
            parameters,
            journal: Journal::new(state, block, parameters),
            room: Room::default(),
            output: BlockOutput::default(),
        }
    }

    /// Executes a block. `cheats` are the keys of the validators that its evidence is
    /// against.
    ///
    /// # Errors
    /// [`BlockError::Invalid`] if the block may not be; [`BlockError::Fatal`] if
    /// this node failed, which says nothing of the block.
    pub fn execute_block(
        &self,
        state: &dyn StateReader,
        block: BlockInfo,
        cheats: &[[u8; 32]],
        transactions: &[VerifiedTransaction],
    ) -> Result<BlockOutput, BlockError> {
        let mut run = self.begin(state, block);
        run.punish(cheats)?;
        run.output.executed.reserve(transactions.len());
        for (index, transaction) in transactions.iter().enumerate() {
            run.execute(transaction).map_err(|error| match error {
                TransactionError::Invalid(error) => BlockError::Invalid { index, error },
                TransactionError::Fatal(fatal) => BlockError::Fatal(fatal),
            })?;
        }
        Ok(run.finish()?)
    }

    /// Tries a transaction on a state, on the way that an included one takes,
    /// without signature, nonce and fee. Value and deposit have to be there.
    ///
    /// # Errors
    /// If it is malformed, or this node failed.
    pub fn simulate(
        &self,
        state: &dyn StateReader,
        block: BlockInfo,
        transaction: &Transaction,
        observer: Option<&mut dyn Observer>,
    ) -> Result<Simulated, TransactionError> {
        let mut run = self.begin(state, block);
        let bytes = VerifiedTransaction::assume(transaction.clone()).bytes();
        check_payload(&transaction.payload)?;
        let needed = run.parameters.intrinsic_gas(bytes);
        let limit = run.parameters.block_gas;
        if transaction.gas_limit > limit {
            return Err(InvalidTransaction::BlockFull {
                found: transaction.gas_limit,
                left: limit,
            }
            .into());
        }
        let gas = transaction.gas_limit.checked_sub(needed);
        let gas = gas.ok_or(InvalidTransaction::GasTooLow {
            found: transaction.gas_limit,
            needed,
        })?;
        run.journal.begin(transaction.sender);
        let execution = Execution {
            vm: run.vm,
            journal: &mut run.journal,
            transaction,
            gas,
            observer,
        };
        let done = execution.run()?;
        let (executed, _) = describe(&run.journal, needed, done)?;
        Ok(Simulated {
            executed,
            diff: run.journal.into_diff(),
        })
    }

    /// Asks a contract something. Nothing changes, whatever the contract does.
    ///
    /// # Errors
    /// If gas limit or input are over the limits of the chain, or this node failed.
    pub fn view(
        &self,
        state: &dyn StateReader,
        block: BlockInfo,
        view: &View,
        observer: Option<&mut dyn Observer>,
    ) -> Result<Outcome, TransactionError> {
        let mut run = self.begin(state, block);
        let limit = run.parameters.block_gas;
        at_most("the gas limit", view.gas_limit, limit)?;
        let most = u64::from(limits::MAX_INPUT_LEN);
        at_most("bytes of input", view.input.len() as u64, most)?;
        let call = Call {
            origin: view.caller,
            caller: view.caller,
            contract: view.contract,
            value: 0,
            gas_limit: view.gas_limit,
            deposit_limit: 0,
            read_only: true,
            entry: Entry::Call,
            input: view.input.clone(),
        };
        Ok(match observer {
            None => run.vm.call(&mut run.journal, &call)?,
            Some(observer) => run.vm.call_observed(&mut run.journal, &call, observer)?,
        })
    }
}

/// A block that is being executed, transaction by transaction.
pub struct BlockRun<'s> {
    vm: &'s Vm,
    parameters: &'s Parameters,
    journal: Journal<'s>,
    room: Room,
    output: BlockOutput,
}

impl<'s> BlockRun<'s> {
    /// Executes the next transaction.
    ///
    /// # Errors
    /// [`TransactionError::Invalid`] if it may not be next in this block; the run
    /// is then as if it had not been tried, and another one may be. After
    /// [`TransactionError::Fatal`] the run is of no use.
    pub fn execute(
        &mut self,
        transaction: &VerifiedTransaction,
    ) -> Result<&Executed, TransactionError> {
        self.run(transaction, None)
    }

    /// The same while somebody watches.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn execute_observed(
        &mut self,
        transaction: &VerifiedTransaction,
        observer: &mut dyn Observer,
    ) -> Result<&Executed, TransactionError> {
        self.run(transaction, Some(observer))
    }

    /// Takes the power of validators whose cheating the block proves: what is done first
    /// in it.
    ///
    /// # Errors
    /// If this node failed.
    pub fn punish(&mut self, cheats: &[[u8; 32]]) -> Result<(), Fatal> {
        if cheats.is_empty() {
            return Ok(());
        }
        let mut sets = self.journal.validators()?;
        let before = sets.clone();
        sets.punish(self.journal.block().height, cheats);
        match sets == before {
            true => Ok(()),
            false => self.journal.put_validators(&sets),
        }
    }

    /// 1. Validate, 2. charge, 3. execute, 4. settle.
    fn run(
        &mut self,
        transaction: &VerifiedTransaction,
        observer: Option<&mut dyn Observer>,
    ) -> Result<&Executed, TransactionError> {
        validate(
            &mut self.journal,
            &mut self.room,
            self.parameters,
            transaction,
        )?;
        let body = transaction.transaction();
        charge(&mut self.journal, body)?;
        let intrinsic = self.parameters.intrinsic_gas(transaction.bytes());
        self.journal.begin(body.sender);
        let execution = Execution {
            vm: self.vm,
            journal: &mut self.journal,
            transaction: body,
            // Validated above.
            gas: body.gas_limit.saturating_sub(intrinsic),
            observer,
        };
        let done = execution.run()?;
        let (executed, fee) = settle(&mut self.journal, body, intrinsic, done)?;
        let output = &mut self.output;
        output.gas = output.gas.saturating_add(executed.receipt.gas);
        output.fees = output
            .fees
            .checked_add(fee)
            .ok_or_else(|| Fatal::new("the fees of a block are more than there can be"))?;
        output.executed.push(executed);
        Ok(output.executed.last().expect("pushed above"))
    }

    /// The journal, for what contracts wrote to the debug log and the like.
    pub fn journal(&mut self) -> &mut Journal<'s> {
        &mut self.journal
    }

    /// Ends the block: pays out the fees, and sorts out what changed.
    ///
    /// # Errors
    /// If this node failed.
    pub fn finish(mut self) -> Result<BlockOutput, Fatal> {
        self.journal
            .credit(&self.parameters.fee_account, self.output.fees)?;
        self.output.diff = self.journal.into_diff();
        Ok(self.output)
    }
}
