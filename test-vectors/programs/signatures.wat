;; Input: kind (1 byte), then what the kind needs.
;;   0 recover secp256k1: hash 32, signature 65; returns the status and the key
;;   1 verify secp256k1: hash 32, signature 64, key 33
;;   2 verify secp256r1: hash 32, signature 64, key 33
;;   3 verify ed25519: signature 64, key 32, message
;; may: crypto
(module
  (import "hull" "input_len" (func $input_len (result i32)))
  (import "hull" "input" (func $input (param i32 i32 i32)))
  (import "hull" "return_data" (func $return (param i32 i32)))
  (import "hull" "secp256k1_recover" (func $recover (param i32 i32 i32) (result i32)))
  (import "hull" "secp256k1_verify" (func $k1 (param i32 i32 i32) (result i32)))
  (import "hull" "secp256r1_verify" (func $r1 (param i32 i32 i32) (result i32)))
  (import "hull" "ed25519_verify" (func $ed (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "call") (local $kind i32) (local $valid i32)
    (call $input (i32.const 63) (i32.const 0) (call $input_len))
    (local.set $kind (i32.load8_u (i32.const 63)))
    (block $done
      (if (i32.eqz (local.get $kind)) (then
        (local.set $valid (call $recover (i32.const 64) (i32.const 96) (i32.const 4)))
        (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 1)) (then
        (local.set $valid (call $k1 (i32.const 64) (i32.const 96) (i32.const 160)))
        (br $done)))
      (if (i32.eq (local.get $kind) (i32.const 2)) (then
        (local.set $valid (call $r1 (i32.const 64) (i32.const 96) (i32.const 160)))
        (br $done)))
      (local.set $valid (call $ed
        (i32.const 160) (i32.sub (call $input_len) (i32.const 97))
        (i32.const 64) (i32.const 128))))
    (i32.store (i32.const 0) (local.get $valid))
    (call $return (i32.const 0) (i32.const 37))))
