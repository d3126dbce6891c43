//! The clock of a development chain: that of the machine, moved on request.

#![expect(
    clippy::disallowed_methods,
    reason = "the one place where a development chain takes its time from; validators agree on the time in the block"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock that can be moved. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Whether it moves only when it is moved.
    stands: bool,
    /// Milliseconds ahead of the machine's, or of the epoch if it stands.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// A clock that stands still until it is moved: the same steps give the same times.
    ///
    /// ```
    /// let clock = hulld::clock::Clock::standing(5_000);
    /// assert_eq!((clock.now(), clock.now()), (5_000, 5_000));
    /// assert_eq!(clock.advance(7), 5_007);
    /// ```
    pub fn standing(time: u64) -> Self {
        let clock = Self {
            stands: true,
            ..Self::default()
        };
        clock.set(time);
        clock
    }

    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        self.base()
            .saturating_add_signed(self.ahead.load(Ordering::SeqCst))
    }

    fn base(&self) -> u64 {
        if self.stands { 0 } else { machine() }
    }

    /// Moves it forward, and says what it shows then.
    pub fn advance(&self, milliseconds: u64) -> u64 {
        let milliseconds = i64::try_from(milliseconds).unwrap_or(i64::MAX);
        let move_on = |ahead: i64| Some(ahead.saturating_add(milliseconds));
        let (order, order_too) = (Ordering::SeqCst, Ordering::SeqCst);
        // The closure always has a new value.
        let _ = self.ahead.fetch_update(order, order_too, move_on);
        self.now()
    }

    /// Sets it.
    pub fn set(&self, time: u64) {
        let ahead = i128::from(time) - i128::from(self.base());
        let ahead = i64::try_from(ahead).unwrap_or(i64::MAX);
        self.ahead.store(ahead, Ordering::SeqCst);
    }
}

fn machine() -> u64 {
    // A machine whose clock is before 1970 has worse problems; blocks still get later
    // times than their parents.
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_as_told() {
        let clock = Clock::default();
        let before = clock.now();
        assert!(clock.advance(86_400_000) >= before + 86_400_000);
        clock.set(5_000_000_000_000);
        assert!(clock.now() >= 5_000_000_000_000);
        assert!(clock.now() < 5_000_000_100_000);
        assert!(clock.advance(u64::MAX) > 5_000_000_000_000);
    }
}
