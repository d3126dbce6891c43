//! The contract's surroundings: its call, its chain, its balance and its code.
//!
//! ```
//! # use hull_sdk as hull;
//! use hull::env;
//!
//! fn is_from_account() -> bool {
//!     env::caller() == env::origin()
//! }
//! ```

use hull_host_api::{Address, Balance, CallStatus, Gas, Hash, Height, Timestamp};

use crate::error::CallError;
use crate::event::{self, Event};
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
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn is_called_by_a_contract() -> bool {
///     env::caller() != env::origin()
/// }
/// ```
pub fn origin() -> Address {
    sys::origin()
}

/// The tokens that came with the call, in the smallest unit.
///
/// Gas: 50,000.
pub fn value() -> Balance {
    sys::value()
}

/// The balance of an address in the smallest unit; 0 if it does not exist. That of
/// the contract has the value of the call in it already.
///
/// Gas: 10,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn before_this_call() -> Balance {
///     env::balance(&env::callee()) - env::value()
/// }
/// ```
pub fn balance(of: &Address) -> Balance {
    sys::balance(of)
}

/// The height of the block.
///
/// Gas: 40,000.
pub fn block_height() -> Height {
    sys::block_height()
}

/// The time of the block in milliseconds since the Unix epoch. It is later than
/// that of every block before.
///
/// Gas: 40,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// const DAY: u64 = 24 * 60 * 60 * 1_000;
///
/// fn tomorrow() -> u64 {
///     env::block_time() + DAY
/// }
/// ```
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
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn as_many_as_possible(list: &mut List<u64>) {
///     while env::gas_left() > 1_000_000_000 && list.pop().is_some() {}
/// }
/// ```
pub fn gas_left() -> Gas {
    sys::gas_left()
}

/// The hash of the code at an address, or `None` if no contract is there.
///
/// Gas: 10,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn is_contract(address: Address) -> bool {
///     env::code_hash(&address).is_some()
/// }
/// ```
pub fn code_hash(of: &Address) -> Option<Hash> {
    sys::code_hash(of)
}

/// Emits an event. It is kept only if the call, and every call around it, ends
/// well.
///
/// Capability: `events`. Gas: 2,000,000 and 1,000 for every byte of topics and
/// data.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// #[hull::event]
/// pub struct Paid {
///     #[topic]
///     pub to: Address,
///     pub amount: Balance,
/// }
///
/// fn paid(to: Address, amount: Balance) {
///     env::emit(&Paid { to, amount });
/// }
/// ```
pub fn emit<E: Event>(event: &E) {
    event::emit(event);
}

/// Sends tokens, in the smallest unit, to an address without running code.
///
/// Capability: `transfer`. Gas: 20,000,000.
///
/// # Errors
/// [`CallError::InsufficientBalance`].
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// # use hull::CallError;
/// fn pay_back() -> Result<(), CallError> {
///     env::transfer(&env::caller(), env::value())
/// }
/// ```
pub fn transfer(to: &Address, amount: Balance) -> Result<(), CallError> {
    done(sys::transfer(to, amount))
}

/// Replaces the contract's code, from its next call on. New code gets at most
/// the capabilities of today, unless they say `upgrade = "widening"`.
///
/// The new code's `#[hull::migrate]` is run by the chain's own upgrade, not by
/// this function: a contract that replaces itself has to be readable by its new
/// code as it is.
///
/// Capabilities: `set_code`, and `upgrade`. Gas: 30,000,000.
///
/// # Errors
/// [`CallError::NotFound`] without such a code, [`CallError::NotPermitted`].
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// # use hull::CallError;
/// fn replace(owner: Address, code: Hash) -> Result<(), CallError> {
///     ensure!(env::caller() == owner, CallError::NotPermitted);
///     env::set_code(&code)
/// }
/// ```
pub fn set_code(code_hash: &Hash) -> Result<(), CallError> {
    done(sys::set_code(code_hash))
}

/// Removes the contract, sends its balance to an address, and ends the call.
/// Halts if the contract is running further up as well.
///
/// Capability: `terminate`. Gas: 50,000,000.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn close(owner: Address, ends: u64) {
///     if env::block_time() > ends {
///         env::terminate(&owner)
///     }
/// }
/// ```
pub fn terminate(beneficiary: &Address) -> ! {
    sys::terminate(beneficiary)
}

/// Hands a message to whoever runs the node; at most 4,096 bytes are kept. Never
/// part of a result.
///
/// Capability: `debug`. Gas: 500,000 and 500 for every byte.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// fn settle() {
///     env::debug("settling");
/// }
/// ```
pub fn debug(message: &str) {
    sys::debug_log(message.as_bytes());
}

fn done(status: CallStatus) -> Result<(), CallError> {
    match status {
        CallStatus::Success => Ok(()),
        status => Err(CallError::of(status).unwrap_or(CallError::Aborted)),
    }
}
