//! A metered module that tells where its gas goes.
//!
//! The profiled form is the instrumented one with two imports more, and a call
//! of one at the beginning and of the other at the end of every function. Both
//! get the function's index and the counter. Nothing else changes: charges,
//! their sum and where they are checked are those of the plain form, so a
//! profile adds up to the gas of the receipt.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, EntityType, Function, ImportSection, Instruction, SectionId,
    TypeSection, ValType,
};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use crate::config::Config;
use crate::error::InstrumentError;
use crate::facts::Facts;
use crate::names;
use crate::pass::{Detail, run};
use crate::prepay::Role;
use crate::types::encodable;

/// A module for the profiler.
///
/// It imports, from the module [`names::PROFILE`], two functions without
/// results, [`names::ENTER`] and [`names::EXIT`], both `(i32, i64)`: the index
/// of a function of the original module (imports counted) and the gas counter.
/// A function that traps does not say that it ends. Function indices are those
/// of the original up to its imported functions and two more after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiled {
    /// The module's bytes.
    pub wasm: Vec<u8>,
    /// What the embedder has to know about it.
    pub facts: Facts,
    /// How many functions the original imports.
    pub imported_functions: u32,
    /// The functions that the original defines, in their order.
    pub functions: Vec<ProfiledFunction>,
}

/// How to read what a function says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProfiledFunction {
    /// Gas that the caller paid for this entry: take it off the caller's own and
    /// add it to the function's.
    pub prepaid: u64,
    /// Whether the counter that it tells is stale: the function does not charge,
    /// and its caller keeps the counter to itself meanwhile.
    pub quiet: bool,
}

/// Instruments a module for the profiler.
///
/// # Errors
/// As [`instrument`](crate::instrument).
///
/// ```
/// use hull_gas_meter::{Config, Schedule, profiled};
///
/// let wasm = wat::parse_str("(module (func $f) (func (export \"run\") call $f))").unwrap();
/// let profiled = profiled(&wasm, &Config::new(&Schedule::V1)).unwrap();
/// assert!(profiled.functions[0].prepaid > 0);
/// assert_eq!(profiled.functions[1].prepaid, 0);
/// ```
pub fn profiled(wasm: &[u8], config: &Config<'_>) -> Result<Profiled, InstrumentError> {
    let done = run(wasm, config, Detail::Plain)?;
    let functions = done.roles.iter().zip(&done.entry_costs);
    let functions = functions.map(|(role, &entry)| ProfiledFunction {
        prepaid: if role.prepaid { entry } else { 0 },
        quiet: role.quiet,
    });
    let mut teller = Teller::new(&done.instrumented.wasm, &done.roles)?;
    Ok(Profiled {
        functions: functions.collect(),
        imported_functions: teller.imported,
        facts: done.instrumented.facts,
        wasm: teller.write(&done.instrumented.wasm)?,
    })
}

/// Writes the calls into an instrumented module.
struct Teller<'m> {
    roles: &'m [Role],
    /// Imported functions of the original.
    imported: u32,
    /// Parameters and results of every defined function.
    types: Vec<(u32, Vec<ValType>)>,
    /// Number of types, before and after what is added here.
    type_count: u32,
    block_types: BTreeMap<Vec<ValType>, u32>,
    gas: u32,
    imports_written: bool,
    /// The next body.
    body: usize,
}

type Rewritten<T> = Result<T, reencode::Error>;

impl<'m> Teller<'m> {
    fn new(instrumented: &[u8], roles: &'m [Role]) -> Result<Self, InstrumentError> {
        let mut teller = Self {
            roles,
            imported: 0,
            types: Vec::new(),
            type_count: 0,
            block_types: BTreeMap::new(),
            gas: 0,
            imports_written: false,
            body: 0,
        };
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(instrumented) {
            match payload? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let function = matches!(import?.ty, TypeRef::Func(_));
                        teller.imported += u32::from(function);
                    }
                }
                Payload::FunctionSection(section) => {
                    for index in section {
                        let ty = types.get(index? as usize);
                        let ty =
                            ty.ok_or_else(|| crate::module::malformed(0, "an unknown type"))?;
                        let results = ty.results().iter().map(|&ty| encodable(ty));
                        let results = results.collect::<Result<Vec<_>, _>>()?;
                        teller.types.push((ty.params().len() as u32, results));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.name == names::GAS {
                            teller.gas = export.index;
                        }
                    }
                }
                _ => {}
            }
        }
        teller.type_count = types.len() as u32;
        let several = teller.types.iter().filter(|(_, results)| results.len() > 1);
        for (_, results) in several.cloned().collect::<Vec<_>>() {
            // The first added type is that of the two imports.
            let next = teller.type_count + 1 + teller.block_types.len() as u32;
            teller.block_types.entry(results).or_insert(next);
        }
        Ok(teller)
    }

    fn write(&mut self, instrumented: &[u8]) -> Result<Vec<u8>, InstrumentError> {
        let mut module = wasm_encoder::Module::new();
        let parsed = self.parse_core_module(&mut module, Parser::new(0), instrumented);
        match parsed {
            Ok(()) => Ok(module.finish()),
            Err(reencode::Error::ParseError(error)) => Err(error.into()),
            Err(_) => Err(crate::module::unsupported(0, "what no contract has")),
        }
    }

    fn add_imports(&mut self, imports: &mut ImportSection) {
        for name in [names::ENTER, names::EXIT] {
            imports.import(names::PROFILE, name, EntityType::Function(self.type_count));
        }
        self.imports_written = true;
    }

    /// Writes one function between its two calls.
    fn tell(&mut self, body: &FunctionBody<'_>) -> Rewritten<Function> {
        let index = self.body;
        let (params, results) = self.types[index].clone();
        let threaded = self.roles.get(index).is_some_and(|role| role.threaded);
        let (mut locals, mut next) = (Vec::new(), params);
        for group in body.get_locals_reader()? {
            let (count, ty) = group?;
            locals.push((count, self.val_type(ty)?));
            next += count;
        }
        locals.push((1, ValType::I64));
        let mut out = Function::new(locals);
        let frames = self.roles[index].takes_frames;
        let counter = match threaded {
            true => Instruction::LocalGet(params - 1 - u32::from(frames)),
            false => Instruction::GlobalGet(self.gas),
        };
        self.call(&mut out, &counter, 0);
        out.instruction(&Instruction::Block(match results[..] {
            [] => BlockType::Empty,
            [result] => BlockType::Result(result),
            _ => BlockType::FunctionType(self.block_types[&results]),
        }));
        self.copy(body, &mut out)?;
        if threaded {
            out.instruction(&Instruction::LocalTee(next));
            self.call(&mut out, &Instruction::LocalGet(next), 1);
        } else {
            self.call(&mut out, &counter, 1);
        }
        out.instruction(&Instruction::End);
        Ok(out)
    }

    fn call(&self, out: &mut Function, counter: &Instruction<'_>, which: u32) {
        let function = self.imported + self.body as u32;
        out.instruction(&Instruction::I32Const(function as i32))
            .instruction(counter)
            .instruction(&Instruction::Call(self.imported + which));
    }

    /// Copies a body into the block that has taken the place of its label.
    fn copy(&mut self, body: &FunctionBody<'_>, out: &mut Function) -> Rewritten<()> {
        let mut nesting = 0u32;
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            match reader.read()? {
                Operator::Return => {
                    out.instruction(&Instruction::Br(nesting));
                    continue;
                }
                operator => {
                    match operator {
                        Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                            nesting += 1;
                        }
                        Operator::End => nesting = nesting.saturating_sub(1),
                        _ => {}
                    }
                    out.instruction(&self.instruction(operator)?);
                }
            }
        }
        Ok(())
    }
}

impl Reencode for Teller<'_> {
    type Error = core::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Rewritten<u32> {
        Ok(if function < self.imported {
            function
        } else {
            function + 2
        })
    }

    fn parse_type_section(
        &mut self,
        types: &mut TypeSection,
        section: wasmparser::TypeSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_type_section(self, types, section)?;
        types.ty().function([ValType::I32, ValType::I64], []);
        let mut added: Vec<_> = self.block_types.iter().collect();
        added.sort_by_key(|(_, index)| **index);
        for (results, _) in added {
            types.ty().function([], results.iter().copied());
        }
        Ok(())
    }

    fn parse_import_section(
        &mut self,
        imports: &mut ImportSection,
        section: wasmparser::ImportSectionReader<'_>,
    ) -> Rewritten<()> {
        utils::parse_import_section(self, imports, section)?;
        self.add_imports(imports);
        Ok(())
    }

    fn intersperse_section_hook(
        &mut self,
        module: &mut wasm_encoder::Module,
        _after: Option<SectionId>,
        before: Option<SectionId>,
    ) -> Rewritten<()> {
        let comes_later = !matches!(before, Some(SectionId::Type | SectionId::Import));
        if comes_later && !self.imports_written {
            let mut imports = ImportSection::new();
            self.add_imports(&mut imports);
            module.section(&imports);
        }
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: FunctionBody<'_>,
    ) -> Rewritten<()> {
        // The last body is the meter's own: it resets the globals.
        if self.body < self.roles.len() {
            code.function(&self.tell(&body)?);
        } else {
            utils::parse_function_body(self, code, body)?;
        }
        self.body += 1;
        Ok(())
    }
}
