//! How a family of contracts sees the host.
//!
//! The engine, its frames and its [`Host`](hull_host_api::Host) are the same
//! for all of them. A dialect decides which functions a contract may import,
//! which of its exports are entry points, and how input and result cross the
//! boundary. [`Native`] is the table of `hull-host-api`.

use hull_host_api::{Group, HostFunction, IMPORT_MODULE, ValueType};
use wasmer::Value;
use wasmparser::{ExternalKind, Parser, Payload, ValType};

use crate::context::{Context, Exit};
use crate::limits::{MAX_EXPORTS, MAX_IMPORTS};
use crate::link::Linker;

/// What a contract is entered for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entry {
    /// Its constructor, once.
    Instantiate,
    /// A message.
    #[default]
    Call,
    /// The first run of new code on old storage.
    Migrate,
}

/// The type of a function at the boundary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Parameters.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
}

/// A function that a dialect offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// Parameters.
    pub params: Vec<ValType>,
    /// Results.
    pub results: Vec<ValType>,
    /// The capability that it needs.
    pub group: Group,
}

/// A family of contracts.
///
/// # Obligations
/// Everything is a function of the arguments: admission and results depend on it.
/// [`name`](Self::name) changes whenever anything else does, because compiled
/// code is kept under it.
pub trait Dialect: Send + Sync + 'static {
    /// A name with a version.
    fn name(&self) -> &'static str;

    /// The function that a contract may import under this name.
    fn import(&self, module: &str, name: &str) -> Option<Import>;

    /// What an exported function is the entry point of.
    fn entry_of(&self, export: &str) -> Option<Entry>;

    /// The export that is the entry point.
    fn entry_export(&self, entry: Entry) -> &'static str;

    /// The type of an entry point.
    fn entry_signature(&self, entry: Entry) -> Signature;

    /// Defines every function that [`import`](Self::import) promises and the
    /// module uses.
    fn link(&self, linker: &mut Linker<'_>);

    /// The arguments of an entry point.
    fn arguments(&self, context: &mut Context<'_>, entry: Entry) -> Result<Vec<Value>, Exit> {
        let _ = (context, entry);
        Ok(Vec::new())
    }

    /// Makes what an entry point returned into the end of the frame.
    fn conclude(&self, context: &mut Context<'_>, results: &[Value]) -> Result<(), Exit> {
        let _ = (context, results);
        Ok(())
    }
}

/// How much of a module a dialect understands: the imports that it offers and
/// the exports that are entry points to it, whatever their types. Of a module
/// that no dialect admits, the author wants to hear from the one it was made for.
pub(crate) fn understood(wasm: &[u8], dialect: &dyn Dialect) -> usize {
    let mut known = 0;
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::ImportSection(section) => {
                let imports = section.into_imports().map_while(Result::ok);
                known += imports
                    .take(MAX_IMPORTS as usize)
                    .filter(|import| dialect.import(import.module, import.name).is_some())
                    .count();
            }
            Payload::ExportSection(section) => {
                let exports = section.into_iter().map_while(Result::ok);
                known += exports
                    .take(MAX_EXPORTS as usize)
                    .filter(|export| export.kind == ExternalKind::Func)
                    .filter(|export| dialect.entry_of(export.name).is_some())
                    .count();
                // Nothing that follows has names in it.
                break;
            }
            _ => {}
        }
    }
    known
}

/// Hull's own contracts: the table of `hull-host-api`, entry points without
/// parameters or results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native;

impl Dialect for Native {
    fn name(&self) -> &'static str {
        "hull-1"
    }

    fn import(&self, module: &str, name: &str) -> Option<Import> {
        if module != IMPORT_MODULE {
            return None;
        }
        let spec = HostFunction::by_name(name)?.spec();
        Some(Import {
            params: spec.params.iter().map(|(_, ty)| wasm_type(*ty)).collect(),
            results: spec.result.into_iter().map(wasm_type).collect(),
            group: spec.group,
        })
    }

    fn entry_of(&self, export: &str) -> Option<Entry> {
        [Entry::Instantiate, Entry::Call, Entry::Migrate]
            .into_iter()
            .find(|entry| self.entry_export(*entry) == export)
    }

    fn entry_export(&self, entry: Entry) -> &'static str {
        match entry {
            Entry::Instantiate => "instantiate",
            Entry::Call => "call",
            Entry::Migrate => "migrate",
        }
    }

    fn entry_signature(&self, _entry: Entry) -> Signature {
        Signature {
            params: Vec::new(),
            results: Vec::new(),
        }
    }

    fn link(&self, linker: &mut Linker<'_>) {
        for function in HostFunction::ALL {
            linker.native(*function);
        }
    }
}

fn wasm_type(ty: ValueType) -> ValType {
    match ty {
        ValueType::U32 => ValType::I32,
        ValueType::U64 | ValueType::I64 => ValType::I64,
    }
}
