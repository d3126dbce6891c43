//! Values of a script, bit by bit and without an engine.

use std::fmt;

use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};
use wast::{WastArg, WastRet};

/// The one NaN that an operator may produce where the specification leaves the
/// bits open.
const NAN_F32: u32 = 0x7fc0_0000;
const NAN_F64: u64 = 0x7ff8_0000_0000_0000;

/// A value that goes into or comes out of a module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    I32(u32),
    I64(u64),
    /// By its bits.
    F32(u32),
    /// By its bits.
    F64(u64),
    NullFunc,
    NullExtern,
    /// A reference to something of the script's, known by a number.
    Extern(u32),
    /// A reference to some function.
    Func,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::I32(bits) => write!(f, "i32:{bits:#x}"),
            Self::I64(bits) => write!(f, "i64:{bits:#x}"),
            Self::F32(bits) => write!(f, "f32:{bits:#010x}"),
            Self::F64(bits) => write!(f, "f64:{bits:#018x}"),
            Self::NullFunc => f.write_str("null funcref"),
            Self::NullExtern => f.write_str("null externref"),
            Self::Extern(number) => write!(f, "externref:{number}"),
            Self::Func => f.write_str("funcref"),
        }
    }
}

impl Value {
    /// An argument of a script.
    pub(crate) fn of(arg: &WastArg<'_>) -> Self {
        let WastArg::Core(arg) = arg else {
            panic!("an argument of a component");
        };
        match arg {
            WastArgCore::I32(value) => Self::I32(*value as u32),
            WastArgCore::I64(value) => Self::I64(*value as u64),
            WastArgCore::F32(value) => Self::F32(value.bits),
            WastArgCore::F64(value) => Self::F64(value.bits),
            WastArgCore::RefNull(heap) if is_func(heap) => Self::NullFunc,
            WastArgCore::RefNull(_) => Self::NullExtern,
            WastArgCore::RefExtern(number) => Self::Extern(*number),
            other => panic!("an argument outside of the suites: {other:?}"),
        }
    }

    /// Whether this is what a script expects.
    ///
    /// `nan:canonical` and `nan:arithmetic` are where the specification leaves
    /// bits open, so here both stand for one NaN.
    pub(crate) fn is(self, expected: &WastRet<'_>) -> bool {
        let WastRet::Core(expected) = expected else {
            panic!("a result of a component");
        };
        match (self, expected) {
            (Self::I32(found), WastRetCore::I32(wanted)) => found == *wanted as u32,
            (Self::I64(found), WastRetCore::I64(wanted)) => found == *wanted as u64,
            (Self::F32(found), WastRetCore::F32(wanted)) => match wanted {
                NanPattern::Value(wanted) => found == wanted.bits,
                NanPattern::CanonicalNan | NanPattern::ArithmeticNan => found == NAN_F32,
            },
            (Self::F64(found), WastRetCore::F64(wanted)) => match wanted {
                NanPattern::Value(wanted) => found == wanted.bits,
                NanPattern::CanonicalNan | NanPattern::ArithmeticNan => found == NAN_F64,
            },
            (Self::NullFunc | Self::NullExtern, WastRetCore::RefNull(None)) => true,
            (Self::NullFunc, WastRetCore::RefNull(Some(heap))) => is_func(heap),
            (Self::NullExtern, WastRetCore::RefNull(Some(heap))) => !is_func(heap),
            (Self::Extern(found), WastRetCore::RefExtern(wanted)) => {
                wanted.is_none_or(|wanted| wanted == found)
            }
            (Self::Func, WastRetCore::RefFunc(None)) => true,
            _ => false,
        }
    }
}

fn is_func(heap: &HeapType<'_>) -> bool {
    matches!(
        heap,
        HeapType::Abstract {
            ty: AbstractHeapType::Func,
            ..
        }
    )
}
