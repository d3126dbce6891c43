//! Whether a transaction is taken in.

use std::cmp::Reverse;
use std::sync::Arc;

use hull_executor::Account;
use hull_host_api::{Address, Balance, Hash, Timestamp};
use hull_types::{Transaction, VerifiedTransaction};

use crate::pool::{Entry, Mempool, Worth};

/// A transaction was taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted {
    /// Whether it may be in the next block: no nonce is missing before it.
    pub ready: bool,
    /// What had its nonce before.
    pub replaced: Option<Hash>,
    /// What was given up for it.
    pub evicted: Vec<Hash>,
}

/// Why a transaction was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// It is held already.
    #[error("the transaction waits already")]
    Known,
    /// Its nonce was used.
    #[error("nonce {found} was used; the next one of the sender is {expected}")]
    NonceUsed {
        /// That of the transaction.
        found: u64,
        /// The sender's next.
        expected: u64,
    },
    /// Its nonce is too far from the one that the account waits for.
    #[error(
        "nonce {found} is too far ahead; the next one of the sender is {expected}, and at most {most} is held"
    )]
    NonceTooFar {
        /// That of the transaction.
        found: u64,
        /// The sender's next.
        expected: u64,
        /// The highest that is held.
        most: u64,
    },
    /// The balance does not cover the most that this and the sender's other waiting
    /// transactions may take.
    #[error(
        "the transaction may take {needed:?}; the sender has {available} that its other waiting transactions cannot take"
    )]
    Funds {
        /// The most it may take; `None` if that is more than any balance.
        needed: Option<Balance>,
        /// The balance, less what the others may take.
        available: Balance,
    },
    /// Another transaction has the nonce and pays as much or nearly as much.
    #[error("a price of {found} per gas; to replace the one that waits it takes {least}")]
    ReplacementUnderpriced {
        /// The price.
        found: Balance,
        /// The least that replaces.
        least: Balance,
    },
    /// The pool is full of what is worth more.
    #[error("the pool is full, and what it holds is worth more than a price of {found} per gas")]
    Full {
        /// The price.
        found: Balance,
    },
    /// The sender has as much in the pool as it may.
    #[error(
        "{what} of the sender in the pool: {found}, over the limit of {limit}; wait for a block"
    )]
    SenderLimit {
        /// What.
        what: &'static str,
        /// With this transaction.
        found: usize,
        /// The limit.
        limit: usize,
    },
}

impl Rejected {
    /// Whether the same transaction may be taken later.
    pub const fn is_for_now(&self) -> bool {
        !matches!(self, Self::Known | Self::NonceUsed { .. })
    }
}

/// What a unit of gas brings.
pub(crate) fn price(transaction: &Transaction) -> Balance {
    let tip = transaction.tip / Balance::from(transaction.gas_limit.max(1));
    transaction.gas_price.saturating_add(tip)
}

impl Mempool {
    /// Takes a transaction in. `account` is the sender's after the last block, `now`
    /// is in milliseconds since the Unix epoch. The form has been checked, see
    /// [`Executor::check_form`](hull_executor::Executor::check_form).
    ///
    /// # Errors
    /// See [`Rejected`]. The pool is then as it was, but for transactions whose
    /// nonces `account` shows to be used.
    pub fn admit(
        &mut self,
        transaction: VerifiedTransaction,
        account: Account,
        now: Timestamp,
    ) -> Result<Admitted, Rejected> {
        let body = transaction.transaction();
        let (address, nonce) = (body.sender, body.nonce);
        self.refresh(&address, account, &mut Vec::new());
        if self.get(&transaction.id()).is_some() {
            return Err(Rejected::Known);
        }
        self.check_nonce(nonce, account.nonce)?;
        self.check_sender(&transaction, account)?;
        let price = price(body);
        let least = self.replacement_price(&address, nonce);
        if let Some(least) = least.filter(|least| price < *least) {
            return Err(Rejected::ReplacementUnderpriced {
                found: price,
                least,
            });
        }
        let replaced = self.take(&address, nonce);
        let next = self.next_nonce(&address).unwrap_or(account.nonce);
        let worth = Worth {
            // A replacement may fill its own place anew.
            ready: nonce <= next,
            price,
            arrival: Reverse(u64::MAX),
        };
        let Some(evicted) = self.make_room(&address, &worth, transaction.bytes() as usize) else {
            if let Some(entry) = replaced {
                self.put(account, entry);
            }
            return Err(Rejected::Full { found: price });
        };
        let arrival = self.arrive();
        self.put(
            account,
            Entry {
                transaction: Arc::new(transaction),
                price,
                arrival,
                since: now,
            },
        );
        Ok(Admitted {
            ready: worth.ready,
            replaced: replaced.map(|entry| entry.transaction.id()),
            evicted,
        })
    }

    fn check_nonce(&self, found: u64, expected: u64) -> Result<(), Rejected> {
        if found < expected {
            return Err(Rejected::NonceUsed { found, expected });
        }
        // The last number is never used.
        let most = expected.saturating_add(self.limits.ahead).min(u64::MAX - 1);
        if found > most {
            return Err(Rejected::NonceTooFar {
                found,
                expected,
                most,
            });
        }
        Ok(())
    }

    /// Funds, and the share of the pool that one sender may have; what has the same
    /// nonce does not count.
    fn check_sender(
        &self,
        transaction: &VerifiedTransaction,
        account: Account,
    ) -> Result<(), Rejected> {
        let body = transaction.transaction();
        let others = self.of(&body.sender).map(|one| &**one);
        let others = others.filter(|one| one.transaction().nonce != body.nonce);
        let (mut count, mut bytes, mut available) =
            (1, transaction.bytes() as usize, account.balance);
        for other in others {
            count += 1;
            bytes += other.bytes() as usize;
            let most = other.transaction().most_spent().unwrap_or(Balance::MAX);
            available = available.saturating_sub(most);
        }
        let needed = body.most_spent();
        if needed.is_none_or(|needed| needed > available) {
            return Err(Rejected::Funds { needed, available });
        }
        let limits = [
            ("transactions", count, self.limits.sender_transactions),
            ("bytes", bytes, self.limits.sender_bytes),
        ];
        for (what, found, limit) in limits {
            if found > limit {
                return Err(Rejected::SenderLimit { what, found, limit });
            }
        }
        Ok(())
    }

    /// What it takes to replace what has a nonce; `None` if nothing has.
    fn replacement_price(&self, address: &Address, nonce: u64) -> Option<Balance> {
        let old = self.senders.get(address)?.waiting.get(&nonce)?.price;
        let percent = Balance::from(self.limits.replacement_percent);
        let more = old.saturating_mul(percent).div_ceil(100).max(1);
        Some(old.saturating_add(more))
    }

    /// Gives up tails worth less until so many bytes fit. `None`, with everything
    /// as before, if there is not enough of that. The sender's own transactions
    /// stay: without them the new one would be of no use.
    fn make_room(&mut self, address: &Address, worth: &Worth, bytes: usize) -> Option<Vec<Hash>> {
        let mut evicted: Vec<(Account, Entry)> = Vec::new();
        while self.size.transactions >= self.limits.transactions
            || self.size.bytes.saturating_add(bytes) > self.limits.bytes
        {
            let victim = self
                .least()
                .filter(|(least, sender)| least < worth && sender != address);
            let entry = victim.and_then(|(_, sender)| {
                let held = self.senders.get(&sender)?;
                let (account, nonce) = (held.account, *held.waiting.last_key_value()?.0);
                Some((account, self.take(&sender, nonce)?))
            });
            let Some(entry) = entry else {
                evicted
                    .into_iter()
                    .for_each(|(account, entry)| self.put(account, entry));
                return None;
            };
            evicted.push(entry);
        }
        let ids = evicted.iter().map(|(_, entry)| entry.transaction.id());
        Some(ids.collect())
    }
}
