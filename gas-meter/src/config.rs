//! What the pass is asked to do.

use crate::Schedule;

/// The linear memory of a contract may not grow beyond this: 16 MiB, four times
/// what the largest of the peers' reference contracts touch, and small enough
/// that a thousand pooled instances fit a validator.
pub const CONTRACT_MAX_MEMORY_PAGES: u32 = 256;

/// Frame budget of one call, in model bytes. The native frame of a function is
/// at most eight times its model on either tier, so 1 MiB fits a native stack
/// of 8 MiB.
pub const FRAME_LIMIT: u32 = 1 << 20;

/// Gas in the counter of a raw module from its instantiation on: no start
/// function and no test uses it up, and adding to it cannot overflow.
const RAW_GAS: i64 = 1 << 61;

/// Settings of [`instrument`](crate::instrument).
#[derive(Clone, Debug)]
pub struct Config<'a> {
    /// The prices.
    pub schedule: &'a Schedule,
    /// The memory maximum that is written into the module, in pages of 64 KiB.
    /// Not used for a raw module.
    pub max_memory_pages: u32,
    /// Frame budget of one call, in model bytes. No function may need more.
    pub frame_limit: u32,
    /// Initial value of the gas counter, in gas.
    pub initial_gas: i64,
    /// Initial value of the frame counter, in model bytes.
    pub initial_frames: i32,
    /// Whether the module is taken as it is: memories keep their maximum and
    /// may be imported.
    pub raw: bool,
}

impl<'a> Config<'a> {
    /// For contracts: the counters start empty, so nothing runs before the
    /// embedder has set them, and memory is bounded.
    pub fn new(schedule: &'a Schedule) -> Self {
        Self {
            schedule,
            max_memory_pages: CONTRACT_MAX_MEMORY_PAGES,
            frame_limit: FRAME_LIMIT,
            initial_gas: 0,
            initial_frames: 0,
            raw: false,
        }
    }

    /// For any module, as the specification's tests need it: the counters start
    /// full, so start functions and calls run without an embedder that knows of
    /// them, and memories stay as they are.
    pub fn raw(schedule: &'a Schedule) -> Self {
        Self {
            schedule,
            max_memory_pages: u32::MAX,
            frame_limit: FRAME_LIMIT,
            initial_gas: RAW_GAS,
            initial_frames: FRAME_LIMIT as i32,
            raw: true,
        }
    }
}
