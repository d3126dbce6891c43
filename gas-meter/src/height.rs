//! How operators change the number of operands on the stack.

use wasmparser::Operator;

use crate::class::OperatorClass;

/// By how much an operator of `class` that is neither control nor a call
/// changes the number of operands.
pub(crate) fn height_change(op: &Operator<'_>, class: OperatorClass) -> i64 {
    match class {
        OperatorClass::Const | OperatorClass::Size => 1,
        OperatorClass::Local => match op {
            Operator::LocalGet { .. } => 1,
            Operator::LocalSet { .. } => -1,
            _ => 0,
        },
        OperatorClass::Global => match op {
            Operator::GlobalGet { .. } => 1,
            _ => -1,
        },
        OperatorClass::Ref => match op {
            Operator::RefIsNull => 0,
            _ => 1,
        },
        OperatorClass::IntCompare => match op {
            Operator::I32Eqz | Operator::I64Eqz => 0,
            _ => -1,
        },
        OperatorClass::FloatSign => match op {
            Operator::F32Copysign | Operator::F64Copysign => -1,
            _ => 0,
        },
        OperatorClass::TableAccess => match op {
            Operator::TableSet { .. } => -2,
            _ => 0,
        },
        OperatorClass::Drop
        | OperatorClass::IntAlu
        | OperatorClass::IntShift
        | OperatorClass::IntMul
        | OperatorClass::IntDiv
        | OperatorClass::FloatAlu
        | OperatorClass::FloatMinMax
        | OperatorClass::FloatDiv
        | OperatorClass::FloatCompare
        | OperatorClass::TableGrow => -1,
        OperatorClass::Select | OperatorClass::Store => -2,
        OperatorClass::MemoryBulk | OperatorClass::TableBulk => -3,
        OperatorClass::IntCount
        | OperatorClass::IntExtend
        | OperatorClass::FloatSqrt
        | OperatorClass::FloatRound
        | OperatorClass::FloatConvert
        | OperatorClass::FloatTruncate
        | OperatorClass::FloatResize
        | OperatorClass::Reinterpret
        | OperatorClass::Load
        | OperatorClass::MemoryGrow
        | OperatorClass::SegmentDrop => 0,
        // Control and calls depend on types; the scan handles them.
        OperatorClass::Free
        | OperatorClass::Branch
        | OperatorClass::BranchTable
        | OperatorClass::Call
        | OperatorClass::CallIndirect => 0,
    }
}
