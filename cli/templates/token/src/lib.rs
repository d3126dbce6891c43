//! A fungible token: balances, allowances, and an owner who mints.
#![no_std]

/// A fungible token.
///
/// Amounts are in the smallest unit; `decimals` says how many of its digits come
/// after the point.
#[hull::contract(capabilities(storage = "64 MiB", events))]
pub mod {{library}} {
    use hull::prelude::*;

    /// What the contract stores.
    #[hull::storage]
    pub struct Token {
        owner: Value<Address>,
        about: Value<About>,
        total_supply: Value<Balance>,
        balances: Map<Address, Balance>,
        /// By owner and spender.
        allowances: Map<(Address, Address), Balance>,
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

    /// Tokens moved; from nobody when they were minted.
    #[hull::event]
    #[derive(Debug, PartialEq)]
    pub struct Transferred {
        /// Who had them.
        #[topic]
        pub from: Option<Address>,
        /// Who has them.
        #[topic]
        pub to: Address,
        /// How many.
        pub amount: Balance,
    }

    /// An allowance was set.
    #[hull::event]
    #[derive(Debug, PartialEq)]
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
        /// Only the owner may.
        NotOwner,
        /// There would be more tokens than a balance can hold.
        SupplyOverflow,
    }

    impl Token {
        /// Makes a token without supply; the caller is its owner.
        #[hull::constructor]
        pub fn new(&mut self, about: About) {
            self.owner.set(&env::caller());
            self.about.set(&about);
            self.total_supply.set(&0);
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

        /// Sends the caller's tokens.
        #[hull::message]
        pub fn transfer(&mut self, to: Address, amount: Balance) -> Result<(), Error> {
            self.shift(env::caller(), to, amount)
        }

        /// Sets what a spender may spend of the caller's tokens.
        #[hull::message]
        pub fn approve(&mut self, spender: Address, amount: Balance) {
            self.allow(env::caller(), spender, amount);
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
            self.allow(from, spender, left);
            self.shift(from, to, amount)
        }

        /// Makes tokens. For the owner.
        #[hull::message]
        pub fn mint(&mut self, to: Address, amount: Balance) -> Result<(), Error> {
            ensure!(env::caller() == self.owner.get(), Error::NotOwner);
            let supply = self.total_supply.get();
            let supply = supply.checked_add(amount).ok_or(Error::SupplyOverflow)?;
            self.total_supply.set(&supply);
            self.deposit(&to, amount);
            env::emit(&Transferred {
                from: None,
                to,
                amount,
            });
            Ok(())
        }

        fn allow(&mut self, owner: Address, spender: Address, amount: Balance) {
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
            let available = self.balances.get_or_default(&from);
            let left = available
                .checked_sub(amount)
                .ok_or(Error::InsufficientBalance { available })?;
            self.balances.insert(&from, &left);
            self.deposit(&to, amount);
            env::emit(&Transferred {
                from: Some(from),
                to,
                amount,
            });
            Ok(())
        }

        fn deposit(&mut self, to: &Address, amount: Balance) {
            // Nobody has more than there is, so this cannot overflow.
            let balance = self.balances.get_or_default(to) + amount;
            self.balances.insert(to, &balance);
        }
    }
}
