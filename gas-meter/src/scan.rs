//! One walk over a function body: finds its metering blocks and the places
//! where code has to be inserted.
//!
//! The rule that splits a body into metering blocks is in `SPEC.md`; the names
//! here are those of that page.

mod blocks;
mod build;
mod spins;

use wasmparser::Operator;

use self::spins::{Loop, spin_bytes};

use crate::class::{OperatorClass, class_of};
use crate::error::InstrumentError;
use crate::height::height_change;
use crate::module::{Module, check_values, malformed};
use crate::plan::{EarlyLocal, EventKind, Float, LabelId, LocalAccess, Plan, RegionId, THREADED};
use crate::schedule::Schedule;

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
    /// Whether the function may get parameters.
    may_thread: bool,
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
        let function = module.function_of_body(body);
        let ty = module
            .function_type(function)
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
            spin_bytes: spin_bytes(module.bodies[body].as_bytes().len()),
            all_locals: params,
            may_thread: !module.named[function as usize],
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
                if !self.module.named[function_index as usize] {
                    self.event(
                        next,
                        EventKind::Called {
                            function: function_index,
                        },
                    );
                }
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
        if self.may_thread && class == OperatorClass::Local {
            self.note_early_local(op, at, next);
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

    fn note_early_local(&mut self, op: &Operator<'_>, at: u64, next: u64) {
        let (index, access) = match *op {
            Operator::LocalGet { local_index } => (local_index, LocalAccess::Get),
            Operator::LocalSet { local_index } => (local_index, LocalAccess::Set),
            Operator::LocalTee { local_index } => (local_index, LocalAccess::Tee),
            _ => return,
        };
        let slot = index.checked_sub(self.plan.params);
        if let Some(slot) = slot.filter(|&slot| slot < THREADED) {
            let (at, end) = (self.place(at), self.place(next));
            self.plan.early_locals.push(EarlyLocal {
                at,
                end,
                slot,
                access,
            });
        }
    }
}
