//! Cases 1 to 12: shapes of functions that make compilers slow.

use std::time::Duration;

use hull_vm::host_api::Gas;
use hull_vm::{HaltKind, Rule, Schedule, limits};
use wasm_encoder::{BlockType, Function, Instruction as I, ValType};

use super::bounds::{assert_bounded, assert_shape_bounded};
use super::modules::*;
use crate::support::work::{alone, measure};
use crate::support::{Chain, TIERS, contract, on_each_tier};

const EMPTY: BlockType = BlockType::Empty;

/// The function of a [`Build`] that is added first.
const ADDED: Option<u32> = Some(HUNDRED + 1);

/// A module with one function.
fn with(ty: u32, locals: &[(u32, ValType)], body: impl FnOnce(&mut Function)) -> Vec<u8> {
    let mut build = Build::new();
    build.function(ty, locals, body);
    build.finish()
}

fn shape(unit: fn(&mut Function)) -> Shape {
    Shape {
        unit,
        ..Shape::default()
    }
}

fn chain() -> Chain {
    Chain::on(TIERS[0])
}

#[test]
fn case_01_50_000_locals() {
    let _alone = alone();
    let mut chain = chain();
    let bomb = with(NOTHING, &[(50_000, ValType::I64)], |_| {});
    chain.refuses(&bomb, Rule::Size, ADDED, "50000 locals");
    // As many groups of locals as bytes.
    let bomb = with(NOTHING, &[(4, ValType::I64); 12_500], |_| {});
    chain.refuses(&bomb, Rule::Size, ADDED, "4100 locals");
    // A sum that is 0 in 32 bits.
    let bomb = with(NOTHING, &[(1 << 31, ValType::I64); 2], |_| {});
    chain.refuses(&bomb, Rule::Size, ADDED, "2147483648 locals");
    // Many functions of six bytes.
    let mut build = Build::new();
    for _ in 0..25 {
        build.function(NOTHING, &[(limits::MAX_LOCALS, ValType::I64)], |_| {});
    }
    let last = Some(HUNDRED + 25);
    chain.refuses(&build.finish(), Rule::Size, last, "locals of all functions");

    let most = with(NOTHING, &[(limits::MAX_LOCALS, ValType::I64)], |body| {
        for local in 0..limits::MAX_LOCALS {
            put(body, &[I::LocalGet(local), I::I64Const(1), I::I64Add]);
            put(body, &[I::LocalSet(limits::MAX_LOCALS - 1 - local)]);
        }
    });
    assert_bounded("4,096 locals", &most);
    let mut build = Build::new();
    for _ in 0..9_990 {
        build.function(NOTHING, &[(9, ValType::I64)], |_| {});
    }
    assert_bounded("9 locals in 9,990 functions", &build.finish());
}

#[test]
fn case_02_many_locals_in_a_loop() {
    let _alone = alone();
    let looping = |locals: usize, turns: u32| {
        contract(&format!(
            r#"(module
              (func $big (local {}))
              (func (export "call") (local $i i32)
                (loop
                  (call $big)
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if 0 (i32.ne (local.get $i) (i32.const {turns}))))))"#,
            "i64 ".repeat(locals)
        ))
    };
    chain().refuses(&looping(30_000, 1_000), Rule::Size, Some(0), "30000 locals");

    on_each_tier(|chain| {
        let most = limits::MAX_LOCALS as usize;
        let mut gas = |turns| -> Gas {
            let contract = chain.deploy_wasm(&looping(most, turns));
            chain.call(contract, &[]).gas
        };
        let turn = gas(1_001) - gas(1_000);
        assert_eq!(turn, gas(1_002) - gas(1_001));
        let zeroing = most as u64 * Schedule::V1.local;
        assert!(turn > zeroing, "{turn} gas for zeroing worth {zeroing}");

        let endless = chain.deploy_wasm(&looping(most, 0));
        let mut kind = None;
        let work = measure(|| kind = Some(chain.halt(endless)));
        assert_eq!(kind, Some(HaltKind::OutOfGas));
        // A gas is a picosecond; the dev profile and its checks take longer.
        let paid = Duration::from_nanos(crate::support::GAS / 1_000);
        assert!(work.time < paid * 20, "{:?} for {paid:?}", work.time);
        turn
    });
}

#[test]
fn case_03_1_000_parameters() {
    let _alone = alone();
    let mut chain = chain();
    let params = |count: usize| {
        let mut build = Build::new();
        build.types.ty().function(vec![ValType::I64; count], []);
        build.finish()
    };
    chain.refuses(&params(1_000), Rule::Size, None, "1000 parameters");
    chain.refuses(&params(101), Rule::Size, None, "101 parameters");
    let mut build = Build::new();
    build.types.ty().function([], [ValType::I64; 1_000]);
    chain.refuses(&build.finish(), Rule::Size, None, "1000 results");

    let calls = shape(|body| {
        put_many(body, 100, &I::LocalGet(L32));
        put(body, &[I::Call(HUNDRED)]);
    });
    assert_shape_bounded("calls with 100 arguments", &calls);
    let calls = Shape {
        before: |body| put_many(body, 4, &I::LocalGet(L32)),
        unit: |body| put(body, &[I::Call(FOUR)]),
        after: |body| put_many(body, 4, &I::Drop),
        ..Shape::default()
    };
    assert_shape_bounded("calls with four results", &calls);
}

#[test]
fn case_04_20_000_functions() {
    let _alone = alone();
    let functions = |count| {
        let mut build = Build::new();
        (HUNDRED + 1..count).for_each(|_| {
            build.function(NOTHING, &[], |_| {});
        });
        build.finish()
    };
    chain().refuses(&functions(20_001), Rule::Size, None, "20001 functions");
    chain().refuses(&functions(10_001), Rule::Size, None, "10001 functions");
    assert_bounded("10,000 functions", &functions(limits::MAX_FUNCTIONS));
}

#[test]
fn case_05_15_000_blocks_with_a_local() {
    let _alone = alone();
    let block = I::Block(BlockType::Result(ValType::I32));
    let nested = with(NOTHING, &[(1, ValType::I32)], |body| {
        put_many(body, 15_000, &block);
        put(body, &[I::LocalGet(0)]);
        put_many(body, 15_000, &I::End);
        put(body, &[I::Drop]);
    });
    chain().refuses(&nested, Rule::Size, ADDED, "1025 blocks nested");
    let piled = with(NOTHING, &[(1, ValType::I32)], |body| {
        (0..8_000).for_each(|_| put(body, &[block.clone(), I::LocalGet(0), I::End]));
        put_many(body, 8_000, &I::Drop);
    });
    chain().refuses(&piled, Rule::Size, ADDED, "513 operands");

    let one_by_one = shape(|body| {
        put(body, &[I::Block(BlockType::Result(ValType::I32))]);
        put(body, &[I::LocalGet(L32), I::End, I::Drop]);
    });
    assert_shape_bounded("blocks with a local", &one_by_one);
}

#[test]
fn case_06_20_000_empty_loops() {
    let _alone = alone();
    let bomb = with(NOTHING, &[], |body| {
        (0..20_000).for_each(|_| put(body, &[I::Loop(EMPTY), I::End]));
    });
    chain().refuses(&bomb, Rule::Size, ADDED, "1025 loops");
    let empty = shape(|body| put(body, &[I::Loop(EMPTY), I::End]));
    assert_shape_bounded("empty loops", &empty);
    let turning = shape(|body| {
        put(
            body,
            &[I::Loop(EMPTY), I::LocalGet(L32), I::BrIf(0), I::End],
        )
    });
    assert_shape_bounded("loops that turn", &turning);
}

#[test]
fn case_07_deep_nesting() {
    let _alone = alone();
    for (block, what) in [(I::Block(EMPTY), "blocks"), (I::Loop(EMPTY), "loops")] {
        let bomb = with(NOTHING, &[], |body| {
            put_many(body, 40_000, &block);
            put_many(body, 40_000, &I::End);
        });
        let most = if what == "loops" { 33 } else { 1_025 };
        chain().refuses(&bomb, Rule::Size, ADDED, &format!("{most} {what} nested"));
    }
    // Nesting that never ends.
    let bomb = with(NOTHING, &[], |body| {
        put_many(body, 40_000, &I::Block(EMPTY))
    });
    chain().refuses(&bomb, Rule::Size, ADDED, "1025 blocks nested");

    let blocks = shape(|body| {
        put_many(body, 1_000, &I::Block(BlockType::Result(ValType::I32)));
        put(body, &[I::LocalGet(L32)]);
        put_many(body, 1_000, &I::End);
        put(body, &[I::Drop]);
    });
    assert_shape_bounded("blocks nested", &blocks);
    let loops = Shape {
        before: |body| put_many(body, 32, &I::Loop(EMPTY)),
        unit: |body| (0..32).for_each(|depth| put(body, &[I::LocalGet(L32), I::BrIf(depth)])),
        after: |body| put_many(body, 32, &I::End),
        ..Shape::default()
    };
    assert_shape_bounded("loops nested", &loops);
}

#[test]
fn case_08_a_br_table_with_8_704_entries() {
    let _alone = alone();
    let table = |targets: usize| {
        with(NOTHING, &[(1, ValType::I32)], |body| {
            put(body, &[I::Block(EMPTY), I::LocalGet(0)]);
            put(body, &[I::BrTable(vec![0; targets].into(), 0), I::End]);
        })
    };
    chain().refuses(&table(8_704), Rule::Size, ADDED, "8704 targets");
    chain().refuses(&table(1_025), Rule::Size, ADDED, "1025 targets");
    assert!(chain().vm.admit(&table(1_024)).is_ok());
}

#[test]
fn case_09_many_remainders() {
    let _alone = alone();
    let chained = Shape {
        before: |body| put(body, &[I::LocalGet(L64)]),
        unit: |body| put(body, &[I::LocalGet(L64 + 1), I::I64RemS]),
        after: |body| put(body, &[I::Drop]),
        ..Shape::default()
    };
    assert_shape_bounded("remainders of remainders", &chained);
    let apart = shape(|body| {
        put(body, &[I::LocalGet(L64), I::LocalGet(L64 + 1)]);
        put(body, &[I::I64RemS, I::LocalSet(L64)]);
    });
    assert_shape_bounded("remainders", &apart);
}

/// The slowest that we could find: every branch leaves many operands, moves
/// results, leaves the function or meets many values; every operator becomes
/// many instructions.
#[test]
fn case_10_as_slow_as_we_can() {
    let _alone = alone();
    let shapes: [(&str, Shape); 8] = [
        (
            "returns",
            shape(|body| put(body, &[I::LocalGet(L32), I::If(EMPTY), I::Return, I::End])),
        ),
        (
            "branches over operands",
            Shape {
                before: |body| {
                    put(body, &[I::Block(EMPTY)]);
                    put_many(body, limits::MAX_OPERANDS - 1, &I::LocalGet(L32));
                },
                unit: |body| put(body, &[I::LocalGet(L32), I::BrIf(0)]),
                after: |body| {
                    put_many(body, limits::MAX_OPERANDS - 1, &I::Drop);
                    put(body, &[I::End]);
                },
                ..Shape::default()
            },
        ),
        (
            "branches with results",
            Shape {
                ty: TO_FOUR,
                before: |body| put_many(body, 4, &I::LocalGet(L32)),
                unit: |body| put(body, &[I::LocalGet(L32), I::BrIf(0)]),
                ..Shape::default()
            },
        ),
        (
            "loops with parameters and results",
            Shape {
                before: |body| put_many(body, 4, &I::LocalGet(L32)),
                unit: |body| {
                    put(body, &[I::Loop(BlockType::FunctionType(FOUR_TO_FOUR))]);
                    put(body, &[I::LocalGet(L32), I::BrIf(0), I::End]);
                },
                after: |body| put_many(body, 4, &I::Drop),
                ..Shape::default()
            },
        ),
        (
            "locals that meet",
            Shape {
                locals: vec![(250, ValType::I32)],
                unit: |body| {
                    for local in 0..250 {
                        put(body, &[I::LocalGet(local), I::If(EMPTY)]);
                        put(body, &[I::LocalGet((local * 7 + 1) % 250)]);
                        put(body, &[I::LocalSet(local * 5 % 250), I::End]);
                    }
                },
                ..Shape::default()
            },
        ),
        (
            "indirect calls",
            shape(|body| {
                let call = I::CallIndirect {
                    type_index: NOTHING,
                    table_index: 0,
                };
                put(body, &[I::I32Const(0), call]);
            }),
        ),
        (
            "growing",
            shape(|body| put(body, &[I::I32Const(0), I::MemoryGrow(0), I::Drop])),
        ),
        (
            "rounding",
            Shape {
                before: |body| put(body, &[I::LocalGet(LF)]),
                unit: |body| put(body, &[I::F64Nearest]),
                after: |body| put(body, &[I::Drop]),
                ..Shape::default()
            },
        ),
    ];
    for (what, shape) in shapes {
        assert_shape_bounded(what, &shape);
    }
}

/// Every local is alive across every call, so that whoever keeps values in
/// registers has locals times calls of them to put away.
#[test]
fn case_10_locals_alive_across_calls() {
    let _alone = alone();
    let most = limits::MAX_LOCALS;
    let set: String = (0..most)
        .map(|local| format!("(local.set {local} (call $height))"))
        .collect();
    let read: String = (1..most)
        .map(|local| format!("local.get {local} i64.xor "))
        .collect();
    let module = |height: &str| {
        contract(&format!(
            r#"(module
              {height}
              (func $deep (result i64) (local {})
                {set}
                (drop (call $deep))
                local.get 0 {read})
              (func (export "call") (drop (call $deep))))"#,
            "i64 ".repeat(most as usize)
        ))
    };
    let host = r#"(import "hull" "block_height" (func $height (result i64)))"#;
    assert_bounded("locals alive across host calls", &module(host));
    let own = "(func $height (result i64) (i64.const 1))";
    assert_bounded("locals alive across calls", &module(own));
}

#[test]
fn case_11_a_body_over_a_megabyte() {
    let _alone = alone();
    let body = |len| with(NOTHING, &[], |body| put_many(body, len, &I::Nop));
    let offset = chain().refuses(&body(1 << 20), Rule::Size, None, "bytes of code");
    assert_eq!(offset, limits::MAX_CODE_LEN as u64);
    let most = limits::MAX_FUNCTION_LEN as u32;
    chain().refuses(&body(most), Rule::Size, ADDED, "bytes in a function");
    let wide = Shape {
        unit: |body| {
            put_many(body, 512, &I::LocalGet(L32));
            put_many(body, 511, &I::I32Add);
            put(body, &[I::Drop]);
        },
        ..Shape::default()
    };
    assert_shape_bounded("the longest body", &wide);
}

#[test]
fn case_12_the_largest_br_table() {
    let _alone = alone();
    let same = shape(|body| {
        put(body, &[I::Block(EMPTY), I::LocalGet(L32)]);
        put(body, &[I::BrTable(vec![0; 1_024].into(), 0), I::End]);
    });
    assert_shape_bounded("one target", &same);
    let results = shape(|body| {
        put(body, &[I::Block(BlockType::FunctionType(TO_FOUR))]);
        put_many(body, 5, &I::LocalGet(L32));
        put(body, &[I::BrTable(vec![0; 1_024].into(), 0), I::End]);
        put_many(body, 4, &I::Drop);
    });
    assert_shape_bounded("a target with results", &results);
    let distinct = shape(|body| {
        put_many(body, 1_000, &I::Block(EMPTY));
        put(body, &[I::LocalGet(L32)]);
        put(
            body,
            &[I::BrTable((0..1_000).collect::<Vec<_>>().into(), 0)],
        );
        put_many(body, 1_000, &I::End);
    });
    assert_shape_bounded("a thousand targets", &distinct);
    let operands = Shape {
        before: |body| {
            put(body, &[I::Block(EMPTY)]);
            put_many(body, limits::MAX_OPERANDS - 1, &I::LocalGet(L32));
        },
        unit: |body| {
            put(body, &[I::Block(EMPTY), I::LocalGet(L32)]);
            put(body, &[I::BrTable(vec![1; 1_024].into(), 0), I::End]);
        },
        after: |body| {
            put_many(body, limits::MAX_OPERANDS - 1, &I::Drop);
            put(body, &[I::End]);
        },
        ..Shape::default()
    };
    assert_shape_bounded("a target below operands", &operands);
}
