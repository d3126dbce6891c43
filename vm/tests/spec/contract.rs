//! Making a contract of a module of the suite.
//!
//! Modules of the suite have no entry point, and would all be declined for
//! that. [`with_entry`] adds an empty one and changes no other byte, so that
//! what admission says is about the module. [`Contract`] goes further: its
//! entry point does what a script asks for, so that the whole engine runs the
//! module, from admission to the pooled instance.

use std::collections::BTreeMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{
    BlockType, CodeSection, DataCountSection, DataSection, ElementSection, Encode, EntityType,
    ExportKind, ExportSection, Function, FunctionSection, GlobalSection, ImportSection,
    InstructionSink, MemorySection, Module, RawSection, SectionId, TableSection, TypeSection,
};
use wasmparser::{
    BinaryReader, Export, ExportSectionReader, ExternalKind, FuncType, Parser, Payload, ValType,
};

/// The name of the entry point of Hull's own contracts.
const CALL: &str = "call";

/// The module with an empty entry point, unless it exports something under
/// that name.
pub(crate) fn with_entry(wasm: &[u8]) -> Vec<u8> {
    let mut sections = Vec::new();
    let mut functions = 0;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload.expect("the module is valid");
        match &payload {
            Payload::ImportSection(imports) => {
                let imports = imports
                    .clone()
                    .into_imports()
                    .map(|import| import.expect("valid"));
                functions += imports.filter(|import| is_function(&import.ty)).count() as u32;
            }
            Payload::FunctionSection(defined) => functions += defined.count(),
            Payload::ExportSection(exports) if has_call(exports) => return wasm.to_vec(),
            _ => {}
        }
        if let Some((id, range)) = payload.as_section() {
            sections.push((id, wasm[range.start as usize..range.end as usize].to_vec()));
        }
    }
    let ty = append(&mut sections, SectionId::Type, &[0x60, 0, 0]);
    append(&mut sections, SectionId::Function, &encoded(&[&ty]));
    append(
        &mut sections,
        SectionId::Export,
        &encoded(&[&CALL, &ExportKind::Func, &functions]),
    );
    append(&mut sections, SectionId::Code, &[2, 0, 0x0b]);
    let mut module = Module::new();
    for (id, data) in &sections {
        module.section(&RawSection { id: *id, data });
    }
    module.finish()
}

fn has_call(exports: &ExportSectionReader<'_>) -> bool {
    let mut exports = exports.clone().into_iter();
    exports.any(|export| export.expect("the module is valid").name == CALL)
}

fn is_function(ty: &wasmparser::TypeRef) -> bool {
    matches!(ty, wasmparser::TypeRef::Func(_))
}

/// Appends an item to a section that is a list, and returns its index.
fn append(sections: &mut Vec<(u8, Vec<u8>)>, id: SectionId, item: &[u8]) -> u32 {
    // As sections follow each other: the data count (12) is before the code (10).
    const ORDER: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];
    let rank = |id: u8| ORDER.iter().position(|known| *known == id);
    let id = id as u8;
    let place = sections
        .iter()
        .position(|(other, _)| rank(*other) >= rank(id));
    let place = place.unwrap_or(sections.len());
    if sections.get(place).is_none_or(|(other, _)| *other != id) {
        sections.insert(place, (id, vec![0]));
    }
    let content = &mut sections[place].1;
    let mut reader = BinaryReader::new(content, 0);
    let count = reader
        .read_var_u32()
        .expect("a list begins with its length");
    let items = content[reader.current_position()..].to_vec();
    *content = encoded(&[&(count + 1)]);
    content.extend(items);
    content.extend(item);
    count
}

fn encoded(parts: &[&dyn Encode]) -> Vec<u8> {
    let mut bytes = Vec::new();
    parts.iter().for_each(|part| part.encode(&mut bytes));
    bytes
}

/// The module from which a contract imports what a script asks for.
pub(crate) const SCRIPT: &str = "script";
/// `next() -> i32`: which export is wanted, or -1 when there is nothing more.
pub(crate) const NEXT: &str = "next";
/// `take() -> i64`: the bits of the next argument.
pub(crate) const TAKE: &str = "take";
/// `give(i64)`: the bits of the next result.
pub(crate) const GIVE: &str = "give";
/// The entry point, a name that no module of the suites has.
pub(crate) const RUN: &str = "run-the-script";

/// Indices of the imported functions.
const NEXT_INDEX: u32 = 0;
const TAKE_INDEX: u32 = 1;
const GIVE_INDEX: u32 = 2;
const IMPORTED: u32 = 3;

/// A module as a contract that does what a script asks for.
pub(crate) struct Contract {
    pub(crate) wasm: Vec<u8>,
    /// What the entry point can do for a script, by the name of the export.
    pub(crate) arms: BTreeMap<String, Arm>,
    /// Whether one call can leave something for the next.
    pub(crate) stateful: bool,
}

/// What the entry point does when a script wants an export.
#[derive(Clone)]
pub(crate) struct Arm {
    /// What `next` must return.
    pub(crate) selector: u32,
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
    target: Target,
}

#[derive(Clone, Copy)]
enum Target {
    Function(u32),
    Global(u32),
}

/// Makes room for the imported functions.
struct Shift;

impl Reencode for Shift {
    type Error = Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, reencode::Error<Infallible>> {
        Ok(index + IMPORTED)
    }
}

/// What the sections of a module without imports say.
#[derive(Default)]
struct Contents<'a> {
    types: Vec<FuncType>,
    /// The type of every function.
    functions: Vec<u32>,
    /// The type of every global.
    globals: Vec<ValType>,
    exports: Vec<Export<'a>>,
    stateful: bool,
}

/// The sections of the contract.
#[derive(Default)]
struct Output {
    types: TypeSection,
    functions: FunctionSection,
    tables: TableSection,
    memories: MemorySection,
    globals: GlobalSection,
    exports: ExportSection,
    elements: ElementSection,
    data_count: Option<DataCountSection>,
    code: CodeSection,
    data: DataSection,
}

impl Contract {
    /// Makes a contract of a module that admission takes, which therefore has
    /// no imports and no start function.
    pub(crate) fn new(wasm: &[u8]) -> Self {
        let (contents, mut out) = read(wasm).expect("an admitted module can be written again");
        let mut arms = BTreeMap::new();
        for export in &contents.exports {
            let selector = arms.len() as u32;
            arms.extend(
                contents
                    .arm(export, selector)
                    .map(|arm| (export.name.to_owned(), arm)),
            );
        }
        let mut sorted: Vec<_> = arms.values().cloned().collect();
        sorted.sort_by_key(|arm| arm.selector);

        let first = out.types.len();
        out.types.ty().function([], [wasm_encoder::ValType::I32]);
        out.types.ty().function([], [wasm_encoder::ValType::I64]);
        out.types.ty().function([wasm_encoder::ValType::I64], []);
        out.types.ty().function([], []);
        let mut imports = ImportSection::new();
        for (name, offset) in [(NEXT, 0), (TAKE, 1), (GIVE, 2)] {
            imports.import(SCRIPT, name, EntityType::Function(first + offset));
        }
        out.exports
            .export(RUN, ExportKind::Func, IMPORTED + out.functions.len());
        out.functions.function(first + 3);
        out.code.function(&dispatcher(&sorted));
        Self {
            wasm: out.finish(&imports),
            arms,
            stateful: contents.stateful,
        }
    }
}

impl Contents<'_> {
    fn arm(&self, export: &Export<'_>, selector: u32) -> Option<Arm> {
        let index = export.index as usize;
        let (params, results, target) = match export.kind {
            ExternalKind::Func => {
                let ty = &self.types[self.functions[index] as usize];
                let target = Target::Function(export.index + IMPORTED);
                (ty.params().to_vec(), ty.results().to_vec(), target)
            }
            ExternalKind::Global => (
                Vec::new(),
                vec![self.globals[index]],
                Target::Global(export.index),
            ),
            _ => return None,
        };
        Some(Arm {
            selector,
            params,
            results,
            target,
        })
    }
}

fn read(wasm: &[u8]) -> Result<(Contents<'_>, Output), reencode::Error> {
    let mut contents = Contents::default();
    let mut out = Output::default();
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::TypeSection(section) => {
                let types = section.clone().into_iter_err_on_gc_types();
                contents.types = types.collect::<Result<_, _>>()?;
                Shift.parse_type_section(&mut out.types, section)?;
            }
            Payload::FunctionSection(section) => {
                contents.functions = section.clone().into_iter().collect::<Result<_, _>>()?;
                Shift.parse_function_section(&mut out.functions, section)?;
            }
            Payload::TableSection(section) => {
                contents.stateful = true;
                Shift.parse_table_section(&mut out.tables, section)?;
            }
            Payload::MemorySection(section) => {
                contents.stateful = true;
                Shift.parse_memory_section(&mut out.memories, section)?;
            }
            Payload::GlobalSection(section) => {
                for global in section.clone() {
                    let ty = global?.ty;
                    contents.stateful |= ty.mutable;
                    contents.globals.push(ty.content_type);
                }
                Shift.parse_global_section(&mut out.globals, section)?;
            }
            Payload::ExportSection(section) => {
                contents.exports = section.clone().into_iter().collect::<Result<_, _>>()?;
                Shift.parse_export_section(&mut out.exports, section)?;
            }
            Payload::ElementSection(section) => {
                Shift.parse_element_section(&mut out.elements, section)?;
            }
            Payload::DataCountSection { count, .. } => {
                out.data_count = Some(DataCountSection { count });
            }
            Payload::CodeSectionEntry(body) => {
                Shift.parse_function_body(&mut out.code, body)?;
            }
            Payload::DataSection(section) => {
                Shift.parse_data_section(&mut out.data, section)?;
            }
            _ => {}
        }
    }
    Ok((contents, out))
}

impl Output {
    fn finish(&self, imports: &ImportSection) -> Vec<u8> {
        let mut module = Module::new();
        module
            .section(&self.types)
            .section(imports)
            .section(&self.functions)
            .section(&self.tables)
            .section(&self.memories)
            .section(&self.globals)
            .section(&self.exports)
            .section(&self.elements);
        if let Some(count) = &self.data_count {
            module.section(count);
        }
        module.section(&self.code).section(&self.data);
        module.finish()
    }
}

/// Until there is nothing more to do: asks which export is wanted, and gives
/// its results.
fn dispatcher(arms: &[Arm]) -> Function {
    let most_results = arms.iter().map(|arm| arm.results.len()).max().unwrap_or(0);
    let mut function = Function::new([(most_results as u32, wasm_encoder::ValType::I64)]);
    let mut code = function.instructions();
    let count = arms.len() as u32;
    code.loop_(BlockType::Empty).block(BlockType::Empty);
    for _ in arms {
        code.block(BlockType::Empty);
    }
    code.call(NEXT_INDEX).br_table(0..count, count);
    for (arm, outside) in arms.iter().zip((0..count).rev()) {
        code.end();
        serve(&mut code, arm);
        code.br(outside + 1);
    }
    code.end().end().end();
    function
}

fn serve(code: &mut InstructionSink<'_>, arm: &Arm) {
    for param in &arm.params {
        code.call(TAKE_INDEX);
        match param {
            ValType::I32 => code.i32_wrap_i64(),
            ValType::F32 => code.i32_wrap_i64().f32_reinterpret_i32(),
            ValType::F64 => code.f64_reinterpret_i64(),
            _ => code,
        };
    }
    match arm.target {
        Target::Function(index) => code.call(index),
        Target::Global(index) => code.global_get(index),
    };
    for (local, result) in arm.results.iter().enumerate().rev() {
        match result {
            ValType::I32 => code.i64_extend_i32_u(),
            ValType::F32 => code.i32_reinterpret_f32().i64_extend_i32_u(),
            ValType::F64 => code.i64_reinterpret_f64(),
            _ => code,
        };
        code.local_set(local as u32);
    }
    for local in 0..arm.results.len() as u32 {
        code.local_get(local).call(GIVE_INDEX);
    }
}
