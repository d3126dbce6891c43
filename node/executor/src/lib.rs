//! From a block and a state to receipts and a diff.
//!
//! Pure and synchronous: no disk, no clock, no threads of its own. Whoever keeps
//! the state hands in a [`StateReader`] and gets a [`StateDiff`] back.
//!
//! ```text
//!            per transaction
//! state ──> validate ──> charge ──> execute <──> engine ──> settle ──> diff, receipts
//!           form,        most fee,  payload      frames     unused
//!           nonce,       nonce      in the       through    fee back,
//!           funds                   journal      `Host`     receipt
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | invalid | may not be in a block, and makes the block invalid; never has a receipt |
//! | receipt | what became of an included transaction; it has paid, whatever it is |
//! | cause | why it did not succeed, for people; beside the receipt, never in the state |
//! | journal | the state and what was changed of it so far; the [`Host`](hull_host_api::Host) of the engine |
//! | deposit | tokens held for state; see [`Deposit`] |
//!
//! # Example
//!
//! ```
//! use hull_executor::{Executor, MemoryState, StateReader};
//! use hull_types::host_api::{Address, BlockInfo};
//! use hull_types::{Parameters, ParametersHistory, Payload, Transaction, VerifiedTransaction};
//!
//! let history = ParametersHistory::constant(Parameters::default()).unwrap();
//! let executor = Executor::new(history, &hull_vm::Config::default()).unwrap();
//! let (alice, bob) = (Address([1; 32]), Address([2; 32]));
//! let mut state = MemoryState::default();
//! state.fund(alice, 1_000_000_000_000);
//!
//! let transfer = VerifiedTransaction::assume(Transaction {
//!     sender: alice,
//!     nonce: 0,
//!     gas_limit: 300_000_000,
//!     gas_price: 1,
//!     tip: 0,
//!     deposit_limit: 0,
//!     payload: Payload::Transfer { to: bob, value: 7 },
//! });
//! let block = BlockInfo { height: 1, time: 1, ..BlockInfo::default() };
//! let output = executor.execute_block(&state, block, &[], &[transfer]).unwrap();
//! assert!(output.executed[0].receipt.result.is_success());
//! state.apply(output.diff);
//! assert_eq!(state.account(&bob).unwrap().unwrap().balance, 7);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod charge;
mod diff;
mod error;
mod execute;
mod executor;
mod journal;
mod memory_state;
mod settle;
mod state;
pub mod trace;
mod validate;

pub use diff::StateDiff;
pub use error::{BlockError, Cause, InvalidTransaction, Refusal, SetupError, TransactionError};
pub use executor::{BlockOutput, BlockRun, Executed, Executor, Simulated, View};
pub use hull_vm::{Failure, FrameKind, HaltKind, Observer, Reason, Step};
pub use journal::{Journal, validators};
pub use memory_state::MemoryState;
pub use state::{
    Account, Bytes, CodeRecord, ContractRecord, ContractState, Deposit, Item, StateReader,
};
