//! The pass: read, scan, decide, write.

use wasm_encoder::CodeSection;

use crate::callgraph::CallGraph;
use crate::config::Config;
use crate::emit::{Source, Surroundings, emit};
use crate::error::InstrumentError;
use crate::facts::{Facts, MemoryFacts};
use crate::frames::FrameRules;
use crate::module::{Module, unsupported};
use crate::output::{Additions, write};
use crate::plan::{ENTRY_REGION, Plan};
use crate::prepay::{self, Callees, Role};
use crate::reset::reset_function;
use crate::scan::scan;
use crate::source_map::{FunctionMap, SourceMap};
use crate::types::TypeAdditions;

/// A module after the pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instrumented {
    /// The module's bytes.
    pub wasm: Vec<u8>,
    /// What the embedder has to know about it.
    pub facts: Facts,
}

/// Instruments a module.
///
/// The module must have passed validation, and this is not where it does: the
/// pass checks only what it has to look up. Of bytes that are no valid module it
/// makes an error or another module, which may be valid even so, because code
/// that can never run and custom sections are left out, and with them whatever is
/// wrong there. Admission is what refuses. Whatever the bytes, the pass does not
/// panic, and time and space are linear in their number.
///
/// # Errors
/// See [`InstrumentError`].
pub fn instrument(wasm: &[u8], config: &Config<'_>) -> Result<Instrumented, InstrumentError> {
    run(wasm, config, Detail::Plain).map(|done| done.instrumented)
}

/// What of the pass's work is kept besides the module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    Plain,
    /// Where the original operators went.
    SourceMap,
}

/// All that the pass found out.
pub(crate) struct Done {
    pub(crate) instrumented: Instrumented,
    pub(crate) source_map: SourceMap,
    pub(crate) roles: Vec<Role>,
    /// By body: the price of the entry block.
    pub(crate) entry_costs: Vec<u64>,
}

pub(crate) fn run(
    wasm: &[u8],
    config: &Config<'_>,
    detail: Detail,
) -> Result<Done, InstrumentError> {
    let module = Module::read(wasm)?;
    check_profile(&module, config)?;
    let mut plans = (0..module.bodies.len())
        .map(|body| scan(&module, config.schedule, body))
        .collect::<Result<Vec<_>, _>>()?;
    let graph = CallGraph::new(&module, &plans);
    let frame_rules = FrameRules::new(&module, &plans, &graph, config.frame_limit)?;
    let roles = prepay::assign(&module, &mut plans, &graph, &frame_rules);
    let facts = facts(&module, config, &plans, frame_rules.entry_need);
    let mut types = TypeAdditions::new(&module);
    let mut functions = Vec::with_capacity(plans.len() + 1);
    let mut code = CodeSection::new();
    let mut source_map = SourceMap::empty(module.imported_functions);
    let surroundings = Surroundings {
        gas: module.global_count(),
        frames: module.global_count() + 1,
        callees: Callees {
            imported_functions: module.imported_functions,
            roles: &roles,
        },
        frame_rules: &frame_rules,
    };
    for (body, plan) in plans.iter().enumerate() {
        let function = module.function_of_body(body);
        let source = Source {
            function,
            frame_use: frame_rules.of(body, plan),
            body: &module.bodies[body],
            plan,
            role: roles[body],
            block_type: types.of_block(function)?,
            record: detail == Detail::SourceMap,
        };
        let emitted = emit(&source, &surroundings)?;
        code.raw(&emitted.body);
        if source.record {
            source_map.push(FunctionMap {
                start: module.bodies[body].range().start,
                len: module.bodies[body].as_bytes().len() as u32,
                pieces: emitted.pieces,
            });
        }
        functions.push(types.of_function(function, roles[body])?);
    }
    functions.push(types.index(&[], &[])?);
    code.function(&reset_function(&module));
    let additions = Additions {
        types: types.encoded,
        functions,
        code: &code,
    };
    let entry_cost = |plan: &Plan| plan.regions[ENTRY_REGION as usize].cost;
    Ok(Done {
        instrumented: Instrumented {
            wasm: write(&module, config, additions),
            facts,
        },
        source_map,
        entry_costs: plans.iter().map(entry_cost).collect(),
        roles,
    })
}

/// Refuses what the pass would get wrong.
fn check_profile(module: &Module<'_>, config: &Config<'_>) -> Result<(), InstrumentError> {
    if !config.raw && module.imported_memories > 0 {
        return Err(unsupported(0, "an imported memory"));
    }
    if module
        .memories
        .iter()
        .any(|memory| memory.memory64 || memory.shared)
    {
        return Err(unsupported(0, "a 64-bit or shared memory"));
    }
    if module
        .tables
        .iter()
        .any(|table| table.table64 || table.shared)
    {
        return Err(unsupported(0, "a 64-bit or shared table"));
    }
    Ok(())
}

fn facts(module: &Module<'_>, config: &Config<'_>, plans: &[Plan], entry_frames: u32) -> Facts {
    let imports_state = module.imports_table
        || module.imported_memories > 0
        || module.imported_globals.iter().any(|global| global.mutable);
    let pages = |pages: u64| u32::try_from(pages).unwrap_or(u32::MAX);
    Facts {
        poolable: !imports_state && !plans.iter().any(|plan| plan.uses.lasting_change),
        memory: module.memories.first().map(|memory| MemoryFacts {
            min: pages(memory.initial),
            max: pages(memory.maximum.unwrap_or(MAX_PAGES)).min(config.max_memory_pages),
        }),
        entry_frames,
    }
}

/// The most pages a 32-bit memory can have.
const MAX_PAGES: u64 = 1 << 16;
