//! How much of the processor a chain takes, and for what. Told to people; no result
//! depends on it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What a chain works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Transactions on their way into the pool: decoding, signature, admission.
    Submit,
    /// Blocks of this node: selection, execution, the new root.
    Propose,
    /// Blocks of others: signatures that are not in the pool, execution, the new root.
    Validate,
    /// Decided blocks: the batch, writing it, the pool after it.
    Commit,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Submit, Self::Propose, Self::Validate, Self::Commit];

    /// Its name, as in metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Propose => "propose",
            Self::Validate => "validate",
            Self::Commit => "commit",
        }
    }
}

/// The time of processors by stage, of all threads together.
#[derive(Debug, Default)]
pub(crate) struct Work([AtomicU64; Stage::ALL.len()]);

thread_local! {
    /// Whether this thread is being measured, so that work within work counts once.
    static MEASURED: Cell<bool> = const { Cell::new(false) };
}

/// Ends a measurement, however the work ends.
struct Measuring<'w> {
    nanoseconds: &'w AtomicU64,
    began: Duration,
}

impl Drop for Measuring<'_> {
    fn drop(&mut self) {
        let spent = thread_time().saturating_sub(self.began);
        let spent = u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        MEASURED.set(false);
    }
}

impl Work {
    /// Does something, and adds what this thread took for it.
    pub(crate) fn measure<R>(&self, stage: Stage, work: impl FnOnce() -> R) -> R {
        if MEASURED.replace(true) {
            return work();
        }
        let _measuring = Measuring {
            nanoseconds: &self.0[stage as usize],
            began: thread_time(),
        };
        work()
    }

    /// What a stage took so far.
    pub(crate) fn of(&self, stage: Stage) -> Duration {
        Duration::from_nanos(self.0[stage as usize].load(Ordering::Relaxed))
    }
}

/// How long this thread has had a processor.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)).saturating_add(Duration::from_nanos(part(time.tv_nsec)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin() -> u64 {
        (0..2_000_000_u64).fold(1, |sum, n| std::hint::black_box(sum ^ n.rotate_left(7)))
    }

    #[test]
    fn work_within_work_counts_once_and_sleep_does_not() {
        let work = Work::default();
        work.measure(Stage::Commit, || {
            work.measure(Stage::Submit, spin);
            spin()
        });
        assert_eq!(work.of(Stage::Submit), Duration::ZERO);
        let commit = work.of(Stage::Commit);
        assert!(commit > Duration::ZERO);
        let nap = Duration::from_millis(50);
        work.measure(Stage::Propose, || std::thread::sleep(nap));
        assert!(work.of(Stage::Propose) < nap);
    }

    #[test]
    fn a_panic_ends_the_measurement() {
        let work = std::panic::AssertUnwindSafe(Work::default());
        let panicked = std::panic::catch_unwind(|| work.measure(Stage::Submit, || panic!("bug")));
        assert!(panicked.is_err());
        work.measure(Stage::Validate, spin);
        assert!(work.of(Stage::Validate) > Duration::ZERO);
    }
}
