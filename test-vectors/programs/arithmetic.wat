;; Takes a count n (4 bytes) and returns a checksum of n rounds that use every
;; class of integer operator, calls, an indirect call, a br_table and nested loops.
(module
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory (export "memory") 1)
  (global $seed (mut i64) (i64.const 88172645463325252))
  (type $step (func (param i64) (result i64)))
  (table 3 funcref)
  (elem (i32.const 0) $rotate $multiply $divide)
  (func $rotate (param i64) (result i64)
    (i64.xor (i64.rotl (local.get 0) (i64.const 13)) (i64.shr_u (local.get 0) (i64.const 7))))
  (func $multiply (param i64) (result i64)
    (i64.mul (local.get 0) (i64.const 6364136223846793005)))
  (func $divide (param i64) (result i64)
    (i64.add (i64.div_u (local.get 0) (i64.const 10007)) (i64.rem_s (local.get 0) (i64.const 97))))
  (func $narrow (param i64) (result i64) (local $x i32)
    (local.set $x (i32.wrap_i64 (local.get 0)))
    (local.set $x (i32.sub (i32.clz (local.get $x)) (i32.ctz (local.get $x))))
    (local.set $x (i32.add (local.get $x) (i32.popcnt (local.get $x))))
    (local.set $x (i32.extend8_s (i32.shl (local.get $x) (i32.const 3))))
    (i64.extend_i32_s (local.get $x)))
  (func (export "call") (local $n i32) (local $x i64) (local $kind i32)
    (call $input (i32.const 0) (i32.const 0) (i32.const 4))
    (local.set $n (i32.load (i32.const 0)))
    (local.set $x (global.get $seed))
    (block $done
      (loop $round
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (local.set $kind (i32.rem_u (local.get $n) (i32.const 4)))
        (block $other
          (block $narrowed
            (block $called
              (br_table $called $called $called $narrowed $other (local.get $kind)))
            (local.set $x (call_indirect (type $step) (local.get $x) (local.get $kind)))
            (br $other))
          (local.set $x (i64.xor (local.get $x) (call $narrow (local.get $x)))))
        (global.set $seed (local.get $x))
        (br $round)))
    (i64.store (i32.const 8) (global.get $seed))
    (call $return (i32.const 8) (i32.const 8))))
