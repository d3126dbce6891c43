//! A fungible token with the interface of ERC-20.
#![no_std]

#[hull::contract(capabilities(storage = "1 GiB", events))]
pub mod erc20 {
    use hull::prelude::*;

    #[hull::storage]
    pub struct Erc20 {
        total_supply: Value<Balance>,
        balances: Map<Address, Balance>,
        allowances: Map<(Address, Address), Balance>,
    }

    #[hull::event]
    pub struct Transfer {
        #[topic]
        pub from: Option<Address>,
        #[topic]
        pub to: Option<Address>,
        pub value: Balance,
    }

    #[hull::event]
    pub struct Approval {
        #[topic]
        pub owner: Address,
        #[topic]
        pub spender: Address,
        pub value: Balance,
    }

    #[hull::error]
    #[derive(Debug, PartialEq, Eq)]
    pub enum Error {
        InsufficientBalance,
        InsufficientAllowance,
    }

    impl Erc20 {
        #[hull::constructor]
        pub fn new(&mut self, total_supply: Balance) {
            let caller = env::caller();
            self.total_supply.set(&total_supply);
            self.balances.insert(&caller, &total_supply);
            env::emit(&Transfer {
                from: None,
                to: Some(caller),
                value: total_supply,
            });
        }

        #[hull::message]
        pub fn total_supply(&self) -> Balance {
            self.total_supply.get()
        }

        #[hull::message]
        pub fn balance_of(&self, owner: Address) -> Balance {
            self.balances.get_or_default(&owner)
        }

        #[hull::message]
        pub fn allowance(&self, owner: Address, spender: Address) -> Balance {
            self.allowances.get_or_default(&(owner, spender))
        }

        #[hull::message]
        pub fn transfer(&mut self, to: Address, value: Balance) -> Result<(), Error> {
            self.shift(env::caller(), to, value)
        }

        #[hull::message]
        pub fn approve(&mut self, spender: Address, value: Balance) -> Result<(), Error> {
            let owner = env::caller();
            self.allowances.insert(&(owner, spender), &value);
            env::emit(&Approval {
                owner,
                spender,
                value,
            });
            Ok(())
        }

        #[hull::message]
        pub fn transfer_from(
            &mut self,
            from: Address,
            to: Address,
            value: Balance,
        ) -> Result<(), Error> {
            let caller = env::caller();
            let allowance = self.allowance(from, caller);
            let left = allowance
                .checked_sub(value)
                .ok_or(Error::InsufficientAllowance)?;
            self.shift(from, to, value)?;
            self.allowances.insert(&(from, caller), &left);
            Ok(())
        }

        fn shift(&mut self, from: Address, to: Address, value: Balance) -> Result<(), Error> {
            let left = self
                .balance_of(from)
                .checked_sub(value)
                .ok_or(Error::InsufficientBalance)?;
            self.balances.insert(&from, &left);
            let balance = self.balance_of(to);
            self.balances.insert(&to, &(balance + value));
            env::emit(&Transfer {
                from: Some(from),
                to: Some(to),
                value,
            });
            Ok(())
        }
    }
}
