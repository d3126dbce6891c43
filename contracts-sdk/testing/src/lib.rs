//! Tests of Hull contracts: the Wasm that is deployed, on the executor of the
//! nodes, in the process of the test. Results and gas are those of a network to
//! the unit; there is no node to start and nothing to wait for.
//!
//! # Example
//!
//! ```
//! use counter::{constructors, messages};
//! use hull_testing::{Chain, Failed, bob};
//!
//! let mut chain = Chain::new();
//! // Builds the contract's crate the first time, uploads, creates.
//! let counter = chain.deploy(constructors::new(40)).by(bob()).address();
//!
//! // What the message declares, typed.
//! assert_eq!(chain.call(counter, messages::add(2)).by(bob()).returns(), 42);
//! assert_eq!(chain.query(counter, messages::get()), 42);
//!
//! // Or all there is to say of a call.
//! let receipt = chain.call(counter, messages::add(u64::MAX)).run();
//! assert!(matches!(receipt.result, Err(Failed::Aborted { .. })));
//! assert!(receipt.gas() > 0 && receipt.events().is_empty());
//!
//! // A panic of the contract's tells its line.
//! let message = chain.call(counter, messages::add(u64::MAX)).aborts();
//! assert!(message.ends_with("attempt to add with overflow"));
//! ```
//!
//! It goes into `tests/` of the contract's crate, with `hull-testing` as a
//! dev-dependency, and runs with `cargo test`. The first run builds the Wasm into
//! `hull/` of the target folder; later ones ask cargo whether it is up to date.
//! Without a tool chain for Wasm the test fails with the command that installs
//! one.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | [`Chain`] | state, height and time; each transaction is a block; a clone is a snapshot |
//! | [`Account`] | who signs: [`alice`], [`bob`], … have tokens, [`Account::named`] makes others |
//! | [`Code`] | Wasm, ABI and symbols of a contract; [`contract!`] for those that have no constructor at hand |
//! | ending | what sends a call and says how it has to go, see below |
//! | [`Receipt`] | what became of it: result, gas, fee, deposit, events, storage, balances, trace |
//!
//! | ending | expects | gives |
//! |---|---|---|
//! | [`run`](Call::run) | nothing | the [`Receipt`] |
//! | [`returns`](Call::returns) | that the message came to an end | `R` as declared, maybe an `Err` |
//! | [`succeeds`](Call::succeeds) | `Ok` of a declared `Result` | its value |
//! | [`fails`](Call::fails) | `Err` of a declared `Result` | the contract's error |
//! | [`aborts`](Call::aborts) | a panic of the contract's | its message |
//! | [`halts`](Call::halts) | a broken rule: gas, a trap, a missing capability | which |
//! | [`address`](Deploy::address) | that there is a contract now | its address |
//!
//! An ending that is disappointed panics with message, arguments, the contract's
//! error, what failed inside, and lines of the source.
//!
//! # Traces
//!
//! `HULL_TRACE` (`cargo hull test -v` sets it) says how much is told: `1` what
//! contracts log, `2` the tree of a call that makes a test fail, `3` the trees
//! of all. [`Receipt::trace`] is the same tree, for any call:
//!
//! ```text
//! [61,204,350] token.transfer(to: bob, amount: 5) by alice
//! ├─ read balances[alice] = 1000
//! ├─ write balances[alice] = 995
//! ├─ read balances[bob] = (nothing)
//! ├─ write balances[bob] = 5
//! ├─ event Transferred { from: alice, to: bob, amount: 5 }
//! └─ returned ()
//! ```
//!
//! # Properties
//!
//! A clone of a chain costs little, so a property test clones one prepared chain
//! for each case:
//!
//! ```
//! use counter::{constructors, messages};
//! use hull_testing::Chain;
//! use proptest::prelude::*;
//!
//! let mut start = Chain::new();
//! let counter = start.deploy(constructors::new(0)).address();
//! proptest!(ProptestConfig::with_cases(8), |(amounts in prop::collection::vec(0_u64..9, 0..5))| {
//!     let mut chain = start.clone();
//!     for amount in &amounts {
//!         chain.call(counter, messages::add(*amount)).returns();
//!     }
//!     prop_assert_eq!(chain.query(counter, messages::get()), amounts.iter().sum::<u64>());
//! });
//! ```
//!
//! [`hold_while`] does the same for an invariant that is to hold after every
//! step, and says which step broke it, with its trace.
//!
//! # Gas
//!
//! [`Chain::gas_report`] says what every message cost. [`assert_gas!`] holds it
//! against the file `gas.snapshot` beside the manifest, which `HULL_BLESS=1`
//! writes; a difference that comes with another compiler is told and does not
//! fail.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod account;
mod call;
mod chain;
mod code;
mod deploy;
mod failed;
mod gas;
mod invariant;
mod known;
mod receipt;
mod record;
mod report;
mod snapshot;
mod source;
mod storage;
pub mod trace;
mod verbosity;

pub use account::{
    Account, accounts, alice, bob, carol, dave, erin, frank, grace, heidi, ivan, judy,
};
pub use call::Call;
pub use chain::{BLOCK_TIME, Chain, DEPOSIT_LIMIT, GAS_LIMIT, START_TIME, WEALTH};
pub use code::{Code, CodeError};
pub use deploy::{Deploy, Deployment, SetCode, Upload};
pub use failed::Failed;
pub use gas::{GAS_REPORT_VARIABLE, GasReport, GasUse};
pub use hull_executor::{HaltKind, InvalidTransaction, Refusal};
pub use hull_sdk::{Address, Balance, Gas, Hash};
pub use hull_types::Parameters;
pub use invariant::{Broken, hold_while};
pub use receipt::{DecodedEvent, Receipt};
pub use record::BalanceChange;
pub use snapshot::{BLESS_VARIABLE, GasSnapshot, SNAPSHOT_FILE, SnapshotError, Verdict};
pub use storage::StorageChange;
pub use verbosity::{TRACE_VARIABLE, Verbosity};
