//! Writing a metered function: the original bytes with code inserted.
//!
//! ```text
//! block $exhausted_frames
//!   block $exhausted_gas
//!     prologue: charge the first metering block
//!     block $body (result …)
//!       the original operators, with charges, checks, loads and stores
//!     end
//!     epilogue: store the counter, or make it a result
//!     return
//!   end
//!   GAS = -1; unreachable
//! end
//! FRAMES = -1; unreachable
//! ```
//!
//! The labels of the original code keep their depths, because `$body` stands
//! where the function's own label was. Parts that a function does not need are
//! left out.

mod copy;
mod locals;

use wasm_encoder::{BlockType, Encode, Instruction};
use wasmparser::FunctionBody;

use self::copy::Copier;
use self::locals::Locals;
use crate::error::InstrumentError;
use crate::frames::{FrameRules, FrameUse};
use crate::nan::canonicalise;
use crate::plan::{Event, EventKind, Float, Plan};
use crate::prepay::{Callees, Role};
use crate::source_map::Piece;
use crate::spin::{self, SpinWriter};
use crate::state::{Action, Step};
use crate::tracker::Tracker;

/// What a function's code needs to know of its module.
pub(crate) struct Surroundings<'m> {
    /// Index of the gas counter.
    pub(crate) gas: u32,
    /// Index of the frame counter.
    pub(crate) frames: u32,
    pub(crate) callees: Callees<'m>,
    pub(crate) frame_rules: &'m FrameRules<'m>,
}

/// A function to be written.
pub(crate) struct Source<'m> {
    /// Index of the function, imports counted.
    pub(crate) function: u32,
    pub(crate) frame_use: Option<FrameUse>,
    pub(crate) body: &'m FunctionBody<'m>,
    pub(crate) plan: &'m Plan,
    pub(crate) role: Role,
    /// Type of a block with the function's results.
    pub(crate) block_type: BlockType,
    /// Whether to record where the original operators go.
    pub(crate) record: bool,
}

/// A function's body, without its length, and where the original operators are
/// in it if that was asked for.
pub(crate) struct Emitted {
    pub(crate) body: Vec<u8>,
    pub(crate) pieces: Vec<Piece>,
}

/// Writes the body of a metered function.
pub(crate) fn emit(
    source: &Source<'_>,
    surroundings: &Surroundings<'_>,
) -> Result<Emitted, InstrumentError> {
    let plan = source.plan;
    let tracker = Tracker::prepare(plan, source.role, surroundings.callees);
    let locals = Locals::new(source, &tracker)?;
    let mut emitter = Emitter {
        source,
        surroundings,
        shape: Shape::new(source, &tracker),
        out: Vec::with_capacity(source.body.as_bytes().len() * 2),
        copier: Copier::new(
            source.body.as_bytes(),
            plan,
            locals.moved.clone(),
            source.record,
        ),
        nesting: 0,
        locals,
        tracker,
    };
    emitter.locals.write(&mut emitter.out);
    emitter.prologue();
    for (index, event) in plan.events.iter().enumerate() {
        emitter.event(index, event);
    }
    emitter.epilogue();
    Ok(Emitted {
        body: emitter.out,
        pieces: emitter.copier.into_pieces(),
    })
}

/// Which parts of the frame around the body a function needs.
struct Shape {
    gas_exit: bool,
    frame_exit: bool,
    body_block: bool,
    epilogue: bool,
}

impl Shape {
    fn new(source: &Source<'_>, tracker: &Tracker<'_>) -> Self {
        let gas_exit = tracker.checks;
        let frame_exit = source
            .frame_use
            .is_some_and(|frames| frames.charge.is_some());
        let epilogue = tracker.stores_at_exit || source.role.threaded;
        let branches_to_epilogue = epilogue && source.plan.uses.function_branch;
        let body_block = gas_exit || frame_exit || branches_to_epilogue;
        Self {
            gas_exit,
            frame_exit,
            body_block,
            epilogue,
        }
    }
}

struct Emitter<'m> {
    source: &'m Source<'m>,
    surroundings: &'m Surroundings<'m>,
    tracker: Tracker<'m>,
    shape: Shape,
    locals: Locals,
    out: Vec<u8>,
    copier: Copier<'m>,
    /// Open blocks of the original code.
    nesting: u32,
}

impl Emitter<'_> {
    fn put(&mut self, instruction: &Instruction<'_>) {
        instruction.encode(&mut self.out);
    }

    fn put_all(&mut self, instructions: &[Instruction<'_>]) {
        instructions
            .iter()
            .for_each(|instruction| instruction.encode(&mut self.out));
    }

    fn prologue(&mut self) {
        for needed in [self.shape.frame_exit, self.shape.gas_exit] {
            if needed {
                self.put(&Instruction::Block(BlockType::Empty));
            }
        }
        // Nothing is checked here.
        let step = self.tracker.enter();
        self.put_step(step, 0);
        if self.shape.body_block {
            self.put(&Instruction::Block(self.source.block_type));
        }
    }

    fn event(&mut self, index: usize, event: &Event) {
        self.copier.copy_to(event.at, &mut self.out);
        if event.kind == EventKind::Enter {
            self.nesting += 1;
        }
        self.take_frames(index);
        let step = self.tracker.step(event);
        // From inside the body, `$body` is as deep as the code is nested.
        let body = self.nesting;
        self.put_step(step, body + 1);
        match event.kind {
            // An empty arm. Without one, Singlepass (7.4) moves the stack pointer
            // on the way through the other arm alone: eight bytes further into
            // whatever is there, each time.
            EventKind::MissingElse => self.put(&Instruction::Else),
            EventKind::End(_) => self.nesting = self.nesting.saturating_sub(1),
            EventKind::DeadEnd => {
                self.nesting = self.nesting.saturating_sub(1);
                self.put(&Instruction::Unreachable);
            }
            EventKind::Return if self.shape.epilogue => {
                self.put(&Instruction::Br(body));
                // In place of the one byte of `return`.
                self.copier.skip_to(event.at + 1);
            }
            EventKind::Sized { unit_cost, .. } => self.sized_charge(unit_cost, body + 1),
            EventKind::Nan(float) => {
                let scratch = match float {
                    Float::F32 => self.locals.f32,
                    Float::F64 => self.locals.f64,
                };
                self.put_all(&canonicalise(float, scratch));
            }
            EventKind::Call { .. } | EventKind::CallIndirect { .. } => self.hand_over(event),
            EventKind::Called { function } => self.take_back(function),
            EventKind::Spin { index } => self.spin(index as usize, body + 1),
            EventKind::Skip { to } => self.copier.skip_to(to),
            _ => {}
        }
    }

    /// Moves, charges and checks the gas counter. `exit_depth` is where a
    /// branch leads to `$exhausted_gas`.
    fn put_step(&mut self, step: Step, exit_depth: u32) {
        let (global, local) = (self.surroundings.gas, self.locals.gas);
        for action in step.actions() {
            match action {
                Action::Load => {
                    self.put_all(&[Instruction::GlobalGet(global), Instruction::LocalSet(local)]);
                }
                Action::Store => {
                    self.put_all(&[Instruction::LocalGet(local), Instruction::GlobalSet(global)]);
                }
                Action::ChargeLocal(gas) => self.charge(&Instruction::LocalGet(local), gas),
                Action::ChargeGlobal(gas) => self.charge(&Instruction::GlobalGet(global), gas),
                Action::Check => self.put_all(&self.check(exit_depth)),
            }
        }
    }

    /// Takes what is left of the stack into the local, if this is the event,
    /// and counts the function's own part.
    fn take_frames(&mut self, index: usize) {
        let Some(frames) = self.source.frame_use.filter(|frames| frames.event == index) else {
            return;
        };
        let local = self.locals.frames;
        if !self.source.role.takes_frames {
            self.put_all(&[
                Instruction::GlobalGet(self.surroundings.frames),
                Instruction::LocalSet(local),
            ]);
        }
        match frames.charge {
            None => {}
            Some(bytes) => self.put_all(&[
                Instruction::LocalGet(local),
                Instruction::I32Const(bytes as i32),
                Instruction::I32Sub,
                Instruction::LocalTee(local),
                Instruction::I32Const(0),
                Instruction::I32LtS,
                Instruction::BrIf(self.nesting + 1 + u32::from(self.shape.gas_exit)),
            ]),
        }
    }

    /// Gives a callee the counters it takes: as arguments, or what is left of
    /// the stack in its global.
    fn hand_over(&mut self, call: &Event) {
        let callee = match call.kind {
            EventKind::Call { function, .. } => self.surroundings.callees.role(function),
            _ => Role::default(),
        };
        if callee.threaded {
            self.put(&Instruction::LocalGet(self.locals.gas));
        }
        if callee.takes_frames {
            self.put(&Instruction::LocalGet(self.locals.frames));
        } else if self.surroundings.frame_rules.leaves(call) {
            self.put_all(&[
                Instruction::LocalGet(self.locals.frames),
                Instruction::GlobalSet(self.surroundings.frames),
            ]);
        }
    }

    /// Takes the gas counter from the results of a callee that gives it back.
    fn take_back(&mut self, callee: u32) {
        if self.surroundings.callees.role(callee).threaded {
            self.put(&Instruction::LocalSet(self.locals.gas));
        }
    }

    fn charge(&mut self, counter: &Instruction<'_>, gas: u64) {
        self.put(counter);
        self.put_all(&[
            Instruction::I64Const(gas as i64),
            Instruction::I64Sub,
            Instruction::LocalSet(self.locals.gas),
        ]);
    }

    fn spin(&mut self, index: usize, exit_depth: u32) {
        let spin = self.source.plan.spins[index];
        let copied = [spin.from, spin.to, spin.end];
        let body = self.copier.copy_aside(copied, &self.out);
        let writer = SpinWriter {
            body: &body,
            cost: self.source.plan.regions[spin.region as usize].cost,
            gas: self.locals.gas,
            check: &self.check(exit_depth + spin::DEPTH),
        };
        writer.write(&mut self.out);
    }

    /// Leaves the function if the gas counter is negative.
    fn check(&self, exit_depth: u32) -> [Instruction<'static>; 4] {
        [
            Instruction::LocalGet(self.locals.gas),
            Instruction::I64Const(0),
            Instruction::I64LtS,
            Instruction::BrIf(exit_depth),
        ]
    }

    /// Charges `unit_cost` for each unit of the operand on top of the stack.
    fn sized_charge(&mut self, unit_cost: u64, exit_depth: u32) {
        let (local, size) = (self.locals.gas, self.locals.size);
        self.put_all(&[
            Instruction::LocalSet(size),
            Instruction::LocalGet(local),
            Instruction::LocalGet(size),
            Instruction::I64ExtendI32U,
            Instruction::I64Const(unit_cost as i64),
            Instruction::I64Mul,
            Instruction::I64Sub,
            Instruction::LocalSet(local),
        ]);
        self.put_all(&self.check(exit_depth));
        self.put(&Instruction::LocalGet(size));
    }

    /// What follows the body: its last operator is the function's `end`.
    fn epilogue(&mut self) {
        self.copier.copy_to(self.copier.last(), &mut self.out);
        if self.shape.body_block {
            self.put(&Instruction::End);
        }
        let step = self.tracker.leave();
        self.put_step(step, 0);
        if self.source.role.threaded {
            self.put(&Instruction::LocalGet(self.locals.gas));
        }
        let exits = [
            (
                self.shape.gas_exit,
                Instruction::I64Const(-1),
                self.surroundings.gas,
            ),
            (
                self.shape.frame_exit,
                Instruction::I32Const(-1),
                self.surroundings.frames,
            ),
        ];
        if self.shape.gas_exit || self.shape.frame_exit {
            self.put(&Instruction::Return);
        }
        for (_, exhausted, counter) in exits.into_iter().filter(|(needed, ..)| *needed) {
            self.put_all(&[
                Instruction::End,
                exhausted,
                Instruction::GlobalSet(counter),
                Instruction::Unreachable,
            ]);
        }
        self.put(&Instruction::End);
    }
}
