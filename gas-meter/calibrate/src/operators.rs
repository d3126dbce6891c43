//! A workload for every operator class.

use crate::measure::Workload;

/// Copies of the operator in the loop's body.
const UNROLLED: usize = 100;
/// Rounds of the loop.
const ROUNDS: usize = 2_000;

/// What a body may use.
const FIELDS: &str = r#"
  (memory 4 128)
  (table 64 funcref)
  (elem (i32.const 0) $leaf $leaf $leaf $leaf)
  (elem $functions func $leaf $leaf)
  (data $bytes "some bytes to initialise memory with")
  (type $unary (func (param i32) (result i32)))
  (global $g (mut i32) (i32.const 1))
  (func $leaf (param i32) (result i32) (local.get 0))"#;

/// Name, what is done, and the same without the operator. `$i $j` are i32 locals,
/// `$l $m` i64, `$f $g` f32, `$d $e` f64.
const PAIRS: &[(&str, &str, &str)] = &[
    ("const", "(drop (i32.const 7))", ""),
    ("local", "(local.set $i (local.get $j))", ""),
    (
        "global.get",
        "(local.set $i (global.get $g))",
        "(local.set $i (local.get $j))",
    ),
    (
        "global.set",
        "(global.set $g (local.get $i))",
        "(local.set $j (local.get $i))",
    ),
    ("drop", "(drop (local.get $i))", ""),
    (
        "select",
        "(local.set $i (select (local.get $i) (local.get $j) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i32.add",
        "(local.set $i (i32.add (local.get $i) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.xor",
        "(local.set $l (i64.xor (local.get $l) (local.get $m)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.lt_s",
        "(local.set $i (i32.lt_s (local.get $i) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.eqz",
        "(local.set $i (i64.eqz (local.get $l)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i32.shl",
        "(local.set $i (i32.shl (local.get $i) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.rotl",
        "(local.set $l (i64.rotl (local.get $l) (local.get $m)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.clz",
        "(local.set $i (i32.clz (local.get $i)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.popcnt",
        "(local.set $l (i64.popcnt (local.get $l)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.extend8_s",
        "(local.set $i (i32.extend8_s (local.get $i)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.extend_i32_u",
        "(local.set $l (i64.extend_i32_u (local.get $i)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.wrap_i64",
        "(local.set $i (i32.wrap_i64 (local.get $l)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i32.mul",
        "(local.set $i (i32.mul (local.get $i) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.mul",
        "(local.set $l (i64.mul (local.get $l) (local.get $m)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.div_u",
        "(local.set $i (i32.div_u (local.get $i) (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.rem_s",
        "(local.set $l (i64.rem_s (local.get $l) (local.get $m)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "f32.add",
        "(local.set $f (f32.add (local.get $f) (local.get $g)))",
        "(local.set $f (local.get $g))",
    ),
    (
        "f64.mul",
        "(local.set $d (f64.mul (local.get $d) (local.get $e)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.min",
        "(local.set $d (f64.min (local.get $d) (local.get $e)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.div",
        "(local.set $d (f64.div (local.get $d) (local.get $e)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.sqrt",
        "(local.set $d (f64.sqrt (local.get $d)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.nearest",
        "(local.set $d (f64.nearest (local.get $d)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.lt",
        "(local.set $i (f64.lt (local.get $d) (local.get $e)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "f64.neg",
        "(local.set $d (f64.neg (local.get $d)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.copysign",
        "(local.set $d (f64.copysign (local.get $d) (local.get $e)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "f64.convert_i64_u",
        "(local.set $d (f64.convert_i64_u (local.get $l)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "i64.trunc_f64_s",
        "(local.set $l (i64.trunc_f64_s (local.get $e)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.trunc_sat_f32_u",
        "(local.set $i (i32.trunc_sat_f32_u (local.get $g)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "f32.demote_f64",
        "(local.set $f (f32.demote_f64 (local.get $e)))",
        "(local.set $f (local.get $g))",
    ),
    (
        "f64.promote_f32",
        "(local.set $d (f64.promote_f32 (local.get $g)))",
        "(local.set $d (local.get $e))",
    ),
    (
        "i64.reinterpret_f64",
        "(local.set $l (i64.reinterpret_f64 (local.get $e)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "i32.load",
        "(local.set $i (i32.load (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "i64.load",
        "(local.set $l (i64.load (local.get $j)))",
        "(local.set $l (local.get $m))",
    ),
    (
        "f64.store",
        "(f64.store (local.get $j) (local.get $e))",
        "(local.set $d (local.get $e))",
    ),
    (
        "i32.store8",
        "(i32.store8 (local.get $j) (local.get $i))",
        "(local.set $j (local.get $j))",
    ),
    (
        "memory.size",
        "(local.set $i (memory.size))",
        "(local.set $i (local.get $j))",
    ),
    (
        "br_if not taken",
        "(br_if 0 (local.get $z))",
        "(local.set $i (local.get $z))",
    ),
    ("br taken", "(block (br 0))", ""),
    (
        "if",
        "(if (local.get $j) (then nop))",
        "(local.set $i (local.get $j))",
    ),
    (
        "br_table",
        "(block (block (br_table 0 1 (local.get $j))))",
        "(local.set $i (local.get $j))",
    ),
    (
        "call",
        "(local.set $i (call $leaf (local.get $j)))",
        "(local.set $i (local.get $j))",
    ),
    (
        "call_indirect",
        "(local.set $i (call_indirect (type $unary) (local.get $j) (local.get $z)))",
        "(local.set $i (local.get $j))",
    ),
    ("data.drop", "(data.drop $bytes)", ""),
    (
        "memory.fill of 0",
        "(memory.fill (local.get $j) (local.get $j) (local.get $z))",
        "",
    ),
    (
        "memory.copy of 0",
        "(memory.copy (local.get $j) (local.get $j) (local.get $z))",
        "",
    ),
    (
        "memory.init of 8",
        "(memory.init $bytes (local.get $j) (local.get $z) (i32.const 8))",
        "",
    ),
    (
        "table.copy of 2",
        "(table.copy (local.get $j) (local.get $z) (i32.const 2))",
        "",
    ),
    (
        "table.init of 2",
        "(table.init $functions (local.get $j) (local.get $z) (i32.const 2))",
        "",
    ),
    (
        "memory.grow of 0",
        "(drop (memory.grow (local.get $z)))",
        "",
    ),
];

/// Name, what is done once in a round, rounds, and how many things that is.
const SIZED: &[(&str, &str, usize, u64)] = &[
    (
        "memory.fill, byte",
        "(memory.fill (i32.const 0) (local.get $i) (i32.const 200000))",
        200,
        200_000,
    ),
    (
        "memory.copy, byte",
        "(memory.copy (i32.const 0) (i32.const 100000) (i32.const 100000))",
        200,
        100_000,
    ),
    (
        "memory.grow, page",
        "(i32.store8 (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)) (i32.const 1))",
        100,
        1,
    ),
];

pub(crate) fn workloads() -> Vec<Workload> {
    let pairs = PAIRS.iter().map(|(name, with, without)| {
        let body = |part: &str| contract(&part.repeat(UNROLLED), ROUNDS);
        workload(name, body(with), body(without), (UNROLLED * ROUNDS) as u64)
    });
    let sized = SIZED.iter().map(|(name, with, rounds, each)| {
        let count = *rounds as u64 * each;
        workload(name, contract(with, *rounds), contract("", *rounds), count)
    });
    pairs.chain(sized).chain([pages(), locals()]).collect()
}

/// Access to a memory of `pages` in an order that no cache foresees. A load is
/// the hard case: the next address depends on what it brings.
fn scattered(operator: &str, pages: u32) -> Workload {
    let bytes = pages * 65536;
    let step = format!(
        "(local.set $i (i32.and (i32.const {mask})
           (i32.add (i32.mul (i32.xor (local.get $i) (local.get $j)) (i32.const 1664525))
             (i32.const 1013904223))))",
        mask = (bytes - 1) & !3,
    );
    let access = match operator {
        "i32.load" => "(local.set $j (i32.load (local.get $i)))",
        _ => "(i32.store (local.get $i) (local.get $n))",
    };
    let fields = FIELDS.replace("(memory 4 128)", &format!("(memory 4 {pages})"));
    let prologue = format!(
        "(if (i32.eqz (local.get $n)) (then
           (drop (memory.grow (i32.const {})))
           (memory.fill (i32.const 0) (i32.const 1) (i32.const {bytes}))))",
        pages - 4
    );
    let body = |access: &str| {
        let steps = format!("{step} {access}").repeat(UNROLLED);
        module(&fields, &format!("{prologue} {steps}"), ROUNDS)
    };
    let count = (UNROLLED * ROUNDS) as u64;
    workload(
        &format!("{operator}, {pages} pages"),
        body(access),
        body(""),
        count,
    )
}

/// Growing memory and touching every system page of it.
fn pages() -> Workload {
    let touch: String = (0..16)
        .map(|page| {
            let at = page * 4096;
            format!("(i32.store8 offset={at} (local.get $i) (i32.const 1))")
        })
        .collect();
    let grow =
        format!("(local.set $i (i32.mul (memory.grow (i32.const 1)) (i32.const 65536))) {touch}");
    workload(
        "memory.grow, page touched",
        contract(&grow, 100),
        contract("", 100),
        100,
    )
}

/// Entering a function with a thousand locals.
fn locals() -> Workload {
    let fields = |locals: usize| {
        let locals = "i64 ".repeat(locals);
        format!(
            "{FIELDS} (func $wide (result i64) (local {locals})
               (local.set 0 (i64.const 1)) (local.get 1))"
        )
    };
    let body = "(drop (call $wide))";
    let with = module(&fields(1_002), body, 10_000);
    let without = module(&fields(2), body, 10_000);
    workload("local declared", with, without, 10_000_000)
}

/// What no price of an operator can cover: the caches of the machine decide it,
/// not the operator. Shown, so that it is known; not held against the schedule.
pub(crate) fn hazards() -> Vec<Workload> {
    let loads = [4, 8, 16, 32, 64, 128, 256].map(|pages| ("i32.load", pages));
    let stores = [16, 64, 256].map(|pages| ("i32.store", pages));
    let both = loads.into_iter().chain(stores);
    both.map(|(operator, pages)| scattered(operator, pages))
        .collect()
}

fn workload(name: &str, with: String, without: String, count: u64) -> Workload {
    Workload {
        name: name.into(),
        with,
        without,
        count,
        input: Vec::new(),
        fresh_state: false,
    }
}

fn contract(body: &str, rounds: usize) -> String {
    module(FIELDS, body, rounds)
}

/// A contract that does `body` in `rounds` rounds.
fn module(fields: &str, body: &str, rounds: usize) -> String {
    format!(
        r#"(module {fields}
  (func (export "call")
    (local $i i32) (local $j i32) (local $z i32) (local $n i32)
    (local $l i64) (local $m i64) (local $f f32) (local $g f32) (local $d f64) (local $e f64)
    (local.set $i (i32.const 40)) (local.set $j (i32.const 16))
    (local.set $l (i64.const 1234567)) (local.set $m (i64.const 89))
    (local.set $f (f32.const 1.5)) (local.set $g (f32.const 1.25))
    (local.set $d (f64.const 1.5)) (local.set $e (f64.const 1.125))
    (loop $round
      {body}
      (br_if $round (i32.lt_u
        (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {rounds}))))
    (global.set 0 (local.get $i))
    (i64.store (i32.const 0) (local.get $l))
    (f32.store (i32.const 8) (local.get $f))
    (f64.store (i32.const 16) (local.get $d))))"#
    )
}
