//! Exports what the comparison has to see.

use std::convert::Infallible;

use wasm_encoder::ExportKind;
use wasm_encoder::ExportSection;
use wasm_encoder::reencode::{Error, Reencode, utils};
use wasmparser::{ExportSectionReader, Parser};

use crate::outline::Outline;

/// The memory, if there is one.
pub(crate) const MEMORY: &str = "\u{2}memory";

/// The name under which global `index` is exported.
pub(crate) fn global(index: u32) -> String {
    format!("\u{2}global {index}")
}

/// Exports the memory and every global of an instrumented module. Done after
/// the pass, which therefore sees the module as its author wrote it.
pub(crate) fn expose(wasm: &[u8], outline: &Outline) -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    Exposer(outline)
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .expect("the pass writes valid modules");
    module.finish()
}

struct Exposer<'o>(&'o Outline);

impl Reencode for Exposer<'_> {
    type Error = Infallible;

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        if self.0.memory {
            exports.export(MEMORY, ExportKind::Memory, 0);
        }
        for index in 0..self.0.globals {
            exports.export(&global(index), ExportKind::Global, index);
        }
        Ok(())
    }
}
