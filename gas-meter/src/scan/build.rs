//! The lists of a plan.

use super::{Frame, FrameKind, Scanner};
use crate::plan::{ENTRY_REGION, Event, EventKind, Label, LabelId, Region, RegionId};

impl Scanner<'_> {
    pub(super) fn push_frame(&mut self, kind: FrameKind, params: u32, results: u32) -> LabelId {
        let label = self.plan.labels.len() as LabelId;
        self.plan.labels.push(Label {
            in_loop: self.loops > 0,
            ..Label::default()
        });
        self.frames.push(Frame {
            kind,
            label,
            height: self.height.saturating_sub(params),
            params,
            results,
            entry: self.current_region(),
            outermost_target: usize::MAX,
            joined: false,
        });
        label
    }

    pub(super) fn add_region(&mut self) -> RegionId {
        let region = self.plan.regions.len() as RegionId;
        self.plan.regions.push(Region {
            cost: 0,
            charged_with: region,
            header: false,
        });
        region
    }

    pub(super) fn start_region(&mut self, at: u64) {
        let region = self.add_region();
        self.region = Some(region);
        self.event(at, EventKind::Region(region));
    }

    /// Moves every cost to the metering block with which it is charged. That
    /// one began earlier, so one walk in order follows chains of any length.
    pub(super) fn merge_regions(&mut self) {
        let regions = &mut self.plan.regions;
        for index in 0..regions.len() {
            let into = regions[regions[index].charged_with as usize].charged_with;
            regions[index].charged_with = into;
            if into as usize != index {
                let cost = std::mem::take(&mut regions[index].cost);
                regions[into as usize].cost = regions[into as usize].cost.saturating_add(cost);
            }
        }
        for event in &mut self.plan.events {
            if let EventKind::Call { region, .. }
            | EventKind::CallIndirect { region, .. }
            | EventKind::Sized { region, .. } = &mut event.kind
            {
                *region = regions[*region as usize].charged_with;
            }
        }
    }

    /// The metering block of reachable code.
    pub(super) fn current_region(&self) -> RegionId {
        self.region.unwrap_or(ENTRY_REGION)
    }

    pub(super) fn charge(&mut self, gas: u64) {
        if let Some(region) = self.region {
            let cost = &mut self.plan.regions[region as usize].cost;
            *cost = cost.saturating_add(gas);
        }
    }

    pub(super) fn change_height(&mut self, by: i64) {
        let height = i64::from(self.height).saturating_add(by).max(0);
        self.height = u32::try_from(height).unwrap_or(u32::MAX);
        self.plan.max_height = self.plan.max_height.max(self.height);
    }

    /// What follows is unreachable.
    pub(super) fn die(&mut self, from: u64) {
        self.region = None;
        self.dead_from = self.place(from);
        self.dead_nesting = 0;
    }

    pub(super) fn skip_to(&mut self, at: u64) {
        let to = self.place(at);
        if to > self.dead_from {
            self.plan.events.push(Event {
                at: self.dead_from,
                kind: EventKind::Skip { to },
            });
        }
    }

    pub(super) fn event(&mut self, at: u64, kind: EventKind) {
        let at = self.place(at);
        self.plan.events.push(Event { at, kind });
    }

    /// Offset in the body of an offset in the module.
    pub(super) fn place(&self, offset: u64) -> u32 {
        offset.saturating_sub(self.base) as u32
    }
}
