//! Values worked into accumulators: operators with two operands, and results
//! that depend on many values before them.

use wasm_encoder::{Function, Instruction as I, ValType};

use super::Locals;
use crate::random::Random;

/// Works the value on top into the accumulator of its type. The new value of
/// both is the same.
pub(super) fn value(function: &mut Function, locals: Locals, ty: ValType, random: &mut Random) {
    let operators = Operators::of(ty);
    let accumulator = locals.accumulator(ty);
    match random.below(6) {
        0 => chosen(function, locals, ty, pick(operators.compare, random)),
        1 if !operators.divide.is_empty() => {
            function.instruction(&I::LocalGet(accumulator));
            odd(function, ty);
            function.instruction(pick(operators.divide, random));
        }
        _ => {
            function
                .instruction(&I::LocalGet(accumulator))
                .instruction(pick(operators.combine, random));
        }
    }
    function.instruction(&I::LocalTee(accumulator));
}

/// The value on top or the accumulator, whichever a comparison says.
fn chosen(function: &mut Function, locals: Locals, ty: ValType, compare: &I<'_>) {
    let (value, accumulator) = (locals.scratch(ty), locals.accumulator(ty));
    function
        .instruction(&I::LocalTee(value))
        .instruction(&I::LocalGet(accumulator))
        .instruction(&I::LocalGet(value))
        .instruction(&I::LocalGet(accumulator))
        .instruction(compare)
        .instruction(&I::Select);
}

/// Makes the integer on top odd, and so not zero.
fn odd(function: &mut Function, ty: ValType) {
    if ty == ValType::I64 {
        function.instruction(&I::I64Const(1)).instruction(&I::I64Or);
    } else {
        function.instruction(&I::I32Const(1)).instruction(&I::I32Or);
    }
}

fn pick<'o>(operators: &'o [I<'static>], random: &mut Random) -> &'o I<'static> {
    &operators[random.below(operators.len() as u64) as usize]
}

/// The operators of a type that take two operands.
struct Operators {
    /// Those with a result of the same type.
    combine: &'static [I<'static>],
    /// Those that trap when the second operand is zero.
    divide: &'static [I<'static>],
    compare: &'static [I<'static>],
}

impl Operators {
    fn of(ty: ValType) -> &'static Self {
        match ty {
            ValType::I64 => &I64,
            ValType::F32 => &F32,
            ValType::F64 => &F64,
            _ => &I32,
        }
    }
}

static I32: Operators = Operators {
    combine: &[
        I::I32Add,
        I::I32Sub,
        I::I32Mul,
        I::I32And,
        I::I32Or,
        I::I32Xor,
        I::I32Shl,
        I::I32ShrS,
        I::I32ShrU,
        I::I32Rotl,
        I::I32Rotr,
    ],
    divide: &[I::I32DivS, I::I32DivU, I::I32RemS, I::I32RemU],
    compare: &[
        I::I32Eq,
        I::I32Ne,
        I::I32LtS,
        I::I32LtU,
        I::I32GtS,
        I::I32GtU,
        I::I32LeS,
        I::I32LeU,
        I::I32GeS,
        I::I32GeU,
    ],
};

static I64: Operators = Operators {
    combine: &[
        I::I64Add,
        I::I64Sub,
        I::I64Mul,
        I::I64And,
        I::I64Or,
        I::I64Xor,
        I::I64Shl,
        I::I64ShrS,
        I::I64ShrU,
        I::I64Rotl,
        I::I64Rotr,
    ],
    divide: &[I::I64DivS, I::I64DivU, I::I64RemS, I::I64RemU],
    compare: &[
        I::I64Eq,
        I::I64Ne,
        I::I64LtS,
        I::I64LtU,
        I::I64GtS,
        I::I64GtU,
        I::I64LeS,
        I::I64LeU,
        I::I64GeS,
        I::I64GeU,
    ],
};

static F32: Operators = Operators {
    combine: &[
        I::F32Add,
        I::F32Sub,
        I::F32Mul,
        I::F32Div,
        I::F32Min,
        I::F32Max,
        I::F32Copysign,
    ],
    divide: &[],
    compare: &[I::F32Eq, I::F32Ne, I::F32Lt, I::F32Gt, I::F32Le, I::F32Ge],
};

static F64: Operators = Operators {
    combine: &[
        I::F64Add,
        I::F64Sub,
        I::F64Mul,
        I::F64Div,
        I::F64Min,
        I::F64Max,
        I::F64Copysign,
    ],
    divide: &[],
    compare: &[I::F64Eq, I::F64Ne, I::F64Lt, I::F64Gt, I::F64Le, I::F64Ge],
};
