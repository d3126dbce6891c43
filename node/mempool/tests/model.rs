//! The pool against a model that does the same by looking at everything.

use std::cmp::Reverse;

use hull_executor::Account;
use hull_mempool::{Limits, Mempool, Rejected, Room};
use hull_types::host_api::{Address, Hash};
use hull_types::{Payload, Transaction, VerifiedTransaction};
use proptest::prelude::*;

const LIMITS: Limits = Limits {
    transactions: 8,
    bytes: 6_000,
    sender_transactions: 4,
    sender_bytes: 4_000,
    ahead: 5,
    replacement_percent: 10,
    lifetime: 50,
};

#[derive(Clone, Debug)]
enum Step {
    Admit {
        sender: u8,
        nonce: u64,
        price: u128,
        tip: u128,
        value: u128,
        padding: usize,
    },
    /// A block included so many of a sender's transactions, and it has so much.
    Commit {
        sender: u8,
        included: u64,
        balance: u128,
    },
    Pass(u64),
    Remove(usize),
    Select {
        gas: u64,
        bytes: u64,
        count: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let tip = prop_oneof![Just(0), 0..30_000_u128];
    let admit = (
        0..4_u8,
        0..6_u64,
        1..40_u128,
        tip,
        0..400_000_u128,
        0..5_usize,
    );
    let admit = admit.prop_map(|(sender, nonce, price, tip, value, size)| Step::Admit {
        sender,
        nonce,
        price,
        tip,
        value,
        padding: [0, 0, 100, 900, 2_000][size],
    });
    let commit = (0..4_u8, 0..3_u64, 0..2_000_000_u128);
    let commit = commit.prop_map(|(sender, included, balance)| Step::Commit {
        sender,
        included,
        balance,
    });
    let select = (0..20_000_u64, 0..8_000_u64, 0..9_usize);
    let select = select.prop_map(|(gas, bytes, count)| Step::Select { gas, bytes, count });
    prop_oneof![
        14 => admit,
        1 => commit,
        1 => (0..30_u64).prop_map(Step::Pass),
        1 => (0..8_usize).prop_map(Step::Remove),
        3 => select,
    ]
}

fn address(sender: u8) -> Address {
    Address([sender; 32])
}

#[derive(Clone, Debug)]
struct Held {
    transaction: VerifiedTransaction,
    arrival: u64,
    since: u64,
}

impl Held {
    fn body(&self) -> &Transaction {
        self.transaction.transaction()
    }

    fn price(&self) -> u128 {
        price(self.body())
    }
}

fn price(body: &Transaction) -> u128 {
    body.gas_price + body.tip / u128::from(body.gas_limit)
}

/// The same by looking at everything.
#[derive(Default)]
struct Model {
    held: Vec<Held>,
    accounts: [Account; 4],
    arrivals: u64,
}

type Took = (bool, Option<Hash>, Vec<Hash>);

impl Model {
    fn account(&self, sender: Address) -> Account {
        self.accounts[usize::from(sender.0[0])]
    }

    fn of(&self, sender: Address) -> impl Iterator<Item = &Held> {
        self.held
            .iter()
            .filter(move |one| one.body().sender == sender)
    }

    fn is_ready(&self, one: &Held) -> bool {
        let sender = one.body().sender;
        let mut before = self.account(sender).nonce..one.body().nonce;
        before.all(|nonce| self.of(sender).any(|other| other.body().nonce == nonce))
    }

    fn bytes(&self) -> usize {
        self.held
            .iter()
            .map(|one| one.transaction.bytes() as usize)
            .sum()
    }

    fn check(&self, transaction: &VerifiedTransaction) -> Result<(), Rejected> {
        let body = transaction.transaction();
        let (account, found) = (self.account(body.sender), body.nonce);
        let expected = account.nonce;
        if self
            .held
            .iter()
            .any(|one| one.transaction.id() == transaction.id())
        {
            return Err(Rejected::Known);
        }
        if found < expected {
            return Err(Rejected::NonceUsed { found, expected });
        }
        let most = expected + LIMITS.ahead;
        if found > most {
            return Err(Rejected::NonceTooFar {
                found,
                expected,
                most,
            });
        }
        let others = || self.of(body.sender).filter(|one| one.body().nonce != found);
        let spent: u128 = others().map(|one| one.body().most_spent().unwrap()).sum();
        let available = account.balance.saturating_sub(spent);
        let needed = body.most_spent();
        if needed.unwrap() > available {
            return Err(Rejected::Funds { needed, available });
        }
        let bytes: u32 = others().map(|one| one.transaction.bytes()).sum();
        let limits = [
            (
                "transactions",
                others().count() + 1,
                LIMITS.sender_transactions,
            ),
            (
                "bytes",
                (bytes + transaction.bytes()) as usize,
                LIMITS.sender_bytes,
            ),
        ];
        for (what, found, limit) in limits {
            if found > limit {
                return Err(Rejected::SenderLimit { what, found, limit });
            }
        }
        let old = self
            .of(body.sender)
            .find(|one| one.body().nonce == body.nonce);
        let least = old.map(|old| old.price() + (old.price() * 10).div_ceil(100).max(1));
        match least {
            Some(least) if price(body) < least => Err(Rejected::ReplacementUnderpriced {
                found: price(body),
                least,
            }),
            _ => Ok(()),
        }
    }

    fn admit(&mut self, transaction: VerifiedTransaction, now: u64) -> Result<Took, Rejected> {
        self.check(&transaction)?;
        let body = transaction.transaction().clone();
        let before = self.held.clone();
        let same = |one: &Held| one.body().sender == body.sender && one.body().nonce == body.nonce;
        let old = self.held.iter().position(same);
        let replaced = old.map(|old| self.held.remove(old).transaction.id());
        let new = Held {
            transaction,
            arrival: u64::MAX,
            since: now,
        };
        let ready = self.is_ready(&new);
        let mut evicted = Vec::new();
        while self.held.len() >= LIMITS.transactions
            || self.bytes() + new.transaction.bytes() as usize > LIMITS.bytes
        {
            let Some(victim) = self.victim(&new, ready) else {
                self.held = before;
                return Err(Rejected::Full {
                    found: price(&body),
                });
            };
            evicted.push(self.held.remove(victim).transaction.id());
        }
        self.arrivals += 1;
        self.held.push(Held {
            arrival: self.arrivals,
            ..new
        });
        Ok((ready, replaced, evicted))
    }

    /// Of all tails the one of the least worth, if it is worth less than what comes.
    fn victim(&self, new: &Held, ready: bool) -> Option<usize> {
        let worth = |one: &Held, ready| (ready, one.price(), Reverse(one.arrival));
        let last = |one: &Held| self.of(one.body().sender).map(|it| it.body().nonce).max();
        let all = self.held.iter().enumerate();
        let tails = all.filter(|(_, one)| last(one) == Some(one.body().nonce));
        let worths = tails.map(|(at, one)| (worth(one, self.is_ready(one)), at));
        let (least, at) = worths.min()?;
        let own = self.held[at].body().sender == new.body().sender;
        (least < worth(new, ready) && !own).then_some(at)
    }

    fn select(&self, mut room: Room) -> Vec<Hash> {
        let mut selected: Vec<&Held> = Vec::new();
        let mut over: Vec<Address> = Vec::new();
        loop {
            let of = |sender| {
                selected
                    .iter()
                    .filter(move |one| one.body().sender == sender)
            };
            let is_next = |one: &&Held| {
                let body = one.body();
                let next = self.account(body.sender).nonce + of(body.sender).count() as u64;
                body.nonce == next && !over.contains(&body.sender)
            };
            let next = self.held.iter().filter(is_next);
            let best = next.max_by_key(|one| (one.price(), Reverse(one.arrival)));
            let Some(best) = best else {
                return selected.iter().map(|one| one.transaction.id()).collect();
            };
            let (body, size) = (best.body(), u64::from(best.transaction.bytes()));
            let spent: u128 = of(body.sender)
                .map(|one| one.body().most_spent().unwrap())
                .sum();
            let covered = spent + body.most_spent().unwrap() <= self.account(body.sender).balance;
            if !covered || body.gas_limit > room.gas || size > room.bytes || room.transactions == 0
            {
                over.push(body.sender);
                continue;
            }
            room.gas -= body.gas_limit;
            room.bytes -= size;
            room.transactions -= 1;
            selected.push(best);
        }
    }
}

fn transaction(
    (sender, nonce): (u8, u64),
    (gas_price, tip): (u128, u128),
    value: u128,
    padding: usize,
) -> VerifiedTransaction {
    let to = Address([9; 32]);
    VerifiedTransaction::assume(Transaction {
        sender: address(sender),
        nonce,
        gas_limit: 1_000 + u64::from(sender) * 1_500,
        gas_price,
        tip,
        deposit_limit: 0,
        payload: match padding {
            0 => Payload::Transfer { to, value },
            len => Payload::Call {
                contract: to,
                value,
                input: vec![0; len],
            },
        },
    })
}

/// How often each thing happened, so that the test cannot pass by doing nothing.
#[derive(Debug, Default)]
struct Seen {
    replaced: u32,
    evicted: u32,
    gapped: u32,
    full: u32,
    selected: usize,
}

fn play(steps: Vec<Step>, seen: &mut Seen) -> Result<(), TestCaseError> {
    let (mut pool, mut model, mut now) = (Mempool::new(LIMITS), Model::default(), 0);
    for account in &mut model.accounts {
        account.balance = 1_000_000;
    }
    for step in steps {
        match step {
            Step::Admit {
                sender,
                nonce,
                price,
                tip,
                value,
                padding,
            } => {
                let one = transaction((sender, nonce), (price, tip), value, padding);
                let found = pool.admit(one.clone(), model.account(address(sender)), now);
                if let Ok(admitted) = &found {
                    seen.replaced += u32::from(admitted.replaced.is_some());
                    seen.evicted += u32::from(!admitted.evicted.is_empty());
                    seen.gapped += u32::from(!admitted.ready);
                }
                seen.full += u32::from(matches!(found, Err(Rejected::Full { .. })));
                let found = found.map(|it| (it.ready, it.replaced, it.evicted));
                prop_assert_eq!(found, model.admit(one, now));
            }
            Step::Commit {
                sender,
                included,
                balance,
            } => {
                let account = &mut model.accounts[usize::from(sender)];
                account.nonce += included;
                account.balance = balance;
                let account = *account;
                let address = address(sender);
                let stays =
                    |one: &Held| one.body().sender != address || one.body().nonce >= account.nonce;
                model.held.retain(stays);
                pool.committed([(&address, &account)]);
            }
            Step::Pass(time) => {
                now += time;
                model.held.retain(|one| now - one.since <= LIMITS.lifetime);
                pool.expire(now);
            }
            Step::Remove(at) => {
                if at < model.held.len() {
                    let id = model.held.remove(at).transaction.id();
                    prop_assert!(pool.remove(&id).is_some());
                    prop_assert!(pool.get(&id).is_none());
                }
            }
            Step::Select { gas, bytes, count } => {
                let room = Room {
                    gas,
                    bytes,
                    transactions: count,
                };
                let found: Vec<Hash> = pool.select(room).iter().map(|one| one.id()).collect();
                seen.selected += found.len();
                prop_assert_eq!(found, model.select(room));
            }
        }
        same(&pool, &model)?;
    }
    Ok(())
}

fn same(pool: &Mempool, model: &Model) -> Result<(), TestCaseError> {
    prop_assert_eq!(pool.size().transactions, model.held.len());
    prop_assert_eq!(pool.size().bytes, model.bytes());
    prop_assert!(pool.size().transactions <= LIMITS.transactions);
    prop_assert!(pool.size().bytes <= LIMITS.bytes);
    for one in &model.held {
        prop_assert!(pool.get(&one.transaction.id()).is_some());
    }
    for sender in (0..4).map(address) {
        let nonce = model.account(sender).nonce;
        let has = |nonce: u64| model.of(sender).any(|one| one.body().nonce == nonce);
        let missing = (nonce..).find(|nonce| !has(*nonce));
        let expected = missing.filter(|_| model.of(sender).count() > 0);
        prop_assert_eq!(pool.next_nonce(&sender), expected);
    }
    Ok(())
}

#[test]
fn the_pool_does_what_the_model_does() {
    let mut seen = Seen::default();
    let config = ProptestConfig::with_cases(1_000);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let steps = prop::collection::vec(step(), 1..60);
    let seen_by = std::cell::RefCell::new(&mut seen);
    let played = runner.run(&steps, |steps| play(steps, &mut seen_by.borrow_mut()));
    played.unwrap_or_else(|error| panic!("{error}"));
    let rarest = [seen.replaced, seen.evicted, seen.gapped, seen.full];
    assert!(rarest.iter().all(|count| *count > 50), "{seen:?}");
    assert!(seen.selected > 1_000, "{seen:?}");
}
