//! Chance that can be had again.

use std::time::{Duration, SystemTime};

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    /// From `HULL_SEED`, or one that no run had. It is printed.
    pub(crate) fn new() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let new = || since.unwrap().as_nanos() as u64;
        let seed = number("HULL_SEED").unwrap_or_else(new);
        println!("seed {seed}; HULL_SEED={seed} does the same again");
        Self(seed)
    }

    /// One of so many, from 0 on.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % count
    }

    pub(crate) fn up_to(&mut self, time: Duration) -> Duration {
        Duration::from_millis(self.below(time.as_millis() as u64 + 1))
    }
}

/// The number that a variable has.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{variable} is no number: {text}")),
    )
}
