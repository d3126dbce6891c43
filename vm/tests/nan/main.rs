//! The bits of NaNs.
//!
//! Where the specification leaves the sign and payload of a NaN open, the
//! meter's pass makes it the canonical positive one; everything else about
//! floats is defined bit by bit and stays so. Here every float operator gets
//! every kind of NaN from every kind of place, and its result goes to every
//! kind of place, on both tiers and an interpreter that run the same
//! instrumented bytes. What must come out is computed without any of them.

mod engine;
mod operator;
mod place;

use crate::engine::ENGINES;
use crate::operator::{Operator, operators};
use crate::place::{Case, module};

/// What came out, one result after the other.
#[derive(Default)]
struct Tally {
    right: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, what: impl FnOnce() -> String, found: Option<u64>, wanted: Option<u64>) {
        if found == wanted {
            self.right += 1;
        } else {
            let what = what();
            self.wrong
                .push(format!("{what}: {found:x?}, not {wanted:x?}"));
        }
    }

    fn conclude(self, name: &str) {
        println!(
            "nan {name}: {} right, {} wrong",
            self.right,
            self.wrong.len()
        );
        let shown = self.wrong.iter().take(20).map(|line| format!("\n  {line}"));
        assert!(
            self.wrong.is_empty(),
            "for example:{}",
            shown.collect::<String>()
        );
    }
}

#[test]
fn every_float_operator_gives_the_same_bits_everywhere() {
    let cases = Case::all();
    let wat = module(cases.iter().map(Case::code));
    let mut tally = Tally::default();
    for engine in ENGINES {
        let mut loaded = engine.load(&wat);
        for case in &cases {
            let (name, pairs) = (case.name(), case.operator.operand_pairs());
            for ((a, b), found) in pairs.iter().zip(loaded(&name, &pairs)) {
                let what = || format!("{engine:?}: {name} of {a:#x} {b:#x}");
                tally.add(what, found, case.model(*a, *b));
            }
        }
    }
    tally.conclude("values");
}

/// An optimising compiler computes with constants itself.
#[test]
fn constants_give_the_same_bits_as_values() {
    let mut cases = Vec::new();
    for operator in operators() {
        let pairs = operator.operand_pairs();
        cases.extend(pairs.into_iter().map(|(a, b)| (operator, a, b)));
    }
    let name = |operator: &Operator, a, b| format!("{} {a:x} {b:x}", operator.name);
    let functions = cases.iter().map(|(operator, a, b)| {
        let constants = [*a, *b].map(|bits| operator.of.constant(bits));
        let operands = constants[..operator.operands].concat();
        let value = format!("({} {operands})", operator.name);
        let (name, bits) = (name(operator, *a, *b), operator.result.to_bits(&value));
        format!("(func (export {name:?}) (param i64 i64) (result i64) {bits})")
    });
    let wat = module(functions);
    let mut tally = Tally::default();
    for engine in ENGINES {
        let mut loaded = engine.load(&wat);
        for (operator, a, b) in &cases {
            let name = name(operator, *a, *b);
            let found = loaded(&name, &[(0, 0)])[0];
            tally.add(
                || format!("{engine:?}: {name}"),
                found,
                (operator.model)(*a, *b),
            );
        }
    }
    tally.conclude("constants");
}

/// Names of the operators of the first specification and of saturating
/// conversion.
macro_rules! operator_names {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        [$((stringify!($proposal), stringify!($visit)),)*]
    };
}

/// The table is complete: whoever adds a float operator to the profile finds
/// it missing here.
#[test]
fn no_float_operator_is_left_out() {
    let wat = module(Case::all().iter().map(Case::code))
        // Constants have a test of their own.
        + "(f32.const (f64.const";
    let of_profile = wasmparser::for_each_operator!(operator_names)
        .into_iter()
        .filter(|(proposal, _)| ["mvp", "saturating_float_to_int"].contains(proposal));
    let mut floats = 0;
    for (_, visit) in of_profile {
        let name = visit.trim_start_matches("visit_").replacen('_', ".", 1);
        if name.contains("f32") || name.contains("f64") {
            floats += 1;
            assert!(wat.contains(&format!("({name} ")), "{name} is left out");
        }
    }
    assert_eq!(floats, 76, "float operators of the profile");
}
