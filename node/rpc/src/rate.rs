//! How often one may ask.

use std::time::Duration;

/// A bucket that fills with time and is drawn from by calls. Time is handed in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    /// In thousandths, so that a millisecond adds `per_second`.
    level: u64,
    filled: Duration,
}

/// How fast buckets fill and how much they hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flow {
    pub(crate) per_second: u32,
    pub(crate) most: u32,
}

impl Bucket {
    /// A full one, at a time since some beginning.
    pub(crate) fn full(flow: Flow, now: Duration) -> Self {
        Self {
            level: u64::from(flow.most) * 1_000,
            filled: now,
        }
    }

    /// Draws, if there is enough.
    pub(crate) fn draw(&mut self, flow: Flow, weight: u32, now: Duration) -> bool {
        let most = u64::from(flow.most) * 1_000;
        let passed = now.saturating_sub(self.filled);
        let passed = u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
        let added = passed.saturating_mul(u64::from(flow.per_second));
        self.level = self.level.saturating_add(added).min(most);
        // What is left of a millisecond counts next time.
        self.filled = self.filled.saturating_add(Duration::from_millis(passed));
        let Some(left) = self.level.checked_sub(u64::from(weight) * 1_000) else {
            return false;
        };
        self.level = left;
        true
    }

    /// Whether it would be full by now: then it need not be remembered.
    pub(crate) fn is_full(mut self, flow: Flow, now: Duration) -> bool {
        self.draw(flow, 0, now) && self.level == u64::from(flow.most) * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOW: Flow = Flow {
        per_second: 10,
        most: 20,
    };

    fn at(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn what_was_saved_goes_at_once_and_then_the_rate_holds() {
        let mut bucket = Bucket::full(FLOW, at(5));
        assert!((0..20).all(|_| bucket.draw(FLOW, 1, at(5))));
        assert!(!bucket.draw(FLOW, 1, at(104)));
        assert!(bucket.draw(FLOW, 1, at(105)));
        assert!(!bucket.draw(FLOW, 1, at(105)));
        assert!(!bucket.is_full(FLOW, at(2_000)));
        assert!(bucket.is_full(FLOW, at(2_105)));
        assert!(!bucket.draw(FLOW, 21, at(1_000_000)));
        assert!(bucket.draw(FLOW, 20, at(1_000_000)));
    }
}
