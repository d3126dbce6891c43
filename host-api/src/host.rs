//! What the engine asks of the chain around it.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use parity_scale_codec::{Decode, Encode};

use crate::{Address, Balance, Capabilities, Hash, Height, ScanOrder, Timestamp};

/// The chain around the engine: state, code by hash, balances, and checkpoints.
///
/// The engine owns frames, gas, capabilities, events, depth and reentrancy, so
/// an implementation decides nothing about contracts; it keeps data.
///
/// # Obligations
///
/// - **Deterministic**: the same calls give the same answers on every node.
/// - **Checkpoints nest**: [`enter`](Self::enter) opens one, [`exit`](Self::exit)
///   closes the innermost. A rollback undoes every change since the matching
///   `enter`, to storage, balances, contracts and deposits alike.
/// - **No calls back**: an implementation never calls the engine.
/// - Sizes are checked by the engine before a method is called.
///
/// # Errors
///
/// [`HostError::Guest`] is a failure that a contract may cause and must be the
/// same on every node. [`HostError::Fatal`] is this node's own (disk, memory,
/// damaged data): the engine stops and hands it to the embedder; it never
/// becomes a result.
pub trait Host {
    /// The block in which the call runs.
    fn block(&self) -> BlockInfo;

    /// The value at `key` in the storage of `owner`.
    fn storage_read(&mut self, owner: &Address, key: &[u8]) -> HostResult<Option<&[u8]>>;

    /// Sets the value at `key` and returns how many bytes of keys and values
    /// `owner` holds afterwards; the engine holds that against the quota.
    fn storage_write(&mut self, owner: &Address, key: &[u8], value: &[u8]) -> HostResult<u64>;

    /// Removes the value at `key` and says whether there was one.
    fn storage_remove(&mut self, owner: &Address, key: &[u8]) -> HostResult<bool>;

    /// The next key of a scan. Its cost must not depend on how many keys the
    /// owner has beyond a logarithm.
    fn storage_next(&mut self, owner: &Address, scan: Scan<'_>) -> HostResult<Option<Vec<u8>>>;

    /// The balance of an account or contract; 0 if it does not exist.
    fn balance(&mut self, address: &Address) -> HostResult<Balance>;

    /// Moves `amount`.
    ///
    /// # Errors
    /// [`GuestError::InsufficientBalance`] if `from` does not have it.
    fn transfer(&mut self, from: &Address, to: &Address, amount: Balance) -> HostResult<()>;

    /// What the chain knows of the contract at `address`.
    fn contract(&mut self, address: &Address) -> HostResult<Option<ContractInfo>>;

    /// Whether `callee` was granted to `contract` at its instantiation.
    fn is_granted(&mut self, contract: &Address, callee: &Address) -> HostResult<bool>;

    /// The Wasm bytes of an uploaded code.
    fn code(&mut self, code_hash: &Hash) -> HostResult<Option<Arc<[u8]>>>;

    /// Whether there is a code of this hash. Asked although the engine may hold
    /// the code already: what a node has seen decides nothing.
    fn has_code(&mut self, code_hash: &Hash) -> HostResult<bool> {
        Ok(self.code(code_hash)?.is_some())
    }

    /// How many items `owner` holds in its storage: what a termination removes.
    fn storage_items(&mut self, owner: &Address) -> HostResult<u64>;

    /// Records a new contract.
    ///
    /// # Errors
    /// [`GuestError::AddressTaken`] if there is or ever was one at the address.
    fn create_contract(&mut self, address: &Address, new: NewContract<'_>) -> HostResult<()>;

    /// Replaces code and capabilities of a contract, from its next call on.
    fn set_contract(&mut self, address: &Address, info: ContractInfo) -> HostResult<()>;

    /// Removes a contract, its storage, and its deposits; its balance goes to
    /// `beneficiary`. The address is never used again.
    fn terminate(&mut self, address: &Address, beneficiary: &Address) -> HostResult<()>;

    /// Opens a checkpoint. `deposit_limit` bounds the storage deposit charged
    /// until the matching [`exit`](Self::exit), children included.
    fn enter(&mut self, deposit_limit: Balance) -> HostResult<()>;

    /// Closes the innermost checkpoint, keeping its changes or undoing them.
    ///
    /// # Errors
    /// [`GuestError::DepositExceeded`] if `commit` is set and the deposit is
    /// over the limit or cannot be paid; the checkpoint is then still open and
    /// the engine closes it again with a rollback.
    fn exit(&mut self, commit: bool) -> HostResult<()>;

    /// A message of a contract for whoever runs the node. Not part of any result.
    fn debug(&mut self, contract: &Address, message: &[u8]) {
        let _ = (contract, message);
    }
}

/// The result of a [`Host`] method.
pub type HostResult<T> = Result<T, HostError>;

/// Why a [`Host`] method failed.
#[derive(Debug)]
pub enum HostError {
    /// The contract's doing; the same on every node.
    Guest(GuestError),
    /// This node's own failure.
    Fatal(Fatal),
}

/// A failure that a contract may cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestError {
    /// The balance does not cover the amount.
    InsufficientBalance,
    /// The storage deposit is over its limit or cannot be paid.
    DepositExceeded,
    /// There is or was a contract at the address.
    AddressTaken,
}

/// A failure of the node itself. It never becomes a result of a contract.
#[derive(Debug)]
pub struct Fatal(Box<dyn core::error::Error + Send + Sync>);

impl Fatal {
    /// Wraps the cause.
    pub fn new(cause: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for Fatal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host failed: {}", self.0)
    }
}

impl core::error::Error for Fatal {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.0)
    }
}

impl From<GuestError> for HostError {
    fn from(error: GuestError) -> Self {
        Self::Guest(error)
    }
}

impl From<Fatal> for HostError {
    fn from(error: Fatal) -> Self {
        Self::Fatal(error)
    }
}

/// The block in which a call runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlockInfo {
    /// Its height.
    pub height: Height,
    /// Its time.
    pub time: Timestamp,
    /// The chain: the hash of its genesis.
    pub chain_id: Hash,
}

/// What the chain knows of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ContractInfo {
    /// The code that runs when it is called.
    pub code_hash: Hash,
    /// What it may do.
    pub capabilities: Capabilities,
}

/// A contract about to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewContract<'a> {
    /// Code and capabilities.
    pub info: ContractInfo,
    /// Who created it.
    pub creator: Address,
    /// The contracts that it may call under [`Callees::Granted`](crate::Callees::Granted).
    pub grants: &'a [Address],
}

/// A question for the next key of a scan: the first key strictly beyond
/// `after` in the direction of `order`, and strictly before `bound`.
#[derive(Clone, Copy, Debug)]
pub struct Scan<'a> {
    /// Where to start; `None` is the very beginning in the direction of `order`.
    pub after: Option<&'a [u8]>,
    /// Where to stop; `None` is the very end in the direction of `order`.
    pub bound: Option<&'a [u8]>,
    /// The direction.
    pub order: ScanOrder,
}
