//! The locals of a metered function.

use wasm_encoder::{Encode, ValType};

use super::Source;
use crate::error::InstrumentError;
use crate::plan::Plan;
use crate::tracker::Tracker;
use crate::types::encodable;

/// The most locals a function may have, parameters included: engines and
/// `wasmparser` refuse more.
const MAX_LOCALS: u32 = 50_000;

/// The locals that the pass adds, by index, and all that are declared.
///
/// Parameters come first: those of the original, then what is threaded. To keep
/// the indices of the original, as many of its declared locals move to the end
/// as parameters were added. A local that is not needed is not declared.
#[derive(Default)]
pub(super) struct Locals {
    /// The gas counter.
    pub(super) gas: u32,
    /// The frame bytes that are left to callees.
    pub(super) frames: u32,
    /// The operand of a sized charge.
    pub(super) size: u32,
    pub(super) f32: u32,
    pub(super) f64: u32,
    /// New indices of the original's first declared locals.
    pub(super) moved: Vec<u32>,
    /// What to declare, as counts and types.
    groups: Vec<(u32, ValType)>,
}

impl Locals {
    pub(super) fn new(source: &Source<'_>, tracker: &Tracker<'_>) -> Result<Self, InstrumentError> {
        let (plan, role) = (source.plan, source.role);
        let mut locals = Locals::default();
        locals.declare_original(source)?;
        let mut next = plan
            .params
            .saturating_add(role.extra_params())
            .saturating_add(plan.locals);
        let mut add = |threaded: Option<u32>, needed: bool, ty: ValType| match threaded {
            Some(position) => plan.params + position,
            None if needed => {
                locals.groups.push((1, ty));
                next = next.saturating_add(1);
                next - 1
            }
            None => 0,
        };
        locals.gas = add(role.threaded.then_some(0), tracker.uses_local, ValType::I64);
        let reads_frames = source.frame_use.is_some();
        locals.frames = add(role.takes_frames.then_some(1), reads_frames, ValType::I32);
        locals.size = add(None, plan.uses.sized, ValType::I32);
        locals.f32 = add(None, plan.uses.f32_nan, ValType::F32);
        locals.f64 = add(None, plan.uses.f64_nan, ValType::F64);
        if next > MAX_LOCALS {
            return Err(InstrumentError::TooLarge {
                function: source.function,
                what: "locals",
                found: next.into(),
                limit: MAX_LOCALS.into(),
            });
        }
        Ok(locals)
    }

    /// Declares the original's locals, the first of them last if parameters
    /// have taken their indices.
    fn declare_original(&mut self, source: &Source<'_>) -> Result<(), InstrumentError> {
        let Plan { params, locals, .. } = *source.plan;
        let extra = source.role.extra_params();
        let mut to_move = extra.min(locals);
        let first_moved = params.saturating_add(extra).saturating_add(locals) - to_move;
        let mut moved = Vec::new();
        for group in source.body.get_locals_reader()? {
            let (mut count, ty) = group?;
            let ty = encodable(ty)?;
            while to_move > 0 && count > 0 {
                self.moved.push(first_moved + moved.len() as u32);
                moved.push((1, ty));
                (to_move, count) = (to_move - 1, count - 1);
            }
            self.groups.extend((count > 0).then_some((count, ty)));
        }
        self.groups.append(&mut moved);
        Ok(())
    }

    /// Writes the declarations.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        (self.groups.len() as u32).encode(out);
        for (count, ty) in &self.groups {
            count.encode(out);
            ty.encode(out);
        }
    }
}
