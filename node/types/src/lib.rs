//! What a Hull chain exchanges: transactions, receipts, blocks, genesis.
//!
//! Everything here is encoded with SCALE, decoded within bounds, and fixed by
//! `test-vectors/encodings.json`. Nothing here executes anything.
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | chain id | the hash of the genesis; part of what is signed, so that a transaction counts on one chain only |
//! | body | what the sender says; [`Transaction`] |
//! | envelope | body and signature; [`SignedTransaction`]; what travels |
//! | verified | an envelope whose signature was checked, once; [`VerifiedTransaction`]; what is executed |
//! | statement | what a validator signs while a block is being agreed on; [`Statement`] |
//! | certificate | the statements that decide a block; [`Certificate`] |
//! | deposit | tokens that are held while the state that they pay for exists |
//! | parameters | what a chain may choose: limits and prices; [`Parameters`], versioned by height |
//!
//! # Example
//!
//! ```
//! use hull_types::host_api::{Address, Hash};
//! use hull_types::{Payload, SignedTransaction, SigningKey, Transaction, sender_of};
//!
//! let key = SigningKey::from_slice(&[7; 32]).unwrap();
//! let chain_id = Hash([1; 32]);
//! let body = Transaction {
//!     sender: sender_of(&key),
//!     nonce: 0,
//!     gas_limit: 1_000_000_000,
//!     gas_price: 1,
//!     tip: 0,
//!     deposit_limit: 0,
//!     payload: Payload::Transfer { to: Address([2; 32]), value: 5 },
//! };
//! let bytes = body.sign(&chain_id, &key).encode_bytes();
//!
//! let received = SignedTransaction::decode_bytes(&bytes).unwrap();
//! let verified = received.verify(&chain_id).unwrap();
//! assert_eq!(verified.transaction().nonce, 0);
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
mod certificate;
mod decode;
pub mod dev;
mod genesis;
mod hash;
mod light;
mod parameters;
mod receipt;
mod signature;
mod statement;
mod transaction;
mod validators;

pub use block::{Block, Header, MAX_EVIDENCE, evidence_root, transactions_root};
pub use certificate::{Certificate, CertificateError, CommitSignature, verify_certificate};
pub use decode::{DecodeError, decode_bounded};
pub use genesis::{Genesis, GenesisAccount, GenesisError};
pub use hull_host_api as host_api;
pub use k256::ecdsa::SigningKey;
pub use light::{HeaderError, verify_header};
pub use parameters::{Activation, Parameters, ParametersError, ParametersHistory};
pub use receipt::{Receipt, ReceiptResult, receipts_root};
pub use signature::{Signature, SignatureError, sender_of};
pub use statement::{
    Evidence, EvidenceError, Says, Statement, Step, is_public_key, verify_signature,
};
pub use transaction::{
    MAX_TRANSACTION_BYTES, Payload, SignedTransaction, Transaction, VerifiedTransaction,
};
pub use validators::{
    MAX_TOTAL_POWER, MAX_VALIDATORS, SYSTEM, UPDATE_DELAY, Validator, ValidatorSets,
    ValidatorsError,
};
