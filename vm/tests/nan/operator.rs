//! The float operators, and what they must give.

/// The canonical NaNs.
pub(crate) const NAN_32: u32 = 0x7fc0_0000;
pub(crate) const NAN_64: u64 = 0x7ff8_0000_0000_0000;

/// Operands of 32 bits: quiet and signalling NaNs of both signs with the least,
/// the greatest and some payload, then numbers of which some make NaNs.
pub(crate) const OPERANDS_32: [u64; 20] = [
    0x7fc0_0000,
    0xffc0_0000,
    0x7fc0_0001,
    0xffc0_0001,
    0x7fff_ffff,
    0xffff_ffff,
    0x7f80_0001,
    0xff80_0001,
    0x7fa0_0000,
    0xffbf_ffff,
    0x0000_0000,
    0x8000_0000,
    0x3f80_0000,
    0xbf80_0000,
    0x7f80_0000,
    0xff80_0000,
    0x7f7f_ffff,
    0x0000_0001,
    0x3f00_0000,
    0xbfc0_0000,
];

/// As [`OPERANDS_32`], of 64 bits. The payload of the last NaN is lost when it
/// is made shorter.
pub(crate) const OPERANDS_64: [u64; 20] = [
    0x7ff8_0000_0000_0000,
    0xfff8_0000_0000_0000,
    0x7ff8_0000_0000_0001,
    0xfff8_0000_0000_0001,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
    0x7ff0_0000_0000_0001,
    0xfff0_0000_0000_0001,
    0x7ff4_0000_0000_0000,
    0xfff0_0000_1000_0000,
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x3ff0_0000_0000_0000,
    0xbff0_0000_0000_0000,
    0x7ff0_0000_0000_0000,
    0xfff0_0000_0000_0000,
    0x7fef_ffff_ffff_ffff,
    0x0000_0000_0000_0001,
    0x3fe0_0000_0000_0000,
    0xbff8_0000_0000_0000,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    I32,
    I64,
    F32,
    F64,
}

impl Type {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::I32 => "i32",
            Self::I64 => "i64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    pub(crate) fn operands(self) -> &'static [u64; 20] {
        match self {
            Self::I32 | Self::F32 => &OPERANDS_32,
            Self::I64 | Self::F64 => &OPERANDS_64,
        }
    }

    /// Code for a value of this type, given code for its bits as an `i64`.
    pub(crate) fn of_bits(self, bits: &str) -> String {
        match self {
            Self::I32 => format!("(i32.wrap_i64 {bits})"),
            Self::I64 => bits.to_owned(),
            Self::F32 => format!("(f32.reinterpret_i32 (i32.wrap_i64 {bits}))"),
            Self::F64 => format!("(f64.reinterpret_i64 {bits})"),
        }
    }

    /// Code for the bits of a value as an `i64`.
    pub(crate) fn to_bits(self, value: &str) -> String {
        match self {
            Self::I32 => format!("(i64.extend_i32_u {value})"),
            Self::I64 => value.to_owned(),
            Self::F32 => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
            Self::F64 => format!("(i64.reinterpret_f64 {value})"),
        }
    }

    /// Code for a constant.
    pub(crate) fn constant(self, bits: u64) -> String {
        let float = |number: f64, mantissa: u64, text: String| {
            let sign = if number.is_sign_negative() { "-" } else { "" };
            match number {
                number if number.is_nan() => format!("{sign}nan:{mantissa:#x}"),
                number if number.is_infinite() => format!("{sign}inf"),
                _ => text,
            }
        };
        let literal = match self {
            Self::I32 => (bits as i32).to_string(),
            Self::I64 => (bits as i64).to_string(),
            Self::F32 => {
                let value = f32_of(bits);
                let sign = f64::from_bits((bits >> 31) << 63);
                let wide = if value.is_nan() {
                    f64::NAN.copysign(sign)
                } else {
                    value.into()
                };
                float(wide, bits & 0x7f_ffff, format!("{value:e}"))
            }
            Self::F64 => {
                let value = f64::from_bits(bits);
                float(value, bits & 0xf_ffff_ffff_ffff, format!("{value:e}"))
            }
        };
        format!("({}.const {literal})", self.name())
    }
}

/// A float operator and what it must give.
#[derive(Clone, Copy)]
pub(crate) struct Operator {
    pub(crate) name: &'static str,
    pub(crate) operands: usize,
    pub(crate) of: Type,
    pub(crate) result: Type,
    /// The bits of the result, or `None` for a trap.
    pub(crate) model: fn(u64, u64) -> Option<u64>,
}

impl Operator {
    /// What it is tried on: all pairs, or all values with an unused one.
    pub(crate) fn operand_pairs(&self) -> Vec<(u64, u64)> {
        let values = self.of.operands();
        let second = if self.operands == 2 {
            &values[..]
        } else {
            &[0]
        };
        values
            .iter()
            .flat_map(|a| second.iter().map(|b| (*a, *b)))
            .collect()
    }
}

pub(crate) fn f32_of(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

/// The result of an operator that leaves a NaN open.
pub(crate) fn open_32(value: f32) -> Option<u64> {
    Some(
        if value.is_nan() {
            NAN_32
        } else {
            value.to_bits()
        }
        .into(),
    )
}

pub(crate) fn open_64(value: f64) -> Option<u64> {
    Some(if value.is_nan() {
        NAN_64
    } else {
        value.to_bits()
    })
}

/// `$float` operators under the names of `$name`, with `$get` and `$open` for
/// operand and result.
macro_rules! float_operators {
    ($list:ident, $name:literal, $ty:ident, $float:ty, $get:expr, $open:expr, $sign:expr) => {{
        macro_rules! unary {
            ($op:literal, $model:expr) => {
                $list.push(Operator {
                    name: concat!($name, ".", $op),
                    operands: 1,
                    of: Type::$ty,
                    result: Type::$ty,
                    model: |a, _| $open(($model as fn($float) -> $float)($get(a))),
                })
            };
        }
        macro_rules! binary {
            ($op:literal, $model:expr) => {
                $list.push(Operator {
                    name: concat!($name, ".", $op),
                    operands: 2,
                    of: Type::$ty,
                    result: Type::$ty,
                    model: |a, b| $open(($model as fn($float, $float) -> $float)($get(a), $get(b))),
                })
            };
        }
        macro_rules! compare {
            ($op:literal, $model:expr) => {
                $list.push(Operator {
                    name: concat!($name, ".", $op),
                    operands: 2,
                    of: Type::$ty,
                    result: Type::I32,
                    model: |a, b| {
                        Some(($model as fn(&$float, &$float) -> bool)(&$get(a), &$get(b)).into())
                    },
                })
            };
        }
        macro_rules! bitwise {
            ($op:literal, $operands:literal, $model:expr) => {
                $list.push(Operator {
                    name: concat!($name, ".", $op),
                    operands: $operands,
                    of: Type::$ty,
                    result: Type::$ty,
                    model: |a, b| Some(($model as fn(u64, u64) -> u64)(a, b)),
                })
            };
        }
        unary!("ceil", <$float>::ceil);
        unary!("floor", <$float>::floor);
        unary!("trunc", <$float>::trunc);
        unary!("nearest", <$float>::round_ties_even);
        unary!("sqrt", <$float>::sqrt);
        binary!("add", |a, b| a + b);
        binary!("sub", |a, b| a - b);
        binary!("mul", |a, b| a * b);
        binary!("div", |a, b| a / b);
        binary!("min", |a, b| match () {
            () if a.is_nan() || b.is_nan() => <$float>::NAN,
            () if a < b || (a == b && a.is_sign_negative()) => a,
            () => b,
        });
        binary!("max", |a, b| match () {
            () if a.is_nan() || b.is_nan() => <$float>::NAN,
            () if a > b || (a == b && a.is_sign_positive()) => a,
            () => b,
        });
        compare!("eq", <$float>::eq);
        compare!("ne", <$float>::ne);
        compare!("lt", <$float>::lt);
        compare!("gt", <$float>::gt);
        compare!("le", <$float>::le);
        compare!("ge", <$float>::ge);
        bitwise!("neg", 1, |a, _| a ^ $sign);
        bitwise!("abs", 1, |a, _| a & !$sign);
        bitwise!("copysign", 2, |a, b| (a & !$sign) | (b & $sign));
    }};
}

/// Conversions between floats and integers.
macro_rules! conversions {
    ($list:ident; $($name:literal: $of:ident -> $result:ident, $model:expr;)*) => {$(
        $list.push(Operator {
            name: $name,
            operands: 1,
            of: Type::$of,
            result: Type::$result,
            model: |a, _| ($model as fn(u64) -> Option<u64>)(a),
        });
    )*};
}

/// The bits of the integer part, if an integer of a type can hold it.
pub(crate) fn signed_32(value: f64) -> Option<u64> {
    const BEYOND: f64 = 2_147_483_648.0;
    let whole = value.trunc();
    (-BEYOND..BEYOND)
        .contains(&whole)
        .then_some((whole as i32 as u32).into())
}

pub(crate) fn unsigned_32(value: f64) -> Option<u64> {
    const BEYOND: f64 = 4_294_967_296.0;
    let whole = value.trunc();
    (0.0..BEYOND).contains(&whole).then_some(whole as u64)
}

pub(crate) fn signed_64(value: f64) -> Option<u64> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    let whole = value.trunc();
    (-BEYOND..BEYOND)
        .contains(&whole)
        .then_some(whole as i64 as u64)
}

pub(crate) fn unsigned_64(value: f64) -> Option<u64> {
    const BEYOND: f64 = 18_446_744_073_709_551_616.0;
    let whole = value.trunc();
    (0.0..BEYOND).contains(&whole).then_some(whole as u64)
}

pub(crate) fn operators() -> Vec<Operator> {
    let mut list = Vec::new();
    float_operators!(list, "f32", F32, f32, f32_of, open_32, 0x8000_0000);
    float_operators!(list, "f64", F64, f64, f64::from_bits, open_64, 1 << 63);
    conversions! { list;
        "f32.demote_f64": F64 -> F32, |a| open_32(f64::from_bits(a) as f32);
        "f64.promote_f32": F32 -> F64, |a| open_64(f32_of(a).into());
        "i32.reinterpret_f32": F32 -> I32, Some;
        "i64.reinterpret_f64": F64 -> I64, Some;
        "f32.reinterpret_i32": I32 -> F32, Some;
        "f64.reinterpret_i64": I64 -> F64, Some;
        "f32.convert_i32_s": I32 -> F32, |a| open_32(a as i32 as f32);
        "f32.convert_i32_u": I32 -> F32, |a| open_32(a as u32 as f32);
        "f32.convert_i64_s": I64 -> F32, |a| open_32(a as i64 as f32);
        "f32.convert_i64_u": I64 -> F32, |a| open_32(a as f32);
        "f64.convert_i32_s": I32 -> F64, |a| open_64((a as i32).into());
        "f64.convert_i32_u": I32 -> F64, |a| open_64((a as u32).into());
        "f64.convert_i64_s": I64 -> F64, |a| open_64(a as i64 as f64);
        "f64.convert_i64_u": I64 -> F64, |a| open_64(a as f64);
        "i32.trunc_f32_s": F32 -> I32, |a| signed_32(f32_of(a).into());
        "i32.trunc_f32_u": F32 -> I32, |a| unsigned_32(f32_of(a).into());
        "i32.trunc_f64_s": F64 -> I32, |a| signed_32(f64::from_bits(a));
        "i32.trunc_f64_u": F64 -> I32, |a| unsigned_32(f64::from_bits(a));
        "i64.trunc_f32_s": F32 -> I64, |a| signed_64(f32_of(a).into());
        "i64.trunc_f32_u": F32 -> I64, |a| unsigned_64(f32_of(a).into());
        "i64.trunc_f64_s": F64 -> I64, |a| signed_64(f64::from_bits(a));
        "i64.trunc_f64_u": F64 -> I64, |a| unsigned_64(f64::from_bits(a));
        "i32.trunc_sat_f32_s": F32 -> I32, |a| Some((f32_of(a) as i32 as u32).into());
        "i32.trunc_sat_f32_u": F32 -> I32, |a| Some((f32_of(a) as u32).into());
        "i32.trunc_sat_f64_s": F64 -> I32, |a| Some((f64::from_bits(a) as i32 as u32).into());
        "i32.trunc_sat_f64_u": F64 -> I32, |a| Some((f64::from_bits(a) as u32).into());
        "i64.trunc_sat_f32_s": F32 -> I64, |a| Some(f32_of(a) as i64 as u64);
        "i64.trunc_sat_f32_u": F32 -> I64, |a| Some(f32_of(a) as u64);
        "i64.trunc_sat_f64_s": F64 -> I64, |a| Some(f64::from_bits(a) as i64 as u64);
        "i64.trunc_sat_f64_u": F64 -> I64, |a| Some(f64::from_bits(a) as u64);
    }
    list
}
