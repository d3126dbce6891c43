//! Writing the instrumented module.

use wasm_encoder::{
    CodeSection, ConstExpr, DataCountSection, Encode, ExportKind, FunctionSection, GlobalType,
    MemorySection, MemoryType, RawSection, SectionId, StartSection, ValType,
};

use crate::config::Config;
use crate::module::{Counted, Module};
use crate::names;

/// What is appended to a module.
pub(crate) struct Additions<'m> {
    /// Types of the appended blocks and functions, encoded.
    pub(crate) types: Vec<Vec<u8>>,
    /// Type index of every function of the output that is not imported.
    pub(crate) functions: Vec<u32>,
    /// Every function body of the output, with its length before it.
    pub(crate) code: &'m CodeSection,
}

/// Writes the module with its additions.
pub(crate) fn write(module: &Module<'_>, config: &Config<'_>, additions: Additions<'_>) -> Vec<u8> {
    let sections = &module.sections;
    let mut out = wasm_encoder::Module::new();
    let raw = |out: &mut wasm_encoder::Module, id: SectionId, range: &Option<_>| {
        if let Some(range) = range {
            out.section(&RawSection {
                id: id as u8,
                data: module.bytes(range),
            });
        }
    };
    let extend = |out: &mut wasm_encoder::Module, id, old: &Option<Counted>, new: &[Vec<u8>]| {
        let data = &extended(module, old.as_ref(), new);
        out.section(&RawSection {
            id: SectionId::into(id),
            data,
        });
    };

    extend(
        &mut out,
        SectionId::Type,
        &sections.types,
        &additions.types[..],
    );
    raw(&mut out, SectionId::Import, &sections.imports);
    let mut functions = FunctionSection::new();
    for &ty in &additions.functions {
        functions.function(ty);
    }
    out.section(&functions);
    raw(&mut out, SectionId::Table, &sections.tables);
    if module.memories.len() > module.imported_memories as usize {
        out.section(&memories(module, config));
    }
    extend(
        &mut out,
        SectionId::Global,
        &sections.globals,
        &counters(config),
    );
    extend(
        &mut out,
        SectionId::Export,
        &sections.exports,
        &exports(module),
    );
    if let Some(function_index) = module.start {
        out.section(&StartSection { function_index });
    }
    raw(&mut out, SectionId::Element, &sections.elements);
    if let Some(count) = module.data_count {
        out.section(&DataCountSection { count });
    }
    out.section(additions.code);
    raw(&mut out, SectionId::Data, &sections.data);
    out.finish()
}

/// The content of a section with items appended.
fn extended(module: &Module<'_>, old: Option<&Counted>, new: &[Vec<u8>]) -> Vec<u8> {
    let (count, items) = old.map_or((0, &[][..]), |old| (old.count, module.bytes(&old.items)));
    let mut content = encoded(count + new.len() as u32);
    content.extend_from_slice(items);
    new.iter().for_each(|item| content.extend_from_slice(item));
    content
}

fn encoded(item: impl Encode) -> Vec<u8> {
    let mut bytes = Vec::new();
    item.encode(&mut bytes);
    bytes
}

/// The memories the module defines, their maximum written in.
fn memories(module: &Module<'_>, config: &Config<'_>) -> MemorySection {
    let mut section = MemorySection::new();
    for memory in &module.memories[module.imported_memories as usize..] {
        let maximum = if config.raw {
            memory.maximum
        } else {
            Some(
                memory
                    .maximum
                    .unwrap_or(u64::MAX)
                    .min(config.max_memory_pages.into()),
            )
        };
        section.memory(MemoryType {
            minimum: memory.initial,
            maximum,
            memory64: memory.memory64,
            shared: memory.shared,
            page_size_log2: memory.page_size_log2,
        });
    }
    section
}

/// The gas and frame counters.
fn counters(config: &Config<'_>) -> [Vec<u8>; 2] {
    let counter = |val_type, initial: ConstExpr| {
        let mut bytes = encoded(GlobalType {
            val_type,
            mutable: true,
            shared: false,
        });
        initial.encode(&mut bytes);
        bytes
    };
    [
        counter(ValType::I64, ConstExpr::i64_const(config.initial_gas)),
        counter(ValType::I32, ConstExpr::i32_const(config.initial_frames)),
    ]
}

/// The exports of the counters and the reset function.
fn exports(module: &Module<'_>) -> [Vec<u8>; 3] {
    let export = |name: &str, kind: ExportKind, index: u32| {
        let mut bytes = encoded(name);
        kind.encode(&mut bytes);
        index.encode(&mut bytes);
        bytes
    };
    [
        export(names::GAS, ExportKind::Global, module.global_count()),
        export(names::FRAMES, ExportKind::Global, module.global_count() + 1),
        export(
            names::RESET,
            ExportKind::Func,
            module.functions.len() as u32,
        ),
    ]
}
