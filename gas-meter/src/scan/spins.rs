//! Finding the loops to be unrolled.

use super::{Frame, FrameKind, Scanner};
use crate::plan::{EventKind, RegionId, Spin};
use crate::spin::UNROLLED;

/// Loops of at most this many operators are unrolled: in a longer one, counting
/// is a small part of an iteration.
const MAX_SPIN_OPERATORS: u32 = 32;

/// By how many bytes unrolling may lengthen a function at first, and what part
/// of its own length more: enough for what programs spend their time in, too
/// little for a module of many small loops to grow by.
const SPIN_BYTES: usize = 1024;
const SPIN_BYTES_PART: usize = 4;

/// An open loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Loop {
    /// The metering block that begins at its header.
    pub(super) header: RegionId,
    /// Offsets of the operator and of what follows it.
    pub(super) at: u64,
    pub(super) from: u64,
    /// How many events and operators there were when it had been entered.
    pub(super) events: usize,
    pub(super) operators: u32,
    /// Offsets of a branch back to the header before which nothing but plain
    /// operators stood, and of what follows it.
    pub(super) latch: Option<(u64, u64)>,
}

/// Events of a loop that was just entered: before its operator, two after.
pub(super) const LOOP_EVENTS: usize = 3;

/// By how many bytes unrolling may lengthen a function with a body of `length`.
pub(super) fn spin_bytes(length: usize) -> usize {
    SPIN_BYTES + length / SPIN_BYTES_PART
}

impl Scanner<'_> {
    /// Notes a conditional branch, if it is the first event in a loop and leads
    /// to its header.
    pub(super) fn note_latch(&mut self, depth: u32, at: u64, next: u64) {
        let events = self.plan.events.len();
        if let Some(Frame {
            kind: FrameKind::Loop(open),
            ..
        }) = self.frames.last_mut()
            && depth == 0
            && open.events == events
        {
            open.latch = Some((at, next));
        }
    }

    /// Replaces the events of a loop that ends at `at` by one, if it is to be
    /// unrolled.
    pub(super) fn add_spin(&mut self, frame: &Frame, open: &Loop, at: u64, next: u64) -> bool {
        let Some((latch, after_latch)) = open.latch else {
            return false;
        };
        let operators = self.plan.operators - open.operators;
        let length = (next - open.at) as usize * UNROLLED;
        if after_latch != at
            || frame.params + frame.results > 0
            || operators > MAX_SPIN_OPERATORS
            || length > self.spin_bytes
        {
            return false;
        }
        self.spin_bytes -= length;
        self.plan.events.truncate(open.events - LOOP_EVENTS);
        let index = self.plan.spins.len() as u32;
        self.plan.spins.push(Spin {
            region: open.header,
            from: self.place(open.from),
            to: self.place(latch),
            end: self.place(next),
        });
        self.event(open.at, EventKind::Spin { index });
        true
    }
}
