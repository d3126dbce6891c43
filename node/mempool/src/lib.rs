//! Transactions that wait for a block.
//!
//! One struct, and functions that do nothing but change it: no clock, no lock, no
//! task. Whoever has it says what time it is and what accounts have.
//!
//! ```text
//!   VerifiedTransaction ──> admit ──> held: nonces from the account's on, gaps allowed
//!                             │          │
//!            replaced, evicted┘          ├──> select: by price, then arrival; per sender
//!                                        │            consecutive nonces, covered by funds
//!            committed, expire, remove <─┘
//! ```
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | price | what a unit of gas brings: gas price, and tip over gas limit |
//! | next | the nonce that the sender's account waits for |
//! | ready | no nonce is missing between next and this one |
//! | gap | a nonce that is missing; what comes after it is held and not selected |
//! | tail | the last transaction of a sender; the only one of it that is evicted, so that eviction makes no gaps |
//!
//! # Bounds
//!
//! What is held is bounded in number and bytes, in all and per sender
//! ([`Limits`]). A full pool gives up the tail of the least worth, gapped ones first,
//! and only for something worth more.
//!
//! # Example
//!
//! ```
//! use hull_executor::Account;
//! use hull_mempool::{Limits, Mempool, Room};
//! use hull_types::host_api::Address;
//! use hull_types::{Payload, Transaction, VerifiedTransaction};
//!
//! let body = |nonce, gas_price| VerifiedTransaction::assume(Transaction {
//!     sender: Address([1; 32]),
//!     nonce,
//!     gas_limit: 1_000,
//!     gas_price,
//!     tip: 0,
//!     deposit_limit: 0,
//!     payload: Payload::Transfer { to: Address([2; 32]), value: 5 },
//! });
//! let account = Account { nonce: 0, balance: 1_000_000 };
//! let mut pool = Mempool::new(Limits::default());
//!
//! assert!(!pool.admit(body(1, 9), account, 0).unwrap().ready); // 0 is missing
//! assert!(pool.select(Room::MOST).is_empty());
//! assert!(pool.admit(body(0, 5), account, 0).unwrap().ready);
//! let nonces = pool.select(Room::MOST).into_iter().map(|one| one.transaction().nonce);
//! assert_eq!(nonces.collect::<Vec<_>>(), [0, 1]);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod admit;
mod limits;
mod pool;
mod select;

pub use admit::{Admitted, Rejected};
pub use limits::Limits;
pub use pool::{Mempool, Size};
pub use select::Room;
