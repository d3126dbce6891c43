//! The extern bindings of a contract, generated from the table.
//!
//! They exist only when compiling for WebAssembly. They are the raw boundary:
//! pointers are addresses in the contract's own memory. The SDK wraps them.
#![allow(unsafe_code, reason = "declares imports")]

macro_rules! binding_result {
    (never) => {
        !
    };
    ($ty:ident) => {
        $ty
    };
}

macro_rules! define_bindings {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident ( $($arg:ident : $ty:ident),* ) $(-> $ret:ident)?
        [$group:ident, $access:ident, $base:literal, $per_byte:literal];
    )*) => {
        // `link` wants the literal; a test holds it to `IMPORT_MODULE`.
        #[link(wasm_import_module = "hull")]
        unsafe extern "C" {
            $( $(#[doc = $doc])+ pub fn $name($($arg: $ty),*) $(-> binding_result!($ret))?; )*
        }
    };
}

crate::for_each_host_function!(define_bindings);
