//! Many runs, each to be repeated by its seed.

#![expect(
    clippy::disallowed_methods,
    reason = "runs are shared out between threads; each has one thread and no clock"
)]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::checks::{Check, Violation};
use super::options::Options;
use super::world::{Town, World};
use super::{Outcome, run};

/// Many runs. Number `n` has the seed `seed + n`, so that one is repeated as a campaign
/// of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The seed of the first run.
    pub seed: u64,
    /// How many runs.
    pub cases: u64,
}

/// The environment variables that say which runs, and whether each event is printed.
pub(super) const SEED: &str = "HULL_SIMULATION_SEED";
pub(super) const CASES: &str = "HULL_SIMULATION_CASES";
const TOLD: &str = "HULL_SIMULATION_TOLD";

impl Campaign {
    /// As many runs as the environment asks for, else `cases`, from the seed in the
    /// environment, else from one of the clock: every time others. Says which.
    pub fn from_environment(cases: u64) -> Self {
        let seed = number(SEED).unwrap_or_else(fresh);
        let cases = number(CASES).unwrap_or(cases);
        println!("{SEED}={seed} {CASES}={cases}");
        Self { seed, cases }
    }

    /// Makes all runs.
    ///
    /// # Errors
    /// The first violation; what was not begun then is left out.
    pub fn run<W: World>(
        &self,
        options: Options,
        world: impl Fn(&Town) -> W + Sync,
    ) -> Result<Tally, Box<Violation>> {
        let told = std::env::var_os(TOLD).is_some();
        let options = Options {
            told: options.told || told,
            ..options
        };
        let next = AtomicU64::new(0);
        let (tally, failed) = (Mutex::new(Tally::default()), Mutex::new(None));
        let work = || {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.cases {
                    break;
                }
                let seed = self.seed.wrapping_add(number);
                match caught(seed, || run(seed, options, &world)) {
                    Ok(outcome) => lock(&tally).count(&outcome),
                    Err(violation) => {
                        next.store(self.cases, Ordering::Relaxed);
                        lock(&failed).get_or_insert(violation);
                    }
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(work);
            }
        });
        let failed = failed.into_inner().unwrap_or_else(PoisonError::into_inner);
        let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
        failed.map_or(Ok(tally), Err)
    }
}

/// What happened in many runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there were.
    pub cases: u64,
    /// Heights that were decided.
    pub heights: u64,
    /// Heights that took more than one round.
    pub later_rounds: u64,
    /// Transactions whose receipts were told as final.
    pub acknowledged: u64,
    /// Events.
    pub events: u64,
    /// Messages that were lost.
    pub lost: u64,
    /// Crashes.
    pub crashes: u64,
    /// Runs in which a validator was Byzantine.
    pub liars: u64,
    /// Blocks that came by synchronisation.
    pub synced: u64,
    /// Runs in which the validators changed.
    pub changes: u64,
}

impl Tally {
    fn count(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.heights += outcome.heights;
        self.later_rounds += outcome.later_rounds;
        self.acknowledged += outcome.acknowledged;
        self.events += outcome.events;
        self.lost += outcome.lost;
        self.crashes += outcome.crashes;
        self.liars += u64::from(outcome.liar);
        self.synced += outcome.synced;
        self.changes += u64::from(outcome.changed);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            cases,
            heights,
            later_rounds,
            acknowledged,
            events,
            lost,
            crashes,
            liars,
            synced,
            changes,
        } = self;
        write!(
            f,
            "{cases} cases, {heights} heights ({later_rounds} of more than one round, {synced} \
             blocks synchronised), {acknowledged} receipts, {events} events, {lost} messages \
             lost, {crashes} crashes, {liars} with a liar, {changes} with other validators"
        )
    }
}

/// A panic is a violation too, with its seed.
fn caught(
    seed: u64,
    run: impl FnOnce() -> Result<Outcome, Box<Violation>>,
) -> Result<Outcome, Box<Violation>> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        Err(Box::new(Violation {
            check: Check::Health,
            seed,
            at: Duration::ZERO,
            what: format!("a node panicked: {}", text(&*panic)),
        }))
    })
}

fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a word")
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fresh() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_micros()).unwrap_or(0))
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} has to be a number")),
    )
}
