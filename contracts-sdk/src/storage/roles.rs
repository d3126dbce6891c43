//! Who may do what.

use core::fmt;

use hull_host_api::Address;
use parity_scale_codec::{Decode, Encode};

use super::{Key, Map, Storage};
use crate::sys;

/// Which accounts have which roles; a contract or an account has any number.
///
/// `R` is the contract's own enum of roles. Who gives and takes them, and which
/// event tells of it, is the contract's own business: nobody has a role before
/// [`grant`](Self::grant), which asks for none.
///
/// There is an entry without content for every account in a role, at the place
/// followed by SCALE of role and account; in the ABI that is a map from
/// `(R, Address)` to nothing.
///
/// Gas: [`has`](Self::has) and [`require`](Self::require) cost a look at storage,
/// 10,000,000; changes cost a write of 20,000,000 and 2,000 a byte.
///
/// ```
/// # use hull_sdk as hull;
/// # use hull::prelude::*;
/// use hull::storage::{MissingRole, Roles};
///
/// #[hull::scale]
/// #[derive(Clone, Copy, Debug, PartialEq, Eq)]
/// pub enum Role {
///     Admin,
///     Minter,
/// }
///
/// #[hull::error]
/// pub enum Error {
///     MissingRole { role: Role },
/// }
///
/// impl From<MissingRole<Role>> for Error {
///     fn from(MissingRole { role }: MissingRole<Role>) -> Self {
///         Self::MissingRole { role }
///     }
/// }
///
/// #[hull::storage]
/// struct Mint {
///     roles: Roles<Role>,
///     made: Value<Balance>,
/// }
///
/// impl Mint {
///     fn make(&mut self, amount: Balance) -> Result<(), Error> {
///         self.roles.require(Role::Minter)?;
///         self.made.set(&(self.made.get_or_default() + amount));
///         Ok(())
///     }
///
///     fn hire(&mut self, minter: Address) -> Result<(), Error> {
///         self.roles.require(Role::Admin)?;
///         self.roles.grant(Role::Minter, &minter);
///         Ok(())
///     }
/// }
/// ```
pub struct Roles<R> {
    members: Map<(R, Address), ()>,
}

/// The caller does not have a role that a message takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct MissingRole<R> {
    /// Which.
    pub role: R,
}

impl<R: fmt::Debug> fmt::Display for MissingRole<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the caller does not have the role {:?}", self.role)
    }
}

impl<R: fmt::Debug> core::error::Error for MissingRole<R> {}

impl<R> Storage for Roles<R> {
    #[inline]
    fn at(key: Key) -> Self {
        let members = Storage::at(key);
        Self { members }
    }
}

impl<R: Encode> Roles<R> {
    /// Whether an account has a role.
    pub fn has(&self, role: R, account: &Address) -> bool {
        self.members.contains(&(&role, account))
    }

    /// Refuses a caller without a role.
    ///
    /// # Errors
    /// [`MissingRole`]. Of a contract's own error with `From<MissingRole<R>>` it is
    /// made by `?`.
    pub fn require(&self, role: R) -> Result<(), MissingRole<R>> {
        if self.members.contains(&(&role, &sys::caller())) {
            Ok(())
        } else {
            Err(MissingRole { role })
        }
    }

    /// Gives a role. Who has it already keeps it.
    pub fn grant(&mut self, role: R, account: &Address) {
        self.members.insert(&(&role, account), &());
    }

    /// Takes a role away, and says whether the account had it.
    pub fn revoke(&mut self, role: R, account: &Address) -> bool {
        self.members.remove(&(&role, account))
    }
}
