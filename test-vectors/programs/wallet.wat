;; Input: operation (1 byte) and an address or code hash (32).
;;   0 runs the code on this contract's storage and returns the status
;;   1 replaces the code and returns the status
;;   2 sends 3 tokens to the address and returns the status
;;   3 removes the contract; its balance goes to the address
;; may: storage delegate upgrade transfer terminate quota=1000 upgrade=narrowing
(module
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "delegate_call" (func $delegate (param i32 i64 i32 i32 i32) (result i32)))
  (import "hull" "set_code" (func $set_code (param i32) (result i32)))
  (import "hull" "transfer" (func $transfer (param i32 i32) (result i32)))
  (import "hull" "terminate" (func $terminate (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "\03")
  (func (export "call") (local $status i32)
    (call $input (i32.const 31) (i32.const 0) (i32.const 33))
    (block $done
      (block $3 (block $2 (block $1 (block $0
        (br_table $0 $1 $2 $3 (i32.load8_u (i32.const 31))))
        (local.set $status
          (call $delegate (i32.const 32) (i64.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
        (br $done))
        (local.set $status (call $set_code (i32.const 32)))
        (br $done))
        (local.set $status (call $transfer (i32.const 32) (i32.const 64)))
        (br $done))
      (call $terminate (i32.const 32)))
    (i32.store (i32.const 0) (local.get $status))
    (call $return (i32.const 0) (i32.const 4))))
