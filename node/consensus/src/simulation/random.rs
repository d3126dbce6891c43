//! Numbers that a seed decides.

use std::time::Duration;

/// A generator: SplitMix64, which is small, and good enough to choose faults.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit; 0 if that is 0.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or_default()
    }

    /// A place in a list.
    pub(super) fn index(&mut self, length: usize) -> usize {
        // Below a length, so it fits.
        usize::try_from(self.below(length as u64)).unwrap_or_default()
    }

    /// True in so many of a thousand cases.
    pub(super) fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// A time in milliseconds from `least` to below `most`, in microseconds.
    pub(super) fn time(&mut self, least: u64, most: u64) -> Duration {
        let span = most.saturating_sub(least).saturating_mul(1000);
        Duration::from_micros(least.saturating_mul(1000).saturating_add(self.below(span)))
    }

    /// A generator of its own, so that more numbers here change nothing there.
    pub(super) fn fork(&mut self) -> Self {
        Self(self.next())
    }
}
