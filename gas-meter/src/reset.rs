//! The function that sets a contract's globals back.

use wasm_encoder::{Function, Instruction};

use crate::module::Module;

/// The body of a function that gives every mutable global the module defines
/// its initial value again. The pass's own globals are not among them: the
/// embedder sets those before every call.
pub(crate) fn reset_function(module: &Module<'_>) -> Function {
    let mut function = Function::new([]);
    let first = module.imported_globals.len();
    for (position, global) in module.globals.iter().enumerate() {
        if !global.ty.mutable {
            continue;
        }
        // An initial value is a constant expression: what it reads (imported or
        // earlier immutable globals) is the same at any time, so evaluating it
        // again gives the same value.
        function.raw(constant(global));
        function.instruction(&Instruction::GlobalSet((first + position) as u32));
    }
    function.instruction(&Instruction::End);
    function
}

/// The operators of a global's initial value, without the closing `end`.
fn constant(global: &wasmparser::Global<'_>) -> impl Iterator<Item = u8> {
    let mut reader = global.init_expr.get_binary_reader();
    let length = reader.bytes_remaining().saturating_sub(1);
    reader
        .read_bytes(length)
        .unwrap_or_default()
        .to_vec()
        .into_iter()
}
