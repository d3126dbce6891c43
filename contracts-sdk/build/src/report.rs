//! What a module consists of.

use hull_host_api::{CAPABILITIES_SECTION, Capabilities, CapabilitiesError};
use thiserror::Error;
use wasmparser::{Parser, Payload, TypeRef};

/// Where the bytes of a module are, and what it asks for and offers.
///
/// ```
/// use hull_build::SizeReport;
///
/// let report = SizeReport::read(b"\0asm\x01\0\0\0\0\x02\x01a")?;
/// assert_eq!(report.total, 12);
/// assert_eq!(report.sections, [("a".to_owned(), 4)]);
/// assert_eq!(report.without_custom, 8);
/// # Ok::<(), hull_build::ReportError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeReport {
    /// Bytes of the whole module.
    pub total: usize,
    /// Bytes without custom sections.
    pub without_custom: usize,
    /// Bytes of the code section's content.
    pub code: usize,
    /// Bytes of the data section's content.
    pub data: usize,
    /// Sections in their order with their bytes, header included; custom ones
    /// under their own names.
    pub sections: Vec<(String, usize)>,
    /// How many functions it defines.
    pub functions: u32,
    /// What it imports, in its order.
    pub imports: Vec<Import>,
    /// The names of what it exports, in its order.
    pub exports: Vec<String>,
    /// What it declares that it may do, if it declares it.
    pub capabilities: Option<Capabilities>,
}

/// Something that a module asks of its host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module, `hull`.
    pub module: String,
    /// The name there.
    pub name: String,
    /// Whether it is a function.
    pub is_function: bool,
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// Not a module.
    #[error("not a Wasm module: {0}")]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// The section with the capabilities is wrong.
    #[error(transparent)]
    Capabilities(#[from] CapabilitiesError),
}

impl SizeReport {
    /// Reads a module; its code is not looked into.
    ///
    /// # Errors
    /// If it is no module, or its capabilities cannot be read.
    pub fn read(wasm: &[u8]) -> Result<Self, ReportError> {
        const HEADER: usize = 8;
        let mut report = Self {
            total: wasm.len(),
            without_custom: HEADER,
            code: 0,
            data: 0,
            sections: Vec::new(),
            functions: 0,
            imports: Vec::new(),
            exports: Vec::new(),
            capabilities: None,
        };
        let mut end_before = HEADER;
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section() {
                let end = to_usize(range.end);
                let size = end.saturating_sub(end_before);
                end_before = end;
                if id != CUSTOM {
                    report.without_custom += size;
                }
                report.sections.push((name(&payload, id), size));
            }
            report.look_into(payload)?;
        }
        Ok(report)
    }

    fn look_into(&mut self, payload: Payload<'_>) -> Result<(), ReportError> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    self.imports.push(Import {
                        module: import.module.into(),
                        name: import.name.into(),
                        is_function: matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)),
                    });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    self.exports.push(export?.name.into());
                }
            }
            Payload::CodeSectionStart {
                count,
                unchecked_range,
                ..
            } => {
                self.functions = count;
                self.code = to_usize(unchecked_range.end - unchecked_range.start);
            }
            Payload::DataSection(data) => {
                self.data = to_usize(data.range().end - data.range().start)
            }
            Payload::CustomSection(section) if section.name() == CAPABILITIES_SECTION => {
                self.capabilities = Some(Capabilities::decode(section.data())?);
            }
            _ => {}
        }
        Ok(())
    }
}

const CUSTOM: u8 = 0;

/// An offset in a module that lies in memory whole.
pub(crate) fn to_usize(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn name(payload: &Payload<'_>, id: u8) -> String {
    const NAMES: [&str; 14] = [
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
        "data",
        "data count",
        "tag",
    ];
    if let Payload::CustomSection(section) = payload {
        return section.name().into();
    }
    let name = NAMES.get(usize::from(id));
    name.map_or_else(|| format!("section {id}"), |it| (*it).into())
}
