;; Input: code hash (32), salt (32), then the input of the constructor. Creates a
;; contract with a value of 5 and returns the status (4) and its address.
;; may: instantiate transfer callees=any
(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "instantiate" (func $instantiate
    (param i32 i32 i64 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call")
    (call $input (i32.const 0) (i32.const 0) (call $input_len))
    (i64.store (i32.const 512) (i64.const 5))
    (i32.store (i32.const 600)
      (call $instantiate
        (i32.const 0) (i32.const 512) (i64.const 0) (i32.const 0) (i32.const 32)
        (i32.const 0) (i32.const 0)
        (i32.const 64) (i32.sub (call $input_len) (i32.const 64)) (i32.const 604)))
    (call $return (i32.const 600) (i32.const 36))))
