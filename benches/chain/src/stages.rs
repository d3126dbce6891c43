//! Where the time of a block goes, by the wall clock and by that of the processors.

use std::ops::Sub;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hull_state::{Batch, Store, StoreError, View};
use rustix::time::{ClockId, clock_gettime};

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub struct Lap {
    wall: Instant,
    /// Of all threads of the process.
    processors: Duration,
}

/// Time on both clocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clocks {
    /// What somebody waits.
    pub wall: Duration,
    /// What the processors work, all threads together.
    pub processors: Duration,
}

impl Lap {
    /// Now.
    #[allow(clippy::disallowed_methods, reason = "a bench is about the clock")]
    pub fn now() -> Self {
        let spent = clock_gettime(ClockId::ProcessCPUTime);
        Self {
            wall: Instant::now(),
            processors: Duration::new(spent.tv_sec.unsigned_abs(), spent.tv_nsec as u32),
        }
    }
}

impl Sub for Lap {
    type Output = Clocks;

    fn sub(self, earlier: Self) -> Clocks {
        Clocks {
            wall: self.wall.saturating_duration_since(earlier.wall),
            processors: self.processors.saturating_sub(earlier.processors),
        }
    }
}

/// A block of transactions, from their bytes to the disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stages {
    /// Decode, signature, pool: in parallel.
    pub submit: Clocks,
    /// Selecting and executing.
    pub execute: Clocks,
    /// The new root.
    pub tree: Clocks,
    /// What is written is put together; what is dropped is looked up.
    pub batch: Clocks,
    /// The engine's write, on its way to the disk.
    pub write: Clocks,
    /// The pool after the block, and a new snapshot.
    pub after: Clocks,
    /// Entries that the batch removed: almost all of them dropped nodes.
    pub removed: usize,
}

impl Stages {
    /// The stages by name, in order.
    pub fn each(&self) -> [(&'static str, Clocks); 6] {
        [
            ("submit", self.submit),
            ("execute", self.execute),
            ("tree", self.tree),
            ("batch", self.batch),
            ("write", self.write),
            ("after", self.after),
        ]
    }

    /// All of it.
    pub fn sum(&self) -> Clocks {
        let each = self.each();
        Clocks {
            wall: each.iter().map(|(_, clocks)| clocks.wall).sum(),
            processors: each.iter().map(|(_, clocks)| clocks.processors).sum(),
        }
    }
}

/// The median of each stage, and of all of a block as `all`.
pub fn medians(blocks: &[Stages]) -> Vec<(&'static str, Clocks)> {
    let stages = Stages::default().each().map(|(name, _)| name);
    let of = |name: &str, block: &Stages| match name {
        "all" => block.sum(),
        _ => block
            .each()
            .into_iter()
            .find(|one| one.0 == name)
            .map_or_else(Clocks::default, |one| one.1),
    };
    let median = |name: &str, time: fn(Clocks) -> Duration| {
        let mut times: Vec<_> = blocks.iter().map(|block| time(of(name, block))).collect();
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    };
    let names = stages.into_iter().chain(["all"]);
    let medians = names.map(|name| {
        let clocks = Clocks {
            wall: median(name, |clocks| clocks.wall),
            processors: median(name, |clocks| clocks.processors),
        };
        (name, clocks)
    });
    medians.collect()
}

/// A store that notes when it is used, which is when one stage ends and the next one
/// begins.
pub struct Watched {
    store: Arc<dyn Store>,
    noted: Mutex<(Lap, Written)>,
}

/// A write that was noted.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// When it began.
    pub begin: Lap,
    /// When it was durable.
    pub end: Lap,
    /// Entries that it removed.
    pub removed: usize,
}

impl Watched {
    /// Watches a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        let now = Lap::now();
        let written = Written {
            begin: now,
            end: now,
            removed: 0,
        };
        Self {
            store,
            noted: Mutex::new((now, written)),
        }
    }

    /// When somebody last looked at the store anew.
    pub fn last_view(&self) -> Lap {
        self.noted().0
    }

    /// The last write.
    pub fn last_write(&self) -> Written {
        self.noted().1
    }

    fn noted(&self) -> std::sync::MutexGuard<'_, (Lap, Written)> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Watched {
    fn view(&self) -> Result<Box<dyn View>, StoreError> {
        self.noted().0 = Lap::now();
        self.store.view()
    }

    fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let begin = Lap::now();
        self.store.write(batch)?;
        let writes = batch.writes();
        self.noted().1 = Written {
            begin,
            end: Lap::now(),
            removed: writes.iter().filter(|one| one.value.is_none()).count(),
        };
        Ok(())
    }
}
