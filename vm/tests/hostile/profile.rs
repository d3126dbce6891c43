//! Cases 19 to 24: what is outside the profile, and what would reach behind it.

use hull_vm::{CallResult, Rule};

use crate::support::work::alone;
use crate::support::{Chain, TIERS, contract, on_each_tier, wasm};

fn chain() -> Chain {
    Chain::on(TIERS[0])
}

/// A module in text form with an entry point and the given fields.
fn module(fields: &str) -> Vec<u8> {
    wasm(&format!(r#"(module {fields} (func (export "call")))"#))
}

#[test]
fn case_19_every_refused_proposal() {
    let _alone = alone();
    let mut chain = chain();
    for (rule, function, fields) in [
        (Rule::NoThreads, None, "(memory 1 1 shared)"),
        (
            Rule::NoThreads,
            Some(0),
            "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        ),
        (Rule::NoThreads, Some(0), "(func atomic.fence)"),
        (
            Rule::NoSimd,
            Some(0),
            "(func (drop (i32x4.splat (i32.const 0))))",
        ),
        (Rule::NoSimd, Some(0), "(func (local v128))"),
        (Rule::NoSimd, None, "(global v128 (v128.const i64x2 0 0))"),
        (
            Rule::NoRelaxedSimd,
            Some(0),
            "(func (drop (i8x16.relaxed_swizzle (i8x16.splat (i32.const 0)) (i8x16.splat (i32.const 0)))))",
        ),
        (Rule::NoTailCalls, Some(0), "(func (return_call 0))"),
        (
            Rule::NoTailCalls,
            Some(0),
            "(table 1 funcref) (func (return_call_indirect (i32.const 0)))",
        ),
        (Rule::NoExceptions, None, "(tag)"),
        (Rule::NoExceptions, None, "(tag) (func (throw 0))"),
        (Rule::NoExceptions, Some(0), "(func try end)"),
        (Rule::NoExceptions, Some(0), "(func (try_table))"),
        (Rule::NoGc, None, "(type (struct (field i32)))"),
        (Rule::NoGc, None, "(type (array i8))"),
        (Rule::NoGc, Some(0), "(func (drop (ref.i31 (i32.const 0))))"),
        (Rule::NoMemory64, None, "(memory i64 1)"),
        (Rule::NoMemory64, None, "(table i64 1 funcref)"),
        (Rule::OneMemory, None, "(memory 1) (memory 1)"),
        (Rule::NoReferences, None, "(func (param externref))"),
        (Rule::NoReferences, None, "(global funcref (ref.null func))"),
        (Rule::NoReferences, Some(0), "(func (local externref))"),
        (Rule::NoReferences, Some(0), "(func (drop (ref.null func)))"),
        (
            Rule::NoReferences,
            Some(0),
            "(table 1 funcref) (func (drop (table.get (i32.const 0))))",
        ),
        (
            Rule::NoReferences,
            Some(0),
            "(table 1 funcref) (func (drop (table.size)))",
        ),
        (
            Rule::NoReferences,
            Some(0),
            "(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))",
        ),
        (
            Rule::NoReferences,
            Some(0),
            "(table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) (i32.const 1)))",
        ),
        (
            Rule::NoReferences,
            Some(0),
            "(func (drop (select (result i32) (i32.const 0) (i32.const 0) (i32.const 0))))",
        ),
        (Rule::NoReferences, None, "(table 1 externref)"),
        (
            Rule::NoReferences,
            None,
            "(elem externref (ref.null extern))",
        ),
        (
            Rule::NoReferences,
            Some(0),
            "(type $t (func)) (func (call_ref $t (ref.null $t)))",
        ),
        (
            Rule::NoReferences,
            None,
            "(table 1 funcref) (table 1 funcref)",
        ),
        (
            Rule::NoProposals,
            None,
            "(global i32 (i32.add (i32.const 1) (i32.const 1)))",
        ),
        (Rule::NoProposals, None, "(memory 1 (pagesize 1))"),
        (
            Rule::NoProposals,
            Some(0),
            "(func (i64.add128 (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)) drop drop)",
        ),
        (Rule::NoStart, None, "(func $f) (start $f)"),
    ] {
        let wasm = module(fields);
        let refused = chain
            .vm
            .admit(&wasm)
            .map_err(|error| (error.rule, error.function));
        assert_eq!(refused.err(), Some((rule, function)), "{fields}");
        chain.refuses(&wasm, rule, function, "");
    }
    // A component is not a module.
    chain.refuses(&wasm("(component)"), Rule::Valid, None, "");
    // A module that needs two proposals is refused for one of them.
    let two = module("(memory 1 1 shared) (func (return_call 0))");
    let rule = chain.refusal(&two).rule;
    assert!(
        [Rule::NoThreads, Rule::NoTailCalls].contains(&rule),
        "{rule:?}"
    );
    // Nothing, and nonsense.
    for odd in [
        &b""[..],
        b"\0asm",
        b"\0asm\x02\0\0\0",
        b"#!/bin/sh",
        &[0xff; 100],
    ] {
        chain.refuses(odd, Rule::Valid, None, "");
    }
}

#[test]
fn case_20_v128_parameters() {
    let _alone = alone();
    let mut chain = chain();
    for ty in ["(param v128)", "(result v128)"] {
        let wasm = module(&format!("(type (func {ty}))"));
        let offset = chain.refuses(&wasm, Rule::NoSimd, None, "a value of type v128");
        assert_eq!(
            wasm[offset as usize], 0x60,
            "the offset is that of the type"
        );
    }
    let wasm = module(r#"(import "hull" "caller" (func (param v128)))"#);
    chain.refuses(&wasm, Rule::NoSimd, None, "a value of type v128");
}

/// Every float has one bit pattern: what the specification leaves open is the
/// positive canonical NaN, and signs are moved bit by bit.
#[test]
fn case_21_the_bits_of_a_nan() {
    const CANONICAL: u64 = 0x7ff8_0000_0000_0000;
    const CANONICAL_32: u64 = 0x7fc0_0000;

    let _alone = alone();
    let outcomes = on_each_tier(|chain| {
        let contract = chain.deploy_wasm(&contract(
            r#"(module
              (import "hull" "input" (func $input (param i32 i32 i32)))
              (import "hull" "return_data" (func $return (param i32 i32)))
              (memory 1)
              (func $x (result f64) (f64.load (i32.const 0)))
              (func $y (result f64) (f64.load (i32.const 8)))
              (func (export "call")
                (call $input (i32.const 0) (i32.const 0) (i32.const 16))
                (f64.store (i32.const 16)
                  (f64.copysign (f64.div (call $x) (call $y)) (call $y)))
                (f64.store (i32.const 24) (f64.div (f64.copysign (call $x) (call $y)) (call $y)))
                (f64.store (i32.const 32) (f64.neg (f64.div (call $x) (call $y))))
                (f64.store (i32.const 40) (f64.copysign (call $x) (call $y)))
                (i64.store (i32.const 48)
                  (i64.extend_i32_u (i32.reinterpret_f32 (f32.demote_f64 (call $x)))))
                (f64.store (i32.const 56)
                  (f64.promote_f32 (f32.reinterpret_i32 (i32.load (i32.const 4)))))
                (call $return (i32.const 16) (i32.const 48))))"#,
        ));
        let nans = [
            CANONICAL,
            CANONICAL | 1 << 63,
            CANONICAL | 1,
            0x7ff0_0000_0000_0001,
        ];
        let plain = [0.0f64, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY];
        let values: Vec<u64> = nans.into_iter().chain(plain.map(f64::to_bits)).collect();
        for (x, y) in values
            .iter()
            .flat_map(|x| values.iter().map(move |y| (*x, *y)))
        {
            let input = [x.to_le_bytes(), y.to_le_bytes()].concat();
            let outcome = chain.call(contract, &input);
            assert_eq!(outcome.result, CallResult::Success);
            let found: Vec<u64> = (outcome.data.chunks_exact(8))
                .map(|bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")))
                .collect();
            let (fx, fy) = (f64::from_bits(x), f64::from_bits(y));
            let canonical = |value: f64| {
                if value.is_nan() {
                    CANONICAL
                } else {
                    value.to_bits()
                }
            };
            let copysign = |to: u64, from: u64| to & !(1 << 63) | from & 1 << 63;
            let quotient = canonical(fx / fy);
            let narrow = fx as f32;
            let wide = f32::from_bits((x >> 32) as u32);
            let expected = [
                copysign(quotient, y),
                canonical(f64::from_bits(copysign(x, y)) / fy),
                quotient ^ 1 << 63,
                copysign(x, y),
                if narrow.is_nan() {
                    CANONICAL_32
                } else {
                    narrow.to_bits().into()
                },
                canonical(f64::from(wide)),
            ];
            assert_eq!(found, expected, "{x:#x} and {y:#x}");
        }
        chain.assert_alive();
        chain.call(contract, &[0; 16])
    });
    assert_eq!(outcomes.result, CallResult::Success);
}

#[test]
fn case_22_names_of_the_meter() {
    let _alone = alone();
    let mut chain = chain();
    for name in ["gas", "frames", "reset", "", "anything"] {
        for field in [
            r#"(func (export "NAME"))"#,
            r#"(memory (export "NAME") 1)"#,
            r#"(table (export "NAME") 1 funcref)"#,
            r#"(global (export "NAME") i64 (i64.const 0))"#,
        ] {
            let wasm = module(&field.replace("NAME", &format!("\\01hull:{name}")));
            chain.refuses(&wasm, Rule::Exports, None, r"\u{1}hull:");
        }
        for (from, import) in [
            ("hull", format!("\\01hull:{name}")),
            ("\\01hull:", name.into()),
        ] {
            let wasm = module(&format!(r#"(import "{from}" "{import}" (func))"#));
            chain.refuses(&wasm, Rule::Imports, None, "is no host function");
        }
    }
    // A name that only looks like it is a name like any other, and not the meter's.
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module
              (global (export "hull:gas") i64 (i64.const 1))
              (func (export "hull:reset") unreachable)
              (func (export "call")))"#,
        );
        let outcomes = [chain.call(contract, &[]), chain.call(contract, &[])];
        assert_eq!(outcomes[0].result, CallResult::Success);
        assert_eq!(outcomes[0], outcomes[1]);
        outcomes
    });
}

#[test]
fn case_23_reaching_for_the_meter() {
    let _alone = alone();
    let mut chain = chain();
    for kind in [
        "(memory 1)",
        "(table 1 funcref)",
        "(global i64)",
        "(global (mut i64))",
    ] {
        for name in ["memory", "gas", "\\01hull:gas"] {
            let wasm = module(&format!(r#"(import "hull" "{name}" {kind})"#));
            chain.refuses(&wasm, Rule::Imports, None, "is not a function");
        }
    }
    let exported = r#"(global (export "g") (mut i64) (i64.const 0))"#;
    chain.refuses(
        &module(exported),
        Rule::Exports,
        None,
        "the mutable global g is exported",
    );

    // The pass appends its globals, its functions, its locals and its types. None
    // of their indices is valid in the contract.
    let own = "(global (mut i64) (i64.const 0)) (memory 1)";
    for (code, found) in [
        (
            "(global.set 1 (i64.const 0x3fffffffffffffff))",
            "unknown global",
        ),
        ("(global.set 2 (i32.const 0x7fffffff))", "unknown global"),
        ("(drop (global.get 1))", "unknown global"),
        ("(call 2)", "unknown function"),
        ("(drop (local.get 0))", "unknown local"),
        ("(local.set 1 (i64.const 0))", "unknown local"),
        ("(drop (block (type 1) (i64.const 0)))", "unknown type"),
        ("(br 1)", "unknown label"),
    ] {
        let wasm = module(&format!("{own} (func {code})"));
        chain.refuses(&wasm, Rule::Valid, Some(0), found);
    }
    for export in [
        "(global 1)",
        "(global 2)",
        "(func 9)",
        "(memory 1)",
        "(table 0)",
    ] {
        let wasm = module(&format!(r#"{own} (export "e" {export})"#));
        chain.refuses(&wasm, Rule::Valid, None, "unknown");
    }
}

#[test]
fn case_24_mangled_import_prefixes() {
    let _alone = alone();
    let mut chain = chain();
    let plain = r#"(import "hull" "block_height" (func (result i64)))"#;
    assert!(chain.vm.admit(&module(plain)).is_ok());
    for (from, name) in [
        ("", "block_height"),
        ("Hull", "block_height"),
        ("HULL", "block_height"),
        (" hull", "block_height"),
        ("hull ", "block_height"),
        ("hull\\00", "block_height"),
        ("hull\\00x", "block_height"),
        ("hull.", "block_height"),
        ("hull:block_height", ""),
        ("hull.block_height", ""),
        ("./hull", "block_height"),
        ("hu\\6cl\\cc\\81", "block_height"),
        ("\\d2\\bbull", "block_height"),
        ("\\ef\\bb\\bfhull", "block_height"),
        ("hull\\e2\\80\\8b", "block_height"),
        ("env", "block_height"),
        ("wasi_snapshot_preview1", "proc_exit"),
        ("seal0", "seal_return"),
        ("__wbindgen_placeholder__", "__wbindgen_throw"),
        ("hull", ""),
        ("hull", "Block_height"),
        ("hull", "block_height "),
        ("hull", "block_height\\00"),
        ("hull", "block_height@1"),
        ("hull", "_block_height"),
        ("hull", "__hull_block_height"),
        ("hull", "hull.block_height"),
        ("hull", "_ZN4hull12block_height17h0123456789abcdefE"),
        ("hull", "r#call"),
        ("hull", "../block_height"),
        ("hull", "block_height\\0a"),
    ] {
        let wasm = module(&format!(
            r#"(import "{from}" "{name}" (func (result i64)))"#
        ));
        chain.refuses(&wasm, Rule::Imports, None, "is no host function");
        let text = chain.refusal(&wasm).to_string();
        assert!(text.chars().all(|letter| !letter.is_control()), "{text:?}");
    }
    let other = r#"(import "hull" "block_height" (func (param i32) (result i64)))"#;
    let found = "is imported as (func (param i32) (result i64)), it is (func (result i64))";
    chain.refuses(&module(other), Rule::Imports, None, found);
    // Once under a good name and once under a mangled one.
    let both = format!(r#"{plain} (import "hull\00" "block_height" (func (result i64)))"#);
    chain.refuses(&module(&both), Rule::Imports, None, "hull\\0.block_height");
}
