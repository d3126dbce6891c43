;; Singlepass 7.4.2: an `if` with parameters on the machine's stack and without
;; `else` leaves the stack pointer eight bytes lower each time it is not taken.
;; A call of the host after an odd number of times then faults on alignment; a
;; loop carries the stack pointer out of the stack.
(module
  (import "world" "charge" (func $charge (param i32)))
  (func (export "once")
    (block (result i32) (i32.const 5))
    (if (param i32) (result i32) (i32.const 0) (then))
    (call $charge))
  (func (export "rounds") (param $rounds i32)
    (local.set $rounds (i32.const 50001))
    (loop
      (block (result i32) (i32.const 5))
      (if (param i32) (result i32) (i32.const 0) (then))
      drop
      (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if 0))
    (call $charge (i32.const 1)))
  (func (export "taken by a jump") (param i64 i64) (result i64)
    (block (result i64) (local.get 0))
    (block (result i64) (local.get 1))
    (if (param i64 i64) (result i64 i64) (i32.const 0) (then (br 1)))
    (call $charge (i32.const 1))
    i64.sub))
