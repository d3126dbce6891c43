;; Refused: writes storage without having declared it.
(module
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (memory 1)
  (func (export "call")
    (call $write (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))))
