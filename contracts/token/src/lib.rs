//! A fungible token: balances, allowances, and roles that mint and burn.
#![no_std]

/// A fungible token.
///
/// Amounts are in the smallest unit; `decimals` says how many of its digits come
/// after the point. Minting and burning belong to roles; roles are given by
/// whoever has the role `Admin`.
#[hull::contract(capabilities(storage = "1 GiB", events))]
pub mod token {
    use hull::prelude::*;
    use hull::storage::{MissingRole, Roles};

    /// What the contract stores.
    #[hull::storage]
    pub struct Token {
        about: Value<About>,
        total_supply: Value<Balance>,
        balances: Map<Address, Balance>,
        /// By owner and spender.
        allowances: Map<(Address, Address), Balance>,
        roles: Roles<Role>,
    }

    /// What the token is called.
    #[hull::scale]
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct About {
        /// Its name.
        pub name: String,
        /// Its short name.
        pub symbol: String,
        /// How many digits come after the point.
        pub decimals: u8,
    }

    /// What an account may do beyond its own tokens.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Role {
        /// Gives and takes roles.
        Admin,
        /// Makes tokens.
        Minter,
        /// Destroys tokens of its own.
        Burner,
    }

    /// Tokens moved; from nobody when they were made, to nobody when they were
    /// destroyed.
    #[hull::event]
    pub struct Transferred {
        /// Who had them.
        #[topic]
        pub from: Option<Address>,
        /// Who has them.
        #[topic]
        pub to: Option<Address>,
        /// How many.
        pub amount: Balance,
    }

    /// An allowance was set.
    #[hull::event]
    pub struct Approved {
        /// Whose tokens they are.
        #[topic]
        pub owner: Address,
        /// Who may spend them.
        #[topic]
        pub spender: Address,
        /// How many from now on.
        pub amount: Balance,
    }

    /// A role was given or taken.
    #[hull::event]
    pub struct RoleChanged {
        /// Which.
        #[topic]
        pub role: Role,
        /// Whose.
        #[topic]
        pub account: Address,
        /// Whether it was given.
        pub granted: bool,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// The account has too few tokens.
        InsufficientBalance {
            /// What it has.
            available: Balance,
        },
        /// The spender may spend too few.
        InsufficientAllowance {
            /// What it may spend.
            available: Balance,
        },
        /// The caller lacks a role.
        MissingRole {
            /// Which.
            role: Role,
        },
        /// There would be more tokens than a balance can hold.
        SupplyOverflow,
        /// The last thing an admin may not do is to leave nobody in charge.
        OwnAdminRole,
    }

    impl From<MissingRole<Role>> for Error {
        fn from(MissingRole { role }: MissingRole<Role>) -> Self {
            Self::MissingRole { role }
        }
    }

    impl Token {
        /// Makes a token; the caller gets the supply and the role `Admin`.
        #[hull::constructor]
        pub fn new(&mut self, about: About, supply: Balance) {
            let caller = env::caller();
            self.about.set(&about);
            self.total_supply.set(&supply);
            self.balances.insert(&caller, &supply);
            self.set_role(Role::Admin, caller, true);
            env::emit(&Transferred {
                from: None,
                to: Some(caller),
                amount: supply,
            });
        }

        /// What the token is called.
        #[hull::message]
        pub fn about(&self) -> About {
            self.about.get()
        }

        /// How many tokens there are.
        #[hull::message]
        pub fn total_supply(&self) -> Balance {
            self.total_supply.get()
        }

        /// What an account has.
        #[hull::message]
        pub fn balance_of(&self, owner: Address) -> Balance {
            self.balances.get_or_default(&owner)
        }

        /// What a spender may spend of an owner's tokens.
        #[hull::message]
        pub fn allowance(&self, owner: Address, spender: Address) -> Balance {
            self.allowances.get_or_default(&(owner, spender))
        }

        /// Whether an account has a role.
        #[hull::message]
        pub fn has_role(&self, role: Role, account: Address) -> bool {
            self.roles.has(role, &account)
        }

        /// Sends the caller's tokens.
        #[hull::message]
        pub fn transfer(&mut self, to: Address, amount: Balance) -> Result<(), Error> {
            self.shift(env::caller(), to, amount)
        }

        /// Sets what a spender may spend of the caller's tokens.
        #[hull::message]
        pub fn approve(&mut self, spender: Address, amount: Balance) {
            self.set_allowance(env::caller(), spender, amount);
        }

        /// Sends an owner's tokens, within the caller's allowance.
        #[hull::message]
        pub fn transfer_from(
            &mut self,
            from: Address,
            to: Address,
            amount: Balance,
        ) -> Result<(), Error> {
            let spender = env::caller();
            let available = self.allowances.get_or_default(&(from, spender));
            let left = available
                .checked_sub(amount)
                .ok_or(Error::InsufficientAllowance { available })?;
            self.set_allowance(from, spender, left);
            self.shift(from, to, amount)
        }

        /// Makes tokens. Takes the role `Minter`.
        #[hull::message]
        pub fn mint(&mut self, to: Address, amount: Balance) -> Result<(), Error> {
            self.roles.require(Role::Minter)?;
            let supply = self.total_supply.get();
            let supply = supply.checked_add(amount).ok_or(Error::SupplyOverflow)?;
            self.total_supply.set(&supply);
            self.deposit(&to, amount);
            env::emit(&Transferred {
                from: None,
                to: Some(to),
                amount,
            });
            Ok(())
        }

        /// Destroys tokens of the caller. Takes the role `Burner`.
        #[hull::message]
        pub fn burn(&mut self, amount: Balance) -> Result<(), Error> {
            self.roles.require(Role::Burner)?;
            let caller = env::caller();
            self.withdraw(&caller, amount)?;
            // Nobody has more than there is.
            self.total_supply.set(&(self.total_supply.get() - amount));
            env::emit(&Transferred {
                from: Some(caller),
                to: None,
                amount,
            });
            Ok(())
        }

        /// Gives a role. Takes the role `Admin`.
        #[hull::message]
        pub fn grant_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            self.set_role(role, account, true);
            Ok(())
        }

        /// Takes a role away. Takes the role `Admin`, which nobody takes from
        /// themselves.
        #[hull::message]
        pub fn revoke_role(&mut self, role: Role, account: Address) -> Result<(), Error> {
            self.roles.require(Role::Admin)?;
            ensure!(
                role != Role::Admin || account != env::caller(),
                Error::OwnAdminRole
            );
            self.set_role(role, account, false);
            Ok(())
        }

        fn set_role(&mut self, role: Role, account: Address, granted: bool) {
            if granted {
                self.roles.grant(role, &account);
            } else {
                self.roles.revoke(role, &account);
            }
            env::emit(&RoleChanged {
                role,
                account,
                granted,
            });
        }

        fn set_allowance(&mut self, owner: Address, spender: Address, amount: Balance) {
            if amount == 0 {
                self.allowances.remove(&(owner, spender));
            } else {
                self.allowances.insert(&(owner, spender), &amount);
            }
            env::emit(&Approved {
                owner,
                spender,
                amount,
            });
        }

        fn shift(&mut self, from: Address, to: Address, amount: Balance) -> Result<(), Error> {
            self.withdraw(&from, amount)?;
            self.deposit(&to, amount);
            env::emit(&Transferred {
                from: Some(from),
                to: Some(to),
                amount,
            });
            Ok(())
        }

        fn withdraw(&mut self, from: &Address, amount: Balance) -> Result<(), Error> {
            let available = self.balances.get_or_default(from);
            let left = available
                .checked_sub(amount)
                .ok_or(Error::InsufficientBalance { available })?;
            self.balances.insert(from, &left);
            Ok(())
        }

        fn deposit(&mut self, to: &Address, amount: Balance) {
            // Nobody has more than there is, so this cannot overflow.
            let balance = self.balances.get_or_default(to) + amount;
            self.balances.insert(to, &balance);
        }
    }
}
