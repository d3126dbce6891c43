//! Stories of traders, and what is true of every one of them.

use exchange::exchange::{LOCKED_SHARES, Pool, Reserves};
use hull::math::product;
use hull_testing::{Account, Balance};

use super::{WEALTH, World, traders};

/// What a trader does.
#[derive(Clone, Debug)]
pub enum Act {
    Add(Reserves),
    /// So many 255ths of the trader's shares.
    Remove(u8),
    /// Of the first token, or of the second.
    Swap(bool, Balance),
}

/// Amounts have so many bits. Three traders together have less than 2^64 of a
/// token, so that products of two reserves have less than 128 bits.
pub const BITS: u32 = 61;

/// Says what does not hold.
macro_rules! hold {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(format!($($message)+));
        }
    };
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

    fn check(&self) -> Result<(), String> {
        hold!(
            self.in_pool == self.books.reserves,
            "the books are wrong: {self:?}"
        );
        let sum = |side: fn(&Reserves) -> Balance| {
            side(&self.in_pool) + self.balances.iter().map(side).sum::<Balance>()
        };
        let supply = 3 * WEALTH;
        let sums = [sum(|it| it.a), sum(|it| it.b)];
        hold!(sums == [supply; 2], "tokens were lost: {self:?}");
        let locked = if self.books.shares == 0 {
            0
        } else {
            LOCKED_SHARES
        };
        let shares = self.shares.iter().sum::<Balance>() + locked;
        hold!(shares == self.books.shares, "shares were lost: {self:?}");
        Ok(())
    }

    /// The product of the reserves, for as many shares as there are, is not less
    /// than before: a'b' / s'^2 >= ab / s^2.
    fn is_not_poorer_than(&self, before: &Self) -> Result<(), String> {
        let (then, now) = (&before.books, &self.books);
        let worth = |pool: &Pool| pool.reserves.a * pool.reserves.b;
        let square = |pool: &Pool| pool.shares * pool.shares;
        let fell = product(worth(now), square(then)) < product(worth(then), square(now));
        hold!(
            then.shares == 0 || !fell,
            "the product fell from {then:?} to {now:?}"
        );
        Ok(())
    }
}

/// Does something and holds it against what was announced; says whether it was
/// done.
fn step(world: &mut World, by: Account, act: &Act) -> Result<bool, String> {
    let own = world.balances(by);
    match *act {
        Act::Add(most) => {
            let Ok(shares) = world.add(by, most.a, most.b) else {
                return Ok(false);
            };
            let now = world.balances(by);
            let within = own.a - now.a <= most.a && own.b - now.b <= most.b;
            hold!(
                shares > 0 && within,
                "more was taken than {most:?}: {own:?} to {now:?}"
            );
        }
        Act::Remove(part) => {
            let shares = world.shares(by) * Balance::from(part) / 255;
            let Ok(amounts) = world.remove(by, shares) else {
                return Ok(false);
            };
            let now = world.balances(by);
            let got = (now.a - own.a, now.b - own.b);
            hold!(got == (amounts.a, amounts.b), "{got:?} is not {amounts:?}");
        }
        Act::Swap(first, amount) => {
            let token = if first { world.pair.a } else { world.pair.b };
            let Ok(out) = world.swap(by, token, amount) else {
                return Ok(false);
            };
            let now = world.balances(by);
            let (given, got) = if first {
                (own.a - now.a, now.b - own.b)
            } else {
                (own.b - now.b, now.a - own.a)
            };
            hold!(
                (given, got) == (amount, out),
                "{given} for {got}, not {amount} for {out}"
            );
        }
    }
    Ok(true)
}

/// Tells a story in a world with an empty pool: a first deposit, and what
/// follows, each with the number of the trader.
///
/// # Errors
/// What does not hold: tokens or shares were lost, the product fell, a message
/// did something else than it says, a refused one did anything.
pub fn holds(start: &World, first: Reserves, acts: &[(usize, Act)]) -> Result<(), String> {
    let mut world = start.clone();
    // Where that is too little, somebody else may be the first.
    let _ = world.add(traders()[0], first.a, first.b);
    let mut before = Ledger::of(&world);
    before.check()?;
    for (trader, act) in acts {
        let done = step(&mut world, traders()[*trader], act)?;
        let after = Ledger::of(&world);
        after.check()?;
        after.is_not_poorer_than(&before)?;
        hold!(
            done || after == before,
            "a refused message changed {before:?} to {after:?}"
        );
        before = after;
    }
    Ok(())
}
