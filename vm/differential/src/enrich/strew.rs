//! Statements that need nothing from the stack and leave nothing there.

use wasm_encoder::{BlockType, Function, Instruction as I, MemArg, MemArgTarget, ValType};

use super::{ADDRESS, ELEMENT, LENGTH, Locals, PAGES, Parts, SEGMENT};
use crate::random::Random;

/// Most rounds of a strewn loop.
const ROUNDS: u64 = 6;

/// Puts in a statement for which the module has the parts.
pub(super) fn statement(
    function: &mut Function,
    locals: Locals,
    parts: &Parts,
    random: &mut Random,
) {
    match random.below(14) {
        0 | 1 => rounds(function, locals, parts, random),
        2 if parts.memory => fill(function, random),
        3 if parts.memory => copy(function, random),
        4 if parts.memory && parts.data_segments > 0 => {
            let data_index = random.below(parts.data_segments.into()) as u32;
            let some = segment(random);
            constants(function, random, [ADDRESS, some, some]);
            function.instruction(&I::MemoryInit { mem: 0, data_index });
        }
        5 if parts.table => {
            constants(function, random, [ELEMENT, ELEMENT, SEGMENT]);
            function.instruction(&I::TableCopy {
                src_table: 0,
                dst_table: 0,
            });
        }
        6 if parts.table && parts.element_segments > 0 => {
            let elem_index = random.below(parts.element_segments.into()) as u32;
            let some = segment(random);
            constants(function, random, [ELEMENT, some, some]);
            function.instruction(&I::TableInit {
                elem_index,
                table: 0,
            });
        }
        7 if parts.memory && random.once_in(4) => {
            constants(function, random, [PAGES]);
            function
                .instruction(&I::MemoryGrow(0))
                .instruction(&I::Drop);
        }
        8..11 if !parts.imports.is_empty() => call(function, locals, parts, random),
        _ if parts.memory => store(function, locals, random),
        _ => {
            function.instruction(&I::Nop);
        }
    }
}

/// The mask for a part of a segment: mostly none, because the generator drops
/// segments early and often.
fn segment(random: &mut Random) -> i32 {
    if random.once_in(4) { SEGMENT } else { 0 }
}

/// A loop that ends, around a statement without a loop.
fn rounds(function: &mut Function, locals: Locals, parts: &Parts, random: &mut Random) {
    function
        .instruction(&I::I32Const(1 + random.below(ROUNDS) as i32))
        .instruction(&I::LocalSet(locals.rounds()))
        .instruction(&I::Loop(BlockType::Empty));
    if parts.memory {
        store(function, locals, random);
        fill(function, random);
    }
    function
        .instruction(&I::LocalGet(locals.rounds()))
        .instruction(&I::I32Const(1))
        .instruction(&I::I32Sub)
        .instruction(&I::LocalTee(locals.rounds()))
        .instruction(&I::BrIf(0))
        .instruction(&I::End);
}

fn fill(function: &mut Function, random: &mut Random) {
    constants(function, random, [ADDRESS, LENGTH, LENGTH]);
    function.instruction(&I::MemoryFill(0));
}

fn copy(function: &mut Function, random: &mut Random) {
    constants(function, random, [ADDRESS, ADDRESS, LENGTH]);
    function.instruction(&I::MemoryCopy {
        src_mem: 0,
        dst_mem: 0,
    });
}

/// Calls an import with accumulators and constants, and keeps its results.
fn call(function: &mut Function, locals: Locals, parts: &Parts, random: &mut Random) {
    let import = random.below(parts.imports.len() as u64) as usize;
    let ty = &parts.imports[import];
    for param in ty.params() {
        match encoded(*param) {
            ValType::I32 if random.once_in(2) => constants(function, random, [-1]),
            ty => {
                function.instruction(&I::LocalGet(locals.accumulator(ty)));
            }
        }
    }
    function.instruction(&I::Call(import as u32));
    for result in ty.results().iter().rev() {
        function.instruction(&I::LocalSet(locals.accumulator(encoded(*result))));
    }
}

/// A type of the profile in words of the encoder.
fn encoded(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        _ => ValType::I32,
    }
}

/// Stores an accumulator, and so shows it in the memory.
fn store(function: &mut Function, locals: Locals, random: &mut Random) {
    let at = MemArg {
        offset: random.below(64),
        align: 0,
        target: MemArgTarget::Memory(0),
        ordering: None,
    };
    let (ty, store) = match random.below(9) {
        0 => (ValType::I32, I::I32Store(at)),
        1 => (ValType::I32, I::I32Store8(at)),
        2 => (ValType::I32, I::I32Store16(at)),
        3 => (ValType::I64, I::I64Store(at)),
        4 => (ValType::I64, I::I64Store8(at)),
        5 => (ValType::I64, I::I64Store16(at)),
        6 => (ValType::I64, I::I64Store32(at)),
        7 => (ValType::F32, I::F32Store(at)),
        _ => (ValType::F64, I::F64Store(at)),
    };
    constants(function, random, [ADDRESS]);
    function
        .instruction(&I::LocalGet(locals.accumulator(ty)))
        .instruction(&store);
}

/// Random constants, each within its mask.
fn constants<const N: usize>(function: &mut Function, random: &mut Random, masks: [i32; N]) {
    for mask in masks {
        function.instruction(&I::I32Const(random.next() as i32 & mask));
    }
}
