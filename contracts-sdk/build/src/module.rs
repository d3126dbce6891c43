//! Taking the module apart and putting it together without what a chain does
//! not need.

use hull_abi::{ABI_SECTION, Abi};
use hull_host_api::{CAPABILITIES_SECTION, Capabilities};
use wasm_encoder::{CustomSection, ExportKind, ExportSection, Module, RawSection};
use wasmparser::{Export, ExternalKind, Parser, Payload};

use crate::BuildError;
use crate::report::to_usize;

/// The module that is deployed: the code untouched, no custom section but the
/// capabilities and the ABI, no export but functions and the memory.
///
/// The linker also exports the ends of its data as globals, for a dynamic
/// loader that no chain has.
pub(crate) fn deployable(linked: &[u8], abi: Option<&Abi>) -> Result<Vec<u8>, BuildError> {
    let mut module = Module::new();
    let mut capabilities = None;
    for payload in Parser::new(0).parse_all(linked) {
        match payload.map_err(malformed)? {
            Payload::CustomSection(section) => {
                if section.name() == CAPABILITIES_SECTION {
                    let declared = Capabilities::decode(section.data());
                    let declared = declared.map_err(hull_abi::AbiError::from)?;
                    capabilities = Some(declared);
                }
            }
            Payload::ExportSection(exports) => {
                let mut kept = ExportSection::new();
                for export in exports {
                    keep(&export.map_err(malformed)?, &mut kept);
                }
                module.section(&kept);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    let range = to_usize(range.start)..to_usize(range.end);
                    let data = linked.get(range).unwrap_or_default();
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    declare(&mut module, capabilities, abi)?;
    Ok(module.finish())
}

fn keep(export: &Export<'_>, kept: &mut ExportSection) {
    let kind = match export.kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Table | ExternalKind::Global | ExternalKind::Tag => return,
    };
    kept.export(export.name, kind, export.index);
}

/// Appends the two sections.
fn declare(
    module: &mut Module,
    in_code: Option<Capabilities>,
    abi: Option<&Abi>,
) -> Result<(), BuildError> {
    let declared = match (in_code, abi.map(|abi| abi.capabilities)) {
        (Some(code), Some(abi)) if code != abi => {
            return Err(BuildError::Capabilities {
                code: Box::new(code),
                abi: Box::new(abi),
            });
        }
        (in_code, in_abi) => in_code.or(in_abi),
    };
    if let Some(declared) = declared {
        module.section(&CustomSection {
            name: CAPABILITIES_SECTION.into(),
            data: declared.encode().as_slice().into(),
        });
    }
    if let Some(abi) = abi {
        let section = abi.to_section();
        // Held against the limits that readers have.
        Abi::from_section(&section, abi.capabilities)?;
        module.section(&CustomSection {
            name: ABI_SECTION.into(),
            data: section.into(),
        });
    }
    Ok(())
}

fn malformed(error: wasmparser::BinaryReaderError) -> BuildError {
    BuildError::Module {
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SizeReport;
    use hull_abi::{AbiBuilder, MessageSpec};
    use hull_host_api::Group;

    const LINKED: &str = r#"(module
        (import "hull" "revert" (func (param i32 i32)))
        (memory (export "memory") 1)
        (global (export "__data_end") i32 (i32.const 1))
        (table (export "t") 1 funcref)
        (func (export "call") (call 0 (i32.const 0) (i32.const 0)))
        (func (export "instantiate"))
        (data (i32.const 0) "hello")
        (@custom "producers" "rustc")
        (@custom "name" "\01\01\00")
        (@custom ".debug_info" "much"))"#;

    fn abi() -> Abi {
        let mut capabilities = Capabilities::LEAST;
        capabilities.groups = capabilities.groups.with(Group::Storage);
        AbiBuilder::new("a", "1")
            .capabilities(capabilities)
            .message(MessageSpec::new("m").docs(&["Long."]))
            .build()
    }

    fn with_section(declared: &Capabilities) -> Vec<u8> {
        let mut linked = wat::parse_str(LINKED).unwrap();
        linked.extend(declared.section());
        linked
    }

    fn sections(wasm: &[u8]) -> Vec<String> {
        let report = SizeReport::read(wasm).unwrap();
        report.sections.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn only_what_is_needed_stays() {
        let linked = wat::parse_str(LINKED).unwrap();
        let wasm = deployable(&linked, None).unwrap();
        wasmparser::validate(&wasm).unwrap();
        let expected = [
            "type", "import", "function", "table", "memory", "global", "export", "code", "data",
        ];
        assert_eq!(sections(&wasm), expected);
        let report = SizeReport::read(&wasm).unwrap();
        assert_eq!(report.exports, ["memory", "call", "instantiate"]);
        let code = |wasm: &[u8]| SizeReport::read(wasm).unwrap().code;
        assert_eq!(code(&wasm), code(&linked));
        assert_eq!(deployable(&wasm, None).unwrap(), wasm, "once is enough");
    }

    #[test]
    fn the_two_sections_are_added_once() {
        let abi = abi();
        for linked in [
            wat::parse_str(LINKED).unwrap(),
            with_section(&abi.capabilities),
        ] {
            let wasm = deployable(&linked, Some(&abi)).unwrap();
            let sections = sections(&wasm);
            assert_eq!(
                sections[sections.len() - 2..],
                [CAPABILITIES_SECTION, ABI_SECTION]
            );
            assert_eq!(sections.len(), 11);
            assert_eq!(Abi::from_wasm(&wasm).unwrap(), Some(abi.without_docs()));
            assert_eq!(
                deployable(&wasm, Some(&abi)).unwrap(),
                wasm,
                "once is enough"
            );
        }
    }

    #[test]
    fn code_and_abi_agree_or_there_is_no_module() {
        let linked = with_section(&Capabilities::ALL);
        let refused = deployable(&linked, Some(&abi()));
        assert!(matches!(refused, Err(BuildError::Capabilities { .. })));
        // What the code declares stays when there is no ABI to hold it against.
        let wasm = deployable(&linked, None).unwrap();
        let report = SizeReport::read(&wasm).unwrap();
        assert_eq!(report.capabilities, Some(Capabilities::ALL));
    }

    #[test]
    fn what_is_no_module_is_refused() {
        let linked = wat::parse_str(LINKED).unwrap();
        let refused = deployable(&linked[..linked.len() - 3], None);
        assert!(matches!(refused, Err(BuildError::Module { .. })));
        assert!(deployable(b"", None).is_err());
    }
}
