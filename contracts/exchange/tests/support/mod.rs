//! A chain with two tokens, a pool, and three who use it.
#![allow(dead_code, reason = "every test binary uses its own part of this")]

pub mod story;

use exchange::constructors;
use exchange::exchange::{Error, Pair, Pool, Reserves};
use exchange::messages;
use hull::Message;
use hull::codec::{Decode, DecodeAll, Encode};
use hull_contracts_support::deploy_token;
use hull_testing::{Account, Address, Balance, Chain, Code, alice, bob, carol};

/// Tokens of each kind that each of the three has.
pub const WEALTH: Balance = 1 << 62;
/// Never.
pub const FOREVER: u64 = u64::MAX;

/// Who trades.
pub fn traders() -> [Account; 3] {
    [alice(), bob(), carol()]
}

/// The chain.
#[derive(Clone)]
pub struct World {
    pub chain: Chain,
    pub pool: Address,
    pub pair: Pair,
}

/// An empty pool, which all three let have their tokens.
pub fn world(code: &Code) -> World {
    let mut chain = Chain::new();
    let supply = WEALTH * traders().len() as Balance;
    let a = deploy_token(&mut chain, "A", supply);
    let b = deploy_token(&mut chain, "B", supply);
    let pair = Pair { a, b };
    let new = chain
        .deploy(code.with(constructors::new(pair)))
        .grants(&[a, b]);
    let pool = new.address();
    for token in [a, b] {
        for trader in traders() {
            let give = token::messages::transfer(trader, WEALTH);
            chain.call(token, give).succeeds();
            let approve = token::messages::approve(pool, Balance::MAX);
            chain.call(token, approve).by(trader).returns();
        }
    }
    World { chain, pool, pair }
}

impl World {
    pub fn send<T: Decode>(
        &mut self,
        by: Account,
        message: Message<Result<T, Error>>,
    ) -> Result<T, Error>
    where
        Result<T, Error>: Decode,
    {
        self.chain.call(self.pool, message).by(by).returns()
    }

    pub fn add(&mut self, by: Account, a: Balance, b: Balance) -> Result<Balance, Error> {
        let add = messages::add_liquidity(Reserves { a, b }, 0, FOREVER);
        self.send(by, add)
    }

    pub fn remove(&mut self, by: Account, shares: Balance) -> Result<Reserves, Error> {
        let remove = messages::remove_liquidity(shares, Reserves::default(), FOREVER);
        self.send(by, remove)
    }

    pub fn swap(&mut self, by: Account, given: Address, amount: Balance) -> Result<Balance, Error> {
        self.send(by, messages::swap(given, amount, 0, FOREVER))
    }

    /// The pool's books, as they are stored.
    pub fn books(&self) -> Pool {
        self.stored(self.pool, &[1]).expect("the pool has books")
    }

    /// The shares of an account, as they are stored.
    pub fn shares(&self, account: Account) -> Balance {
        let key = [&[2][..], &account.address().encode()].concat();
        self.stored(self.pool, &key).unwrap_or_default()
    }

    /// What an account has of a token, as it is stored.
    pub fn balance(&self, token: Address, account: impl Into<Address>) -> Balance {
        let key = [&[2][..], &account.into().encode()].concat();
        self.stored(token, &key).unwrap_or_default()
    }

    /// What an account has of both.
    pub fn balances(&self, account: impl Into<Address>) -> Reserves {
        let account = account.into();
        Reserves {
            a: self.balance(self.pair.a, account),
            b: self.balance(self.pair.b, account),
        }
    }

    fn stored<T: Decode>(&self, contract: Address, key: &[u8]) -> Option<T> {
        let mut storage = self.chain.storage(contract);
        let (_, value) = storage.find(|(found, _)| *found == key)?;
        Some(T::decode_all(&mut &*value).expect("it is of this type"))
    }
}
