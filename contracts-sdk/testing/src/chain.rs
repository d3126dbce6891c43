//! The chain in this process.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hull_executor::trace::Tracer;
use hull_executor::{
    ContractRecord, ContractState, Executor, MemoryState, StateReader, TransactionError, View,
};
use hull_host_api::{Address, Balance, BlockInfo, Gas, Hash, Height, Timestamp};
use hull_sdk::Message;
use hull_types::{Parameters, ParametersHistory, Payload, Transaction, VerifiedTransaction};
use hull_vm::{Config, Tiering};
use parity_scale_codec::Decode;

use crate::account::{accounts, alice};
use crate::call::{Call, Terms};
use crate::code::Code;
use crate::deploy::{Deploy, Deployment, SetCode, Upload};
use crate::gas::{Counted, GasReport};
use crate::known::Known;
use crate::receipt::Receipt;
use crate::record::{Changes, Record};
use crate::trace::CallTrace;
use crate::verbosity;

/// Tokens that each of [`accounts`] has at the beginning, in the smallest unit:
/// a million of 12 decimals.
pub const WEALTH: Balance = 1_000_000 * 1_000_000_000_000;
/// Gas limit of a call unless it says otherwise: a tenth of a second.
pub const GAS_LIMIT: Gas = 100_000_000_000;
/// Most deposit of a transaction unless it says otherwise, in the smallest
/// unit: a thousand tokens of 12 decimals.
pub const DEPOSIT_LIMIT: Balance = 1_000 * 1_000_000_000_000;
/// Milliseconds from one block to the next unless a chain says otherwise.
pub const BLOCK_TIME: Timestamp = 1_000;
/// The time of block 1: the beginning of 2026.
pub const START_TIME: Timestamp = 1_767_225_600_000;

/// A chain in this process: the executor of the nodes on a state in memory.
///
/// Every transaction is a block of its own: afterwards the height is one more,
/// and the time [`BLOCK_TIME`] later. Signatures are taken for granted; all else,
/// nonces, fees, deposits and limits, is as on a network.
///
/// A clone is a snapshot: cheap, and from then on a chain of its own. The same
/// calls on equal chains do the same.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// let mut chain = Chain::new();
/// let counter = chain.deploy(constructors::new(40)).address();
/// let before = chain.clone();
/// assert_eq!(chain.call(counter, messages::add(2)).returns(), 42);
/// assert_eq!(chain.height(), before.height() + 1);
/// assert_eq!(before.query(counter, messages::get()), 40);
/// ```
pub struct Chain {
    executor: Executor,
    state: Arc<MemoryState>,
    /// The next block.
    block: BlockInfo,
    block_time: Timestamp,
    /// Whether transactions stay in one block.
    held: bool,
    /// Contracts deployed so far without a salt of their own.
    deployed: u64,
    pub(crate) known: Arc<Known>,
    gas: Mutex<Counted>,
    /// The last call.
    last: Mutex<Option<Arc<Record>>>,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Clone for Chain {
    fn clone(&self) -> Self {
        Self {
            executor: self.executor.clone(),
            state: Arc::clone(&self.state),
            block: self.block,
            block_time: self.block_time,
            held: self.held,
            deployed: self.deployed,
            known: Arc::clone(&self.known),
            gas: Mutex::new(self.counted().inherited()),
            last: Mutex::new(self.last().clone()),
        }
    }
}

/// Making one.
impl Chain {
    /// A chain with the parameters of a development network, on which
    /// [`accounts`] have [`WEALTH`] each.
    pub fn new() -> Self {
        // Engines keep what they compiled, and do not depend on a state.
        static EXECUTOR: OnceLock<Executor> = OnceLock::new();
        let executor = EXECUTOR.get_or_init(|| executor(Parameters::default()));
        Self::around(executor.clone())
    }

    /// A chain with parameters of its own: prices, limits, the gas schedule.
    ///
    /// # Panics
    /// If no chain can have them.
    pub fn with_parameters(parameters: Parameters) -> Self {
        Self::around(executor(parameters))
    }

    fn around(executor: Executor) -> Self {
        let mut state = MemoryState::default();
        let mut known = Known::new(executor.parameters(1).schedule);
        known.name(executor.parameters(1).fee_account, "fees");
        for account in accounts() {
            state.fund(account.address(), WEALTH);
            known.name(account.address(), account.name());
        }
        Self {
            executor,
            state: Arc::new(state),
            block: BlockInfo {
                height: 1,
                time: START_TIME,
                chain_id: Hash([0x7E; 32]),
            },
            block_time: BLOCK_TIME,
            held: false,
            deployed: 0,
            gas: Mutex::new(Counted::new(known.schedule())),
            last: Mutex::default(),
            known: Arc::new(known),
        }
    }
}

fn executor(parameters: Parameters) -> Executor {
    // Results are those of every tier; this one compiles at once and in this thread.
    let config = Config {
        tiering: Tiering::BaselineOnly,
        ..Config::default()
    };
    let history = ParametersHistory::constant(parameters);
    let history = history.unwrap_or_else(|error| panic!("no chain's parameters: {error}"));
    Executor::new(history, &config).unwrap_or_else(|error| panic!("no executor: {error}"))
}

/// What tests do.
impl Chain {
    /// Creates a contract; uploads its code first where the chain does not have
    /// it. Takes a constructor of a contract's crate, or [`Code`] with one:
    /// [`Code::with`].
    ///
    /// ```no_run
    /// # use hull_testing::*;
    /// # use counter::constructors;
    /// # let bob = bob();
    /// let mut chain = Chain::new();
    /// let counter = chain.deploy(constructors::new(40)).by(&bob).address();
    /// ```
    pub fn deploy<R: Decode>(&mut self, deployment: impl Into<Deployment<R>>) -> Deploy<'_, R> {
        Deploy::new(self, deployment.into())
    }

    /// Sends a message to a contract in a transaction.
    ///
    /// ```no_run
    /// # use hull_testing::*;
    /// # use counter::{constructors, messages};
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// assert_eq!(chain.call(counter, messages::add(2)).by(bob()).returns(), 42);
    /// ```
    pub fn call<R: Decode>(&mut self, contract: Address, message: Message<R>) -> Call<'_, R> {
        Call::new(self, contract, message)
    }

    /// Asks a contract something, as Alice, without a transaction: nothing
    /// changes, whatever the message does. A message that writes halts.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// assert_eq!(chain.query(counter, messages::get()), 40);
    /// ```
    ///
    /// # Panics
    /// If the contract fails, with its trace.
    #[track_caller]
    pub fn query<R: Decode>(&self, contract: Address, message: Message<R>) -> R {
        self.query_as(alice(), contract, message).returns()
    }

    /// The same as somebody, with all that is to be said of it.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// let receipt = chain.query_as(bob(), counter, messages::get());
    /// assert_eq!((receipt.fee(), receipt.result), (0, Ok(40)));
    /// ```
    pub fn query_as<R: Decode>(
        &self,
        caller: impl Into<Address>,
        contract: Address,
        message: Message<R>,
    ) -> Receipt<R> {
        let view = View {
            caller: caller.into(),
            contract,
            input: message.input,
            gas_limit: GAS_LIMIT,
        };
        let mut tracer = Tracer::default();
        let outcome = self
            .executor
            .view(&*self.state, self.block, &view, Some(&mut tracer));
        let known = Arc::clone(&self.known);
        let record = match outcome {
            Ok(outcome) => Record::of_view(outcome, tracer.finish(), known),
            Err(TransactionError::Invalid(error)) => Record::invalid(error, known),
            Err(TransactionError::Fatal(fatal)) => panic!("the executor failed: {fatal}"),
        };
        self.finish(Receipt::new(record, message.fallible))
    }

    /// Puts code on the chain without making a contract of it, for contracts that
    /// create others.
    ///
    /// ```
    /// # use hull_testing::*;
    /// let mut chain = Chain::new();
    /// let code = contract!("../../contracts/counter");
    /// let uploaded = chain.upload(&code).run();
    /// assert!(uploaded.result.is_ok() && uploaded.deposit() > 0);
    /// ```
    pub fn upload(&mut self, code: &Code) -> Upload<'_> {
        Upload::new(self, code.clone())
    }

    /// Replaces the code of a contract, as its creator may where the contract
    /// declares `upgrade`. Code with a migration is given it by
    /// [`migrate`](Self::migrate).
    ///
    /// ```
    /// # use counter::constructors;
    /// # use hull_testing::*;
    /// let mut chain = Chain::new();
    /// let counter = chain.deploy(constructors::new(40)).address();
    /// let code = contract!("../../contracts/fixtures/tally");
    /// let refused = chain.set_code(counter, &code).run();
    /// assert_eq!(refused.result, Err(Failed::Refused(Refusal::NotUpgradable)));
    /// ```
    pub fn set_code(&mut self, contract: Address, code: &Code) -> SetCode<'_, ()> {
        SetCode::new(self, contract, code.clone(), None)
    }

    /// Replaces the code of a contract and runs the new code's migration. If that
    /// fails, the old code stays.
    ///
    /// ```
    /// # use hull_testing::*;
    /// # use tally::tally as first;
    /// # use tally_v2::tally_v2 as second;
    /// let mut chain = Chain::new();
    /// let contract = chain.deploy(first::constructors::new(42_u32)).address();
    /// let code = contract!("../../contracts/fixtures/tally-v2");
    /// let migration = second::messages::migrate(bob().address(), 42_u32);
    /// assert_eq!(chain.migrate(contract, &code, migration).succeeds(), 42);
    /// assert_eq!(chain.query(contract, second::messages::count()), 42);
    /// ```
    pub fn migrate<R: Decode>(
        &mut self,
        contract: Address,
        code: &Code,
        migration: Message<R>,
    ) -> SetCode<'_, R> {
        SetCode::new(self, contract, code.clone(), Some(migration))
    }
}

/// Time, tokens, state.
impl Chain {
    /// The height of the next block.
    pub fn height(&self) -> Height {
        self.block.height
    }

    /// The time of the next block, in milliseconds since the Unix epoch.
    pub fn time(&self) -> Timestamp {
        self.block.time
    }

    /// Sets the height of the next block. It may go backwards, which no network
    /// does.
    pub fn set_height(&mut self, height: Height) {
        self.block.height = height;
    }

    /// Sets the time of the next block, in milliseconds since the Unix epoch.
    pub fn set_time(&mut self, time: Timestamp) {
        self.block.time = time;
    }

    /// Lets time pass, in milliseconds, and one block with it.
    ///
    /// ```
    /// # use hull_testing::*;
    /// let mut chain = Chain::new();
    /// let (height, time) = (chain.height(), chain.time());
    /// chain.advance_time(86_400_000);
    /// assert_eq!((chain.height(), chain.time()), (height + 1, time + 86_400_000));
    /// ```
    pub fn advance_time(&mut self, milliseconds: Timestamp) {
        self.block.time = self.block.time.saturating_add(milliseconds);
        self.block.height = self.block.height.saturating_add(1);
    }

    /// Lets so many blocks pass, and their time.
    ///
    /// ```
    /// # use hull_testing::*;
    /// let mut chain = Chain::new();
    /// let time = chain.time();
    /// chain.advance_blocks(10);
    /// assert_eq!(chain.time(), time + 10 * BLOCK_TIME);
    /// ```
    pub fn advance_blocks(&mut self, blocks: Height) {
        self.block.height = self.block.height.saturating_add(blocks);
        let time = self.block_time.saturating_mul(blocks);
        self.block.time = self.block.time.saturating_add(time);
    }

    /// Sets the milliseconds from one block to the next.
    pub fn set_block_time(&mut self, milliseconds: Timestamp) {
        self.block_time = milliseconds;
    }

    /// Does something in one block: its transactions see one height and time.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// let height = chain.height();
    /// chain.in_one_block(|chain| {
    ///     chain.call(counter, messages::add(1)).returns();
    ///     chain.call(counter, messages::add(1)).by(bob()).returns();
    /// });
    /// assert_eq!(chain.height(), height + 1);
    /// ```
    pub fn in_one_block<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.held, true);
        let done = work(self);
        self.held = outer;
        self.next_block();
        done
    }

    /// Adds tokens to an account or contract out of nothing, in the smallest
    /// unit, as only a test may.
    ///
    /// ```
    /// # use hull_testing::*;
    /// let mut chain = Chain::new();
    /// let nobody = Account::named("zoe");
    /// chain.fund(&nobody, 1_000);
    /// assert_eq!(chain.balance(&nobody), 1_000);
    /// ```
    pub fn fund(&mut self, who: impl Into<Address>, amount: Balance) {
        Arc::make_mut(&mut self.state).fund(who.into(), amount);
    }

    /// What an account or contract has, in the smallest unit.
    pub fn balance(&self, who: impl Into<Address>) -> Balance {
        let account = self.state.account(&who.into()).expect("memory answers");
        account.map_or(0, |account| account.balance)
    }

    /// Gives an address a name, which traces show instead.
    pub fn name(&mut self, who: impl Into<Address>, name: &str) {
        Arc::make_mut(&mut self.known).name(who.into(), name);
    }

    /// Lets traces know a code that came onto the chain in another way.
    pub fn learn(&mut self, code: &Code) {
        Arc::make_mut(&mut self.known).learn(code);
    }

    /// A contract's record; `None` if there is none or it removed itself.
    pub fn contract(&self, address: Address) -> Option<ContractRecord> {
        match self.state.contract(&address).expect("memory answers")? {
            ContractState::Live(record) => Some(record),
            ContractState::Terminated => None,
        }
    }

    /// The storage of a contract, in the order of its keys.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// let stored: Vec<_> = chain.storage(counter).collect();
    /// assert_eq!(stored, [(&[0][..], &40_u64.to_le_bytes()[..])]);
    /// ```
    pub fn storage(&self, contract: Address) -> impl Iterator<Item = (&[u8], &[u8])> {
        let items = self.state.storage(&contract).collect::<Vec<_>>();
        items.into_iter().map(|(key, item)| (key, &*item.value))
    }

    /// The whole state.
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// The parameters of the next block.
    pub fn parameters(&self) -> &Parameters {
        self.executor.parameters(self.block.height)
    }

    /// What happened in the last transaction or query, whoever made it; `None`
    /// before the first.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// chain.call(counter, messages::add(2)).returns();
    /// let trace = chain.last_trace().unwrap();
    /// assert_eq!(trace.frames[0].headline(), "counter.add(amount: 2)");
    /// ```
    pub fn last_trace(&self) -> Option<CallTrace> {
        self.last_record().map(|record| record.trace())
    }

    /// What calls cost so far, by contract and message: those of this chain, and
    /// of the chain that it is a clone of before it was cloned.
    ///
    /// ```
    /// # use counter::{constructors, messages};
    /// # use hull_testing::*;
    /// # let mut chain = Chain::new();
    /// # let counter = chain.deploy(constructors::new(40)).address();
    /// chain.call(counter, messages::add(2)).returns();
    /// let report = chain.gas_report();
    /// assert_eq!(report.of("counter", "add").unwrap().calls, 1);
    /// ```
    pub fn gas_report(&self) -> GasReport {
        self.counted().all()
    }
}

/// Transactions.
impl Chain {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        // A count is whole at any time.
        self.gas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> MutexGuard<'_, Option<Arc<Record>>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn last_record(&self) -> Option<Arc<Record>> {
        self.last().clone()
    }

    /// A salt that no contract of this chain has yet.
    pub(crate) fn next_salt(&mut self) -> [u8; 32] {
        self.deployed += 1;
        let mut salt = [0; 32];
        salt[24..].copy_from_slice(&self.deployed.to_be_bytes());
        salt
    }

    pub(crate) fn has_code(&self, code: &Code) -> bool {
        let known = self.state.code(&code.hash()).expect("memory answers");
        known.is_some()
    }

    /// Executes a transaction in a block, and moves on to the next one.
    pub(crate) fn transact(&mut self, terms: &Terms, payload: Payload) -> Record {
        let body = self.body(terms, payload);
        let mut tracer = Tracer::default();
        let mut run = self.executor.begin(&*self.state, self.block);
        let transaction = VerifiedTransaction::assume(body.clone());
        match run.execute_observed(&transaction, &mut tracer) {
            Ok(_) => {}
            Err(TransactionError::Invalid(error)) => {
                return Record::invalid(error, Arc::clone(&self.known));
            }
            Err(TransactionError::Fatal(fatal)) => panic!("the executor failed: {fatal}"),
        }
        let output = run.finish();
        let mut output = output.unwrap_or_else(|fatal| panic!("the executor failed: {fatal}"));
        let executed = output.executed.pop().expect("one transaction was executed");
        let trace = tracer.finish();
        Known::meet(&mut self.known, &trace);
        let record = Record {
            fee: output.fees,
            changes: Changes::of(&output.diff, &self.state),
            ..Record::of(executed, trace, Arc::clone(&self.known))
        };
        Arc::make_mut(&mut self.state).apply(output.diff);
        self.next_block();
        record
    }

    fn body(&self, terms: &Terms, payload: Payload) -> Transaction {
        let parameters = self.parameters();
        let account = self.state.account(&terms.sender).expect("memory answers");
        let account = account.unwrap_or_default();
        let most = match payload {
            // Compiling takes what it takes.
            Payload::Upload { .. } => parameters.block_gas,
            _ => GAS_LIMIT.min(parameters.block_gas),
        };
        let mut body = Transaction {
            sender: terms.sender,
            nonce: account.nonce,
            gas_limit: terms.gas_limit.unwrap_or(most),
            gas_price: terms.gas_price.unwrap_or(parameters.least_gas_price),
            tip: terms.tip,
            deposit_limit: 0,
            payload,
        };
        // Who has little can still pay a small deposit.
        let left = account
            .balance
            .saturating_sub(body.most_spent().unwrap_or(Balance::MAX));
        body.deposit_limit = terms.deposit_limit.unwrap_or(DEPOSIT_LIMIT.min(left));
        body
    }

    fn next_block(&mut self) {
        if !self.held {
            self.advance_blocks(1);
        }
    }

    /// Counts the gas, and says what was asked for.
    pub(crate) fn finish<R>(&self, receipt: Receipt<R>) -> Receipt<R> {
        self.counted().count(&receipt.record);
        *self.last() = Some(Arc::clone(&receipt.record));
        verbosity::tell(&receipt.record);
        receipt
    }
}
