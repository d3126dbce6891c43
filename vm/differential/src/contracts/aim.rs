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
use wasmparser::{
    CodeSectionReader, DataSectionReader, FunctionSectionReader, ImportSectionReader, Parser,
    TypeRef,
};

use crate::generate::MAX_CONTRACT_IMPORTS;
use crate::random::Random;

/// Bytes of a slot: an address, a hash, a topic, a salt.
pub(super) const SLOT: usize = 32;
/// Slots of the board.
pub(super) const SLOTS: usize = 32;

/// Every how many contracts one has an import that gets its arguments as they
/// come, and halts at them.
const WILD: u64 = 6;

/// Aims the calls of a generated contract. It has data segments, and imports
/// nothing but native host functions.
pub(super) fn aim(wasm: &[u8], board: &[u8], random: &mut Random) -> Vec<u8> {
    let wild = random
        .once_in(WILD)
        .then(|| random.below(MAX_CONTRACT_IMPORTS as u64) as u32);
    let mut aimer = Aimer {
        board,
        wild,
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
    /// The import whose arguments are not bent.
    wild: Option<u32>,
    /// The imported functions with their types.
    imports: Vec<(&'static HostFunctionSpec, u32)>,
    /// Functions before the ones that are added, imports counted.
    functions: u32,
}

impl Aimer<'_> {
    /// Calls import `index` with bent arguments.
    fn before(&self, index: u32, spec: &HostFunctionSpec) -> Function {
        let mut function = Function::new([]);
        for (local, (name, ty)) in (0..).zip(spec.params) {
            function.instruction(&Instruction::LocalGet(local));
            match ty {
                _ if self.wild == Some(index) => {}
                ValueType::U32 => {
                    function
                        .instruction(&Instruction::I32Const(mask(spec, name)))
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
fn mask(spec: &HostFunctionSpec, name: &str) -> i32 {
    if spec.name == "returned" && name != "out_ptr" {
        // Nothing is what there nearly always is.
        0
    } else if name.ends_with("ptr") {
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

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: ImportSectionReader<'_>,
    ) -> Result<(), Error> {
        for import in section.clone().into_imports() {
            let import = import?;
            let function = HostFunction::by_name(import.name);
            if let (TypeRef::Func(ty), Some(function)) = (import.ty, function) {
                self.imports.push((function.spec(), ty));
            }
        }
        utils::parse_import_section(self, imports, section)
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
        for (index, (spec, _)) in (0..).zip(&self.imports) {
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
