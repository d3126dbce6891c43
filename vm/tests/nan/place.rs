//! Where operands come from and where results go: the functions under test.

use std::fmt::Write;

use crate::operator::{Operator, Type, f32_of, open_32, open_64, operators};

/// Where operands come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Bits,
    Memory,
    Local,
    /// Parameters of a function that returns the result.
    Parameter,
}

impl Source {
    /// Code that puts the operands, whose bits are in the first two locals, in
    /// their place.
    fn before(self, of: Type) -> String {
        let each = |index: usize| match self {
            Self::Bits | Self::Parameter => String::new(),
            Self::Memory => format!("(i64.store (i32.const {}) (local.get {index}))", index * 8),
            Self::Local => format!("(local.set $operand{index} {})", of_local(of, index)),
        };
        each(0) + &each(1)
    }

    /// Code for an operand.
    fn operand(self, of: Type, index: usize) -> String {
        match self {
            Self::Bits => of_local(of, index),
            Self::Memory => format!("({}.load (i32.const {}))", of.name(), index * 8),
            Self::Local => format!("(local.get $operand{index})"),
            Self::Parameter => format!("(local.get {index})"),
        }
    }
}

/// Code for the value whose bits are in a local.
fn of_local(of: Type, index: usize) -> String {
    of.of_bits(&format!("(local.get {index})"))
}

pub(crate) const SOURCES: [Source; 4] = [
    Source::Bits,
    Source::Memory,
    Source::Local,
    Source::Parameter,
];

/// What becomes of a float result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    Value,
    Memory,
    Local,
    Global,
    Call,
    CallIndirect,
    Select,
    Branch,
    If,
    Neg,
    Abs,
    SignOf,
    SignFor,
    Resize,
    Add,
}

pub(crate) const SINKS: [Sink; 15] = [
    Sink::Value,
    Sink::Memory,
    Sink::Local,
    Sink::Global,
    Sink::Call,
    Sink::CallIndirect,
    Sink::Select,
    Sink::Branch,
    Sink::If,
    Sink::Neg,
    Sink::Abs,
    Sink::SignOf,
    Sink::SignFor,
    Sink::Resize,
    Sink::Add,
];

impl Sink {
    /// Statements, and then an expression for bits, for a value of type `ty`.
    pub(crate) fn code(self, ty: Type, value: &str) -> String {
        let t = ty.name();
        // True, but no compiler can know.
        let yes = "(global.get $yes)";
        let other = ty.constant(0);
        let bits = |code: String| ty.to_bits(&code);
        match self {
            Self::Value => bits(value.to_owned()),
            Self::Memory => {
                let load = if ty == Type::F32 {
                    "i64.load32_u"
                } else {
                    "i64.load"
                };
                format!("({t}.store (i32.const 16) {value}) ({load} (i32.const 16))")
            }
            Self::Local => {
                format!(
                    "(local.set ${t} {value}) {}",
                    bits(format!("(local.get ${t})"))
                )
            }
            Self::Global => {
                format!(
                    "(global.set ${t} {value}) {}",
                    bits(format!("(global.get ${t})"))
                )
            }
            Self::Call => bits(format!("(call $same_{t} {value})")),
            Self::CallIndirect => {
                let index = i32::from(ty == Type::F64);
                bits(format!(
                    "(call_indirect (type $same_{t}) {value} (i32.const {index}))"
                ))
            }
            Self::Select => bits(format!("(select {value} {other} {yes})")),
            Self::Branch => bits(format!(
                "(block (result {t}) (br_if 0 {value} {yes}) (drop) {other})"
            )),
            Self::If => bits(format!(
                "(if (result {t}) {yes} (then {value}) (else {other}))"
            )),
            Self::Neg => bits(format!("({t}.neg {value})")),
            Self::Abs => bits(format!("({t}.abs {value})")),
            Self::SignOf => bits(format!("({t}.copysign ({t}.const 1) {value})")),
            Self::SignFor => bits(format!("({t}.copysign {value} ({t}.const -1))")),
            Self::Resize if ty == Type::F32 => {
                Type::F64.to_bits(&format!("(f64.promote_f32 {value})"))
            }
            Self::Resize => Type::F32.to_bits(&format!("(f32.demote_f64 {value})")),
            Self::Add => bits(format!("({t}.add {value} ({t}.const 0))")),
        }
    }

    /// What [`code`](Self::code) must give for a value with these bits.
    pub(crate) fn model(self, ty: Type, bits: u64) -> u64 {
        let narrow = ty == Type::F32;
        let sign = if narrow { 1 << 31 } else { 1 << 63 };
        let one = if narrow {
            1f32.to_bits().into()
        } else {
            1f64.to_bits()
        };
        match self {
            Self::Neg => bits ^ sign,
            Self::Abs => bits & !sign,
            Self::SignOf => one | (bits & sign),
            Self::SignFor => bits | sign,
            Self::Resize if narrow => open_64(f32_of(bits).into()).expect("a float"),
            Self::Resize => open_32(f64::from_bits(bits) as f32).expect("a float"),
            Self::Add if narrow => open_32(f32_of(bits) + 0.0).expect("a float"),
            Self::Add => open_64(f64::from_bits(bits) + 0.0).expect("a float"),
            _ => bits,
        }
    }
}

/// An exported function `(i64, i64) -> i64` of bits.
pub(crate) struct Case {
    pub(crate) operator: Operator,
    source: Source,
    sink: Sink,
}

impl Case {
    pub(crate) fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for operator in operators() {
            let float = matches!(operator.result, Type::F32 | Type::F64);
            let sinks = if float { &SINKS[..] } else { &[Sink::Value] };
            for source in SOURCES {
                cases.extend(sinks.iter().map(|&sink| Self {
                    operator,
                    source,
                    sink,
                }));
            }
        }
        cases
    }

    pub(crate) fn name(&self) -> String {
        format!("{} {:?} {:?}", self.operator.name, self.source, self.sink)
    }

    pub(crate) fn code(&self) -> String {
        let Operator {
            name,
            of,
            result,
            operands,
            ..
        } = self.operator;
        let (t, source) = (of.name(), self.source);
        let taken: String = (0..operands)
            .map(|index| source.operand(of, index))
            .collect();
        let value = format!("({name} {taken})");
        let (inner, value) = match source {
            Source::Parameter => {
                let inner = format!("${}", self.name().replace(' ', "_"));
                let call = format!("(call {inner} {} {})", of_local(of, 0), of_local(of, 1));
                let r = result.name();
                (
                    format!("(func {inner} (param {t} {t}) (result {r}) {value})"),
                    call,
                )
            }
            _ => (String::new(), value),
        };
        let (before, bits) = (source.before(of), self.sink.code(result, &value));
        let outer = self.name();
        format!(
            "{inner}
             (func (export {outer:?}) (param i64 i64) (result i64)
               (local $f32 f32) (local $f64 f64) (local $operand0 {t}) (local $operand1 {t})
               {before} {bits})"
        )
    }

    pub(crate) fn model(&self, a: u64, b: u64) -> Option<u64> {
        let bits = (self.operator.model)(a, b)?;
        Some(self.sink.model(self.operator.result, bits))
    }
}

pub(crate) fn module(functions: impl Iterator<Item = String>) -> String {
    let mut module = "(module
        (memory 1)
        (table funcref (elem $same_f32 $same_f64))
        (global $yes (mut i32) (i32.const 1))"
        .to_owned();
    for t in ["f32", "f64"] {
        let _ = write!(
            module,
            "(global ${t} (mut {t}) ({t}.const 0))
             (type $same_{t} (func (param {t}) (result {t})))
             (func $same_{t} (param {t}) (result {t}) (local.get 0))"
        );
    }
    functions.for_each(|function| module.push_str(&function));
    module + ")"
}
