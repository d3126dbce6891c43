//! The rules for one function.
//!
//! A compiler's work grows with the length of a function, and for some shapes
//! with its square. The limits here are on what the square is of.

use wasmparser::{BlockType, FuncType, FunctionBody, Operator, ValType};

use super::{AdmissionError, Rule, ScanError, broken, limit, limit64};
use crate::limits::*;

/// Checks a body of a function with `params` parameters, and returns how many
/// locals it has, parameters included.
pub(super) fn check(
    body: &FunctionBody<'_>,
    params: u64,
    types: &[FuncType],
) -> Result<u64, ScanError> {
    let range = body.range();
    let len = range.end - range.start;
    limit64(
        "bytes in a function",
        len,
        MAX_FUNCTION_LEN as u64,
        range.start,
    )?;
    let locals = params + declared_locals(body)?;
    let mut shape = Shape::new(types);
    for operator in body.get_operators_reader()?.into_iter_with_offsets() {
        let (operator, offset) = operator?;
        shape.add(&operator, offset)?;
    }
    limit64(
        "branches times locals in a function",
        u64::from(shape.branches).saturating_mul(locals),
        MAX_BRANCHES_TIMES_LOCALS,
        range.start,
    )?;
    Ok(locals)
}

fn declared_locals(body: &FunctionBody<'_>) -> Result<u64, ScanError> {
    let mut locals = 0u64;
    let mut reader = body.get_locals_reader()?;
    for _ in 0..reader.get_count() {
        let offset = reader.original_position();
        let (count, ty) = reader.read()?;
        locals += u64::from(count);
        limit64("locals in a function", locals, MAX_LOCALS.into(), offset)?;
        plain(ty, offset)?;
    }
    Ok(locals)
}

/// What is counted of a body.
struct Shape<'t> {
    types: &'t [FuncType],
    /// The open blocks, and whether each is a loop.
    open: Vec<bool>,
    open_loops: u32,
    loops: u32,
    branches: u32,
}

impl<'t> Shape<'t> {
    fn new(types: &'t [FuncType]) -> Self {
        Self {
            types,
            open: Vec::new(),
            open_loops: 0,
            loops: 0,
            branches: 0,
        }
    }

    fn add(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), AdmissionError> {
        use Operator as Op;

        match operator {
            Op::Block { blockty } | Op::If { blockty } => self.enter(*blockty, false, offset),
            Op::Loop { blockty } => self.enter(*blockty, true, offset),
            Op::End => {
                self.open_loops -= u32::from(self.open.pop() == Some(true));
                Ok(())
            }
            Op::BrTable { targets } => {
                limit("targets of a br_table", targets.len(), MAX_BR_TABLE, offset)?;
                self.branch(targets.len() + 1, offset)
            }
            // The meter checks the gas before the last ones.
            Op::Else
            | Op::BrIf { .. }
            | Op::CallIndirect { .. }
            | Op::MemoryGrow { .. }
            | Op::MemoryFill { .. }
            | Op::MemoryCopy { .. }
            | Op::MemoryInit { .. }
            | Op::TableCopy { .. }
            | Op::TableInit { .. } => self.branch(1, offset),
            Op::RefNull { .. }
            | Op::RefIsNull
            | Op::RefFunc { .. }
            | Op::TypedSelect { .. }
            | Op::TableGet { .. }
            | Op::TableSet { .. }
            | Op::TableGrow { .. }
            | Op::TableSize { .. }
            | Op::TableFill { .. } => {
                let found = format!("the instruction {operator:?}");
                Err(broken(Rule::NoReferences, offset, &found))
            }
            _ => Ok(()),
        }
    }

    fn enter(&mut self, ty: BlockType, is_loop: bool, offset: u64) -> Result<(), AdmissionError> {
        self.open.push(is_loop);
        self.open_loops += u32::from(is_loop);
        self.loops += u32::from(is_loop);
        limit64(
            "blocks nested",
            self.open.len() as u64,
            MAX_NESTING.into(),
            offset,
        )?;
        limit("loops nested", self.open_loops, MAX_LOOP_NESTING, offset)?;
        limit("loops in a function", self.loops, MAX_LOOPS, offset)?;
        if let BlockType::FuncType(index) = ty {
            // The results are those of a type that was checked.
            let ty = self.types.get(index as usize);
            let params = ty.map_or(0, |ty| ty.params().len() as u64);
            limit64(
                "parameters of a block",
                params,
                MAX_BLOCK_PARAMS as u64,
                offset,
            )?;
        }
        self.branch(1, offset)
    }

    fn branch(&mut self, ways: u32, offset: u64) -> Result<(), AdmissionError> {
        self.branches += ways;
        limit(
            "branches in a function",
            self.branches,
            MAX_BRANCHES,
            offset,
        )
    }
}

/// Refuses every value type but the four plain numbers.
pub(super) fn plain(ty: ValType, offset: u64) -> Result<(), AdmissionError> {
    match ty {
        ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => Ok(()),
        ValType::V128 => Err(broken(Rule::NoSimd, offset, "a value of type v128")),
        ValType::Ref(_) => Err(broken(Rule::NoReferences, offset, "a reference as a value")),
    }
}
