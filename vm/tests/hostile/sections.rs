//! Cases 13 to 18: sections that are too many, too large, lying or damaged.

use std::fmt::Write;

use hull_vm::host_api::{CAPABILITIES_SECTION, Capabilities};
use hull_vm::{CallResult, Rule, limits};
use wasm_encoder::ValType;

use super::bounds::assert_bounded;
use super::modules::*;
use crate::support::work::alone;
use crate::support::{Chain, TIERS, contract, leb, on_each_tier, wasm, with_custom};

fn chain() -> Chain {
    Chain::on(TIERS[0])
}

/// A module in text form with an entry point and the given fields.
fn module(fields: &str) -> Vec<u8> {
    wasm(&format!(r#"(module {fields} (func (export "call")))"#))
}

/// The text of a field, many times, with its number for every `#`.
fn many(times: usize, field: &str) -> String {
    (0..times).fold(String::new(), |mut text, number| {
        text.write_str(&field.replace('#', &number.to_string()))
            .expect("a string takes it");
        text
    })
}

#[test]
fn case_13_types_globals_exports_elements() {
    let _alone = alone();
    let mut chain = chain();
    let distinct = |count: u32| {
        let mut build = Build::new();
        for number in 0..count {
            let ty = |bit: u32| [ValType::I32, ValType::I64][(number >> (bit % 12) & 1) as usize];
            build
                .types
                .ty()
                .function((0..100).map(ty), [ValType::I64; 4]);
        }
        build.finish()
    };
    chain.refuses(&distinct(5_000), Rule::Size, None, "4097 types");
    assert_bounded("types", &distinct(limits::MAX_TYPES - 5));
    // A group of types is one entry of the section.
    let group = format!("(rec {})", many(20_000, "(type (func))"));
    chain.refuses(&module(&group), Rule::Size, None, "4097 types");

    let globals = many(1_001, "(global i32 (i32.const #))");
    chain.refuses(&module(&globals), Rule::Size, None, "1001 globals");
    let exports = many(257, r##"(func (export "f#"))"##);
    chain.refuses(&module(&exports), Rule::Size, None, "258 exports");
    let imports = many(257, r#"(import "hull" "gas_left" (func (result i64)))"#);
    chain.refuses(&module(&imports), Rule::Size, None, "257 imports");

    let elements = format!("(func $f) (elem func {})", "$f ".repeat(10_001));
    let found = "10001 elements in a segment";
    chain.refuses(&module(&elements), Rule::Size, None, found);
    let segments = format!("(table 1 funcref) {}", many(4_097, "(elem (i32.const 0))"));
    let found = "4097 element segments";
    chain.refuses(&module(&segments), Rule::Size, None, found);
    let elements = format!("(func $f) (elem func {})", "$f ".repeat(1_000));
    assert_bounded(
        "elements",
        &module(&elements.repeat(100).replace("(func $f)", "").replacen(
            "(elem",
            "(func $f) (elem",
            1,
        )),
    );
}

#[test]
fn case_14_100_000_data_segments() {
    let _alone = alone();
    let mut chain = chain();
    let segments = |count| {
        module(&format!(
            "(memory 1) {}",
            many(count, "(data (i32.const 0))")
        ))
    };
    let found = "100000 data segments";
    chain.refuses(&segments(100_000), Rule::Size, None, found);
    assert_bounded("data segments", &segments(limits::MAX_SEGMENTS as usize));

    // The count says more, or less, than there are.
    let honest = wasm(
        r#"(module (memory 1) (data $d "12")
          (func (export "call")
            (memory.init $d (i32.const 0) (i32.const 0) (i32.const 2))))"#,
    );
    assert!(chain.vm.admit(&honest).is_ok());
    for lie in [0, 2, 100] {
        let mut lying = honest.clone();
        let count = lying.windows(3).position(|bytes| bytes == [12, 1, 1]);
        lying[count.expect("the section of the count") + 2] = lie;
        chain.refuses(&lying, Rule::Valid, None, "data count");
    }
}

#[test]
fn case_15_a_huge_initial_memory() {
    let _alone = alone();
    for pages in [257, 1_000, 65_536] {
        let found = format!("{pages} pages of initial memory");
        let wasm = module(&format!("(memory {pages})"));
        chain().refuses(&wasm, Rule::Size, None, &found);
    }
    chain().refuses(&module("(memory 65537)"), Rule::Size, None, "65537 pages");
    // The largest there is. Whatever it says, it cannot grow.
    on_each_tier(|chain| {
        let wasm = contract(
            r#"(module (memory 256 65536)
              (func (export "call")
                (i32.store8 (i32.const 0xffffff) (i32.const 1))
                (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                (if (i32.ne (memory.grow (i32.const -1)) (i32.const -1)) (then unreachable))
                (if (i32.ne (memory.size) (i32.const 256)) (then unreachable))))"#,
        );
        let contract = chain.deploy_wasm(&wasm);
        // The second attempt asks for 2^32 - 1 pages, and pays for them.
        let pages = u64::from(u32::MAX) * hull_vm::Schedule::V1.memory_page;
        let outcome = chain.call_with_gas(contract, pages + crate::support::GAS);
        assert_eq!(outcome.result, CallResult::Success);
        assert!(outcome.gas > pages, "{}", outcome.gas);
        outcome
    });
}

#[test]
fn case_16_a_huge_table() {
    let _alone = alone();
    let most = u64::from(u32::MAX);
    for table in ["10000000 funcref", "10001 funcref", "1 4294967295 funcref"] {
        let found = if table.contains(&most.to_string()) {
            "4294967295 table elements"
        } else {
            "table elements"
        };
        chain().refuses(
            &module(&format!("(table {table})")),
            Rule::Size,
            None,
            found,
        );
    }
    let two = "(table 1 funcref) (table 1 funcref)";
    chain().refuses(
        &module(two),
        Rule::NoReferences,
        None,
        "more than one table",
    );
    let largest = module("(table 10000 10000 funcref)");
    assert!(chain().vm.admit(&largest).is_ok());
}

#[test]
fn case_17_a_damaged_custom_section() {
    let _alone = alone();
    let mut chain = chain();
    let plain = module("");
    let cut = |tail: &[u8]| [plain.as_slice(), tail].concat();
    // Longer than the module; a name longer than the section; no end.
    chain.refuses(
        &cut(&[0, 0xff, 0xff, 0xff, 0xff, 0x0f]),
        Rule::Valid,
        None,
        "",
    );
    chain.refuses(&cut(&[0, 2, 5, b'a']), Rule::Valid, None, "");
    chain.refuses(&cut(&[0]), Rule::Valid, None, "");

    // What is inside a section that means nothing to us is nobody's business.
    for name in [
        "name",
        "producers",
        ".debug_info",
        "linking",
        "hull.capabilitie",
    ] {
        let odd = with_custom(plain.clone(), name.as_bytes(), &[0xff; 40]);
        let contract = chain.deploy_wasm(&odd);
        assert_eq!(
            chain.call(contract, &[]).result,
            CallResult::Success,
            "{name}"
        );
    }

    let rule = Rule::CapabilitiesSection;
    let section =
        |content: &[u8]| with_custom(plain.clone(), CAPABILITIES_SECTION.as_bytes(), content);
    let good = Capabilities::ALL.encode();
    assert!(chain.vm.admit(&section(&good)).is_ok());
    chain.refuses(&section(&[]), rule, None, "has 0 bytes");
    chain.refuses(&section(&good[..14]), rule, None, "has 14 bytes");
    chain.refuses(
        &section(&[good.as_slice(), &[0]].concat()),
        rule,
        None,
        "has 16 bytes",
    );
    for (at, value, found) in [
        (0, 2, "unknown version 2"),
        (1, 0xfe, "base is missing"),
        (4, 0x80, "unknown group 31"),
        (5, 3, "callees has unknown code 3"),
        (14, 0xff, "upgrade has unknown code 255"),
    ] {
        let mut odd = good;
        odd[at] = value;
        chain.refuses(&section(&odd), rule, None, found);
    }
    let twice = with_custom(section(&good), CAPABILITIES_SECTION.as_bytes(), &good);
    chain.refuses(&twice, rule, None, "a second declaration");
}

#[test]
fn case_18_names_that_are_not_names() {
    let _alone = alone();
    let mut chain = chain();
    let plain = module("");
    chain.refuses(
        &with_custom(plain.clone(), b"\xff\xfe", b""),
        Rule::Valid,
        None,
        "UTF-8",
    );
    let damaged = |fields: &str| {
        let mut wasm = module(fields);
        let at = wasm.windows(4).position(|bytes| bytes == b"NAME");
        wasm[at.expect("it is there")..][..4].copy_from_slice(b"\xf0\x28\x8c\x28");
        wasm
    };
    let exported = r#"(func (export "NAME"))"#;
    let imported = r#"(import "NAME" "input_len" (func (result i32)))"#;
    chain.refuses(&damaged(exported), Rule::Valid, None, "UTF-8");
    chain.refuses(&damaged(imported), Rule::Valid, None, "UTF-8");

    let giant = "a".repeat(99_000);
    let exported = format!(r#"(func (export "{giant}"))"#);
    chain.refuses(
        &module(&exported),
        Rule::Exports,
        None,
        "an export name of 99000 bytes",
    );
    for imported in [
        format!(r#"(import "{giant}" "input_len" (func))"#),
        format!(r#"(import "hull" "{giant}" (func))"#),
    ] {
        chain.refuses(&module(&imported), Rule::Imports, None, "aaa…");
    }
    // Longer than the parser reads, and as long as the module may be.
    let exported = format!(r#"(func (export "{}"))"#, giant.repeat(2));
    chain.refuses(&module(&exported), Rule::Valid, None, "");
    let custom = with_custom(plain, giant.as_bytes(), &[0; 800_000]);
    assert_bounded("a giant custom section", &custom);
    // A name that claims to be longer than memory.
    let mut claims = module("");
    claims.extend([0, 6]);
    claims.extend(leb(u32::MAX as usize));
    claims.push(0);
    chain.refuses(&claims, Rule::Valid, None, "");

    // Names that a terminal would act on, or that look like others.
    for name in ["call\\00", "\\1b[2J", "сall", "call ", "\\u{202e}llac", ""] {
        let exported = format!(r#"(func (export "{name}"))"#);
        let wasm = module(&exported);
        if name.is_empty() {
            assert!(
                chain.vm.admit(&wasm).is_ok(),
                "an empty name is a plain one"
            );
        } else {
            chain.refuses(&wasm, Rule::Exports, None, "the export name");
            let text = chain.refusal(&wasm).to_string();
            assert!(text.chars().all(|letter| !letter.is_control()), "{text:?}");
        }
    }
}
