//! Many cases, on every processor, each to be replayed by its seed.

use std::any::Any;
use std::fmt;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::case::Case;
use crate::compare::{Fault, compare};
use crate::tally::Tally;

/// A run over many cases. Case `n` has the seed `seed + n`, so that one case is
/// replayed as a campaign of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// The seed of the first case.
    pub seed: u64,
    /// How many cases.
    pub cases: u64,
}

/// The environment variables that replace what the test asks for.
const SEED: &str = "HULL_DIFFERENTIAL_SEED";
const CASES: &str = "HULL_DIFFERENTIAL_CASES";

/// A fault, and all that is needed to see it again.
#[derive(Debug)]
pub struct Failed {
    /// The seed of the case.
    pub seed: u64,
    /// What is wrong with it.
    pub fault: Fault,
    /// Where the module was left.
    pub module: Option<PathBuf>,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.fault)?;
        if let Some(module) = &self.module {
            writeln!(f, "the module is {}", module.display())?;
        }
        write!(f, "to see it again, set {SEED}={} {CASES}=1", self.seed)
    }
}

impl Campaign {
    /// As many cases as the environment asks for, else `cases`; see [`of`](Self::of).
    pub fn from_environment(cases: u64) -> Self {
        Self::of(number(CASES).unwrap_or(cases))
    }

    /// So many cases from the seed in the environment, else from one that the
    /// clock decides. Says which, because without it nothing can be run again.
    pub fn of(cases: u64) -> Self {
        let seed = number(SEED).unwrap_or_else(clock);
        println!("{SEED}={seed} {CASES}={cases}");
        Self { seed, cases }
    }

    /// Compares the engines on every case.
    ///
    /// # Errors
    /// The first fault; the remaining cases are left out.
    pub fn run(&self) -> Result<Tally, Box<Failed>> {
        let tally = self.each(|seed| compare(&Case::from_seed(seed)), Tally::count);
        tally.map_err(|(seed, fault)| {
            let module = keep(seed);
            Box::new(Failed {
                seed,
                fault,
                module,
            })
        })
    }

    /// Runs `check` on the seed of every case and lets `count` gather what it
    /// returns, in no particular order.
    ///
    /// # Errors
    /// The first fault, with its seed; the remaining cases are left out.
    pub fn each<T, A: Default + Send>(
        &self,
        check: impl Fn(u64) -> Result<T, Fault> + Sync,
        count: impl Fn(&mut A, T) + Sync,
    ) -> Result<A, (u64, Fault)> {
        let next = AtomicU64::new(0);
        let total = Mutex::new(A::default());
        let failed = Mutex::new(None);
        let journal = Journal::open();
        let work = |worker| {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.cases {
                    break;
                }
                let seed = self.seed.wrapping_add(number);
                journal.note(worker, seed);
                match caught(|| check(seed)) {
                    Ok(found) => count(&mut lock(&total), found),
                    Err(fault) => {
                        next.store(self.cases, Ordering::Relaxed);
                        lock(&failed).get_or_insert((seed, fault));
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            for worker in 0..workers() {
                scope.spawn(move || work(worker));
            }
        });
        journal.close();
        let failed = lock(&failed).take();
        failed.map_or_else(|| Ok(std::mem::take(&mut *lock(&total))), Err)
    }
}

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a new seed for every run, printed with it"
)]
fn clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_nanos() as u64)
}

#[expect(
    clippy::disallowed_methods,
    reason = "how many cases run at once changes none of them"
)]
fn workers() -> u64 {
    std::thread::available_parallelism().map_or(1, |count| count.get() as u64)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A panic is a fault like any other.
fn caught<T>(check: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(check))
        .unwrap_or_else(|panic| Err(Fault::Panic(message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

/// Leaves the module of a seed where one can look at it.
fn keep(seed: u64) -> Option<PathBuf> {
    let case = catch_unwind(|| Case::from_seed(seed)).ok()?;
    let path = std::env::temp_dir().join(format!("hull-differential-{seed}.wasm"));
    std::fs::write(&path, &case.module).ok()?;
    Some(path)
}

/// The seeds that are being worked on, on disk: compiled code that brings the
/// process down leaves no message, but it leaves this.
struct Journal(Option<(std::fs::File, PathBuf)>);

impl Journal {
    /// A line is a number of 20 digits and a line feed.
    const LINE: u64 = 21;

    fn open() -> Self {
        let name = format!("hull-differential-{}.seeds", std::process::id());
        let path = std::env::temp_dir().join(name);
        let file = std::fs::File::create(&path);
        Self(file.ok().map(|file| (file, path)))
    }

    fn note(&self, worker: u64, seed: u64) {
        if let Some((file, _)) = &self.0 {
            // A line that could not be written is missed only after a crash.
            let _ = file.write_all_at(format!("{seed:020}\n").as_bytes(), worker * Self::LINE);
        }
    }

    fn close(self) {
        if let Some((_, path)) = self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}
