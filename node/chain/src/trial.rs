//! Executing without changing anything: questions, simulation, estimates, traces.

use hull_executor::trace::{Trace, Tracer};
use hull_executor::{Executed, Simulated, StateReader, TransactionError, View};
use hull_host_api::{Balance, Gas, Hash, Height, Timestamp};
use hull_types::{Payload, ReceiptResult, Transaction, VerifiedTransaction};
use hull_vm::Outcome;

use crate::chain::Chain;
use crate::error::ChainError;
use crate::evidence::cheats;

/// On which state something is tried, and in which block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The state after the block of this height; the trial is in the next one.
    pub height: Height,
    /// The time of the next block, if there is none yet.
    pub time: Timestamp,
}

/// What a transaction needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimated {
    /// What becomes of it with [`gas_limit`](Self::gas_limit).
    pub simulated: Simulated,
    /// A limit with which it was tried.
    pub gas_limit: Gas,
}

/// Most trials for one estimate.
const MAX_TRIALS: u32 = 16;

impl Chain {
    /// Asks a contract something.
    ///
    /// # Errors
    /// If the state is not kept, the question is over a limit, or this node failed.
    pub fn view(&self, trial: Trial, view: &View) -> Result<Outcome, ChainError> {
        let (state, info) = self.trial(trial)?;
        Ok(self.inner.executor.view(&state, info, view, None)?)
    }

    /// Tries a transaction, on the way that an included one takes.
    ///
    /// # Errors
    /// If the state is not kept, the transaction may not be, or this node failed.
    pub fn simulate(
        &self,
        trial: Trial,
        transaction: &Transaction,
    ) -> Result<Simulated, ChainError> {
        let (state, info) = self.trial(trial)?;
        let executor = &self.inner.executor;
        Ok(executor.simulate(&state, info, transaction, None)?)
    }

    /// The same with a trace.
    ///
    /// # Errors
    /// As [`simulate`](Self::simulate).
    pub fn simulate_traced(
        &self,
        trial: Trial,
        transaction: &Transaction,
    ) -> Result<(Simulated, Trace), ChainError> {
        let (state, info) = self.trial(trial)?;
        let mut tracer = Tracer::default();
        let executor = &self.inner.executor;
        let simulated = executor.simulate(&state, info, transaction, Some(&mut tracer))?;
        Ok((simulated, tracer.finish()))
    }

    /// The least gas limit, within a few percent, with which a transaction does what it
    /// does with the limit that it has. Callers keep a part of their gas when they
    /// call, so it can be more than the gas used.
    ///
    /// # Errors
    /// As [`simulate`](Self::simulate).
    pub fn estimate(
        &self,
        trial: Trial,
        transaction: &Transaction,
    ) -> Result<Estimated, ChainError> {
        let most = self.simulate(trial, transaction)?;
        let mut best = Estimated {
            gas_limit: transaction.gas_limit,
            simulated: most,
        };
        if best.simulated.executed.receipt.result == ReceiptResult::Halt {
            return Ok(best);
        }
        let mut low = best.simulated.executed.receipt.gas;
        let mut next = low;
        for _ in 0..MAX_TRIALS {
            if next >= best.gas_limit {
                break;
            }
            let mut tried = transaction.clone();
            tried.gas_limit = next;
            match self.simulate(trial, &tried) {
                Ok(simulated) if does_the_same(&simulated.executed, &best.simulated.executed) => {
                    best = Estimated {
                        gas_limit: next,
                        simulated,
                    };
                }
                Ok(_) | Err(ChainError::Transaction(_)) => low = next,
                Err(error) => return Err(error),
            }
            // Near enough: a hundredth.
            let apart = best.gas_limit.saturating_sub(low);
            if apart <= low / 100 {
                break;
            }
            // The need is seldom far above the use.
            next = low.saturating_add((low / 16).min(apart / 2).max(1));
        }
        Ok(best)
    }

    /// Executes a transaction of a block again and watches. `None` if it is in none.
    ///
    /// # Errors
    /// If the state before its block is not kept, or this node failed.
    pub fn trace(&self, id: &Hash) -> Result<Option<(Trace, Executed)>, ChainError> {
        let Some((height, index)) = self.place_of(id)? else {
            return Ok(None);
        };
        let committed = self.committed(height)?;
        let state = self.state_at(height.saturating_sub(1))?;
        let info = self.block_info(height, committed.block.header.time);
        let mut run = self.inner.executor.begin(&state, info);
        run.punish(&cheats(&committed.block))?;
        let included = |error| match error {
            TransactionError::Fatal(fatal) => ChainError::Fatal(fatal),
            TransactionError::Invalid(invalid) => ChainError::Transaction(invalid),
        };
        // Their signatures were checked when they were included.
        let transactions = committed.block.transactions.iter();
        let mut transactions =
            transactions.map(|one| VerifiedTransaction::assume(one.transaction.clone()));
        for before in transactions.by_ref().take(index as usize) {
            run.execute(&before).map_err(included)?;
        }
        let Some(watched) = transactions.next() else {
            return Ok(None);
        };
        let mut tracer = Tracer::default();
        let executed = run
            .execute_observed(&watched, &mut tracer)
            .map_err(included)?;
        let executed = executed.clone();
        Ok(Some((tracer.finish(), executed)))
    }

    /// The most deposit that a sender could pay beside the value of a payload.
    ///
    /// # Errors
    /// If the state is not kept, or this node failed.
    pub fn deposit_at_hand(
        &self,
        trial: Trial,
        sender: &hull_host_api::Address,
        payload: &Payload,
    ) -> Result<Balance, ChainError> {
        let account = self.state_at(trial.height)?.account(sender)?;
        let balance = account.unwrap_or_default().balance;
        Ok(balance.saturating_sub(payload.value()))
    }

    fn trial(
        &self,
        trial: Trial,
    ) -> Result<(hull_state::Snapshot, hull_host_api::BlockInfo), ChainError> {
        let state = self.state_at(trial.height)?;
        let height = trial.height.saturating_add(1);
        let next = self.inner.store.header(height)?;
        let parent = self.inner.store.header(trial.height)?;
        let after_parent = parent.map_or(0, |header| header.time.saturating_add(1));
        let time = next.map_or(trial.time.max(after_parent), |header| header.time);
        Ok((state, self.block_info(height, time)))
    }
}

/// Whether two runs differ in gas alone.
fn does_the_same(one: &Executed, other: &Executed) -> bool {
    let mut one = one.clone();
    one.receipt.gas = other.receipt.gas;
    one == *other
}
