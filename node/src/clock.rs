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
    /// Milliseconds ahead of the machine's.
    ahead: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub fn now(&self) -> u64 {
        machine().saturating_add_signed(self.ahead.load(Ordering::SeqCst))
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
        let ahead = i128::from(time) - i128::from(machine());
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
