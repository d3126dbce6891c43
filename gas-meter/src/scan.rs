//! One walk over a function body: finds its metering blocks and the places
//! where code has to be inserted.
//!
//! The rule that splits a body into metering blocks is in `SPEC.md`; the names
//! here are those of that page.

use wasmparser::{BlockType, BrTable, Operator};

use crate::class::{OperatorClass, class_of};
use crate::error::InstrumentError;
use crate::height::height_change;
use crate::module::{Module, check_values, malformed};
use crate::plan::{
    ENTRY_REGION, Event, EventKind, Float, Label, LabelId, Plan, Region, RegionId,
};
use crate::schedule::Schedule;

/// Scans the body of number `body`.
pub(crate) fn scan(
    module: &Module<'_>,
    schedule: &Schedule,
    body: usize,
) -> Result<Plan, InstrumentError> {
    let function = module.function_of_body(body);
    let mut scanner = Scanner::new(module, schedule, body)?;
    scanner.run(body).map_err(|error| in_function(error, function))?;
    Ok(scanner.plan)
}

fn in_function(error: InstrumentError, index: u32) -> InstrumentError {
    match error {
        InstrumentError::Unsupported { offset, what, .. } => {
            InstrumentError::Unsupported { function: Some(index), offset, what }
        }
        other => other,
    }
}

/// What opened a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Block,
    Loop { header: RegionId },
    If,
    Else,
}

/// An open block of reachable code.
struct Frame {
    kind: FrameKind,
    label: LabelId,
    /// Operands below the block's parameters.
    height: u32,
    params: u32,
    results: u32,
    /// The metering block in which the block was entered.
    entry: RegionId,
    /// The outermost frame, as an index, to which a branch inside leads.
    outermost_target: usize,
    /// Whether anything but the operator before it leads to its end.
    joined: bool,
}

struct Scanner<'m> {
    module: &'m Module<'m>,
    schedule: &'m Schedule,
    plan: Plan,
    frames: Vec<Frame>,
    /// Operands on the stack.
    height: u32,
    /// The metering block of the next operator, or `None` if unreachable.
    region: Option<RegionId>,
    /// Where the current stretch of unreachable code began, and how many
    /// blocks opened in it.
    dead_from: u32,
    dead_nesting: u32,
    /// Open loops that something may still branch back to.
    loops: u32,
    /// Locals with parameters.
    all_locals: u32,
    /// Offset of the body in the module.
    base: u64,
}

impl<'m> Scanner<'m> {
    fn new(
        module: &'m Module<'m>,
        schedule: &'m Schedule,
        body: usize,
    ) -> Result<Self, InstrumentError> {
        let base = module.bodies[body].range().start;
        let ty = module
            .function_type(module.function_of_body(body))
            .ok_or_else(|| malformed(base, "unknown type"))?;
        let (params, results) = (ty.params().len() as u32, ty.results().len() as u32);
        let mut scanner = Self {
            module,
            schedule,
            plan: Plan { params, ..Plan::default() },
            frames: Vec::new(),
            height: 0,
            region: None,
            dead_from: 0,
            dead_nesting: 0,
            loops: 0,
            all_locals: params,
            base,
        };
        let entry = scanner.add_region();
        scanner.region = Some(entry);
        scanner.push_frame(FrameKind::Block, 0, results);
        Ok(scanner)
    }

    fn run(&mut self, body: usize) -> Result<(), InstrumentError> {
        let body = &self.module.bodies[body];
        self.read_locals(body)?;
        let mut reader = body.get_operators_reader()?;
        self.plan.code_start = self.place(reader.original_position());
        while !self.frames.is_empty() {
            let at = reader.original_position();
            let op = reader.read()?;
            let class = class_of(&op).ok_or(InstrumentError::Unsupported {
                function: None,
                offset: at,
                what: "an operator outside the profile",
            })?;
            self.plan.operators = self.plan.operators.saturating_add(1);
            self.check_indices(&op, at)?;
            let next = reader.original_position();
            if self.region.is_some() {
                self.reachable(&op, class, at, next)?;
            } else {
                self.unreachable(&op, at, next)?;
            }
        }
        Ok(reader.finish()?)
    }

    fn read_locals(&mut self, body: &wasmparser::FunctionBody<'_>) -> Result<(), InstrumentError> {
        for local in body.get_locals_reader()? {
            let (count, ty) = local?;
            check_values(&[ty], self.base)?;
            self.plan.locals = self.plan.locals.saturating_add(count);
        }
        self.all_locals = self.plan.params.saturating_add(self.plan.locals);
        let entry = self.schedule.local.saturating_mul(self.plan.locals.into());
        self.charge(entry.saturating_add(self.schedule.frame));
        Ok(())
    }

    /// Refuses indices that only the pass's own additions would make valid.
    fn check_indices(&self, op: &Operator<'_>, at: u64) -> Result<(), InstrumentError> {
        let valid = match *op {
            Operator::LocalGet { local_index }
            | Operator::LocalSet { local_index }
            | Operator::LocalTee { local_index } => local_index < self.all_locals,
            Operator::GlobalGet { global_index } | Operator::GlobalSet { global_index } => {
                global_index < self.module.global_count()
            }
            Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                (function_index as usize) < self.module.functions.len()
            }
            Operator::CallIndirect { type_index, .. } => {
                (type_index as usize) < self.module.types.len()
            }
            _ => true,
        };
        if valid { Ok(()) } else { Err(malformed(at, "index out of bounds")) }
    }

    /// An operator that control does not reach: dropped, because it cannot be
    /// charged and would only have to be compiled.
    fn unreachable(&mut self, op: &Operator<'_>, at: u64, next: u64) -> Result<(), InstrumentError> {
        match op {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.dead_nesting += 1;
            }
            Operator::End if self.dead_nesting > 0 => self.dead_nesting -= 1,
            Operator::Else if self.dead_nesting == 0 => {
                self.skip_to(at);
                self.start_else(at, next)?;
            }
            Operator::End => {
                self.skip_to(at);
                self.end(at, next);
            }
            _ => {}
        }
        Ok(())
    }

    fn reachable(
        &mut self,
        op: &Operator<'_>,
        class: OperatorClass,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
        self.charge(self.schedule.operators.of(class));
        match *op {
            Operator::Nop => {}
            Operator::Block { blockty } => {
                let (params, results) = self.block_arity(blockty, at)?;
                self.push_frame(FrameKind::Block, params, results);
                self.event(next, EventKind::Enter);
            }
            Operator::Loop { blockty } => self.start_loop(blockty, at, next)?,
            Operator::If { blockty } => self.start_if(blockty, at, next)?,
            Operator::Else => {
                self.fall(at);
                self.start_else(at, next)?;
            }
            Operator::End => {
                self.fall(at);
                self.end(at, next);
            }
            Operator::Br { relative_depth } => {
                let label = self.branch(relative_depth, at)?;
                self.event(at, EventKind::Jump(label));
                self.die(next);
            }
            Operator::BrIf { relative_depth } => {
                let label = self.branch(relative_depth, at)?;
                self.event(at, EventKind::Branch(label));
                self.change_height(-1);
                self.start_region(next);
            }
            Operator::BrTable { ref targets } => self.branch_table(targets, at, next)?,
            Operator::Return => {
                self.branch(self.frames.len() as u32 - 1, at)?;
                self.event(at, EventKind::Return);
                self.die(next);
            }
            Operator::Unreachable => self.die(next),
            Operator::Call { function_index } => {
                self.event(at, EventKind::Call { function: function_index });
                self.call(self.module.functions[function_index as usize], at)?;
            }
            Operator::CallIndirect { type_index, .. } => {
                self.event(at, EventKind::CallIndirect { ty: type_index });
                self.change_height(-1);
                self.call(type_index, at)?;
            }
            _ => self.plain(op, class, at, next),
        }
        Ok(())
    }

    /// An operator that neither branches nor calls.
    fn plain(&mut self, op: &Operator<'_>, class: OperatorClass, at: u64, next: u64) {
        let schedule = self.schedule;
        let unit_cost = match op {
            Operator::MemoryGrow { .. } => schedule.memory_page,
            Operator::MemoryFill { .. } => schedule.fill_byte,
            Operator::MemoryCopy { .. } | Operator::MemoryInit { .. } => schedule.copy_byte,
            Operator::TableGrow { .. }
            | Operator::TableFill { .. }
            | Operator::TableCopy { .. }
            | Operator::TableInit { .. } => schedule.table_element,
            _ => 0,
        };
        if unit_cost > 0 {
            self.plan.uses.sized = true;
            self.event(at, EventKind::Sized { unit_cost });
        }
        if let Operator::RefFunc { function_index } = *op {
            self.event(at, EventKind::Reference { function: function_index });
        }
        if let Some(float) = crate::nan::open_nan(op, class) {
            match float {
                Float::F32 => self.plan.uses.f32_nan = true,
                Float::F64 => self.plan.uses.f64_nan = true,
            }
            self.event(next, EventKind::Nan(float));
        }
        self.plan.uses.lasting_change |= matches!(
            class,
            OperatorClass::TableGrow | OperatorClass::TableBulk | OperatorClass::SegmentDrop
        ) || matches!(op, Operator::TableSet { .. });
        self.change_height(height_change(op, class));
    }
}

/// Blocks and branches.
impl Scanner<'_> {
    fn start_loop(
        &mut self,
        blockty: BlockType,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
        let (params, results) = self.block_arity(blockty, at)?;
        let header = self.add_region();
        let label = self.push_frame(FrameKind::Loop { header }, params, results);
        self.event(at, EventKind::EnterLoop(label));
        self.event(next, EventKind::Enter);
        self.event(next, EventKind::Region(header));
        self.region = Some(header);
        self.loops += 1;
        Ok(())
    }

    fn start_if(&mut self, blockty: BlockType, at: u64, next: u64) -> Result<(), InstrumentError> {
        let (params, results) = self.block_arity(blockty, at)?;
        self.change_height(-1);
        let label = self.push_frame(FrameKind::If, params, results);
        self.event(at, EventKind::Test(label));
        self.event(next, EventKind::Enter);
        self.start_region(next);
        Ok(())
    }

    fn start_else(&mut self, at: u64, next: u64) -> Result<(), InstrumentError> {
        let reached = self.region.is_some();
        let Some(frame) = self.frames.last_mut().filter(|frame| frame.kind == FrameKind::If) else {
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

    fn end(&mut self, at: u64, next: u64) {
        let index = self.frames.len() - 1;
        let Some(mut frame) = self.frames.pop() else { return };
        let label = frame.label;
        match frame.kind {
            FrameKind::Loop { header } => {
                self.loops -= 1;
                if !self.plan.labels[label as usize].iterates {
                    self.merge_region(header, frame.entry);
                }
            }
            // The edge around the only arm.
            FrameKind::If => frame.joined = true,
            FrameKind::Block | FrameKind::Else => {}
        }
        let escapes = frame.outermost_target < index;
        if let Some(parent) = self.frames.last_mut() {
            if escapes {
                parent.outermost_target = parent.outermost_target.min(frame.outermost_target);
            }
        } else {
            // The function's own end.
            let _ = at;
            return;
        }
        self.height = frame.height.saturating_add(frame.results);
        self.change_height(0);
        if !frame.joined && self.region.is_none() {
            self.event(next, EventKind::DeadEnd);
            self.die(next);
            return;
        }
        self.event(next, EventKind::End(label));
        if !escapes {
            self.region = Some(frame.entry);
        } else if frame.joined {
            self.start_region(next);
        }
    }

    /// Notes a branch and returns its label.
    fn branch(&mut self, depth: u32, at: u64) -> Result<LabelId, InstrumentError> {
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
            FrameKind::Loop { header } => {
                self.plan.labels[target.label as usize].iterates = true;
                self.plan.regions[header as usize].header = true;
                self.plan.uses.iteration = true;
            }
            _ => target.joined = true,
        }
        self.plan.uses.function_branch |= index == 0;
        Ok(target.label)
    }

    fn branch_table(
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

    fn call(&mut self, type_index: u32, at: u64) -> Result<(), InstrumentError> {
        let ty = self
            .module
            .types
            .get(type_index as usize)
            .ok_or_else(|| malformed(at, "unknown type"))?;
        self.plan.uses.call = true;
        self.change_height(-(ty.params().len() as i64));
        self.change_height(ty.results().len() as i64);
        Ok(())
    }

    /// Control reaches the end of the current arm or block.
    fn fall(&mut self, at: u64) {
        if let Some(frame) = self.frames.last() {
            let label = frame.label;
            self.event(at, EventKind::Fall(label));
        }
    }

    fn block_arity(&self, ty: BlockType, at: u64) -> Result<(u32, u32), InstrumentError> {
        match ty {
            BlockType::Empty => Ok((0, 0)),
            BlockType::Type(_) => Ok((0, 1)),
            BlockType::FuncType(index) => {
                let types = &self.module.types;
                let ty =
                    types.get(index as usize).ok_or_else(|| malformed(at, "unknown type"))?;
                Ok((ty.params().len() as u32, ty.results().len() as u32))
            }
        }
    }
}

/// The plan's lists.
impl Scanner<'_> {
    fn push_frame(&mut self, kind: FrameKind, params: u32, results: u32) -> LabelId {
        let label = self.plan.labels.len() as LabelId;
        self.plan.labels.push(Label { in_loop: self.loops > 0, ..Label::default() });
        self.frames.push(Frame {
            kind,
            label,
            height: self.height.saturating_sub(params),
            params,
            results,
            entry: self.region.unwrap_or(ENTRY_REGION),
            outermost_target: usize::MAX,
            joined: false,
        });
        label
    }

    fn add_region(&mut self) -> RegionId {
        self.plan.regions.push(Region::default());
        (self.plan.regions.len() - 1) as RegionId
    }

    fn start_region(&mut self, at: u64) {
        let region = self.add_region();
        self.region = Some(region);
        self.event(at, EventKind::Region(region));
    }

    /// Charges `region` together with `into`, with which it is executed.
    fn merge_region(&mut self, region: RegionId, into: RegionId) {
        let cost = std::mem::take(&mut self.plan.regions[region as usize].cost);
        let into = &mut self.plan.regions[into as usize].cost;
        *into = into.saturating_add(cost);
    }

    fn charge(&mut self, gas: u64) {
        if let Some(region) = self.region {
            let cost = &mut self.plan.regions[region as usize].cost;
            *cost = cost.saturating_add(gas);
        }
    }

    fn change_height(&mut self, by: i64) {
        let height = i64::from(self.height).saturating_add(by).max(0);
        self.height = u32::try_from(height).unwrap_or(u32::MAX);
        self.plan.max_height = self.plan.max_height.max(self.height);
    }

    /// What follows is unreachable.
    fn die(&mut self, from: u64) {
        self.region = None;
        self.dead_from = self.place(from);
        self.dead_nesting = 0;
    }

    fn skip_to(&mut self, at: u64) {
        let to = self.place(at);
        if to > self.dead_from {
            self.plan.events.push(Event { at: self.dead_from, kind: EventKind::Skip { to } });
        }
    }

    fn event(&mut self, at: u64, kind: EventKind) {
        let at = self.place(at);
        self.plan.events.push(Event { at, kind });
    }

    /// Offset in the body of an offset in the module.
    fn place(&self, offset: u64) -> u32 {
        offset.saturating_sub(self.base) as u32
    }
}
