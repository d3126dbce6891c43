//! Admission: whether a module may be a contract, and if not, why and what to do.
//!
//! Admission is part of consensus and the only judge of an upload: it depends
//! on the bytes and on named limits, never on what a compiler makes of them.

use std::fmt;
use std::ops::Range;

use hull_gas_meter::{CONTRACT_MAX_MEMORY_PAGES, names};
use hull_host_api::{CAPABILITIES_SECTION, Capabilities, Hash, code_hash};
use wasmparser::{
    ConstExpr, DataKind, ElementKind, ExternalKind, FuncType, FunctionBody, Operator, Parser,
    Payload, RefType, TypeRef, WasmFeatures,
};

use crate::dialect::{Dialect, Entry};
use crate::limits::*;

mod body;
mod proposals;
mod validate;

use body::plain;

/// Bytes of a page of linear memory.
const MEMORY_PAGE_LEN: u64 = 64 * 1024;

/// What admission found out about a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// The hash under which the code is known.
    pub code_hash: Hash,
    /// What the contract declares that it may do.
    pub capabilities: Capabilities,
    /// The entry points that the code offers.
    pub entries: Vec<Entry>,
    /// Bytes of the module.
    pub code_len: u32,
    /// Functions, imported ones not counted.
    pub functions: u32,
}

/// Why a module cannot be a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdmissionError {
    /// The rule that it breaks.
    pub rule: Rule,
    /// The function (imports counted) in which it does, if it is in one.
    pub function: Option<u32>,
    /// The offset in the module's bytes.
    pub offset: u64,
    /// What was found there.
    pub found: String,
}

/// The rules of admission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Rule {
    /// The module is a valid WebAssembly module.
    Valid,
    /// No threads: results would depend on timing.
    NoThreads,
    /// No SIMD: not every tier has it.
    NoSimd,
    /// No relaxed SIMD: its results depend on the processor.
    NoRelaxedSimd,
    /// No tail calls.
    NoTailCalls,
    /// No exceptions.
    NoExceptions,
    /// No garbage-collected types.
    NoGc,
    /// No 64-bit memories.
    NoMemory64,
    /// One memory.
    OneMemory,
    /// No references as values, and no instructions on them.
    NoReferences,
    /// No other proposal.
    NoProposals,
    /// No start function: nothing runs that nobody paid for.
    NoStart,
    /// Imports are functions of the contract's dialect, with its signatures.
    Imports,
    /// The capabilities cover what is imported.
    CapabilitiesCoverImports,
    /// The declaration of capabilities is well-formed and there is one at most.
    CapabilitiesSection,
    /// Exports have plain names, keep mutable globals private, and entry points
    /// have the dialect's signature.
    Exports,
    /// There is an entry point.
    EntryPoint,
    /// Segments fit into the memory and the table that they fill, which is
    /// known before anything runs: every instance of a contract comes about.
    Segments,
    /// A size stays below its limit.
    Size,
    /// Frames fit the limit on nesting.
    FrameSize,
}

impl Rule {
    /// What the author can do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::Valid => "rebuild the contract; the bytes may be damaged or not WebAssembly",
            Self::NoThreads => "build with -C target-feature=-atomics and without threads",
            Self::NoSimd => "build with -C target-feature=-simd128",
            Self::NoRelaxedSimd => "build with -C target-feature=-relaxed-simd",
            Self::NoTailCalls => "build with -C target-feature=-tail-call",
            Self::NoExceptions => "build with -C target-feature=-exception-handling -C panic=abort",
            Self::NoGc => "use a language that keeps its objects in linear memory",
            Self::NoMemory64 => "build for wasm32-unknown-unknown, not wasm64",
            Self::OneMemory => "build with -C target-feature=-multimemory",
            Self::NoReferences => {
                "keep function pointers in the table that the linker makes; externref and funcref values are not available"
            }
            Self::NoProposals => "build with -C target-cpu=mvp and the features of stock rustc",
            Self::NoStart => "move the code of the start function into the constructor",
            Self::Imports => {
                "import only host functions of the reference page, with its signatures"
            }
            Self::CapabilitiesCoverImports => {
                "declare the capability, or remove the code that uses the function"
            }
            Self::CapabilitiesSection => "let the SDK write the section",
            Self::Exports => "export entry points with the right signature, and no mutable global",
            Self::EntryPoint => "export at least one entry point",
            Self::Segments => {
                "let the linker lay out memory and table, or make them as large as what fills them"
            }
            Self::Size => "split the contract, or build with opt-level = \"z\" and LTO",
            Self::FrameSize => "split the function that needs so many locals",
        }
    }

    /// The name used by tools.
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_ascii_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.push(letter.to_ascii_lowercase());
        }
        name
    }
}

impl fmt::Display for AdmissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not admitted ({}): {}", self.rule.name(), self.found)?;
        if let Some(function) = self.function {
            write!(f, ", in function {function}")?;
        }
        write!(f, ", at offset {:#x}; {}", self.offset, self.rule.remedy())
    }
}

impl std::error::Error for AdmissionError {}

/// What the profile accepts: the output of stock `rustc` for
/// `wasm32-unknown-unknown`. Reference types are on for their encodings; the
/// scan refuses their values and instructions.
fn accepted() -> WasmFeatures {
    WasmFeatures::empty()
        | WasmFeatures::FLOATS
        | WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::GC_TYPES
}

/// Judges a module.
///
/// # Errors
/// The first rule that the module breaks, where, and what to do about it.
pub(crate) fn admit(wasm: &[u8], dialect: &dyn Dialect) -> Result<Admission, AdmissionError> {
    if wasm.len() > MAX_CODE_LEN {
        return Err(over(
            "bytes of code",
            wasm.len() as u64,
            MAX_CODE_LEN as u64,
            MAX_CODE_LEN as u64,
        ));
    }
    let mut scan = Scan::new(dialect);
    let scanned = Parser::new(0)
        .parse_all(wasm)
        .try_for_each(|payload| scan.payload(payload.map_err(ScanError::Malformed)?));
    match scanned.and_then(|()| validate::validate(wasm)) {
        Ok(()) => scan.finish(wasm),
        Err(ScanError::Broken(mut error)) => {
            error.function = error.function.or_else(|| scan.bodies.at(error.offset));
            Err(error)
        }
        // The validator says better what is wrong, and with which proposal it would not be.
        Err(ScanError::Malformed(error)) => Err(invalid(wasm, &scan.bodies, &error)),
    }
}

fn invalid(wasm: &[u8], bodies: &Bodies, error: &wasmparser::Error) -> AdmissionError {
    let (rule, error) =
        proposals::culprit(wasm, accepted()).unwrap_or_else(|| (Rule::Valid, error.clone()));
    AdmissionError {
        rule,
        function: bodies.at(error.offset()),
        offset: error.offset(),
        found: error.message().to_owned(),
    }
}

fn over(what: &str, found: u64, limit: u64, offset: u64) -> AdmissionError {
    AdmissionError {
        rule: Rule::Size,
        function: None,
        offset,
        found: format!("{found} {what}, the limit is {limit}"),
    }
}

enum ScanError {
    Malformed(wasmparser::Error),
    Broken(AdmissionError),
}

impl From<wasmparser::Error> for ScanError {
    fn from(error: wasmparser::Error) -> Self {
        Self::Malformed(error)
    }
}

impl From<AdmissionError> for ScanError {
    fn from(error: AdmissionError) -> Self {
        Self::Broken(error)
    }
}

/// Where the function bodies are.
#[derive(Default)]
struct Bodies {
    imported: u32,
    ranges: Vec<Range<u64>>,
}

impl Bodies {
    fn at(&self, offset: u64) -> Option<u32> {
        let index = self.ranges.partition_point(|range| range.end <= offset);
        let inside = self.ranges.get(index)?.contains(&offset);
        inside.then(|| self.imported + index as u32)
    }
}

/// A segment that is written when a module is instantiated.
struct Segment {
    /// Where it is in the module.
    offset: u64,
    into: Room,
    /// Where it goes, if that is a constant.
    start: Option<u32>,
    len: u64,
}

/// What segments are written to.
#[derive(Clone, Copy)]
enum Room {
    Memory,
    Table,
}

/// One walk over the module that checks everything which is not validity.
/// It runs first, so that a bomb is refused before the validator meets it.
struct Scan<'d> {
    dialect: &'d dyn Dialect,
    types: Vec<FuncType>,
    functions: Vec<u32>,
    mutable_globals: Vec<bool>,
    /// Bytes of the memory and elements of the table at instantiation.
    memory_len: u64,
    table_len: u64,
    segments: Vec<Segment>,
    needed: Vec<(hull_host_api::Group, String, u64)>,
    capabilities: Option<Capabilities>,
    entries: Vec<Entry>,
    /// Parameters and locals of all functions so far.
    all_locals: u64,
    bodies: Bodies,
}

impl<'d> Scan<'d> {
    fn new(dialect: &'d dyn Dialect) -> Self {
        Self {
            dialect,
            types: Vec::new(),
            functions: Vec::new(),
            mutable_globals: Vec::new(),
            memory_len: 0,
            table_len: 0,
            segments: Vec::new(),
            needed: Vec::new(),
            capabilities: None,
            entries: Vec::new(),
            all_locals: 0,
            bodies: Bodies::default(),
        }
    }

    fn payload(&mut self, payload: Payload<'_>) -> Result<(), ScanError> {
        match payload {
            Payload::TypeSection(section) => {
                for (offset, group) in section.into_iter_with_offsets().map(split) {
                    for ty in group?.into_types() {
                        self.ty(ty, offset)?;
                    }
                }
            }
            Payload::ImportSection(section) => {
                limit(
                    "imports",
                    section.count(),
                    MAX_IMPORTS,
                    section.range().start,
                )?;
                for (offset, import) in section.into_imports_with_offsets().map(split) {
                    self.import(import?, offset)?;
                }
                self.bodies.imported = self.functions.len() as u32;
            }
            Payload::FunctionSection(section) => {
                limit(
                    "functions",
                    section.count(),
                    MAX_FUNCTIONS,
                    section.range().start,
                )?;
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                let start = section.range().start;
                if section.count() > 1 {
                    return Err(broken(Rule::NoReferences, start, "more than one table").into());
                }
                for table in section {
                    let ty = table?.ty;
                    functions_only(ty.element_type, start)?;
                    // Nothing can grow it, and an engine may set the maximum aside.
                    let most = ty.maximum.unwrap_or(0).max(ty.initial);
                    limit64("table elements", most, MAX_TABLE_ELEMENTS, start)?;
                    self.table_len = ty.initial;
                }
            }
            Payload::MemorySection(section) => {
                let start = section.range().start;
                for memory in section {
                    let initial = memory?.initial;
                    let most = u64::from(CONTRACT_MAX_MEMORY_PAGES);
                    limit64("pages of initial memory", initial, most, start)?;
                    self.memory_len = initial * MEMORY_PAGE_LEN;
                }
            }
            Payload::GlobalSection(section) => {
                limit(
                    "globals",
                    section.count(),
                    MAX_GLOBALS,
                    section.range().start,
                )?;
                for (offset, global) in section.into_iter_with_offsets().map(split) {
                    let ty = global?.ty;
                    plain(ty.content_type, offset)?;
                    self.mutable_globals.push(ty.mutable);
                }
            }
            Payload::ExportSection(section) => {
                limit(
                    "exports",
                    section.count(),
                    MAX_EXPORTS,
                    section.range().start,
                )?;
                for (offset, export) in section.into_iter_with_offsets().map(split) {
                    self.export(export?, offset)?;
                }
            }
            Payload::StartSection { range, .. } => {
                return Err(broken(Rule::NoStart, range.start, "a start function").into());
            }
            Payload::ElementSection(section) => {
                limit(
                    "element segments",
                    section.count(),
                    MAX_SEGMENTS,
                    section.range().start,
                )?;
                for (offset, element) in section.into_iter_with_offsets().map(split) {
                    let element = element?;
                    let elements = match element.items {
                        wasmparser::ElementItems::Functions(items) => items.count(),
                        wasmparser::ElementItems::Expressions(ty, items) => {
                            functions_only(ty, offset)?;
                            items.count()
                        }
                    };
                    let elements = u64::from(elements);
                    limit64(
                        "elements in a segment",
                        elements,
                        MAX_TABLE_ELEMENTS,
                        offset,
                    )?;
                    if let ElementKind::Active { offset_expr, .. } = element.kind {
                        self.segment(offset, Room::Table, &offset_expr, elements);
                    }
                }
            }
            Payload::DataSection(section) => {
                limit(
                    "data segments",
                    section.count(),
                    MAX_SEGMENTS,
                    section.range().start,
                )?;
                for (offset, data) in section.into_iter_with_offsets().map(split) {
                    let data = data?;
                    if let DataKind::Active { offset_expr, .. } = data.kind {
                        self.segment(offset, Room::Memory, &offset_expr, data.data.len() as u64);
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.body(&body)?,
            Payload::CustomSection(section) if section.name() == CAPABILITIES_SECTION => {
                self.capabilities(section.data(), section.data_offset())?;
            }
            _ => {}
        }
        Ok(())
    }

    fn ty(&mut self, ty: wasmparser::SubType, offset: u64) -> Result<(), ScanError> {
        let wasmparser::CompositeInnerType::Func(ty) = ty.composite_type.inner else {
            return Err(broken(Rule::NoGc, offset, "a type that is not a function's").into());
        };
        limit64(
            "parameters",
            ty.params().len() as u64,
            MAX_PARAMS as u64,
            offset,
        )?;
        limit64(
            "results",
            ty.results().len() as u64,
            MAX_RESULTS as u64,
            offset,
        )?;
        for value in ty.params().iter().chain(ty.results()) {
            plain(*value, offset)?;
        }
        self.types.push(ty);
        // One entry of the section may be a group of many.
        let types = self.types.len() as u64;
        limit64("types", types, MAX_TYPES.into(), offset)?;
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'_>, offset: u64) -> Result<(), ScanError> {
        let at = |found: String| AdmissionError {
            rule: Rule::Imports,
            function: None,
            offset,
            found,
        };
        let (module, name) = (import.module, import.name);
        let full = format!("{}.{}", shown(module), shown(name));
        let TypeRef::Func(ty) = import.ty else {
            return Err(at(format!("{full} is not a function")).into());
        };
        let wanted = self
            .dialect
            .import(module, name)
            .ok_or_else(|| at(format!("{full} is no host function")))?;
        let found = self
            .types
            .get(ty as usize)
            .ok_or_else(|| at(format!("{full} has no type")))?;
        if found.params() != wanted.params.as_slice()
            || found.results() != wanted.results.as_slice()
        {
            let wanted = FuncType::new(wanted.params, wanted.results);
            return Err(at(format!("{full} is imported as {found}, it is {wanted}")).into());
        }
        self.needed.push((wanted.group, full, offset));
        self.functions.push(ty);
        Ok(())
    }

    fn export(&mut self, export: wasmparser::Export<'_>, offset: u64) -> Result<(), ScanError> {
        let name = export.name;
        let at = |found: String| AdmissionError {
            rule: Rule::Exports,
            function: None,
            offset,
            found,
        };
        if name.len() > MAX_NAME_LEN {
            return Err(at(format!("an export name of {} bytes", name.len())).into());
        }
        if names::is_reserved(name) || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(at(format!("the export name {}", shown(name))).into());
        }
        match export.kind {
            ExternalKind::Global
                if self.mutable_globals.get(export.index as usize) == Some(&true) =>
            {
                return Err(at(format!("the mutable global {name} is exported")).into());
            }
            ExternalKind::Func => {
                let Some(entry) = self.dialect.entry_of(name) else {
                    return Ok(());
                };
                let ty = self.functions.get(export.index as usize).copied();
                let found = ty.and_then(|ty| self.types.get(ty as usize));
                let wanted = self.dialect.entry_signature(entry);
                let fits = found.is_some_and(|found| {
                    found.params() == wanted.params.as_slice()
                        && found.results() == wanted.results.as_slice()
                });
                if !fits {
                    let wanted = FuncType::new(wanted.params, wanted.results);
                    return Err(at(format!("the entry point {name} must be {wanted}")).into());
                }
                self.entries.push(entry);
            }
            _ => {}
        }
        Ok(())
    }

    fn body(&mut self, body: &FunctionBody<'_>) -> Result<(), ScanError> {
        let range = body.range();
        let function = self.bodies.imported as usize + self.bodies.ranges.len();
        self.bodies.ranges.push(range.clone());
        let ty = self.functions.get(function);
        let params = ty.and_then(|ty| self.types.get(*ty as usize));
        let params = params.map_or(0, |ty| ty.params().len() as u64);
        self.all_locals += body::check(body, params, &self.types)?;
        let what = "parameters and locals of all functions";
        limit64(what, self.all_locals, MAX_ALL_LOCALS, range.start)?;
        Ok(())
    }

    fn capabilities(&mut self, data: &[u8], offset: u64) -> Result<(), ScanError> {
        let rule = Rule::CapabilitiesSection;
        if self.capabilities.is_some() {
            return Err(broken(rule, offset, "a second declaration of capabilities").into());
        }
        let decoded = Capabilities::decode(data);
        self.capabilities =
            Some(decoded.map_err(|error| broken(rule, offset, &error.to_string()))?);
        Ok(())
    }

    fn segment(&mut self, offset: u64, into: Room, start: &ConstExpr<'_>, len: u64) {
        let mut operators = start.get_operators_reader();
        let start = match (operators.read(), operators.read()) {
            (Ok(Operator::I32Const { value }), Ok(Operator::End)) => Some(value as u32),
            _ => None,
        };
        self.segments.push(Segment {
            offset,
            into,
            start,
            len,
        });
    }

    /// Whether instantiation, which only writes segments, will succeed. Asked
    /// when the module is known to be valid.
    fn segments_fit(&self) -> Result<(), AdmissionError> {
        for segment in &self.segments {
            let (room, unit) = match segment.into {
                Room::Memory => (self.memory_len, "bytes of memory"),
                Room::Table => (self.table_len, "table elements"),
            };
            let at = |found: &str| broken(Rule::Segments, segment.offset, found);
            let start = segment
                .start
                .ok_or_else(|| at("a segment whose place is not a constant"))?;
            let end = u64::from(start) + segment.len;
            if end > room {
                return Err(at(&format!("a segment up to {end} in {room} {unit}")));
            }
        }
        Ok(())
    }

    fn finish(self, wasm: &[u8]) -> Result<Admission, AdmissionError> {
        self.segments_fit()?;
        let capabilities = self.capabilities.unwrap_or(Capabilities::LEAST);
        for (group, name, offset) in &self.needed {
            if !capabilities.groups.contains(*group) {
                return Err(AdmissionError {
                    rule: Rule::CapabilitiesCoverImports,
                    function: None,
                    offset: *offset,
                    found: format!("{name} needs the capability `{group}`, which is not declared"),
                });
            }
        }
        if self.entries.is_empty() {
            return Err(broken(
                Rule::EntryPoint,
                wasm.len() as u64,
                "no entry point",
            ));
        }
        Ok(Admission {
            code_hash: code_hash(wasm),
            capabilities,
            entries: self.entries,
            code_len: wasm.len() as u32,
            functions: self.bodies.ranges.len() as u32,
        })
    }
}

/// Splits what `into_iter_with_offsets` yields, keeping the offset on errors.
fn split<T>(item: wasmparser::Result<(u64, T)>) -> (u64, wasmparser::Result<T>) {
    match item {
        Ok((offset, value)) => (offset, Ok(value)),
        Err(error) => (error.offset(), Err(error)),
    }
}

/// Refuses tables and segments of anything but functions.
fn functions_only(ty: RefType, offset: u64) -> Result<(), AdmissionError> {
    if ty == RefType::FUNCREF {
        Ok(())
    } else {
        Err(broken(
            Rule::NoReferences,
            offset,
            "a table of anything but functions",
        ))
    }
}

fn broken(rule: Rule, offset: u64, found: &str) -> AdmissionError {
    AdmissionError {
        rule,
        function: None,
        offset,
        found: found.to_owned(),
    }
}

fn limit(what: &str, found: u32, most: u32, offset: u64) -> Result<(), AdmissionError> {
    limit64(what, u64::from(found), u64::from(most), offset)
}

fn limit64(what: &str, found: u64, most: u64, offset: u64) -> Result<(), AdmissionError> {
    if found > most {
        Err(over(what, found, most, offset))
    } else {
        Ok(())
    }
}

/// A name as it may be shown: escaped and cut.
fn shown(name: &str) -> String {
    let mut text: String = name
        .chars()
        .take(MAX_NAME_LEN)
        .flat_map(char::escape_debug)
        .collect();
    if name.chars().nth(MAX_NAME_LEN).is_some() {
        text.push('…');
    }
    text
}
