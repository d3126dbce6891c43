//! The pass: read, scan, decide, write.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{BlockType, CodeSection, Encode};
use wasmparser::ValType;

use crate::callgraph::CallGraph;
use crate::config::Config;
use crate::emit::{Source, Surroundings, emit};
use crate::error::InstrumentError;
use crate::facts::{Facts, MemoryFacts};
use crate::frames::FrameRules;
use crate::module::{Module, malformed, unsupported};
use crate::output::{Additions, write};
use crate::plan::Plan;
use crate::prepay;
use crate::reset::reset_function;
use crate::scan::scan;
use crate::state::Callees;

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
/// The module must have passed validation. Of any other, the pass returns an
/// error or a module that does not validate, but it never panics. Time and
/// space are linear in the module's size.
pub fn instrument(wasm: &[u8], config: &Config<'_>) -> Result<Instrumented, InstrumentError> {
    let module = Module::read(wasm)?;
    check_profile(&module, config)?;
    let mut plans = (0..module.bodies.len())
        .map(|body| scan(&module, config.schedule, body))
        .collect::<Result<Vec<_>, _>>()?;
    let graph = CallGraph::new(&module, &plans);
    let frame_rules = FrameRules::new(&module, &plans, &graph, config.frame_limit)?;
    let roles = prepay::assign(&module, &mut plans, &graph);
    let facts = facts(&module, config, &plans, frame_rules.entry_need);
    let mut types = TypeAdditions::new(&module);
    let mut code = CodeSection::new();
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
            body: module.bodies[body].as_bytes(),
            plan,
            role: roles[body],
            block_type: types.block_type(&module, function)?,
        };
        code.raw(&emit(&source, &surroundings)?);
    }
    let reset_type = types.index(&[])?;
    code.function(&reset_function(&module));
    let additions = Additions {
        types: types.encoded,
        reset_type,
        code: &code,
    };
    Ok(Instrumented {
        wasm: write(&module, config, additions),
        facts,
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
    let functions = module.functions.len() as u32;
    let known = |&function: &u32| function < functions;
    if !module.referenced.iter().all(known) || !module.start.iter().all(known) {
        return Err(malformed(0, "a reference to an unknown function"));
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

/// Types that the pass appends: functions without parameters, by results.
struct TypeAdditions {
    by_results: BTreeMap<Vec<ValType>, u32>,
    next: u32,
    encoded: Vec<Vec<u8>>,
}

impl TypeAdditions {
    fn new(module: &Module<'_>) -> Self {
        Self {
            by_results: BTreeMap::new(),
            next: module.types.len() as u32,
            encoded: Vec::new(),
        }
    }

    /// Type of a block with the results of `function`.
    fn block_type(
        &mut self,
        module: &Module<'_>,
        function: u32,
    ) -> Result<BlockType, InstrumentError> {
        let results = module
            .function_type(function)
            .map_or(&[][..], |ty| ty.results());
        match results {
            [] => Ok(BlockType::Empty),
            [result] => Ok(BlockType::Result(encodable(*result)?)),
            _ => Ok(BlockType::FunctionType(self.index(results)?)),
        }
    }

    /// Index of the type without parameters and with `results`.
    fn index(&mut self, results: &[ValType]) -> Result<u32, InstrumentError> {
        if let Some(&index) = self.by_results.get(results) {
            return Ok(index);
        }
        let mut encoded = vec![FUNCTION_TYPE, 0];
        (results.len() as u32).encode(&mut encoded);
        for &result in results {
            encodable(result)?.encode(&mut encoded);
        }
        self.encoded.push(encoded);
        let index = self.next;
        self.next += 1;
        self.by_results.insert(results.to_vec(), index);
        Ok(index)
    }
}

/// What an encoded function type begins with.
const FUNCTION_TYPE: u8 = 0x60;

fn encodable(ty: ValType) -> Result<wasm_encoder::ValType, InstrumentError> {
    RoundtripReencoder
        .val_type(ty)
        .map_err(|_| unsupported(0, "a type that is not a value type"))
}
