//! Operator classes: operators that cost the same because they do the same
//! kind of work on both tiers.

use wasmparser::Operator;

/// A class of operators that share one price.
///
/// The classes are as fine as the measured differences: `calibrate` has a
/// workload for each, and two operators are in one class only if neither tier
/// tells them apart by much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OperatorClass {
    /// Shapes the code and does no work of its own: `block`, `loop`, `else`,
    /// `end`, `nop`, and `unreachable`, which ends the call.
    Free,
    /// `i32.const`, `i64.const`, `f32.const`, `f64.const`.
    Const,
    /// `local.get`, `local.set`, `local.tee`.
    Local,
    /// `global.get`, `global.set`.
    Global,
    /// `drop`.
    Drop,
    /// `select`, typed or not.
    Select,
    /// Integer addition, subtraction and bitwise logic.
    IntAlu,
    /// Integer comparisons and `eqz`.
    IntCompare,
    /// Integer shifts and rotations.
    IntShift,
    /// `clz`, `ctz`, `popcnt`.
    IntCount,
    /// Wrapping, zero extension and sign extension.
    IntExtend,
    /// Integer multiplication.
    IntMul,
    /// Integer division and remainder.
    IntDiv,
    /// Float addition, subtraction and multiplication, NaN made canonical.
    FloatAlu,
    /// `min` and `max`, NaN made canonical.
    FloatMinMax,
    /// Float division, NaN made canonical.
    FloatDiv,
    /// `sqrt`, NaN made canonical.
    FloatSqrt,
    /// `ceil`, `floor`, `trunc`, `nearest`, NaN made canonical.
    FloatRound,
    /// Float comparisons.
    FloatCompare,
    /// `neg`, `abs`, `copysign`: bitwise.
    FloatSign,
    /// Integer to float.
    FloatConvert,
    /// Float to integer, trapping or saturating.
    FloatTruncate,
    /// `promote` and `demote`, NaN made canonical.
    FloatResize,
    /// Reinterpretations between integer and float of one width.
    Reinterpret,
    /// Loads from memory.
    Load,
    /// Stores to memory.
    Store,
    /// `memory.size` and `table.size`.
    Size,
    /// `memory.grow`, without its pages.
    MemoryGrow,
    /// `memory.fill`, `memory.copy`, `memory.init`, without their bytes.
    MemoryBulk,
    /// `data.drop` and `elem.drop`.
    SegmentDrop,
    /// `br`, `br_if`, `if`, `return`.
    Branch,
    /// `br_table`.
    BranchTable,
    /// `call`, without what the callee charges for itself.
    Call,
    /// `call_indirect`, without what the callee charges for itself.
    CallIndirect,
    /// `ref.null`, `ref.is_null`, `ref.func`.
    Ref,
    /// `table.get` and `table.set`.
    TableAccess,
    /// `table.grow`, without its elements.
    TableGrow,
    /// `table.fill`, `table.copy`, `table.init`, without their elements.
    TableBulk,
}

impl OperatorClass {
    /// How many classes there are.
    pub const COUNT: usize = Self::TableBulk as usize + 1;

    /// Every class, in declaration order.
    pub const ALL: [Self; Self::COUNT] = {
        use OperatorClass::*;
        [
            Free,
            Const,
            Local,
            Global,
            Drop,
            Select,
            IntAlu,
            IntCompare,
            IntShift,
            IntCount,
            IntExtend,
            IntMul,
            IntDiv,
            FloatAlu,
            FloatMinMax,
            FloatDiv,
            FloatSqrt,
            FloatRound,
            FloatCompare,
            FloatSign,
            FloatConvert,
            FloatTruncate,
            FloatResize,
            Reinterpret,
            Load,
            Store,
            Size,
            MemoryGrow,
            MemoryBulk,
            SegmentDrop,
            Branch,
            BranchTable,
            Call,
            CallIndirect,
            Ref,
            TableAccess,
            TableGrow,
            TableBulk,
        ]
    };
}

/// The class of `op`, or `None` if the pass does not know the operator and
/// therefore refuses it.
pub fn class_of(op: &Operator<'_>) -> Option<OperatorClass> {
    numeric_class(op).or_else(|| stateful_class(op))
}

/// Classes of operators that work on values alone.
fn numeric_class(op: &Operator<'_>) -> Option<OperatorClass> {
    use Operator::*;
    Some(match op {
        I32Const { .. } | I64Const { .. } | F32Const { .. } | F64Const { .. } => {
            OperatorClass::Const
        }
        I32Add | I32Sub | I32And | I32Or | I32Xor | I64Add | I64Sub | I64And | I64Or | I64Xor => {
            OperatorClass::IntAlu
        }
        I32Eqz | I32Eq | I32Ne | I32LtS | I32LtU | I32GtS | I32GtU | I32LeS | I32LeU | I32GeS
        | I32GeU | I64Eqz | I64Eq | I64Ne | I64LtS | I64LtU | I64GtS | I64GtU | I64LeS | I64LeU
        | I64GeS | I64GeU => OperatorClass::IntCompare,
        I32Shl | I32ShrS | I32ShrU | I32Rotl | I32Rotr | I64Shl | I64ShrS | I64ShrU | I64Rotl
        | I64Rotr => OperatorClass::IntShift,
        I32Clz | I32Ctz | I32Popcnt | I64Clz | I64Ctz | I64Popcnt => OperatorClass::IntCount,
        I32WrapI64 | I64ExtendI32S | I64ExtendI32U | I32Extend8S | I32Extend16S | I64Extend8S
        | I64Extend16S | I64Extend32S => OperatorClass::IntExtend,
        I32Mul | I64Mul => OperatorClass::IntMul,
        I32DivS | I32DivU | I32RemS | I32RemU | I64DivS | I64DivU | I64RemS | I64RemU => {
            OperatorClass::IntDiv
        }
        F32Add | F32Sub | F32Mul | F64Add | F64Sub | F64Mul => OperatorClass::FloatAlu,
        F32Min | F32Max | F64Min | F64Max => OperatorClass::FloatMinMax,
        F32Div | F64Div => OperatorClass::FloatDiv,
        F32Sqrt | F64Sqrt => OperatorClass::FloatSqrt,
        F32Ceil | F32Floor | F32Trunc | F32Nearest | F64Ceil | F64Floor | F64Trunc | F64Nearest => {
            OperatorClass::FloatRound
        }
        F32Eq | F32Ne | F32Lt | F32Gt | F32Le | F32Ge | F64Eq | F64Ne | F64Lt | F64Gt | F64Le
        | F64Ge => OperatorClass::FloatCompare,
        F32Neg | F32Abs | F32Copysign | F64Neg | F64Abs | F64Copysign => OperatorClass::FloatSign,
        F32ConvertI32S | F32ConvertI32U | F32ConvertI64S | F32ConvertI64U | F64ConvertI32S
        | F64ConvertI32U | F64ConvertI64S | F64ConvertI64U => OperatorClass::FloatConvert,
        I32TruncF32S | I32TruncF32U | I32TruncF64S | I32TruncF64U | I64TruncF32S | I64TruncF32U
        | I64TruncF64S | I64TruncF64U | I32TruncSatF32S | I32TruncSatF32U | I32TruncSatF64S
        | I32TruncSatF64U | I64TruncSatF32S | I64TruncSatF32U | I64TruncSatF64S
        | I64TruncSatF64U => OperatorClass::FloatTruncate,
        F32DemoteF64 | F64PromoteF32 => OperatorClass::FloatResize,
        I32ReinterpretF32 | I64ReinterpretF64 | F32ReinterpretI32 | F64ReinterpretI64 => {
            OperatorClass::Reinterpret
        }
        _ => return None,
    })
}

/// Classes of operators that touch control, variables, memory or tables.
fn stateful_class(op: &Operator<'_>) -> Option<OperatorClass> {
    use Operator::*;
    Some(match op {
        Block { .. } | Loop { .. } | Else | End | Nop | Unreachable => OperatorClass::Free,
        LocalGet { .. } | LocalSet { .. } | LocalTee { .. } => OperatorClass::Local,
        GlobalGet { .. } | GlobalSet { .. } => OperatorClass::Global,
        Drop => OperatorClass::Drop,
        Select | TypedSelect { .. } => OperatorClass::Select,
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
        | I64Load32U { .. } => OperatorClass::Load,
        I32Store { .. }
        | I64Store { .. }
        | F32Store { .. }
        | F64Store { .. }
        | I32Store8 { .. }
        | I32Store16 { .. }
        | I64Store8 { .. }
        | I64Store16 { .. }
        | I64Store32 { .. } => OperatorClass::Store,
        MemorySize { .. } | TableSize { .. } => OperatorClass::Size,
        MemoryGrow { .. } => OperatorClass::MemoryGrow,
        MemoryFill { .. } | MemoryCopy { .. } | MemoryInit { .. } => OperatorClass::MemoryBulk,
        DataDrop { .. } | ElemDrop { .. } => OperatorClass::SegmentDrop,
        Br { .. } | BrIf { .. } | If { .. } | Return => OperatorClass::Branch,
        BrTable { .. } => OperatorClass::BranchTable,
        Call { .. } => OperatorClass::Call,
        CallIndirect { .. } => OperatorClass::CallIndirect,
        RefNull { .. } | RefIsNull | RefFunc { .. } => OperatorClass::Ref,
        TableGet { .. } | TableSet { .. } => OperatorClass::TableAccess,
        TableGrow { .. } => OperatorClass::TableGrow,
        TableFill { .. } | TableCopy { .. } | TableInit { .. } => OperatorClass::TableBulk,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_class_at_its_own_index() {
        for (index, class) in OperatorClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }

    #[test]
    fn operators_outside_the_profile_have_no_class() {
        assert_eq!(class_of(&Operator::ReturnCall { function_index: 0 }), None);
        assert_eq!(class_of(&Operator::I32x4Add), None);
    }
}
