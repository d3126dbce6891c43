//! Whatever traders do, on the real Wasm: nothing is lost, nothing comes from
//! nothing, and no rounding favours a trader.

mod support;

use std::path::Path;

use exchange::exchange::{LOCKED_SHARES, Pool, Reserves};
use exchange::wide::product;
use hull_contracts_support::{amount, cases, code};
use hull_testing::{Account, Balance, Code};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult, TestError, TestRunner};
use support::{WEALTH, World, traders, world};

/// What a trader does.
#[derive(Clone, Debug)]
enum Act {
    Add(Reserves),
    /// So many 255ths of the trader's shares.
    Remove(u8),
    /// Of the first token, or of the second.
    Swap(bool, Balance),
}

/// Three traders together have less than 2^64 of a token, so that products of
/// two reserves have less than 128 bits.
const BITS: u32 = 61;

fn act() -> impl Strategy<Value = Act> {
    let amounts = || (amount(BITS), amount(BITS));
    prop_oneof![
        2 => amounts().prop_map(|(a, b)| Act::Add(Reserves { a, b })),
        2 => any::<u8>().prop_map(Act::Remove),
        6 => (any::<bool>(), amount(BITS)).prop_map(|(first, amount)| Act::Swap(first, amount)),
    ]
}

/// A first deposit and what follows, each with the number of the trader.
fn story() -> impl Strategy<Value = (Reserves, Vec<(usize, Act)>)> {
    let first = (amount(BITS), amount(BITS)).prop_map(|(a, b)| Reserves { a, b });
    (first, prop::collection::vec((0..3_usize, act()), 1..12))
}

/// Everything that may not be lost.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ledger {
    books: Pool,
    in_pool: Reserves,
    balances: [Reserves; 3],
    shares: [Balance; 3],
}

impl Ledger {
    fn of(world: &World) -> Self {
        Self {
            books: world.books(),
            in_pool: world.balances(world.pool),
            balances: traders().map(|trader| world.balances(trader)),
            shares: traders().map(|trader| world.shares(trader)),
        }
    }

    fn check(&self) -> TestCaseResult {
        prop_assert_eq!(self.in_pool, self.books.reserves, "the books are wrong");
        let sum = |side: fn(&Reserves) -> Balance| {
            side(&self.in_pool) + self.balances.iter().map(side).sum::<Balance>()
        };
        let supply = 3 * WEALTH;
        prop_assert_eq!([sum(|it| it.a), sum(|it| it.b)], [supply; 2], "tokens were lost");
        let locked = if self.books.shares == 0 { 0 } else { LOCKED_SHARES };
        let shares = self.shares.iter().sum::<Balance>() + locked;
        prop_assert_eq!(shares, self.books.shares, "shares were lost");
        Ok(())
    }

    /// The product of the reserves, for as many shares as there are, is not less
    /// than before: a'b' / s'^2 >= ab / s^2.
    fn is_not_poorer_than(&self, before: &Self) -> TestCaseResult {
        if before.books.shares == 0 || self.books.shares == 0 {
            return Ok(());
        }
        let worth = |pool: &Pool| pool.reserves.a * pool.reserves.b;
        let square = |pool: &Pool| pool.shares * pool.shares;
        prop_assert!(
            product(worth(&self.books), square(&before.books))
                >= product(worth(&before.books), square(&self.books)),
            "the product fell from {:?} to {:?}",
            before.books,
            self.books
        );
        Ok(())
    }
}

/// Does something and holds it against what was announced.
fn step(world: &mut World, by: Account, before: &Ledger, act: &Act) -> TestCaseResult {
    let own = before.balances[traders().iter().position(|it| *it == by).unwrap_or(0)];
    let now = |world: &World| world.balances(by);
    match *act {
        Act::Add(most) => {
            if let Ok(shares) = world.add(by, most.a, most.b) {
                let now = now(world);
                prop_assert!(shares > 0 && own.a - now.a <= most.a && own.b - now.b <= most.b);
            }
        }
        Act::Remove(part) => {
            let shares = world.shares(by) * u128::from(part) / 255;
            if let Ok(amounts) = world.remove(by, shares) {
                let now = now(world);
                prop_assert_eq!((now.a - own.a, now.b - own.b), (amounts.a, amounts.b));
            }
        }
        Act::Swap(first, amount) => {
            let token = if first { world.pair.a } else { world.pair.b };
            if let Ok(out) = world.swap(by, token, amount) {
                let now = now(world);
                let (given, got) = if first {
                    (own.a - now.a, now.b - own.b)
                } else {
                    (own.b - now.b, now.a - own.a)
                };
                prop_assert_eq!((given, got), (amount, out));
            }
        }
    }
    Ok(())
}

fn holds(start: &World, first: Reserves, acts: &[(usize, Act)]) -> TestCaseResult {
    let mut world = start.clone();
    // Where that is too little, somebody else may be the first.
    let _ = world.add(traders()[0], first.a, first.b);
    let mut before = Ledger::of(&world);
    before.check()?;
    for (trader, act) in acts {
        let by = traders()[*trader];
        step(&mut world, by, &before, act)?;
        let after = Ledger::of(&world);
        after.check()?;
        after.is_not_poorer_than(&before)?;
        before = after;
    }
    Ok(())
}

fn run(code: &Code) -> Result<(), TestError<(Reserves, Vec<(usize, Act)>)>> {
    let start = world(code);
    TestRunner::new(cases()).run(&story(), |(first, acts)| holds(&start, first, &acts))
}

#[test]
fn nothing_is_lost_and_the_product_never_falls() {
    if let Err(error) = run(&code("exchange")) {
        panic!("{error}");
    }
}

#[test]
fn a_planted_rounding_bug_is_found() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let planted = Code::of_crate_with(folder, |request| {
        request.features.push("planted-rounding-bug".into());
    });
    let planted = planted.expect("it builds");
    assert_ne!(planted.hash(), code("exchange").hash());
    match run(&planted) {
        Err(TestError::Fail(reason, (first, acts))) => {
            let reason = reason.message();
            assert!(reason.contains("the product fell"), "{reason}");
            println!("found: {reason}\nwith {first:?}, then {acts:?}");
        }
        other => panic!("the property does not see the bug: {other:?}"),
    }
}

/// What goes in and comes out at once brings nothing.
fn no_free_lunch(start: &World, first: Reserves, act: &Act) -> TestCaseResult {
    let mut world = start.clone();
    if world.add(traders()[0], first.a, first.b).is_err() {
        return Err(TestCaseError::reject("too little for a pool"));
    }
    let by = traders()[1];
    let before = world.balances(by);
    match *act {
        Act::Add(most) => {
            if let Ok(shares) = world.add(by, most.a, most.b) {
                // So little may come of it that the shares stay.
                let _ = world.remove(by, shares);
            }
            let after = world.balances(by);
            prop_assert!(after.a <= before.a && after.b <= before.b, "{:?}", after);
        }
        Act::Remove(_) => {}
        Act::Swap(first, amount) => {
            let (there, back) = if first {
                (world.pair.a, world.pair.b)
            } else {
                (world.pair.b, world.pair.a)
            };
            if let Ok(out) = world.swap(by, there, amount) {
                let returned = world.swap(by, back, out).unwrap_or(0);
                prop_assert!(returned <= amount, "{returned} for {amount}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_round_trip_brings_nothing() {
    let start = world(&code("exchange"));
    let first = (amount(BITS), amount(BITS)).prop_map(|(a, b)| Reserves { a, b });
    let outcome = TestRunner::new(cases()).run(&(first, act()), |(first, act)| {
        no_free_lunch(&start, first, &act)
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
