//! Makes generated modules live longer.
//!
//! Random operands are nearly always out of range: an untamed module traps at
//! its first load, copies nothing and grows by nothing. This rewrites operands
//! of memory, table and growth operators into small ones. The result is a
//! module like any other; only more of it is executed.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, Function, Instruction, ValType};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// Masks for addresses: the lower half of the first page, so that accesses meet.
const ADDRESS: i32 = 0x7FFF;
/// Mask for lengths of bulk operations.
const LENGTH: i32 = 0xFF;
/// Mask for offsets into passive segments, which are short.
const SEGMENT: i32 = 0x3;
/// Mask for table indices.
const ELEMENT: i32 = 0x7;
/// Mask for pages to grow by.
const PAGES: i32 = 0x1;

/// Rewrites a module.
pub(crate) fn tame(wasm: &[u8]) -> Vec<u8> {
    let mut tamer = Tamer {
        params: params(wasm).into_iter(),
    };
    let mut module = wasm_encoder::Module::new();
    tamer
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .expect("the generator makes valid modules");
    module.finish()
}

/// How many parameters each function has that is not imported.
fn params(wasm: &[u8]) -> Vec<u32> {
    let mut types = Vec::new();
    let mut params = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.expect("the generator makes valid modules") {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types().flatten() {
                    types.push(ty.params().len() as u32);
                }
            }
            Payload::FunctionSection(section) => {
                params.extend(section.into_iter().flatten().map(|ty| types[ty as usize]));
            }
            _ => {}
        }
    }
    params
}

struct Tamer {
    params: std::vec::IntoIter<u32>,
}

/// Locals that hold the operands above the one to be masked.
struct Scratch {
    /// Of type i32, i32, i64, f32, f64, from this index on.
    first: u32,
}

impl Scratch {
    const TYPES: [ValType; 5] = [
        ValType::I32,
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
    ];

    fn of(&self, ty: ValType) -> u32 {
        let position = Self::TYPES.iter().rposition(|have| *have == ty);
        self.first + position.expect("one of the four types") as u32
    }
}

impl Reencode for Tamer {
    type Error = Infallible;

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let params = self.params.next().unwrap_or(0);
        let mut locals = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, self.val_type(ty)?));
        }
        let declared: u32 = locals.iter().map(|(count, _)| count).sum();
        let scratch = Scratch {
            first: params + declared,
        };
        locals.extend(Scratch::TYPES.map(|ty| (1, ty)));
        let mut function = Function::new(locals);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            mask_operands(&mut function, &scratch, &operator);
            function.instruction(&self.instruction(operator)?);
        }
        code.function(&function);
        Ok(())
    }
}

fn mask_operands(function: &mut Function, scratch: &Scratch, operator: &Operator<'_>) {
    use Operator::*;
    match operator {
        I32Load { .. }
        | I64Load { .. }
        | F32Load { .. }
        | F64Load { .. }
        | I32Load8S { .. }
        | I32Load8U { .. }
        | I32Load16S { .. }
        | I32Load16U { .. }
        | I64Load8S { .. }
        | I64Load8U { .. }
        | I64Load16S { .. }
        | I64Load16U { .. }
        | I64Load32S { .. }
        | I64Load32U { .. } => mask(function, ADDRESS),
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => {
            mask_below(function, scratch.of(ValType::I32), ADDRESS);
        }
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => {
            mask_below(function, scratch.of(ValType::I64), ADDRESS);
        }
        F32Store { .. } => mask_below(function, scratch.of(ValType::F32), ADDRESS),
        F64Store { .. } => mask_below(function, scratch.of(ValType::F64), ADDRESS),
        MemoryFill { .. } => mask_three(function, scratch, [ADDRESS, -1, LENGTH]),
        MemoryCopy { .. } => mask_three(function, scratch, [ADDRESS, ADDRESS, LENGTH]),
        MemoryInit { .. } => mask_three(function, scratch, [ADDRESS, SEGMENT, SEGMENT]),
        TableCopy { .. } | TableInit { .. } => {
            mask_three(function, scratch, [ELEMENT, SEGMENT, SEGMENT]);
        }
        MemoryGrow { .. } => mask(function, PAGES),
        CallIndirect { .. } => mask(function, ELEMENT),
        _ => {}
    }
}

/// Masks the operand on top.
fn mask(function: &mut Function, mask: i32) {
    function
        .instruction(&Instruction::I32Const(mask))
        .instruction(&Instruction::I32And);
}

/// Masks the operand below the top, which `local` holds meanwhile.
fn mask_below(function: &mut Function, local: u32, bits: i32) {
    function.instruction(&Instruction::LocalSet(local));
    mask(function, bits);
    function.instruction(&Instruction::LocalGet(local));
}

/// Masks three operands, the lowest first.
fn mask_three(function: &mut Function, scratch: &Scratch, masks: [i32; 3]) {
    let (middle, top) = (scratch.first, scratch.first + 1);
    function
        .instruction(&Instruction::LocalSet(top))
        .instruction(&Instruction::LocalSet(middle));
    mask(function, masks[0]);
    for (local, bits) in [(middle, masks[1]), (top, masks[2])] {
        function.instruction(&Instruction::LocalGet(local));
        mask(function, bits);
    }
}
