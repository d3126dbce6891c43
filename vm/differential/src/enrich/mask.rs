//! Small operands for operators that trap, or cost a fortune, with large ones.

use wasm_encoder::{Function, Instruction, ValType};
use wasmparser::Operator;

use super::{ADDRESS, ELEMENT, LENGTH, Locals, PAGES, SEGMENT};

/// Makes the operands of `operator` small, before it.
pub(super) fn operands(function: &mut Function, locals: Locals, operator: &Operator<'_>) {
    use Operator::*;
    let below = |function: &mut _, ty| below(function, locals.scratch(ty), ADDRESS);
    let three = |function: &mut _, masks| three(function, locals, masks);
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
        | I64Load32U { .. } => top(function, ADDRESS),
        I32Store { .. } | I32Store8 { .. } | I32Store16 { .. } => below(function, ValType::I32),
        I64Store { .. } | I64Store8 { .. } | I64Store16 { .. } | I64Store32 { .. } => {
            below(function, ValType::I64);
        }
        F32Store { .. } => below(function, ValType::F32),
        F64Store { .. } => below(function, ValType::F64),
        MemoryFill { .. } => three(function, [ADDRESS, -1, LENGTH]),
        MemoryCopy { .. } => three(function, [ADDRESS, ADDRESS, LENGTH]),
        MemoryInit { .. } => three(function, [ADDRESS, SEGMENT, SEGMENT]),
        TableCopy { .. } | TableInit { .. } => three(function, [ELEMENT, SEGMENT, SEGMENT]),
        MemoryGrow { .. } => top(function, PAGES),
        CallIndirect { .. } => top(function, ELEMENT),
        _ => {}
    }
}

/// Masks the operand on top.
fn top(function: &mut Function, mask: i32) {
    function
        .instruction(&Instruction::I32Const(mask))
        .instruction(&Instruction::I32And);
}

/// Masks the operand below the top, which `local` holds meanwhile.
fn below(function: &mut Function, local: u32, mask: i32) {
    function.instruction(&Instruction::LocalSet(local));
    top(function, mask);
    function.instruction(&Instruction::LocalGet(local));
}

/// Masks three operands, the lowest first.
fn three(function: &mut Function, locals: Locals, masks: [i32; 3]) {
    let (middle, highest) = (locals.second(), locals.scratch(ValType::I32));
    function
        .instruction(&Instruction::LocalSet(highest))
        .instruction(&Instruction::LocalSet(middle));
    top(function, masks[0]);
    for (local, mask) in [(middle, masks[1]), (highest, masks[2])] {
        function.instruction(&Instruction::LocalGet(local));
        top(function, mask);
    }
}
