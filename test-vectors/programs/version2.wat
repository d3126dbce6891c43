;; The code after that: the migration writes the input of at most 60 bytes to "v",
;; a message returns it.
;; may: storage events quota=200 upgrade=widening
(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "storage_read" (func $read (param i32 i32 i32 i32) (result i64)))
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "v")
  (func (export "instantiate"))
  (func (export "migrate")
    (call $input (i32.const 1) (i32.const 0) (call $input_len))
    (call $write (i32.const 0) (i32.const 1) (i32.const 1) (call $input_len)))
  (func (export "call")
    (call $return (i32.const 1) (i32.wrap_i64
      (call $read (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 60))))))
