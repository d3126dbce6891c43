//! Makes more of generated modules.
//!
//! wasm-smith's own modules are wide, but little of them runs: operands are
//! nearly always out of range, so that the first load traps, and the stack is
//! shallow, so that an operator with two operands is rare and a bulk operation
//! with three next to unheard of. Half a percent of them execute a float
//! addition. Enriched,
//!
//! - operands of memory, table and growth operators become small ([`mask`]);
//! - values are worked into accumulators by operators with two operands
//!   ([`weave`]);
//! - statements are strewn in that leave the stack alone: stores, calls of the
//!   host, bulk operations, loops that end ([`strew`]).
//!
//! The result is a module like any other; only more of it is executed.
//! [`coverage`](crate::coverage) says how much.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, Function, MemorySection, MemoryType, TableSection, TableType, ValType,
};
use wasmparser::{
    FuncToValidate, FuncType, FuncValidator, FunctionBody, MemorySectionReader, Parser, Payload,
    TableSectionReader, TypeRef, ValidPayload, Validator, ValidatorResources,
};

use crate::random::Random;

mod mask;
mod strew;
mod weave;

/// Every how many values one is worked into its accumulator.
const WEAVE: u64 = 3;
/// Every how many operators a statement is strewn in.
const STREW: u64 = 10;
/// Most statements at the beginning of a function, where nothing has branched
/// away yet.
const FIRST: u64 = 8;

/// Masks for addresses: half of the first page, so that accesses meet.
const ADDRESS: i32 = 0x7FFF;
/// Mask for lengths in bytes.
const LENGTH: i32 = 0xFF;
/// Mask for what has to do with segments, which are short.
const SEGMENT: i32 = 0x1;
/// Mask for table indices.
const ELEMENT: i32 = 0x7;
/// Elements a table has at least: what the mask and the length can reach.
const TABLE: u64 = 10;
/// Mask for pages to grow by.
const PAGES: i32 = 0x1;

/// Enriches a module of the generator.
pub(crate) fn enrich(wasm: &[u8], random: Random) -> Vec<u8> {
    let (functions, parts) = read(wasm).expect("the generator makes valid modules");
    let mut enricher = Enricher {
        functions: functions.into_iter(),
        parts,
        random,
    };
    let mut module = wasm_encoder::Module::new();
    enricher
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .expect("the generator makes valid modules");
    module.finish()
}

/// What a module has that statements can work on.
#[derive(Default)]
struct Parts {
    memory: bool,
    table: bool,
    data_segments: u32,
    element_segments: u32,
    /// The types of the imported functions.
    imports: Vec<FuncType>,
}

fn read(wasm: &[u8]) -> wasmparser::Result<(Vec<FuncToValidate<ValidatorResources>>, Parts)> {
    let mut validator = Validator::new();
    let mut functions = Vec::new();
    let mut parts = Parts::default();
    let mut types = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let ValidPayload::Func(function, _) = validator.payload(&payload)? {
            functions.push(function);
        }
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    types.push(ty?);
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if let TypeRef::Func(ty) = import?.ty {
                        parts.imports.push(types[ty as usize].clone());
                    }
                }
            }
            Payload::MemorySection(section) => parts.memory = section.count() > 0,
            Payload::TableSection(section) => parts.table = section.count() > 0,
            Payload::ElementSection(section) => parts.element_segments = section.count(),
            Payload::DataCountSection { count, .. } => parts.data_segments = count,
            _ => {}
        }
    }
    Ok((functions, parts))
}

struct Enricher {
    functions: std::vec::IntoIter<FuncToValidate<ValidatorResources>>,
    parts: Parts,
    random: Random,
}

/// The locals that are added to every function.
#[derive(Clone, Copy)]
struct Locals {
    first: u32,
}

impl Locals {
    const TYPES: [ValType; 10] = [
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::I32,
        ValType::I64,
        ValType::F32,
        ValType::F64,
        ValType::I32,
        ValType::I32,
    ];

    fn position(ty: ValType) -> u32 {
        let types = Self::TYPES.iter();
        types.take_while(|have| **have != ty).count() as u32
    }

    /// What the values of a type are worked into.
    fn accumulator(self, ty: ValType) -> u32 {
        self.first + Self::position(ty)
    }

    /// Holds a value of a type for a moment.
    fn scratch(self, ty: ValType) -> u32 {
        self.first + 4 + Self::position(ty)
    }

    /// Holds another i32 for a moment.
    fn second(self) -> u32 {
        self.first + 8
    }

    /// Counts the rounds of a loop.
    fn rounds(self) -> u32 {
        self.first + 9
    }
}

impl Enricher {
    fn body(
        &mut self,
        body: &FunctionBody<'_>,
        mut validator: FuncValidator<ValidatorResources>,
    ) -> Result<Function, Error> {
        let mut declared = Vec::new();
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            validator.define_locals(body.range().start, count, ty)?;
            declared.push((count, self.val_type(ty)?));
        }
        let locals = Locals {
            first: validator.len_locals(),
        };
        declared.extend(Locals::TYPES.map(|ty| (1, ty)));
        let mut function = Function::new(declared);
        for _ in 0..self.random.below(FIRST + 1) {
            strew::statement(&mut function, locals, &self.parts, &mut self.random);
        }
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset()?;
            if is_reachable(&validator) {
                if self.random.once_in(STREW) {
                    strew::statement(&mut function, locals, &self.parts, &mut self.random);
                }
                mask::operands(&mut function, locals, &operator);
            }
            function.instruction(&self.instruction(operator.clone())?);
            validator.op(offset, &operator)?;
            if let Some(ty) = top(&validator)
                && self.random.once_in(WEAVE)
            {
                weave::value(&mut function, locals, self.val_type(ty)?, &mut self.random);
            }
        }
        Ok(function)
    }
}

fn is_reachable(validator: &FuncValidator<ValidatorResources>) -> bool {
    validator
        .get_control_frame(0)
        .is_some_and(|frame| !frame.unreachable)
}

/// The type of the operand on top, if the code may take it.
fn top(validator: &FuncValidator<ValidatorResources>) -> Option<wasmparser::ValType> {
    let frame = validator.get_control_frame(0)?;
    let within = validator.operand_stack_height() as usize > frame.height;
    if frame.unreachable || !within {
        return None;
    }
    validator.get_operand_type(0)?
}

impl Reencode for Enricher {
    type Error = Infallible;

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        for memory in section {
            let memory = self.memory_type(memory?)?;
            // Without a page every access traps.
            memories.memory(MemoryType {
                minimum: memory.minimum.max(1),
                maximum: memory.maximum.map(|pages| pages.max(1)),
                ..memory
            });
        }
        Ok(())
    }

    fn parse_table_section(
        &mut self,
        tables: &mut TableSection,
        section: TableSectionReader<'_>,
    ) -> Result<(), Error> {
        for table in section {
            let table = self.table_type(table?.ty)?;
            tables.table(TableType {
                minimum: table.minimum.max(TABLE),
                maximum: table.maximum.map(|elements| elements.max(TABLE)),
                ..table
            });
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Result<(), Error> {
        let function = self.functions.next().expect("one for each body");
        let validator = function.into_validator(Default::default());
        code.function(&self.body(&body, validator)?);
        Ok(())
    }
}
