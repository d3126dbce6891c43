//! Creating contracts.

use hull_host_api::{Address, Balance, Gas, Hash};
use parity_scale_codec::Decode;

use crate::call::read_reply;
use crate::error::CallError;
use crate::fail;
use crate::message::Constructor;
use crate::sys::{self, Terms};

/// The creation of a contract in the making.
///
/// The address follows from this contract, the code and the salt; one address
/// is used once.
///
/// Capability: `instantiate`, and `transfer` with a value. Gas: 50,000,000, 200
/// for every byte of input, and what the constructor uses.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// # use hull::Constructor;
/// # fn new(start: u64) -> Constructor<()> { loop {} }
/// fn another(code: Hash, number: u8) -> Address {
///     new(1).of_code(code).salt([number; 32]).create()
/// }
/// ```
#[must_use = "nothing is created before `create` or `try_create`"]
pub struct Create<'a, R> {
    code_hash: Hash,
    constructor: Constructor<R>,
    salt: [u8; 32],
    grants: &'a [Address],
    gas: Gas,
    value: Balance,
    deposit_limit: Option<Balance>,
}

/// What a constructor may return: nothing, or a `Result` of nothing.
pub trait ConstructorReturn: Decode {
    /// The same with the new address in place of nothing.
    type Created;

    /// Puts the address in.
    fn created(self, address: Address) -> Self::Created;
}

impl ConstructorReturn for () {
    type Created = Address;

    fn created(self, address: Address) -> Address {
        address
    }
}

impl<E: Decode> ConstructorReturn for Result<(), E> {
    type Created = Result<Address, E>;

    fn created(self, address: Address) -> Result<Address, E> {
        self.map(|()| address)
    }
}

impl<'a, R> Create<'a, R> {
    pub(crate) fn new(code_hash: Hash, constructor: Constructor<R>) -> Self {
        Self {
            code_hash,
            constructor,
            salt: [0; 32],
            grants: &[],
            gas: 0,
            value: 0,
            deposit_limit: None,
        }
    }

    /// Chooses the address among those of this contract and code.
    pub fn salt(mut self, salt: [u8; 32]) -> Self {
        self.salt = salt;
        self
    }

    /// Names the contracts that the new one may call, at most 32. They count if
    /// its code declares `calls = "granted"`.
    pub fn grants(mut self, grants: &'a [Address]) -> Self {
        self.grants = grants;
        self
    }

    /// Gives the constructor at most this much gas; 0 is all that may be given.
    pub fn gas(mut self, gas: Gas) -> Self {
        self.gas = gas;
        self
    }

    /// Sends tokens along, in the smallest unit.
    pub fn value(mut self, value: Balance) -> Self {
        self.value = value;
        self
    }

    /// Limits the storage deposit of the creation, in the smallest unit.
    pub fn deposit_limit(mut self, limit: Balance) -> Self {
        self.deposit_limit = Some(limit);
        self
    }
}

impl<R: ConstructorReturn> Create<'_, R> {
    /// Creates the contract and returns its address, and gives up with a message
    /// if that fails. The constructor's declared error is an `Err`.
    #[track_caller]
    pub fn create(self) -> R::Created {
        match self.try_create() {
            Ok(created) => created,
            Err(error) => fail(error.message()),
        }
    }

    /// Creates the contract and returns its address.
    ///
    /// # Errors
    /// See [`CallError`]; what the constructor did is undone then. The
    /// constructor's declared error is an `Err` inside.
    ///
    /// ```
    /// # use hull_sdk as hull;
    /// # use hull::prelude::*;
    /// # use hull::{CallError, Constructor};
    /// # fn new(start: u64) -> Constructor<()> { loop {} }
    /// fn once(code: Hash) -> Result<Option<Address>, CallError> {
    ///     match new(1).of_code(code).try_create() {
    ///         Ok(address) => Ok(Some(address)),
    ///         Err(CallError::AddressTaken) => Ok(None),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub fn try_create(self) -> Result<R::Created, CallError> {
        let terms = Terms {
            value: self.value,
            gas: self.gas,
            deposit: self.deposit_limit,
            flags: 0,
            input: &self.constructor.input,
        };
        let (status, address) = sys::instantiate(&self.code_hash, &self.salt, self.grants, &terms);
        let returned: R = read_reply(status, self.constructor.fallible)?;
        Ok(returned.created(address))
    }
}
