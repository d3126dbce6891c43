//! A chain on a node: what is known, what waits, and how it goes on.
//!
//! Synchronous, and without a clock: whoever drives it says what time it is and which
//! block comes next. On a development node that is a loop that seals; in a network
//! it is the consensus.
//!
//! ```text
//!   bytes ──> submit ──> pool
//!                          │ select
//!   propose(time) ─────────┴──> execute ──> prepare ──> Candidate ──> commit(certificate)
//!   validate(block) ──> signatures ──> execute ──> prepare ──┘             │
//!                       in parallel,                                      store, pool,
//!                       once per node                                     listeners
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | head | the last committed block and what follows from it |
//! | candidate | a block that was executed and is not decided: nothing of it is kept |
//! | invalid | a block that no node may accept, as against a failure of this node |
//! | notes | what this node remembers of transactions beside their receipts: why they failed, what they returned |
//!
//! # Example
//!
//! ```
//! use hull_chain::{Chain, Settings};
//! use hull_types::{Payload, Transaction, dev};
//!
//! let chain = Chain::open(Settings::in_memory(dev::genesis("example"))).unwrap();
//! let [alice, bob, ..] = dev::accounts();
//! let transfer = Transaction {
//!     sender: alice.address,
//!     nonce: 0,
//!     gas_limit: 1_000_000_000,
//!     gas_price: 1,
//!     tip: 0,
//!     deposit_limit: 0,
//!     payload: Payload::Transfer { to: bob.address, value: 7 },
//! };
//! let envelope = transfer.sign(&chain.chain_id(), &alice.key());
//! chain.submit(&envelope.encode_bytes(), 0).unwrap();
//!
//! let candidate = chain.propose(chain.head().time + 1).unwrap();
//! assert_eq!(candidate.block().transactions, [envelope]);
//! let committed = chain.commit(candidate, &[]).unwrap();
//! assert!(committed.receipts[0].result.is_success());
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod candidate;
mod chain;
mod commit;
mod error;
mod evidence;
mod notes;
mod submit;
mod trial;
mod work;

pub use candidate::{Candidate, Tally};
pub use chain::{Chain, Head, Settings};
pub use commit::Committed;
pub use error::{ChainError, InvalidBlock, SubmitError};
pub use notes::Note;
pub use submit::Submitted;
pub use trial::{Estimated, Trial};
pub use work::Stage;
