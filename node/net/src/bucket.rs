//! How often one may.

use tokio::time::Instant;

/// A bucket that fills with time and is drawn from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    flow: Flow,
    /// In thousandths, so that a millisecond adds `per_second`.
    level: u64,
    filled: Instant,
}

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) per_second: u32,
    pub(crate) most: u32,
}

impl Bucket {
    pub(crate) fn full(flow: Flow, now: Instant) -> Self {
        Self {
            flow,
            level: u64::from(flow.most) * 1_000,
            filled: now,
        }
    }

    /// Draws, if there is enough.
    pub(crate) fn draw(&mut self, weight: usize, now: Instant) -> bool {
        let most = u64::from(self.flow.most) * 1_000;
        let passed = now.saturating_duration_since(self.filled).as_millis();
        let passed = u64::try_from(passed).unwrap_or(u64::MAX);
        if passed > 0 {
            let added = passed.saturating_mul(u64::from(self.flow.per_second));
            self.level = self.level.saturating_add(added).min(most);
            // What is left of a millisecond counts next time.
            self.filled += std::time::Duration::from_millis(passed);
        }
        let weight = u64::try_from(weight).unwrap_or(u64::MAX);
        match self.level.checked_sub(weight.saturating_mul(1_000)) {
            Some(left) => {
                self.level = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_saved_goes_at_once_and_then_the_rate_holds() {
        let flow = Flow {
            per_second: 10,
            most: 20,
        };
        let start = Instant::now();
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        let mut bucket = Bucket::full(flow, start);
        assert!((0..20).all(|_| bucket.draw(1, start)));
        assert!(!bucket.draw(1, at(99)));
        assert!(bucket.draw(1, at(100)));
        assert!(!bucket.draw(1, at(100)));
        assert!(!bucket.draw(21, at(1_000_000)));
        assert!(bucket.draw(20, at(1_000_000)));
    }
}
