//! The vocabulary that Hull's engine, its embedders and its contracts share.
//!
//! Three parties meet at this crate, and it depends on none of them:
//!
//! - the **engine** (`hull-vm`) runs a contract and offers it *host functions*;
//! - the **embedder** is the chain around the engine; it implements [`Host`];
//! - the **contract** is a WebAssembly module that imports host functions from
//!   the module [`IMPORT_MODULE`].
//!
//! # Terms
//!
//! | term | meaning |
//! |---|---|
//! | gas | one picosecond of the reference machine, so 10^12 gas is a second |
//! | frame | one running contract: its code, storage owner, caller, value, gas and limits |
//! | owner | the address whose storage and balance a frame works on; under a delegate call it is not the address of the code |
//! | capability | what a contract's own section says that it may do; see [`Capabilities`] |
//! | revert | the contract gave up by its own decision; the remaining gas goes back |
//! | halt | the contract broke a rule (trap, gas, limit); it takes all the gas it was given |
//!
//! # The table of host functions
//!
//! Every host function is declared once, in [`for_each_host_function!`]: name,
//! signature, capability group, cost and documentation. The linker's
//! signatures, the contract's extern bindings, the reference page and
//! [`HOST_FUNCTIONS`] all come from it.
//!
//! ```
//! use hull_host_api::{Group, HostFunction};
//!
//! let read = HostFunction::by_name("storage_read").unwrap();
//! assert_eq!(read.spec().group, Group::Storage);
//! assert!(!read.spec().writes);
//! ```
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(target_family = "wasm")]
pub mod bindings;
mod capabilities;
#[cfg(feature = "derive")]
mod derive;
mod functions;
mod host;
pub mod limits;
mod status;
#[cfg(feature = "text")]
mod text;
mod types;

pub use capabilities::{
    CAPABILITIES_SECTION, Callees, Capabilities, CapabilitiesError, Group, Groups, Upgrade,
};
#[cfg(feature = "derive")]
pub use derive::{KeyKind, account_address, code_hash, contract_address};
pub use functions::{
    Cost, HOST_FUNCTIONS, HostFunction, HostFunctionSpec, IMPORT_MODULE, ValueType,
};
pub use host::{
    BlockInfo, ContractInfo, Fatal, GuestError, Host, HostError, HostResult, NewContract, Scan,
};
pub use status::{CallFlags, CallStatus, ScanOrder};
#[cfg(feature = "text")]
pub use text::{AddressTextError, DEFAULT_PREFIX};
pub use types::{Address, Balance, Event, Gas, Hash, Height, MAX_GAS_LIMIT, Timestamp};
