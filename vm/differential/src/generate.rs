//! Modules of the deterministic profile, out of bytes.

use arbitrary::Unstructured;
use wasm_smith::{Config, MemoryOffsetChoices, Module};

use crate::enrich::enrich;
use crate::random::Random;
use crate::world;

/// Most pages of a generated memory: more only cost time, because a memory is
/// compared as a whole.
const MAX_PAGES: u64 = 12;
const PAGE: u64 = 64 * 1024;

/// Most host functions that a generated contract imports.
pub(crate) const MAX_CONTRACT_IMPORTS: usize = 24;

/// A valid module of the deterministic profile, or `None` if the bytes do not
/// suffice for one.
///
/// Three of four modules are enriched. Of the others, half are left with
/// everything that traps, half get the generator's own checks.
pub(crate) fn module(bytes: &mut Unstructured<'_>) -> Option<Vec<u8>> {
    let enriched = bytes.ratio(3, 4).ok()?;
    let random = Random::new(bytes.arbitrary().ok()?);
    let config = config(bytes, enriched).ok()?;
    let module = Module::new(config, bytes).ok()?.to_bytes();
    Some(if enriched {
        enrich(&module, random)
    } else {
        module
    })
}

fn config(bytes: &mut Unstructured<'_>, enriched: bool) -> arbitrary::Result<Config> {
    Ok(Config {
        disallow_traps: !enriched && bytes.arbitrary()?,
        export_everything: bytes.ratio(3, 4)?,
        allow_floats: bytes.ratio(3, 4)?,
        min_memories: u32::from(bytes.ratio(7, 8)?),
        min_tables: u32::from(bytes.ratio(3, 4)?),
        max_instructions: bytes.int_in_range(10..=100)?,
        min_exports: 2,
        // Host functions are all that a contract may import.
        available_imports: Some(world::imports(bytes.ratio(1, 3)?)),
        ..profile()
    })
}

/// For a contract: something of `imports`, and exactly `exports`.
pub(crate) fn contract_config(imports: Vec<u8>, exports: Vec<u8>) -> Config {
    Config {
        available_imports: Some(imports),
        exports: Some(exports),
        max_imports: MAX_CONTRACT_IMPORTS,
        min_imports: 12,
        max_funcs: 32,
        min_memories: 1,
        min_data_segments: 1,
        ..profile()
    }
}

/// The deterministic profile, and sizes small enough that a case takes
/// milliseconds, large enough that functions call each other and share state.
fn profile() -> Config {
    Config {
        allow_start_export: false,
        bulk_memory_enabled: true,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: true,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: true,
        shared_everything_threads_enabled: false,
        sign_extension_ops_enabled: true,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        max_memories: 1,
        max_tables: 1,
        min_types: 2,
        max_types: 8,
        max_imports: 6,
        min_funcs: 2,
        max_funcs: 14,
        max_exports: 12,
        min_globals: 1,
        max_globals: 8,
        max_data_segments: 4,
        max_element_segments: 4,
        max_elements: 16,
        max_table_elements: 24,
        max_memory32_bytes: MAX_PAGES * PAGE,
        memory_offset_choices: MemoryOffsetChoices(95, 4, 1),
        ..Config::default()
    }
}
