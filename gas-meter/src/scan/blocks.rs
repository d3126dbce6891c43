//! Blocks, branches and calls: where metering blocks begin and end.

use wasmparser::{BlockType, BrTable};

use super::spins::{LOOP_EVENTS, Loop};
use super::{FrameKind, Scanner};
use crate::error::InstrumentError;
use crate::module::malformed;
use crate::plan::{EventKind, LabelId};

impl Scanner<'_> {
    pub(super) fn start_loop(
        &mut self,
        blockty: BlockType,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
        let (params, results) = self.block_arity(blockty, at)?;
        let header = self.add_region();
        let events = self.plan.events.len() + LOOP_EVENTS;
        let operators = self.plan.operators;
        let open = Loop {
            header,
            at,
            from: next,
            events,
            operators,
            latch: None,
        };
        let label = self.push_frame(FrameKind::Loop(open), params, results);
        self.event(at, EventKind::EnterLoop(label));
        self.event(next, EventKind::Enter);
        self.event(next, EventKind::Region(header));
        self.region = Some(header);
        self.loops += 1;
        Ok(())
    }

    pub(super) fn start_if(
        &mut self,
        blockty: BlockType,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
        let (params, results) = self.block_arity(blockty, at)?;
        self.change_height(-1);
        let label = self.push_frame(FrameKind::If, params, results);
        self.event(at, EventKind::Test(label));
        self.event(next, EventKind::Enter);
        self.start_region(next);
        Ok(())
    }

    pub(super) fn start_else(&mut self, at: u64, next: u64) -> Result<(), InstrumentError> {
        let reached = self.region.is_some();
        let Some(frame) = self
            .frames
            .last_mut()
            .filter(|frame| frame.kind == FrameKind::If)
        else {
            return Err(malformed(at, "else without if"));
        };
        frame.kind = FrameKind::Else;
        frame.joined |= reached;
        self.height = frame.height.saturating_add(frame.params);
        let label = frame.label;
        self.plan.labels[label as usize].has_else = true;
        self.event(next, EventKind::Else(label));
        self.start_region(next);
        Ok(())
    }

    pub(super) fn end(&mut self, at: u64, next: u64) {
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        let escapes = frame.outermost_target < self.frames.len();
        let Some(parent) = self.frames.last_mut() else {
            // The function's own end.
            return;
        };
        if escapes {
            parent.outermost_target = parent.outermost_target.min(frame.outermost_target);
        }
        self.height = frame.height.saturating_add(frame.results);
        self.change_height(0);
        let mut spins = false;
        match frame.kind {
            FrameKind::Loop(open) => {
                self.loops -= 1;
                if self.plan.labels[frame.label as usize].iterates {
                    spins = self.add_spin(&frame, &open, at, next);
                } else {
                    self.plan.regions[open.header as usize].charged_with = frame.entry;
                }
            }
            // The edge around the only arm.
            FrameKind::If => {
                frame.joined = true;
                if frame.params > 0 {
                    self.event(at, EventKind::MissingElse);
                }
            }
            FrameKind::Block | FrameKind::Else => {}
        }
        if !frame.joined && self.region.is_none() {
            self.event(next, EventKind::DeadEnd);
            self.die(next);
            return;
        }
        if !spins {
            self.event(next, EventKind::End(frame.label));
        }
        if !escapes {
            self.region = Some(frame.entry);
        } else if frame.joined {
            self.start_region(next);
        }
    }

    /// Notes a branch and returns its label.
    pub(super) fn branch(&mut self, depth: u32, at: u64) -> Result<LabelId, InstrumentError> {
        let index = self
            .frames
            .len()
            .checked_sub(1 + depth as usize)
            .ok_or_else(|| malformed(at, "unknown label"))?;
        if let Some(top) = self.frames.last_mut() {
            top.outermost_target = top.outermost_target.min(index);
        }
        let target = &mut self.frames[index];
        match target.kind {
            FrameKind::Loop(open) => {
                let label = &mut self.plan.labels[target.label as usize];
                (label.iterates, label.header) = (true, open.header);
                self.plan.regions[open.header as usize].header = true;
                self.plan.uses.iteration = true;
            }
            _ => target.joined = true,
        }
        self.plan.uses.function_branch |= index == 0;
        Ok(target.label)
    }

    pub(super) fn branch_table(
        &mut self,
        targets: &BrTable<'_>,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
        let first = self.plan.table_targets.len() as u32;
        for target in targets.targets() {
            let label = self.branch(target?, at)?;
            self.plan.table_targets.push(label);
        }
        let label = self.branch(targets.default(), at)?;
        self.plan.table_targets.push(label);
        let count = self.plan.table_targets.len() as u32 - first;
        self.event(at, EventKind::Table { first, count });
        self.die(next);
        Ok(())
    }

    pub(super) fn call(&mut self, type_index: u32, at: u64) -> Result<(), InstrumentError> {
        let ty = self
            .module
            .types
            .get(type_index as usize)
            .ok_or_else(|| malformed(at, "unknown type"))?;
        self.change_height(-(ty.params().len() as i64));
        self.change_height(ty.results().len() as i64);
        Ok(())
    }

    /// Control reaches the end of the current arm or block.
    pub(super) fn fall(&mut self, at: u64) {
        if let Some(frame) = self.frames.last() {
            let label = frame.label;
            self.event(at, EventKind::Fall(label));
        }
    }

    pub(super) fn block_arity(
        &self,
        ty: BlockType,
        at: u64,
    ) -> Result<(u32, u32), InstrumentError> {
        match ty {
            BlockType::Empty => Ok((0, 0)),
            BlockType::Type(_) => Ok((0, 1)),
            BlockType::FuncType(index) => {
                let types = &self.module.types;
                let ty = types
                    .get(index as usize)
                    .ok_or_else(|| malformed(at, "unknown type"))?;
                Ok((ty.params().len() as u32, ty.results().len() as u32))
            }
        }
    }
}
