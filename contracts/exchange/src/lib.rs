//! An exchange of two tokens that needs nobody to set a price.
#![no_std]

/// A pool of two tokens whose product never falls.
///
/// Who adds both tokens in the proportion of the pool gets shares of it; who
/// gives up shares gets back their part of both. Who gives one token gets the
/// other, so much that the product of the two reserves does not fall; 0.3 % of
/// what is given stays in the pool as the fee of those who have shares.
///
/// Every division rounds in the pool's favour. The pool keeps its own books:
/// tokens sent to it without a message belong to nobody. The two tokens are
/// granted at creation, and the pool can call nothing else; they are trusted to
/// move what they are asked to.
#[hull::contract(capabilities(storage = "64 MiB", events, calls = "granted"))]
pub mod exchange {
    use core::ops::Bound;

    use hull::prelude::*;
    use hull::{CallError, Message, Timestamp, math};
    use token::messages as tokens;
    use token::token::Error as TokenError;

    /// What is left of a thousand after the fee.
    pub const AFTER_FEE: u128 = 997;
    /// See [`AFTER_FEE`].
    pub const WHOLE: u128 = 1_000;

    /// Shares that the first deposit leaves to nobody, so that nobody can make a
    /// single share worth so much that the rounding of others pays.
    pub const LOCKED_SHARES: Balance = 1_000;

    /// Most observations that are kept. The oldest makes room.
    pub const MAX_OBSERVATIONS: u32 = 64;

    /// Most entries of one page.
    pub const MAX_PAGE: u32 = 64;

    /// A price of one: prices have 64 binary digits behind the point.
    pub const PRICE_ONE: u128 = 1 << 64;

    /// What the contract stores.
    #[hull::storage]
    pub struct Exchange {
        pair: Value<Pair>,
        pool: Value<Pool>,
        /// The shares of those who have some.
        shares: OrderedMap<Address, Balance>,
        /// The reserves at the end of blocks that changed them, by time.
        observations: OrderedMap<Timestamp, Reserves>,
        /// How many observations are kept.
        observed: Value<u32>,
    }

    /// The two tokens.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Pair {
        /// The first.
        pub a: Address,
        /// The second.
        pub b: Address,
    }

    /// An amount of each token, in its smallest unit.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Reserves {
        /// Of the first.
        pub a: Balance,
        /// Of the second.
        pub b: Balance,
    }

    /// What the pool holds, and how it is divided.
    #[hull::scale]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Pool {
        /// The tokens in it.
        pub reserves: Reserves,
        /// How many shares there are, [`LOCKED_SHARES`] included.
        pub shares: Balance,
    }

    /// Somebody added tokens.
    #[hull::event]
    pub struct LiquidityAdded {
        /// Who.
        #[topic]
        pub provider: Address,
        /// How much.
        pub amounts: Reserves,
        /// The shares for it.
        pub shares: Balance,
    }

    /// Somebody took tokens back.
    #[hull::event]
    pub struct LiquidityRemoved {
        /// Who.
        #[topic]
        pub provider: Address,
        /// How much.
        pub amounts: Reserves,
        /// The shares for it.
        pub shares: Balance,
    }

    /// Somebody exchanged one token for the other.
    #[hull::event]
    pub struct Swapped {
        /// Who.
        #[topic]
        pub trader: Address,
        /// The token that was given.
        #[topic]
        pub given: Address,
        /// How much of it.
        pub amount_in: Balance,
        /// How much of the other one left.
        pub amount_out: Balance,
    }

    /// Why a message changed nothing.
    #[hull::error]
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Error {
        /// A pair is of two different tokens.
        SameToken,
        /// The pool does not have this token.
        UnknownToken {
            /// Which.
            token: Address,
        },
        /// The message came too late.
        Expired {
            /// Until when it was good, in milliseconds since the Unix epoch.
            deadline: Timestamp,
        },
        /// An amount is nothing, or so little that nothing comes of it.
        TooLittle,
        /// The amounts are more than the pool can calculate with.
        TooMuch,
        /// The pool is empty.
        Empty,
        /// Less would come of it than the caller wants.
        BelowMinimum {
            /// What would come of it.
            amount: Balance,
        },
        /// The caller has too few shares.
        InsufficientShares {
            /// How many.
            available: Balance,
        },
        /// Nothing was observed at that time, or what was is no longer kept.
        NotObserved {
            /// The first moment since which there are observations.
            earliest: Option<Timestamp>,
        },
        /// A token refused to move.
        TokenRefused {
            /// Which.
            token: Address,
            /// Why.
            error: TokenError,
        },
        /// A token could not be called.
        TokenFailed {
            /// Which.
            token: Address,
            /// Why.
            error: CallError,
        },
    }

    impl Exchange {
        /// Opens an empty pool. Both tokens have to be granted, and to be there.
        #[hull::constructor]
        pub fn new(&mut self, pair: Pair) -> Result<(), Error> {
            ensure!(pair.a != pair.b, Error::SameToken);
            for token in [pair.a, pair.b] {
                let probe = tokens::total_supply().to(token).try_call();
                probe.map_err(|error| Error::TokenFailed { token, error })?;
            }
            self.pair.set(&pair);
            self.pool.set(&Pool::default());
            Ok(())
        }

        /// The two tokens.
        #[hull::message]
        pub fn pair(&self) -> Pair {
            self.pair.get()
        }

        /// What the pool holds, and how many shares there are.
        #[hull::message]
        pub fn pool(&self) -> Pool {
            self.pool.get()
        }

        /// The shares of an account.
        #[hull::message]
        pub fn shares_of(&self, provider: Address) -> Balance {
            self.shares.get_or_default(&provider)
        }

        /// Those who have shares, in the order of their addresses, at most `most`
        /// (and at most [`MAX_PAGE`]) of those behind `after`.
        #[hull::message]
        pub fn providers(&self, after: Option<Address>, most: u32) -> Vec<(Address, Balance)> {
            let start = after.map_or(Bound::Unbounded, Bound::Excluded);
            let page = self.shares.range((start, Bound::Unbounded));
            page.take(most.min(MAX_PAGE) as usize).collect()
        }

        /// What a swap would give now.
        #[hull::message]
        pub fn quote(&self, given: Address, amount_in: Balance) -> Result<Balance, Error> {
            let side = self.side(given)?;
            let pool = self.pool.get();
            amount_out(amount_in, side.order(pool.reserves))
        }

        /// Adds tokens of the caller, at most these amounts and in the proportion of
        /// the pool, and returns the shares for them. The first deposit sets the
        /// proportion and leaves [`LOCKED_SHARES`] to nobody. The pool needs
        /// allowances of both tokens.
        #[hull::message]
        pub fn add_liquidity(
            &mut self,
            most: Reserves,
            least_shares: Balance,
            deadline: Timestamp,
        ) -> Result<Balance, Error> {
            in_time(deadline)?;
            let pool = self.pool.get();
            let (amounts, minted, shares) = pool.price_of_entry(most)?;
            at_least(shares, least_shares)?;
            let provider = env::caller();
            self.settle(Pool {
                reserves: Reserves {
                    a: add(pool.reserves.a, amounts.a)?,
                    b: add(pool.reserves.b, amounts.b)?,
                },
                shares: add(pool.shares, minted)?,
            })?;
            // Nobody has more shares than there are.
            let own = self.shares.get_or_default(&provider) + shares;
            self.shares.insert(&provider, &own);
            let pair = self.pair.get();
            pull(pair.a, provider, amounts.a)?;
            pull(pair.b, provider, amounts.b)?;
            env::emit(&LiquidityAdded {
                provider,
                amounts,
                shares,
            });
            Ok(shares)
        }

        /// Gives up shares of the caller and returns the tokens for them, at least
        /// these amounts.
        #[hull::message]
        pub fn remove_liquidity(
            &mut self,
            shares: Balance,
            least: Reserves,
            deadline: Timestamp,
        ) -> Result<Reserves, Error> {
            in_time(deadline)?;
            let provider = env::caller();
            let available = self.shares.get_or_default(&provider);
            let left = available
                .checked_sub(shares)
                .ok_or(Error::InsufficientShares { available })?;
            let pool = self.pool.get();
            ensure!(pool.shares > 0, Error::Empty);
            let part = |of| math::mul_div(of, shares, pool.shares).ok_or(Error::TooMuch);
            let amounts = Reserves {
                a: part(pool.reserves.a)?,
                b: part(pool.reserves.b)?,
            };
            ensure!(amounts.a > 0 && amounts.b > 0, Error::TooLittle);
            at_least(amounts.a, least.a)?;
            at_least(amounts.b, least.b)?;
            self.settle(Pool {
                reserves: Reserves {
                    a: pool.reserves.a - amounts.a,
                    b: pool.reserves.b - amounts.b,
                },
                shares: pool.shares - shares,
            })?;
            if left == 0 {
                self.shares.remove(&provider);
            } else {
                self.shares.insert(&provider, &left);
            }
            let pair = self.pair.get();
            push(pair.a, provider, amounts.a)?;
            push(pair.b, provider, amounts.b)?;
            env::emit(&LiquidityRemoved {
                provider,
                amounts,
                shares,
            });
            Ok(amounts)
        }

        /// Takes an amount of one token from the caller and returns how much of the
        /// other one the caller got for it, at least `least`. The pool needs an
        /// allowance of the token that is given.
        #[hull::message]
        pub fn swap(
            &mut self,
            given: Address,
            amount_in: Balance,
            least: Balance,
            deadline: Timestamp,
        ) -> Result<Balance, Error> {
            in_time(deadline)?;
            let side = self.side(given)?;
            let pool = self.pool.get();
            let (reserve_in, reserve_out) = side.order(pool.reserves);
            let amount_out = amount_out(amount_in, (reserve_in, reserve_out))?;
            at_least(amount_out, least)?;
            self.settle(Pool {
                reserves: side.reserves(add(reserve_in, amount_in)?, reserve_out - amount_out),
                shares: pool.shares,
            })?;
            let trader = env::caller();
            let pair = self.pair.get();
            pull(given, trader, amount_in)?;
            push(side.other(pair), trader, amount_out)?;
            env::emit(&Swapped {
                trader,
                given,
                amount_in,
                amount_out,
            });
            Ok(amount_out)
        }

        /// The reserves at the end of blocks that changed them, by the blocks' time,
        /// at most `most` (and at most [`MAX_PAGE`]) of those from `from` on.
        #[hull::message]
        pub fn observations(&self, from: Timestamp, most: u32) -> Vec<(Timestamp, Reserves)> {
            let page = self.observations.range(from..);
            page.take(most.min(MAX_PAGE) as usize).collect()
        }

        /// The price of the first token in units of the second, times
        /// [`PRICE_ONE`], averaged over the time since `since`. What happens in this
        /// block has no weight, so nobody moves it without waiting.
        #[hull::message]
        pub fn average_price(&self, since: Timestamp) -> Result<u128, Error> {
            let now = env::block_time();
            let span = now.checked_sub(since).filter(|span| *span > 0);
            let span = u128::from(span.ok_or(Error::TooLittle)?);
            let mut until = now;
            let mut average = 0;
            for (time, reserves) in self.observations.range(..=now).rev() {
                let from = time.max(since);
                let price = math::mul_div(reserves.b, PRICE_ONE, reserves.a);
                let part =
                    price.and_then(|price| math::mul_div(price, u128::from(until - from), span));
                // Parts of a whole: their sum is not above the greatest price.
                average += part.ok_or(Error::TooMuch)?;
                until = from;
                if time <= since {
                    return Ok(average);
                }
            }
            let earliest = self.observations.keys(..).next();
            Err(Error::NotObserved { earliest })
        }

        fn side(&self, given: Address) -> Result<Side, Error> {
            let pair = self.pair.get();
            if given == pair.a {
                Ok(Side::A)
            } else if given == pair.b {
                Ok(Side::B)
            } else {
                Err(Error::UnknownToken { token: given })
            }
        }

        /// Writes the books, before any token moves.
        fn settle(&mut self, pool: Pool) -> Result<(), Error> {
            self.pool.set(&pool);
            let now = env::block_time();
            if !self.observations.contains(&now) {
                let kept = self.observed.get_or_default();
                if kept < MAX_OBSERVATIONS {
                    self.observed.set(&(kept + 1));
                } else if let Some(oldest) = self.observations.keys(..).next() {
                    self.observations.remove(&oldest);
                }
            }
            self.observations.insert(&now, &pool.reserves);
            Ok(())
        }
    }

    impl Pool {
        /// What enters the pool of at most these amounts, the shares that come into
        /// being, and those of them that the provider gets.
        fn price_of_entry(&self, most: Reserves) -> Result<(Reserves, Balance, Balance), Error> {
            let Reserves { a, b } = self.reserves;
            if self.shares == 0 {
                let minted = math::root(most.a, most.b);
                let shares = minted.checked_sub(LOCKED_SHARES);
                let shares = shares.filter(|shares| *shares > 0);
                return Ok((most, minted, shares.ok_or(Error::TooLittle)?));
            }
            let by_a = math::mul_div(most.a, self.shares, a).ok_or(Error::TooMuch)?;
            let by_b = math::mul_div(most.b, self.shares, b).ok_or(Error::TooMuch)?;
            let shares = by_a.min(by_b);
            ensure!(shares > 0, Error::TooLittle);
            // Not above `most`: the shares were rounded down.
            let part = |of| math::mul_div_up(of, shares, self.shares).ok_or(Error::TooMuch);
            let amounts = Reserves {
                a: part(a)?,
                b: part(b)?,
            };
            Ok((amounts, shares, shares))
        }
    }

    /// Which token is given.
    #[derive(Clone, Copy)]
    enum Side {
        A,
        B,
    }

    impl Side {
        /// What the pool has of the token that is given, and of the other one.
        fn order(self, reserves: Reserves) -> (Balance, Balance) {
            match self {
                Self::A => (reserves.a, reserves.b),
                Self::B => (reserves.b, reserves.a),
            }
        }

        /// The opposite of [`order`](Self::order).
        fn reserves(self, given: Balance, other: Balance) -> Reserves {
            let (a, b) = match self {
                Self::A => (given, other),
                Self::B => (other, given),
            };
            Reserves { a, b }
        }

        fn other(self, pair: Pair) -> Address {
            match self {
                Self::A => pair.b,
                Self::B => pair.a,
            }
        }
    }

    /// What an amount buys: so much that the product of the reserves would stay
    /// the same without the fee, rounded down twice.
    fn amount_out(amount_in: Balance, (from, to): (Balance, Balance)) -> Result<Balance, Error> {
        ensure!(from > 0 && to > 0, Error::Empty);
        let paid = math::mul_div(amount_in, AFTER_FEE, WHOLE).ok_or(Error::TooMuch)?;
        let out = round(paid, to, add(from, paid)?).ok_or(Error::TooMuch)?;
        ensure!(out > 0, Error::TooLittle);
        Ok(out)
    }

    #[cfg(not(feature = "planted-rounding-bug"))]
    use math::mul_div as round;
    #[cfg(feature = "planted-rounding-bug")]
    use math::mul_div_up as round;

    fn in_time(deadline: Timestamp) -> Result<(), Error> {
        ensure!(env::block_time() <= deadline, Error::Expired { deadline });
        Ok(())
    }

    fn at_least(amount: Balance, least: Balance) -> Result<(), Error> {
        ensure!(amount >= least, Error::BelowMinimum { amount });
        Ok(())
    }

    fn add(a: Balance, b: Balance) -> Result<Balance, Error> {
        a.checked_add(b).ok_or(Error::TooMuch)
    }

    /// Takes tokens from an account that allowed it.
    fn pull(token: Address, from: Address, amount: Balance) -> Result<(), Error> {
        moved(token, tokens::transfer_from(from, env::callee(), amount))
    }

    /// Sends tokens of the pool.
    fn push(token: Address, to: Address, amount: Balance) -> Result<(), Error> {
        moved(token, tokens::transfer(to, amount))
    }

    fn moved(token: Address, message: Message<Result<(), TokenError>>) -> Result<(), Error> {
        match message.to(token).try_call() {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Error::TokenRefused { token, error }),
            Err(error) => Err(Error::TokenFailed { token, error }),
        }
    }
}
