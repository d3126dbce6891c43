//! How much processor time and memory something takes.

use std::fs;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Processor time and memory, compared with those of something else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    /// Processor time of all threads.
    pub(crate) time: Duration,
    /// Bytes of memory at the peak beyond those at the beginning.
    pub(crate) memory: u64,
}

/// The right to measure. The clock is that of the process, because compilers
/// have threads of their own, so nothing else may run meanwhile: every test of a
/// binary that measures takes this first.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Measures `run`, and drops what it returns afterwards.
pub(crate) fn measure<T>(run: impl FnOnce() -> T) -> Work {
    // Sets the peak to the present.
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let (start, before) = (processor_time(), resident_peak());
    let result = run();
    let work = Work {
        time: processor_time() - start,
        memory: resident_peak().saturating_sub(before),
    };
    drop(result);
    work
}

#[allow(
    unsafe_code,
    reason = "asks the system for a clock that std does not have"
)]
fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes to the struct that it is given and to nothing else.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "the clock is there");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Page faults of this thread while `run` runs: what the system does for memory
/// that is touched the first time, counted and not timed.
#[allow(
    unsafe_code,
    reason = "asks the system for a count that std does not have"
)]
pub(crate) fn page_faults(run: impl FnOnce()) -> u64 {
    let count = || {
        let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: the call fills the struct that it is given, which is valid as
        // zeros already.
        let usage = unsafe {
            let result = libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
            assert_eq!(result, 0, "Linux");
            usage.assume_init()
        };
        (usage.ru_minflt + usage.ru_majflt) as u64
    };
    let before = count();
    run();
    count() - before
}

fn resident_peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok())
        .expect("a number")
        * 1024
}
