//! Values by their bits, so that equality is what a chain means by it.

/// A type of the deterministic profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `i32`.
    I32,
    /// `i64`.
    I64,
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

/// A value, floats as their bits: two NaNs are equal only if they are the same.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// An `i32`.
    I32(u32),
    /// An `i64`.
    I64(u64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
}

impl Value {
    /// The bits, padded with zeros.
    pub fn bits(self) -> u64 {
        match self {
            Self::I32(bits) | Self::F32(bits) => bits.into(),
            Self::I64(bits) | Self::F64(bits) => bits,
        }
    }

    /// The value of a type that has these bits, cut where they are too many.
    pub fn from_bits(ty: Type, bits: u64) -> Self {
        match ty {
            Type::I32 => Self::I32(bits as u32),
            Type::I64 => Self::I64(bits),
            Type::F32 => Self::F32(bits as u32),
            Type::F64 => Self::F64(bits),
        }
    }

    /// Whether it is a float that is not a number.
    pub fn is_nan(self) -> bool {
        match self {
            Self::F32(bits) => f32::from_bits(bits).is_nan(),
            Self::F64(bits) => f64::from_bits(bits).is_nan(),
            Self::I32(_) | Self::I64(_) => false,
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::I32(bits) => write!(f, "i32 {bits:#x}"),
            Self::I64(bits) => write!(f, "i64 {bits:#x}"),
            Self::F32(bits) => write!(f, "f32 {bits:#x} ({})", f32::from_bits(*bits)),
            Self::F64(bits) => write!(f, "f64 {bits:#x} ({})", f64::from_bits(*bits)),
        }
    }
}

/// The type in words of `wasmparser`; `None` outside of the profile.
pub(crate) fn profile_type(ty: wasmparser::ValType) -> Option<Type> {
    match ty {
        wasmparser::ValType::I32 => Some(Type::I32),
        wasmparser::ValType::I64 => Some(Type::I64),
        wasmparser::ValType::F32 => Some(Type::F32),
        wasmparser::ValType::F64 => Some(Type::F64),
        wasmparser::ValType::V128 | wasmparser::ValType::Ref(_) => None,
    }
}
