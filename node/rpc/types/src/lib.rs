//! What the RPC of a Hull node speaks: methods, their parameters and answers, errors.
//!
//! Types alone, for servers and clients. A method is a type that implements
//! [`Method`]; server, clients and the OpenRPC document (`openrpc`, feature `schema`)
//! come from the same list, so that they cannot differ.
//!
//! # On the wire
//!
//! | thing | form |
//! |---|---|
//! | bytes, hashes | `0x` and lower-case hexadecimal: [`Bytes`], [`Hash`](struct@Hash) |
//! | addresses | bech32m text with the network's prefix: [`Address`] |
//! | gas, nonces, amounts | decimal text, because they may exceed 2^53: [`Decimal`]; numbers are taken too |
//! | heights, times (milliseconds), counts | numbers |
//! | parameters | by name, or by position in the order of the fields |
//! | listings | a page and a `cursor` for the next one; without a cursor there is no more |
//! | errors | a stable [`ErrorCode`], and [`ErrorData`] that says what, where and what to do |
//!
//! # Example
//!
//! ```
//! use hull_rpc_types::{GetReceipt, Hash, HashParams, Method};
//!
//! let params = HashParams { hash: Hash([7; 32]), wait: 0 };
//! let text = serde_json::to_string(&params).unwrap();
//! assert!(text.starts_with(r#"{"hash":"0x0707"#));
//! assert_eq!(GetReceipt::NAME, "hull_receipt");
//! // A client in any language may leave out what has a default, and names.
//! let same: HashParams = serde_json::from_str(&format!(r#"["{}"]"#, params.hash)).unwrap();
//! assert_eq!(same, params);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
#[cfg(feature = "chain")]
mod convert;
mod dev;
mod error;
mod events;
mod execution;
mod methods;
#[cfg(feature = "schema")]
mod openrpc;
mod primitives;
mod receipt;
mod state;
mod status;
mod trace;
mod transaction;

pub use block::{Block, BlockId, BlockParams, BlockTransactions, Evidence, Header};
pub use dev::{
    DevAccount, DevSealParams, DevSetTimeParams, DevTime, IncreaseTimeParams, NoParams, Sealed,
};
pub use error::{ErrorCode, ErrorData};
pub use events::{EventFilter, EventsPage, EventsParams, FromParams, LocatedEvent, ReceiptFilter};
pub use execution::{CallParams, Estimate, Outcome, SimulateParams, Simulated};
pub use methods::*;
#[cfg(feature = "schema")]
pub use openrpc::openrpc;
pub use primitives::{Address, Amount, Bytes, Decimal, Gas, Hash, Nonce, Power, SignedAmount};
pub use receipt::{Event, Failure, Receipt, ReceiptResult};
pub use state::{
    Account, AccountParams, Capabilities, Code, CodeParams, Contract, ContractParams, Deposit,
    Item, ItemParams, Proof, ProofParams, ProofSubject, StoragePage, StorageParams,
};
pub use status::{AtParams, Genesis, Parameters, Pool, Status, Validator, Validators};
pub use trace::{Frame, Place, Step, Trace};
pub use transaction::{
    HashParams, Payload, SendParams, Sent, Transaction, TransactionRequest, TransactionState,
};
