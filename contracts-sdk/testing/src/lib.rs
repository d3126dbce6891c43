//! Tests of Hull contracts.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod call;
mod chain;
mod code;
mod deploy;
mod failed;
mod gas;
mod known;
mod layout;
mod receipt;
mod record;
mod report;
pub mod trace;
mod verbosity;

pub use account::{Account, accounts, alice, bob, carol, dave, erin, frank};
pub use call::Call;
pub use chain::{BLOCK_TIME, Chain, DEPOSIT_LIMIT, GAS_LIMIT, START_TIME, WEALTH};
pub use code::{Code, CodeError};
pub use deploy::{Deploy, Deployment, SetCode, Upload};
pub use failed::Failed;
pub use gas::{GasReport, GasUse};
pub use hull_executor::{HaltKind, InvalidTransaction, Refusal};
pub use hull_sdk::{Address, Balance, Gas, Hash};
pub use hull_types::Parameters;
pub use receipt::Receipt;
pub use record::BalanceChange;
pub use verbosity::{TRACE_VARIABLE, Verbosity};
