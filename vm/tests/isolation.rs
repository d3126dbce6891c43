//! Nothing of one call is seen by the next.
//!
//! Every test plants a secret and has a second call look for it, often enough
//! that pooled instances are used again on either tier.

mod support;

use hull_vm::host_api::Address;
use hull_vm::{CallResult, HaltKind};
use support::{Chain, on_each_tier};

/// Calls in a row: the first makes an instance, the others find it pooled.
const ROUNDS: usize = 4;

/// Calls a contract that plants secrets and returns how many it found. The last
/// byte of the input says how its call ends: 0 returns, 1 reverts, 2 traps.
fn finds_nothing(chain: &mut Chain, contract: Address) {
    for ending in [0, 1, 0, 2, 0] {
        for _ in 0..ROUNDS {
            let outcome = chain.call(contract, &[ending]);
            match ending {
                0 => assert_eq!(outcome.data, [0], "found what an earlier call left"),
                1 => assert_eq!(
                    (outcome.result, outcome.data),
                    (CallResult::Revert, vec![0])
                ),
                _ => assert_eq!(outcome.result, CallResult::Halt(HaltKind::Unreachable)),
            }
        }
    }
}

/// A contract around `look` (leaves the number of secrets found on the stack)
/// and `plant`.
fn planting(fields: &str, look: &str, plant: &str) -> String {
    format!(
        r#"(module
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "revert" (func $revert (param i32 i32)))
  {fields}
  (func (export "call") (local $i i32) (local $found i32) (local $ending i32)
    (local.set $found {look})
    {plant}
    (i32.store8 (i32.const 0) (i32.const 0))
    (call $input (i32.const 0) (i32.const 0) (i32.const 1))
    (local.set $ending (i32.load8_u (i32.const 0)))
    (i32.store8 (i32.const 0) (i32.ne (local.get $found) (i32.const 0)))
    (if (i32.eq (local.get $ending) (i32.const 1))
      (then (call $revert (i32.const 0) (i32.const 1))))
    (if (i32.eq (local.get $ending) (i32.const 2)) (then unreachable))
    (call $return (i32.const 0) (i32.const 1))))"#
    )
}

/// Looks at every byte from `from` to `to` and counts those that are not zero.
fn count_bytes(from: usize, to: usize) -> String {
    format!(
        "(block (result i32)
           (local.set $i (i32.const {from}))
           (loop $each
             (local.set $found (i32.add (local.get $found)
               (i32.ne (i32.load8_u (local.get $i)) (i32.const 0))))
             (br_if $each (i32.lt_u
               (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const {to}))))
           (local.get $found))"
    )
}

fn test(fields: &str, look: &str, plant: &str) {
    on_each_tier(|chain| {
        let contract = chain.deploy(&planting(fields, look, plant));
        finds_nothing(chain, contract);
    });
}

#[test]
fn memory_of_one_page() {
    test(
        "(memory 1)",
        &count_bytes(0, 65536),
        "(memory.fill (i32.const 0) (i32.const 0x5e) (i32.const 65536))",
    );
}

/// Larger memories are reset by another road.
#[test]
fn memory_of_many_pages() {
    test(
        "(memory 8)",
        &count_bytes(0, 8 * 65536),
        "(memory.fill (i32.const 0) (i32.const 0x5e) (i32.const 524288))",
    );
}

/// What data segments put there is there again, and nothing beside it.
#[test]
fn memory_around_data() {
    for pages in [1, 8] {
        test(
            &format!("(memory {pages}) (data (i32.const 4096) \"\\01\\00\\02\")"),
            &format!(
                "(i32.add
                   (i32.sub {} (i32.const 2))
                   (i32.ne (i32.load (i32.const 4096)) (i32.const 0x020001)))",
                count_bytes(0, pages * 65536)
            ),
            &format!(
                "(memory.fill (i32.const 0) (i32.const 0x5e) (i32.const {}))",
                pages * 65536
            ),
        );
    }
}

/// Grown pages are gone: the size is the initial one, and growing again finds zeros.
#[test]
fn grown_pages() {
    test(
        "(memory 1)",
        &format!(
            "(block (result i32)
               (drop (memory.grow (i32.const 2)))
               (i32.add
                 (i32.ne (memory.size) (i32.const 3))
                 {}))",
            count_bytes(65536, 3 * 65536)
        ),
        "(memory.fill (i32.const 65536) (i32.const 0x5e) (i32.const 131072))",
    );
}

/// A page that one call grew is not accessible to the next.
#[test]
fn grown_pages_are_out_of_bounds_again() {
    on_each_tier(|chain| {
        let contract = chain.deploy(
            r#"(module
              (import "hull" "input_len" (func $input_len (result i32)))
              (memory 1)
              (func (export "call")
                (if (call $input_len)
                  (then (drop (i32.load (i32.const 70000))))
                  (else (drop (memory.grow (i32.const 4)))
                    (i32.store (i32.const 70000) (i32.const 0x5ec2e7))))))"#,
        );
        for _ in 0..ROUNDS {
            assert_eq!(chain.call(contract, &[]).result, CallResult::Success);
            let looked = chain.call(contract, &[1]).result;
            assert_eq!(looked, CallResult::Halt(HaltKind::MemoryOutOfBounds));
        }
    });
}

#[test]
fn globals_of_every_type() {
    test(
        "(memory 1)
         (global $a (mut i32) (i32.const 7)) (global $b (mut i64) (i64.const -8))
         (global $c (mut f32) (f32.const 9)) (global $d (mut f64) (f64.const 10))",
        "(i32.add
           (i32.add (i32.ne (global.get $a) (i32.const 7)) (i64.ne (global.get $b) (i64.const -8)))
           (i32.add (f32.ne (global.get $c) (f32.const 9)) (f64.ne (global.get $d) (f64.const 10))))",
        "(global.set $a (i32.const 0x5e)) (global.set $b (i64.const 0x5e))
         (global.set $c (f32.const 0x5e)) (global.set $d (f64.const 0x5e))",
    );
}

/// Modules that change their table are never pooled.
#[test]
fn tables() {
    test(
        "(memory 1)
         (type $number (func (result i32)))
         (table 2 funcref)
         (elem (i32.const 0) $plain $plain)
         (elem $secrets func $secret)
         (func $plain (result i32) (i32.const 0))
         (func $secret (result i32) (i32.const 1))",
        "(call_indirect (type $number) (i32.const 1))",
        "(table.init $secrets (i32.const 1) (i32.const 0) (i32.const 1))
         (table.copy (i32.const 0) (i32.const 1) (i32.const 1))",
    );
}

/// A segment that one call dropped is there for the next: initialising from a
/// dropped one would trap.
#[test]
fn dropped_segments() {
    test(
        "(memory 1)
         (table 1 funcref)
         (func $f)
         (data $bytes \"\\00\")
         (elem $functions func $f)",
        "(block (result i32)
           (memory.init $bytes (i32.const 9) (i32.const 0) (i32.const 1))
           (table.init $functions (i32.const 0) (i32.const 0) (i32.const 1))
           (i32.const 0))",
        "(data.drop $bytes) (elem.drop $functions)",
    );
}

/// Two contracts of one code share instances and see nothing of each other.
#[test]
fn contracts_of_one_code() {
    on_each_tier(|chain| {
        let text = planting(
            "(memory 1)",
            &count_bytes(0, 65536),
            "(i32.store (i32.const 99) (i32.const 0x5e))",
        );
        let (one, two) = (chain.deploy(&text), chain.deploy(&text));
        assert_ne!(one, two);
        for _ in 0..ROUNDS {
            assert_eq!(chain.call(one, &[0]).data, [0]);
            assert_eq!(chain.call(two, &[0]).data, [0]);
        }
    });
}
