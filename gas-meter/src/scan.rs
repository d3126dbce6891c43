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
    ENTRY_REGION, Event, EventKind, Float, Label, LabelId, Plan, Region, RegionId, Spin,
};
use crate::schedule::Schedule;
use crate::spin::UNROLLED;

/// Loops of at most this many operators are unrolled: in a longer one, counting
/// is a small part of an iteration.
const MAX_SPIN_OPERATORS: u32 = 32;

/// By how many bytes unrolling may lengthen a function at first, and what part
/// of its own length more: enough for what programs spend their time in, too
/// little for a module of many small loops to grow by.
const SPIN_BYTES: usize = 1024;
const SPIN_BYTES_PART: usize = 4;

/// Scans the body of number `body`.
pub(crate) fn scan(
    module: &Module<'_>,
    schedule: &Schedule,
    body: usize,
) -> Result<Plan, InstrumentError> {
    let function = module.function_of_body(body);
    let mut scanner = Scanner::new(module, schedule, body)?;
    scanner
        .run(body)
        .map_err(|error| in_function(error, function))?;
    scanner.merge_regions();
    Ok(scanner.plan)
}

fn in_function(error: InstrumentError, index: u32) -> InstrumentError {
    match error {
        InstrumentError::Unsupported { offset, what, .. } => InstrumentError::Unsupported {
            function: Some(index),
            offset,
            what,
        },
        other => other,
    }
}

/// What opened a block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FrameKind {
    Block,
    Loop(Loop),
    If,
    Else,
}

/// An open loop.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Loop {
    /// The metering block that begins at its header.
    header: RegionId,
    /// Offsets of the operator and of what follows it.
    at: u64,
    from: u64,
    /// How many events and operators there were when it had been entered.
    events: usize,
    operators: u32,
    /// Offsets of a branch back to the header before which nothing but plain
    /// operators stood, and of what follows it.
    latch: Option<(u64, u64)>,
}

/// Events of a loop that was just entered: before its operator, two after.
const LOOP_EVENTS: usize = 3;

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
    /// Bytes by which unrolling may still lengthen the function.
    spin_bytes: usize,
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
            plan: Plan {
                params,
                ..Plan::default()
            },
            frames: Vec::new(),
            height: 0,
            region: None,
            dead_from: 0,
            dead_nesting: 0,
            loops: 0,
            spin_bytes: SPIN_BYTES + module.bodies[body].as_bytes().len() / SPIN_BYTES_PART,
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
        if valid {
            Ok(())
        } else {
            Err(malformed(at, "index out of bounds"))
        }
    }

    /// An operator that control does not reach: dropped, because it cannot be
    /// charged and would only have to be compiled.
    fn unreachable(
        &mut self,
        op: &Operator<'_>,
        at: u64,
        next: u64,
    ) -> Result<(), InstrumentError> {
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
                self.note_latch(relative_depth, at, next);
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
                let region = self.current_region();
                self.event(
                    at,
                    EventKind::Call {
                        function: function_index,
                        region,
                    },
                );
                self.call(self.module.functions[function_index as usize], at)?;
            }
            Operator::CallIndirect { type_index, .. } => {
                let region = self.current_region();
                self.event(
                    at,
                    EventKind::CallIndirect {
                        ty: type_index,
                        region,
                    },
                );
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
            let region = self.current_region();
            self.event(at, EventKind::Sized { unit_cost, region });
        }
        if let Operator::RefFunc { function_index } = *op {
            self.event(
                at,
                EventKind::Reference {
                    function: function_index,
                },
            );
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

    fn end(&mut self, at: u64, next: u64) {
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

    /// Notes a conditional branch, if it is the first event in a loop and leads
    /// to its header.
    fn note_latch(&mut self, depth: u32, at: u64, next: u64) {
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
    fn add_spin(&mut self, frame: &Frame, open: &Loop, at: u64, next: u64) -> bool {
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
                let ty = types
                    .get(index as usize)
                    .ok_or_else(|| malformed(at, "unknown type"))?;
                Ok((ty.params().len() as u32, ty.results().len() as u32))
            }
        }
    }
}

/// The plan's lists.
impl Scanner<'_> {
    fn push_frame(&mut self, kind: FrameKind, params: u32, results: u32) -> LabelId {
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

    fn add_region(&mut self) -> RegionId {
        let region = self.plan.regions.len() as RegionId;
        self.plan.regions.push(Region {
            cost: 0,
            charged_with: region,
            header: false,
        });
        region
    }

    fn start_region(&mut self, at: u64) {
        let region = self.add_region();
        self.region = Some(region);
        self.event(at, EventKind::Region(region));
    }

    /// Moves every cost to the metering block with which it is charged. That
    /// one began earlier, so one walk in order follows chains of any length.
    fn merge_regions(&mut self) {
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
    fn current_region(&self) -> RegionId {
        self.region.unwrap_or(ENTRY_REGION)
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
            self.plan.events.push(Event {
                at: self.dead_from,
                kind: EventKind::Skip { to },
            });
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
