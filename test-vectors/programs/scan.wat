;; Writes the keys "a" to "e", removes "c", and returns the keys that a scan
;; finds upwards, and downwards from "e" to after "a".
;; may: storage quota=1000
(module
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "storage_remove" (func $remove (param i32 i32) (result i32)))
  (import "hull" "storage_contains" (func $contains (param i32 i32) (result i64)))
  (import "hull" "storage_next" (func $next (param i32 i32 i32 i32 i32 i32 i32) (result i64)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "abcde")
  (func (export "call") (local $i i32) (local $out i32) (local $len i32)
    (loop $each
      (call $write (local.get $i) (i32.const 1) (i32.const 0) (local.get $i))
      (br_if $each (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 5))))
    (i32.store8 (i32.const 100) (call $remove (i32.const 2) (i32.const 1)))
    (i32.store8 (i32.const 101) (call $remove (i32.const 2) (i32.const 1)))
    (i32.store8 (i32.const 102) (i32.wrap_i64 (call $contains (i32.const 2) (i32.const 1))))
    (i32.store8 (i32.const 103) (i32.wrap_i64 (call $contains (i32.const 3) (i32.const 1))))
    (local.set $out (i32.const 104))
    (loop $up
      (if (i64.ge_s
            (call $next (i32.const 50) (local.get $len) (i32.const 0) (i32.const 0)
              (i32.const 0) (i32.const 50) (i32.const 1))
            (i64.const 0))
        (then
          (i32.store8 (local.get $out) (i32.load8_u (i32.const 50)))
          (local.set $out (i32.add (local.get $out) (i32.const 1)))
          (local.set $len (i32.const 1))
          (br $up))))
    (i32.store8 (i32.const 50) (i32.const 101))
    (loop $down
      (if (i64.ge_s
            (call $next (i32.const 50) (i32.const 1) (i32.const 0) (i32.const 1)
              (i32.const 1) (i32.const 50) (i32.const 1))
            (i64.const 0))
        (then
          (i32.store8 (local.get $out) (i32.load8_u (i32.const 50)))
          (local.set $out (i32.add (local.get $out) (i32.const 1)))
          (br $down))))
    (call $return (i32.const 100) (i32.sub (local.get $out) (i32.const 100)))))
