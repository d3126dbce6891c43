//! What the contract knows about its call, its chain and itself.

use hull_host_api::{Address, Balance, Gas, Hash, Height, Timestamp};

use crate::sys;

/// Who called: a contract, or the account that signed the transaction.
///
/// Gas: 50,000.
pub fn caller() -> Address {
    sys::caller()
}

/// The contract itself: the owner of its storage and balance.
///
/// Gas: 50,000.
pub fn callee() -> Address {
    sys::callee()
}

/// The account that signed the transaction. Who acts is [`caller`]: whoever
/// trusts the origin trusts every contract that the origin ever calls.
///
/// Gas: 50,000.
pub fn origin() -> Address {
    sys::origin()
}

/// The tokens that came with the call, in the smallest unit.
///
/// Gas: 50,000.
pub fn value() -> Balance {
    sys::value()
}

/// The balance of an address in the smallest unit; 0 if it does not exist.
///
/// Gas: 10,000,000.
pub fn balance(of: &Address) -> Balance {
    sys::balance(of)
}

/// The height of the block.
///
/// Gas: 40,000.
pub fn block_height() -> Height {
    sys::block_height()
}

/// The time of the block in milliseconds since the Unix epoch.
///
/// Gas: 40,000.
pub fn block_time() -> Timestamp {
    sys::block_time()
}

/// The chain: the hash of its genesis.
///
/// Gas: 50,000.
pub fn chain_id() -> Hash {
    sys::chain_id()
}

/// The gas that is left to this call.
///
/// Gas: 40,000.
pub fn gas_left() -> Gas {
    sys::gas_left()
}

/// The hash of the code at an address, or `None` if no contract is there.
///
/// Gas: 10,000,000.
pub fn code_hash(of: &Address) -> Option<Hash> {
    sys::code_hash(of)
}
