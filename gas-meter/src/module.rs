//! Reading a module: its index spaces, and its sections as they stand.
//!
//! The pass adds at the end of every index space and changes no index, so most
//! of a module is copied byte by byte. What is kept here is what the pass has
//! to look up.

use std::ops::Range;

use wasmparser::{
    CompositeInnerType, ElementItems, Export, ExternalKind, FuncType, FunctionBody, Global,
    GlobalType, MemoryType, Operator, Parser, Payload, TableType, TypeRef, ValType,
};

use crate::error::InstrumentError;
use crate::names;

/// A module that has been read, borrowing from its bytes.
#[derive(Default)]
pub(crate) struct Module<'a> {
    pub(crate) wasm: &'a [u8],
    /// Every type is a function type.
    pub(crate) types: Vec<FuncType>,
    /// Type index of every function, imports first.
    pub(crate) functions: Vec<u32>,
    pub(crate) imported_functions: u32,
    pub(crate) tables: Vec<TableType>,
    pub(crate) imports_table: bool,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) imported_memories: u32,
    /// Imported globals.
    pub(crate) imported_globals: Vec<GlobalType>,
    pub(crate) globals: Vec<Global<'a>>,
    pub(crate) exports: Vec<Export<'a>>,
    pub(crate) start: Option<u32>,
    /// Functions that a reference may point to: named in an element segment,
    /// or by `ref.func` outside of function bodies.
    pub(crate) referenced: Vec<u32>,
    /// By function: whether anything but an operator of a body names it.
    pub(crate) named: Vec<bool>,
    pub(crate) data_count: Option<u32>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
    pub(crate) sections: Sections,
}

/// Where the sections are that the output takes over.
#[derive(Default)]
pub(crate) struct Sections {
    pub(crate) types: Option<Counted>,
    pub(crate) globals: Option<Counted>,
    pub(crate) exports: Option<Counted>,
    pub(crate) imports: Option<Range<u64>>,
    pub(crate) tables: Option<Range<u64>>,
    pub(crate) elements: Option<Range<u64>>,
    pub(crate) data: Option<Range<u64>>,
}

/// A section to which items are appended.
pub(crate) struct Counted {
    pub(crate) count: u32,
    /// The items, without the count before them.
    pub(crate) items: Range<u64>,
}

/// The place of a section that is a counted list.
macro_rules! counted {
    ($reader:expr) => {
        Some(Counted {
            count: $reader.count(),
            items: $reader.original_position()..$reader.range().end,
        })
    };
}

impl<'a> Module<'a> {
    /// Reads a module.
    pub(crate) fn read(wasm: &'a [u8]) -> Result<Self, InstrumentError> {
        let mut module = Module {
            wasm,
            ..Module::default()
        };
        for payload in Parser::new(0).parse_all(wasm) {
            module.read_payload(payload?)?;
        }
        let defined = module.functions.len() - module.imported_functions as usize;
        if defined != module.bodies.len() {
            return Err(malformed(
                wasm.len() as u64,
                "functions and bodies differ in number",
            ));
        }
        module.named = vec![false; module.functions.len()];
        let outside = module.referenced.iter().chain(&module.start).copied();
        for function in module
            .exported_functions()
            .chain(outside)
            .collect::<Vec<_>>()
        {
            let named = module.named.get_mut(function as usize);
            *named.ok_or_else(|| malformed(0, "a reference to an unknown function"))? = true;
        }
        Ok(module)
    }

    /// The bytes of `range`, which lies inside the module.
    pub(crate) fn bytes(&self, range: &Range<u64>) -> &'a [u8] {
        self.wasm
            .get(range.start as usize..range.end as usize)
            .unwrap_or_default()
    }

    /// Number of globals, imports counted.
    pub(crate) fn global_count(&self) -> u32 {
        (self.imported_globals.len() + self.globals.len()) as u32
    }

    /// The type of function `index`, imports counted.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        self.types
            .get(*self.functions.get(index as usize)? as usize)
    }

    /// Index of the function whose body is number `body`.
    pub(crate) fn function_of_body(&self, body: usize) -> u32 {
        self.imported_functions + body as u32
    }

    fn read_payload(&mut self, payload: Payload<'a>) -> Result<(), InstrumentError> {
        match payload {
            Payload::TypeSection(reader) => {
                self.sections.types = counted!(reader);
                self.read_types(reader)
            }
            Payload::ImportSection(reader) => {
                self.sections.imports = Some(reader.range());
                self.read_imports(reader)
            }
            Payload::FunctionSection(reader) => {
                for function in reader {
                    self.functions.push(function?);
                }
                Ok(())
            }
            Payload::TableSection(reader) => {
                self.sections.tables = Some(reader.range());
                for table in reader {
                    self.tables.push(table?.ty);
                }
                Ok(())
            }
            Payload::MemorySection(reader) => {
                for memory in reader {
                    self.memories.push(memory?);
                }
                Ok(())
            }
            Payload::GlobalSection(reader) => {
                self.sections.globals = counted!(reader);
                for global in reader {
                    let global = global?;
                    collect_references(
                        global.init_expr.get_operators_reader(),
                        &mut self.referenced,
                    )?;
                    self.globals.push(global);
                }
                Ok(())
            }
            Payload::ExportSection(reader) => {
                self.sections.exports = counted!(reader);
                self.read_exports(reader)
            }
            Payload::ElementSection(reader) => {
                self.sections.elements = Some(reader.range());
                self.read_elements(reader)
            }
            Payload::StartSection { func, .. } => {
                self.start = Some(func);
                Ok(())
            }
            Payload::DataCountSection { count, .. } => {
                self.data_count = Some(count);
                Ok(())
            }
            Payload::CodeSectionEntry(body) => {
                self.bodies.push(body);
                Ok(())
            }
            Payload::DataSection(reader) => {
                self.sections.data = Some(reader.range());
                Ok(())
            }
            // Custom sections are not taken over: nothing in them may change
            // what a module does, and names would only grow the artifact.
            Payload::Version {
                encoding: wasmparser::Encoding::Module,
                ..
            }
            | Payload::CustomSection(_)
            | Payload::CodeSectionStart { .. }
            | Payload::End(_) => Ok(()),
            _ => Err(unsupported(0, "a section outside the core specification")),
        }
    }

    fn read_types(
        &mut self,
        reader: wasmparser::TypeSectionReader<'a>,
    ) -> Result<(), InstrumentError> {
        for group in reader.into_iter_with_offsets() {
            let (offset, group) = group?;
            for ty in group.into_types() {
                let plain =
                    ty.is_final && ty.supertype_idxs.is_empty() && !ty.composite_type.shared;
                match ty.composite_type.inner {
                    CompositeInnerType::Func(function) if plain => {
                        check_values(function.params(), offset)?;
                        check_values(function.results(), offset)?;
                        self.types.push(function);
                    }
                    _ => return Err(unsupported(offset, "a type that is not a function type")),
                }
            }
        }
        Ok(())
    }

    fn read_imports(
        &mut self,
        reader: wasmparser::ImportSectionReader<'a>,
    ) -> Result<(), InstrumentError> {
        for import in reader.into_imports_with_offsets() {
            let (offset, import) = import?;
            if names::is_reserved(import.name) {
                return Err(InstrumentError::ReservedName {
                    name: import.name.to_owned(),
                });
            }
            match import.ty {
                TypeRef::Func(ty) => {
                    self.functions.push(ty);
                    self.imported_functions += 1;
                }
                TypeRef::Table(ty) => {
                    self.tables.push(ty);
                    self.imports_table = true;
                }
                TypeRef::Memory(ty) => {
                    self.memories.push(ty);
                    self.imported_memories += 1;
                }
                TypeRef::Global(ty) => self.imported_globals.push(ty),
                TypeRef::Tag(_) | TypeRef::FuncExact(_) => {
                    return Err(unsupported(offset, "an import of this kind"));
                }
            }
        }
        Ok(())
    }

    fn read_exports(
        &mut self,
        reader: wasmparser::ExportSectionReader<'a>,
    ) -> Result<(), InstrumentError> {
        for export in reader {
            let export = export?;
            if names::is_reserved(export.name) {
                return Err(InstrumentError::ReservedName {
                    name: export.name.to_owned(),
                });
            }
            self.exports.push(export);
        }
        Ok(())
    }

    fn read_elements(
        &mut self,
        reader: wasmparser::ElementSectionReader<'a>,
    ) -> Result<(), InstrumentError> {
        for element in reader {
            match element?.items {
                ElementItems::Functions(functions) => {
                    for function in functions {
                        self.referenced.push(function?);
                    }
                }
                ElementItems::Expressions(_, expressions) => {
                    for expression in expressions {
                        let operators = expression?.get_operators_reader();
                        collect_references(operators, &mut self.referenced)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Functions that the module exports.
    pub(crate) fn exported_functions(&self) -> impl Iterator<Item = u32> {
        let functions = self
            .exports
            .iter()
            .filter(|export| export.kind == ExternalKind::Func);
        functions.map(|export| export.index)
    }

    /// Whether a table is shared with whoever embeds the module.
    pub(crate) fn shares_table(&self) -> bool {
        self.imports_table || self.exports.iter().any(|e| e.kind == ExternalKind::Table)
    }
}

/// Adds the functions that a constant expression refers to.
fn collect_references(
    operators: wasmparser::OperatorsReader<'_>,
    referenced: &mut Vec<u32>,
) -> Result<(), InstrumentError> {
    for operator in operators {
        if let Operator::RefFunc { function_index } = operator? {
            referenced.push(function_index);
        }
    }
    Ok(())
}

/// Refuses value types that the pass does not model.
pub(crate) fn check_values(types: &[ValType], offset: u64) -> Result<(), InstrumentError> {
    if types.contains(&ValType::V128) {
        return Err(unsupported(offset, "vector values"));
    }
    Ok(())
}

pub(crate) fn malformed(offset: u64, what: &str) -> InstrumentError {
    InstrumentError::Malformed {
        offset,
        what: what.to_owned(),
    }
}

pub(crate) fn unsupported(offset: u64, what: &'static str) -> InstrumentError {
    InstrumentError::Unsupported {
        function: None,
        offset,
        what,
    }
}
