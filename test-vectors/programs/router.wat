;; Input: callee (32), value (16), gas (8), flags (4), then the input of the callee.
;; Emits an event, calls, and returns the status (4) and what the callee returned.
;; may: call transfer events callees=any
(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "returned_len" (func $returned_len (result i32)))
  (import "hull" "returned" (func $returned (param i32 i32 i32)))
  (import "hull" "event" (func $event (param i32 i32 i32 i32)))
  (import "hull" "call" (func $call (param i32 i32 i64 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call")
    (call $input (i32.const 0) (i32.const 0) (call $input_len))
    (call $event (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 0))
    (i32.store (i32.const 1024)
      (call $call
        (i32.const 0) (i32.const 32) (i64.load (i32.const 48)) (i32.const 0)
        (i32.load (i32.const 56)) (i32.const 60) (i32.sub (call $input_len) (i32.const 60))))
    (call $returned (i32.const 1028) (i32.const 0) (call $returned_len))
    (call $return (i32.const 1024) (i32.add (i32.const 4) (call $returned_len)))))
