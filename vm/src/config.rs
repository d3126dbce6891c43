//! Settings of the engine.

use std::path::PathBuf;

use hull_gas_meter::Schedule;

/// Settings of a [`Vm`](crate::Vm). All but [`schedule`](Self::schedule) are this
/// node's own business: they change speed and memory, never a result.
#[derive(Clone, Debug)]
pub struct Config {
    /// The gas schedule; part of consensus.
    pub schedule: &'static Schedule,
    /// Loaded modules kept in memory, in bytes of native code and metadata.
    pub memory_cache_bytes: u64,
    /// Where compiled code is kept between runs; `None` keeps none.
    pub disk_cache: Option<DiskCacheConfig>,
    /// Most idle instances kept for the next call. Each reserves 8 GiB of
    /// address space (not memory), so that 4,096 would use a quarter of what a
    /// process has.
    pub max_idle_instances: usize,
    /// Which tiers may be used.
    pub tiering: Tiering,
    /// Runs contracts in a form that tells an [`Observer`](crate::Observer) of
    /// every function that begins and ends. Results and gas are the same; calls
    /// take several times as long. For profilers.
    pub tells_functions: bool,
}

/// Compiled code on disk.
#[derive(Clone, Debug)]
pub struct DiskCacheConfig {
    /// A directory of this engine's own. Whoever can write to it decides what
    /// the engine runs, unless `secret` is set.
    pub directory: PathBuf,
    /// Most bytes kept.
    pub max_bytes: u64,
    /// A key under which artifacts are authenticated. With it an artifact that
    /// somebody else wrote is rebuilt, without it only a damaged one is.
    pub secret: Option<[u8; 32]>,
}

/// When hot code is compiled again, better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tiering {
    /// Everything stays on the baseline tier.
    BaselineOnly,
    /// Code is compiled by the optimizing tier in the background after this
    /// many calls.
    Background {
        /// Calls before that.
        after_calls: u32,
    },
    /// Everything that the optimizing tier accepts is compiled by it at once. For
    /// tests and measurements: an upload may take long.
    OptimizedOnly,
}

/// A sixteenth of the memory of a small validator.
const DEFAULT_MEMORY_CACHE: u64 = 512 * 1024 * 1024;

/// Enough calls that compiling better, some 50 ms, pays for itself.
const DEFAULT_HOT: u32 = 64;

impl Default for Config {
    fn default() -> Self {
        Self {
            schedule: &Schedule::V1,
            memory_cache_bytes: DEFAULT_MEMORY_CACHE,
            disk_cache: None,
            max_idle_instances: 256,
            tiering: Tiering::Background {
                after_calls: DEFAULT_HOT,
            },
            tells_functions: false,
        }
    }
}
