//! What became of a transaction or query, before anything of it is decoded.

use std::collections::BTreeMap;
use std::sync::Arc;

use hull_executor::trace::Trace;
use hull_executor::{
    Account, Cause, Executed, InvalidTransaction, MemoryState, Reason, StateDiff, StateReader,
};
use hull_host_api::{Address, Balance, Event, Gas};
use hull_vm::{Failure, Outcome};

use crate::failed::Failed;
use crate::known::Known;

#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// Why it did not succeed, unless what the contract declared says it.
    pub(crate) failed: Option<Failed>,
    pub(crate) data: Vec<u8>,
    pub(crate) gas: Gas,
    pub(crate) fee: Balance,
    pub(crate) deposit: i128,
    pub(crate) events: Vec<Event>,
    pub(crate) contract: Option<Address>,
    pub(crate) changes: Changes,
    pub(crate) trace: Trace,
    pub(crate) known: Arc<Known>,
}

/// What a block changed, with what was there before.
#[derive(Clone, Debug, Default)]
pub(crate) struct Changes {
    pub(crate) items: Vec<ItemChange>,
    pub(crate) balances: BTreeMap<Address, BalanceChange>,
}

/// A storage item that is another afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ItemChange {
    pub(crate) owner: Address,
    pub(crate) key: Vec<u8>,
    pub(crate) before: Option<Vec<u8>>,
    pub(crate) after: Option<Vec<u8>>,
}

/// A balance that is another afterwards, in the smallest unit.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// let receipt = chain.call(counter, messages::add(2)).run();
/// let BalanceChange { before, after } = receipt.balances()[&alice().address()];
/// assert_eq!(before - after, receipt.fee());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BalanceChange {
    /// Before the transaction.
    pub before: Balance,
    /// After it.
    pub after: Balance,
}

impl Record {
    pub(crate) fn of(executed: Executed, trace: Trace, known: Arc<Known>) -> Self {
        let failed = executed.cause.map(|cause| match cause {
            Cause::Refused(refusal) => Failed::Refused(refusal),
            Cause::Contract(failure) => failed(&failure, &executed.data),
        });
        Self {
            failed,
            data: executed.data,
            gas: executed.receipt.gas,
            fee: 0,
            deposit: executed.receipt.deposit,
            events: executed.receipt.events,
            contract: executed.contract,
            changes: Changes::default(),
            trace,
            known,
        }
    }

    pub(crate) fn of_view(outcome: Outcome, trace: Trace, known: Arc<Known>) -> Self {
        Self {
            failed: outcome.failure.as_ref().map(|it| failed(it, &outcome.data)),
            data: outcome.data,
            gas: outcome.gas,
            fee: 0,
            deposit: 0,
            events: outcome.events,
            contract: None,
            changes: Changes::default(),
            trace,
            known,
        }
    }

    /// A transaction that was not included.
    pub(crate) fn invalid(error: InvalidTransaction, known: Arc<Known>) -> Self {
        Self {
            failed: Some(Failed::Invalid(error)),
            data: Vec::new(),
            gas: 0,
            fee: 0,
            deposit: 0,
            events: Vec::new(),
            contract: None,
            changes: Changes::default(),
            trace: Trace::default(),
            known,
        }
    }
}

fn failed(failure: &Failure, data: &[u8]) -> Failed {
    match &failure.reason {
        Reason::Refused(status) => Failed::NotCalled(*status),
        // The failure may hold a part of it only.
        Reason::Reverted(_) => Failed::Reverted {
            data: data.to_vec(),
        },
        Reason::Aborted(message) => Failed::Aborted {
            message: message.clone(),
        },
        Reason::Halted(kind) => Failed::Halted(*kind),
    }
}

impl Changes {
    /// What a diff changes of a state.
    pub(crate) fn of(diff: &StateDiff, state: &MemoryState) -> Self {
        let mut items = Vec::new();
        for (owner, changes) in &diff.storage {
            for (key, item) in changes {
                let before = state.item(owner, key).expect("memory answers");
                let before = before.map(|item| item.value.to_vec());
                let after = item.as_ref().map(|item| item.value.to_vec());
                // The deposit of an item may change alone.
                if before != after {
                    items.push(ItemChange {
                        owner: *owner,
                        key: key.to_vec(),
                        before,
                        after,
                    });
                }
            }
        }
        let change = |(address, account): (&Address, &Account)| {
            let before = state.account(address).expect("memory answers");
            let before = before.map_or(0, |account| account.balance);
            let after = account.balance;
            (before != after).then_some((*address, BalanceChange { before, after }))
        };
        Self {
            items,
            balances: diff.accounts.iter().filter_map(change).collect(),
        }
    }
}
