//! Arguments for host functions that lead somewhere.
//!
//! A random pointer is outside of every memory, a random address is nobody's.
//! Each import gets a function before it that bends the arguments by what the
//! table of host functions says they are, and everything in the module calls
//! that. Pointers then fall into a board of 32 slots of 32 bytes, which a data
//! segment fills with addresses, code hashes and numbers.

use std::convert::Infallible;

use hull_host_api::{HostFunction, HostFunctionSpec, ValueType};
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, Function, FunctionSection, ImportSection, Instruction,
};
use wasmparser::{CodeSectionReader, DataSectionReader, FunctionSectionReader, Import, Parser};

use crate::random::Random;

/// Bytes of a slot: an address, a hash, a topic, a salt.
pub(super) const SLOT: usize = 32;
/// Slots of the board.
pub(super) const SLOTS: usize = 32;

/// Every how many imports one keeps its wild arguments.
const WILD: u64 = 12;

/// Aims the calls of a generated contract. It has data segments, and imports
/// nothing but native host functions.
pub(super) fn aim(wasm: &[u8], board: &[u8], random: &mut Random) -> Vec<u8> {
    let mut aimer = Aimer {
        board,
        random,
        imports: Vec::new(),
        functions: 0,
    };
    let mut module = wasm_encoder::Module::new();
    aimer
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .expect("the generator makes valid modules");
    module.finish()
}

struct Aimer<'a> {
    board: &'a [u8],
    random: &'a mut Random,
    /// The imported functions with their types.
    imports: Vec<(&'static HostFunctionSpec, u32)>,
    /// Functions before the ones that are added, imports counted.
    functions: u32,
}

impl Aimer<'_> {
    /// Calls import `index` with bent arguments.
    fn before(&mut self, index: u32, spec: &HostFunctionSpec) -> Function {
        let wild = self.random.once_in(WILD);
        let mut function = Function::new([]);
        for (local, (name, ty)) in (0..).zip(spec.params) {
            function.instruction(&Instruction::LocalGet(local));
            match ty {
                _ if wild => {}
                ValueType::U32 => {
                    function
                        .instruction(&Instruction::I32Const(mask(name)))
                        .instruction(&Instruction::I32And);
                }
                ValueType::U64 | ValueType::I64 => {
                    function
                        .instruction(&Instruction::I64Const(0xFFFF_FFFF))
                        .instruction(&Instruction::I64And);
                }
            }
        }
        function
            .instruction(&Instruction::Call(index))
            .instruction(&Instruction::End);
        function
    }
}

/// The bits that an argument keeps, by its name in the table.
fn mask(name: &str) -> i32 {
    if name.ends_with("ptr") {
        ((SLOTS - 1) * SLOT) as i32
    } else if name.ends_with("count") || name == "flags" {
        0x3
    } else if name == "order" {
        0x1
    } else {
        // Lengths, capacities and offsets.
        0x3F
    }
}

impl Reencode for Aimer<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error> {
        let imported = (function as usize) < self.imports.len();
        Ok(if imported {
            self.functions + function
        } else {
            function
        })
    }

    fn parse_import(&mut self, imports: &mut ImportSection, import: Import<'_>) -> Result<(), Error> {
        if let wasmparser::TypeRef::Func(ty) = import.ty
            && let Some(function) = HostFunction::by_name(import.name)
        {
            self.imports.push((function.spec(), ty));
        }
        utils::parse_import(self, imports, import)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        self.functions = self.imports.len() as u32 + section.count();
        utils::parse_function_section(self, functions, section)?;
        for (_, ty) in &self.imports {
            functions.function(*ty);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_code_section(self, code, section)?;
        for (index, (spec, _)) in (0..).zip(self.imports.clone()) {
            code.function(&self.before(index, spec));
        }
        Ok(())
    }

    fn data_count(&mut self, count: u32) -> Result<u32, Error> {
        Ok(count + 1)
    }

    fn parse_data_section(
        &mut self,
        data: &mut DataSection,
        section: DataSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_data_section(self, data, section)?;
        data.active(0, &ConstExpr::i32_const(0), self.board.iter().copied());
        Ok(())
    }
}
