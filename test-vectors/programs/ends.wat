;; Writes the key "w", emits an event, and ends as the first byte of the input
;; says: 0 returns, 1 reverts with the input, 2 aborts with it, 3 traps, 4 loops
;; for ever, 5 recurses for ever, 6 divides by zero, 7 reads outside the memory.
;; may: storage events quota=1000
(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "revert" (func $revert (param i32 i32)))
  (import "hull" "abort" (func $abort (param i32 i32)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "event" (func $event (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "w")
  (func $recurse (result i32) (i32.add (call $recurse) (i32.const 1)))
  (func (export "call") (local $len i32)
    (local.set $len (call $input_len))
    (call $input (i32.const 64) (i32.const 0) (local.get $len))
    (call $write (i32.const 0) (i32.const 1) (i32.const 64) (local.get $len))
    (call $event (i32.const 0) (i32.const 0) (i32.const 64) (local.get $len))
    (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 $4 $5 $6 $7 (i32.load8_u (i32.const 64))))
      (call $return (i32.const 64) (local.get $len)) (return))
      (call $revert (i32.const 64) (local.get $len)))
      (call $abort (i32.const 64) (local.get $len)))
      (unreachable))
      (loop $ever (br $ever)))
      (drop (call $recurse)))
      (drop (i32.div_u (i32.const 1) (i32.load8_u (i32.const 32)))))
    (drop (i32.load (i32.const 65533)))))
