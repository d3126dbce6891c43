//! From a place in the code to the line that it was written in.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use addr2line::gimli::{self, Dwarf, EndianSlice, LittleEndian, SectionId};
use rustc_demangle::demangle;
use thiserror::Error;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// The names and line tables of a `.debug.wasm`.
///
/// Its code is byte for byte that of the stripped module, so a function index
/// and an offset of the one are those of the other.
pub struct Symbols<'a> {
    lines: Option<addr2line::Context<Slice<'a>>>,
    names: BTreeMap<u32, &'a str>,
    imported: u32,
    /// Where the functions' bodies are, from the start of the code section's
    /// content, which is where DWARF counts from.
    bodies: Vec<Range<u64>>,
}

/// A place in the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The function as one would write it, if it has a name.
    pub function: Option<String>,
    /// The file, with the build's folders replaced.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
}

/// Why there are no symbols.
#[derive(Debug, Error)]
pub enum SymbolsError {
    /// Not a module.
    #[error("not a Wasm module: {0}")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// The debug information cannot be read.
    #[error("the debug information of the module: {0}")]
    Dwarf(#[from] gimli::Error),
}

impl<'a> Symbols<'a> {
    /// Reads the symbols of a module; one that has none gives no locations.
    ///
    /// # Errors
    /// If it is no module, or its debug information is malformed.
    pub fn read(wasm: &'a [u8]) -> Result<Self, SymbolsError> {
        let mut names = BTreeMap::new();
        let mut imported = 0;
        let mut bodies = Vec::new();
        let mut code_start = 0;
        let mut debug: BTreeMap<&str, &[u8]> = BTreeMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let is_function =
                            matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                        imported += u32::from(is_function);
                    }
                }
                Payload::CodeSectionStart {
                    unchecked_range, ..
                } => code_start = unchecked_range.start,
                Payload::CodeSectionEntry(body) => {
                    let range = body.range();
                    bodies.push(range.start - code_start..range.end - code_start);
                }
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(subsections) = section.as_known() {
                        read_names(subsections, &mut names)?;
                    } else if section.name().starts_with(".debug_") {
                        debug.insert(section.name(), section.data());
                    }
                }
                _ => {}
            }
        }
        Ok(Self {
            lines: lines(&debug)?,
            names,
            imported,
            bodies,
        })
    }

    /// Where a function, counted with the imported ones, is `offset` bytes
    /// after the start of its body: the innermost inlined function first, the
    /// one that holds them all last. Empty if nothing is known.
    pub fn locate(&self, function: u32, offset: u64) -> Vec<Location> {
        let index = function.checked_sub(self.imported);
        let body = index
            .and_then(|index| usize::try_from(index).ok())
            .and_then(|index| self.bodies.get(index));
        let Some(body) = body else {
            return self.named(function);
        };
        let place = body.start.saturating_add(offset);
        let inside = place < body.end;
        let mut found = match inside {
            true => self.lookup(place),
            false => Vec::new(),
        };
        match found.last_mut() {
            None => return self.named(function),
            // A function that nothing was inlined into may have its name in
            // the other table only.
            Some(outermost) if outermost.function.is_none() => {
                outermost.function = self.function_name(function);
            }
            Some(_) => {}
        }
        found
    }

    /// Where the code is `offset` bytes after the start of the code section's
    /// content. Empty if no function is there.
    pub fn locate_in_code(&self, offset: u64) -> Vec<Location> {
        let index = self.bodies.iter().position(|body| body.contains(&offset));
        let Some((index, body)) = index.and_then(|it| Some((it, self.bodies.get(it)?))) else {
            return Vec::new();
        };
        let index = u32::try_from(index).ok();
        let function = index.and_then(|index| index.checked_add(self.imported));
        function.map_or_else(Vec::new, |it| self.locate(it, offset - body.start))
    }

    /// The name of a function, counted with the imported ones.
    pub fn function_name(&self, function: u32) -> Option<String> {
        self.names.get(&function).map(|name| plain(name))
    }

    fn named(&self, function: u32) -> Vec<Location> {
        let name = self.function_name(function);
        let location = name.map(|name| Location {
            function: Some(name),
            file: None,
            line: None,
            column: None,
        });
        location.into_iter().collect()
    }

    fn lookup(&self, place: u64) -> Vec<Location> {
        let mut found = Vec::new();
        let Some(lines) = &self.lines else {
            return found;
        };
        // Broken information about one place is as good as none.
        let Ok(mut frames) = lines.find_frames(place).skip_all_loads() else {
            return found;
        };
        while let Ok(Some(frame)) = frames.next() {
            let function = frame
                .function
                .and_then(|it| Some(plain(&it.raw_name().ok()?)));
            let at = frame.location;
            found.push(Location {
                function,
                file: at.as_ref().and_then(|at| at.file).map(str::to_owned),
                line: at.as_ref().and_then(|at| at.line),
                column: at.as_ref().and_then(|at| at.column).filter(|it| *it > 0),
            });
        }
        found
    }
}

fn read_names<'a>(
    subsections: wasmparser::NameSectionReader<'a>,
    names: &mut BTreeMap<u32, &'a str>,
) -> Result<(), SymbolsError> {
    for subsection in subsections {
        if let Name::Function(functions) = subsection? {
            for naming in functions {
                let naming = naming?;
                names.insert(naming.index, naming.name);
            }
        }
    }
    Ok(())
}

fn lines<'a>(
    debug: &BTreeMap<&str, &'a [u8]>,
) -> Result<Option<addr2line::Context<Slice<'a>>>, SymbolsError> {
    if !debug.contains_key(SectionId::DebugLine.name()) {
        return Ok(None);
    }
    let section = |id: SectionId| -> Result<Slice<'a>, gimli::Error> {
        let bytes = debug.get(id.name()).copied().unwrap_or_default();
        Ok(EndianSlice::new(bytes, LittleEndian))
    };
    Ok(Some(addr2line::Context::from_dwarf(Dwarf::load(section)?)?))
}

/// A name without its mangling and the hash at its end.
fn plain(name: &str) -> String {
    format!("{:#}", demangle(name))
}

impl fmt::Debug for Symbols<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Symbols")
            .field("names", &self.names.len())
            .field("functions", &self.bodies.len())
            .field("lines", &self.lines.is_some())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.function.as_deref().unwrap_or("?"))?;
        if let Some(file) = &self.file {
            write!(f, " at {file}")?;
            if let Some(line) = self.line {
                write!(f, ":{line}")?;
            }
        }
        Ok(())
    }
}
