//! When the next height begins.
//!
//! The engine keeps a least time between blocks by itself. Beyond that nothing is
//! decided while nothing waits: the answer that begins the next height is held back
//! until there is something, somebody else proposes, or the chain shows that it lives.

#![expect(
    clippy::disallowed_methods,
    reason = "how long a node waits enters no block; its time is the application's matter"
)]

use std::time::{Duration, Instant};

use hull_types::host_api::Height;
use malachitebft_app::engine::host::Next;
use ractor::RpcReplyPort;

use crate::application::Pace;
use crate::context::Hull;

/// How long it is since some moment of the past.
pub(crate) type Clock = Box<dyn Fn() -> Duration + Send>;

/// The machine's clock.
pub(crate) fn machine() -> Clock {
    let began = Instant::now();
    Box::new(move || began.elapsed())
}

/// Holds the beginning of a height back.
pub(crate) struct Pacing {
    clock: Clock,
    pub(crate) block_time: Duration,
    heartbeat: Duration,
    held: Option<Held>,
    /// The last height that came by synchronisation: more may follow.
    synced: Height,
    /// The highest height for which somebody has proposed.
    proposed: Height,
}

struct Held {
    height: Height,
    reply: RpcReplyPort<Next<Hull>>,
    /// By the clock.
    until: Duration,
}

impl Pacing {
    pub(crate) fn new(clock: Clock, block_time: Duration, heartbeat: Duration) -> Self {
        Self {
            clock,
            block_time,
            heartbeat,
            held: None,
            synced: 0,
            proposed: 0,
        }
    }

    /// A block of that height came from a peer that is ahead.
    pub(super) fn synced(&mut self, height: Height) {
        self.synced = height;
    }

    /// Somebody has proposed for that height.
    pub(super) fn proposed(&mut self, height: Height) {
        self.proposed = self.proposed.max(height);
    }

    /// A height may begin.
    pub(super) fn hold(&mut self, height: Height, pace: Pace, reply: RpcReplyPort<Next<Hull>>) {
        let behind = self.synced.saturating_add(1) == height;
        let wanted = behind || self.proposed >= height;
        let wait = match pace {
            Pace::Idle if !wanted => self.heartbeat.saturating_sub(self.block_time),
            Pace::Idle | Pace::Now => Duration::ZERO,
        };
        self.held = Some(Held {
            height,
            reply,
            until: (self.clock)().saturating_add(wait),
        });
    }

    /// Whether the time has come.
    pub(super) fn is_due(&self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// How long it still takes, if something is held.
    pub(super) fn left(&self) -> Option<Duration> {
        let held = self.held.as_ref()?;
        Some(held.until.saturating_sub((self.clock)()))
    }

    /// Gives what is held.
    pub(super) fn release(&mut self) -> Option<(Height, RpcReplyPort<Next<Hull>>)> {
        let held = self.held.take()?;
        Some((held.height, held.reply))
    }
}
