//! One bit pattern for every NaN that the specification leaves open.

use wasm_encoder::{Ieee32, Ieee64, Instruction};
use wasmparser::Operator;

use crate::class::OperatorClass;
use crate::plan::Float;

/// The canonical NaN: positive, quiet, nothing else set.
const CANONICAL_F32: u32 = 0x7fc0_0000;
const CANONICAL_F64: u64 = 0x7ff8_0000_0000_0000;

/// The type of the operator's result, if that may be a NaN whose sign and
/// payload differ between machines.
///
/// `neg`, `abs`, `copysign`, loads, stores, constants and reinterpretations
/// are not among them: they are defined bit by bit.
pub(crate) fn open_nan(op: &Operator<'_>, class: OperatorClass) -> Option<Float> {
    use Operator::*;
    let open = matches!(
        class,
        OperatorClass::FloatAlu
            | OperatorClass::FloatMinMax
            | OperatorClass::FloatDiv
            | OperatorClass::FloatSqrt
            | OperatorClass::FloatRound
            | OperatorClass::FloatResize
    );
    open.then_some(match op {
        F32Add | F32Sub | F32Mul | F32Div | F32Min | F32Max | F32Sqrt | F32Ceil | F32Floor
        | F32Trunc | F32Nearest | F32DemoteF64 => Float::F32,
        _ => Float::F64,
    })
}

/// Replaces the float on top of the stack by the canonical NaN if it is a NaN,
/// by way of the local `scratch`.
pub(crate) fn canonicalise(float: Float, scratch: u32) -> [Instruction<'static>; 6] {
    let (canonical, equal) = match float {
        Float::F32 => (
            Instruction::F32Const(Ieee32::new(CANONICAL_F32)),
            Instruction::F32Eq,
        ),
        Float::F64 => (
            Instruction::F64Const(Ieee64::new(CANONICAL_F64)),
            Instruction::F64Eq,
        ),
    };
    let get = || Instruction::LocalGet(scratch);
    [
        Instruction::LocalTee(scratch),
        canonical,
        get(),
        get(),
        equal,
        Instruction::Select,
    ]
}
