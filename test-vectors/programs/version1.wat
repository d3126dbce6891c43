;; A contract whose code its creator may replace. The constructor writes "v" = 1,
;; a message traps.
;; may: storage quota=100 upgrade=narrowing
(module
  (import "hull" "storage_write" (func $write (param i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "v\01")
  (func (export "instantiate")
    (call $write (i32.const 0) (i32.const 1) (i32.const 1) (i32.const 1)))
  (func (export "call") (unreachable)))
