//! The meter's pass changes nothing but the meter.
//!
//! Engines that agree on an instrumented module may all run what the author did
//! not write. So the module is also run without the pass, and has to give the
//! same, up to where the meter stops it. Only NaNs are made canonical in it, in
//! a way of its own: without that its results would depend on the processor.

use std::convert::Infallible;

use hull_gas_meter::{Schedule, names};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, FunctionSection, GlobalSection,
    GlobalType, Instruction, TypeSection, ValType,
};
use wasmparser::{
    CodeSectionReader, ExportSectionReader, FunctionBody, FunctionSectionReader,
    GlobalSectionReader, Operator, Parser, Payload, TypeSectionReader,
};

use crate::case::{Case, Metered};
use crate::compare::Fault;
use crate::engine::Engine;
use crate::expose::expose;
use crate::observation::{Called, End, Observation, difference};
use crate::value::Type;
use crate::world::ASKS_FOR_GAS;

/// Compares the instrumented module with the one it was made of. `None` if
/// there is nothing to compare, else how many calls were.
///
/// # Errors
/// If they differ.
pub fn compare(case: &Case) -> Result<Option<usize>, Fault> {
    if !is_comparable(&case.module) {
        return Ok(None);
    }
    let Ok(metered) = case.metered(&Schedule::V1) else {
        return Ok(None);
    };
    let seen = Engine::Interpreter.run(&metered, &case.calls)?;
    // What the meter stops could go on forever.
    let stopped = |called: &Called| matches!(called.how(), End::OutOfGas | End::OutOfFrames);
    let stopped = seen.calls.iter().position(stopped);
    let calls = &case.calls[..stopped.unwrap_or(seen.calls.len())];
    let metered = Engine::Interpreter.run(&metered, calls)?;
    let plain = Engine::Interpreter.run(&plain(case), calls)?;
    match difference(calls, &uncounted(plain), &uncounted(metered)) {
        None => Ok(Some(calls.len())),
        Some(difference) => Err(Fault::Pass { difference }),
    }
}

/// Without what only the meter knows.
fn uncounted(mut seen: Observation) -> Observation {
    for called in &mut seen.calls {
        (called.gas, called.frames) = (0, 0);
        called.trace.forget_counters();
    }
    // The plain module cannot be reset.
    seen.reset.clear();
    seen
}

/// Whether a module's results say nothing of gas.
fn is_comparable(wasm: &[u8]) -> bool {
    let asks = |payload| match payload {
        Payload::ImportSection(section) => {
            let mut imports = section.into_imports().flatten();
            imports.any(|import| import.name == ASKS_FOR_GAS)
        }
        _ => false,
    };
    !Parser::new(0).parse_all(wasm).flatten().any(asks)
}

/// The module as it is, with counters that nothing counts in.
fn plain(case: &Case) -> Metered {
    let mut module = wasm_encoder::Module::new();
    Plain::default()
        .parse_core_module(&mut module, Parser::new(0), &case.module)
        .expect("the generator makes valid modules");
    Metered {
        wasm: expose(&module.finish(), &case.outline),
        entry_frames: 0,
        globals: case.outline.globals,
    }
}

/// Adds what the engines expect of an instrumented module, and makes NaNs
/// canonical by way of two more globals.
#[derive(Default)]
struct Plain {
    types: u32,
    imported: u32,
    functions: u32,
    globals: u32,
}

impl Plain {
    /// Makes the float on top canonical if it is a NaN.
    fn settle(&self, function: &mut Function, ty: Type) {
        let (global, canonical, equal) = match ty {
            Type::F32 => {
                let canonical = Instruction::F32Const(f32::from_bits(0x7FC0_0000).into());
                (self.globals + 2, canonical, Instruction::F32Eq)
            }
            _ => {
                let canonical = f64::from_bits(0x7FF8_0000_0000_0000);
                let canonical = Instruction::F64Const(canonical.into());
                (self.globals + 3, canonical, Instruction::F64Eq)
            }
        };
        function
            .instruction(&Instruction::GlobalSet(global))
            .instruction(&Instruction::GlobalGet(global))
            .instruction(&canonical)
            .instruction(&Instruction::GlobalGet(global))
            .instruction(&Instruction::GlobalGet(global))
            .instruction(&equal)
            .instruction(&Instruction::Select);
    }
}

/// The type of the result, if the specification leaves the bits of a NaN open.
fn open_nan(operator: &Operator<'_>) -> Option<Type> {
    use Operator::*;
    match operator {
        F32Add | F32Sub | F32Mul | F32Div | F32Min | F32Max | F32Sqrt | F32Ceil | F32Floor
        | F32Trunc | F32Nearest | F32DemoteF64 => Some(Type::F32),
        F64Add | F64Sub | F64Mul | F64Div | F64Min | F64Max | F64Sqrt | F64Ceil | F64Floor
        | F64Trunc | F64Nearest | F64PromoteF32 => Some(Type::F64),
        _ => None,
    }
}

impl Reencode for Plain {
    type Error = Infallible;

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: TypeSectionReader<'_>,
    ) -> Result<(), Error> {
        self.types = section.count();
        utils::parse_type_section(self, types, section)?;
        types.ty().function([], []);
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut wasm_encoder::ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        self.imported = section.count();
        utils::parse_import_section(self, imports, section)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        self.functions = self.imported + section.count();
        utils::parse_function_section(self, functions, section)?;
        functions.function(self.types);
        Ok(())
    }

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), Error> {
        self.globals = section.count();
        utils::parse_global_section(self, globals, section)?;
        let mutable = |val_type| GlobalType {
            val_type,
            mutable: true,
            shared: false,
        };
        globals.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
        globals.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
        globals.global(mutable(ValType::F32), &ConstExpr::f32_const(0.0.into()));
        globals.global(mutable(ValType::F64), &ConstExpr::f64_const(0.0.into()));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(names::GAS, ExportKind::Global, self.globals);
        exports.export(names::FRAMES, ExportKind::Global, self.globals + 1);
        exports.export(names::RESET, ExportKind::Func, self.functions);
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        let mut reset = Function::new([]);
        reset.instruction(&Instruction::End);
        code.function(&reset);
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            let open = open_nan(&operator);
            function.instruction(&self.instruction(operator)?);
            if let Some(ty) = open {
                self.settle(&mut function, ty);
            }
        }
        code.function(&function);
        Ok(())
    }
}
