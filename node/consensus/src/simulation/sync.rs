//! Blocks that were decided without this node, from a peer that has them.
//!
//! Simpler than the engine's: one request at a time, to whoever said that it has more,
//! and another peer when that did not help. Every block goes to the engine with its
//! certificate, which the engine verifies.

use std::collections::BTreeMap;
use std::time::Duration;

use malachitebft_app::types::PeerId;
use malachitebft_app::types::sync::{RawDecidedValue, Request, Response, Status};
use malachitebft_core_types::ValueResponse;

use crate::codec::MAX_BLOCKS;
use crate::context::Hull;
use crate::wire;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a node knows of blocks that it has not.
#[derive(Default)]
pub(super) struct Sync {
    /// The height that consensus works on; 0 before it has begun.
    height: u64,
    asked: Option<Asked>,
    /// What came, by height, without a gap.
    values: BTreeMap<u64, (PeerId, RawDecidedValue<Hull>)>,
    /// Whose answer was wrong, or did not come.
    failed: Option<PeerId>,
}

/// A request that is on its way.
struct Asked {
    peer: PeerId,
    start: u64,
    at: Duration,
}

impl Sync {
    /// A peer says what it has. What to ask it for, if that helps a node with a head.
    pub(super) fn status(
        &mut self,
        status: &Status<Hull>,
        head: u64,
        now: Duration,
    ) -> Option<Request<Hull>> {
        let (peer, tip) = (status.peer_id, status.tip_height.0);
        if let Some(asked) = self.asked.take_if(|asked| now >= asked.at + PATIENCE) {
            self.failed = Some(asked.peer);
        }
        let helps = self.height > 0 && tip > head && self.values.is_empty();
        if !helps || self.asked.is_some() {
            return None;
        }
        // The one that failed gets its next turn after somebody else.
        if self.failed.take() == Some(peer) {
            return None;
        }
        let start = head.saturating_add(1);
        self.asked = Some(Asked {
            peer,
            start,
            at: now,
        });
        let last = start.saturating_add(MAX_BLOCKS as u64 / 2 - 1);
        Some(wire::request((start, tip.min(last))))
    }

    /// An answer came. What the engine is to look at now.
    pub(super) fn answer(
        &mut self,
        from: PeerId,
        response: Response<Hull>,
    ) -> Option<ValueResponse<Hull>> {
        let Response::ValueResponse(response) = response;
        let asked = self.asked.take_if(|asked| asked.peer == from)?;
        let in_order = (asked.start..).zip(response.values);
        let in_order = in_order.take_while(|(height, value)| value.height().0 == *height);
        self.values = in_order
            .map(|(height, value)| (height, (from, value)))
            .collect();
        if self.values.is_empty() {
            self.failed = Some(from);
        }
        self.begun(self.height)
    }

    /// A height began. What the engine is to look at now.
    pub(super) fn begun(&mut self, height: u64) -> Option<ValueResponse<Hull>> {
        self.height = height;
        self.values = self.values.split_off(&height);
        let (peer, value) = self.values.remove(&height)?;
        Some(value.to_core(peer))
    }

    /// What a peer gave was not what was decided.
    pub(super) fn refused(&mut self, peer: PeerId) {
        self.values.clear();
        self.failed = Some(peer);
    }
}
