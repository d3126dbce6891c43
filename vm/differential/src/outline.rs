//! What the comparison has to know of a module.

use wasmparser::{ExternalKind, FuncType, Parser, Payload, TypeRef};

use crate::value::{Type, profile_type};

/// A module from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// Whether there is a memory.
    pub(crate) memory: bool,
    /// How many globals there are.
    pub(crate) globals: u32,
    /// The exported functions that the module defines itself.
    pub(crate) functions: Vec<ExportedFunction>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExportedFunction {
    pub(crate) name: String,
    pub(crate) params: Vec<Type>,
}

impl Outline {
    /// Reads a valid module; `None` if it is not one, or not of the profile.
    pub(crate) fn read(wasm: &[u8]) -> Option<Self> {
        let mut outline = Self::default();
        let mut types = Vec::<FuncType>::new();
        let mut functions = Vec::<u32>::new();
        let mut imported = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.ok()? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        types.push(ty.ok()?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let TypeRef::Func(ty) = import.ok()?.ty else {
                            return None;
                        };
                        functions.push(ty);
                        imported += 1;
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        functions.push(ty.ok()?);
                    }
                }
                Payload::MemorySection(section) => outline.memory = section.count() > 0,
                Payload::GlobalSection(section) => outline.globals = section.count(),
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export.ok()?;
                        if export.kind != ExternalKind::Func || export.index < imported {
                            continue;
                        }
                        let ty = types.get(*functions.get(export.index as usize)? as usize)?;
                        let params = ty.params().iter().map(|ty| profile_type(*ty));
                        outline.functions.push(ExportedFunction {
                            name: export.name.to_owned(),
                            params: params.collect::<Option<_>>()?,
                        });
                    }
                }
                _ => {}
            }
        }
        Some(outline)
    }
}
