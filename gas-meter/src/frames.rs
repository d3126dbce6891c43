//! The stack of a contract in model bytes: which calls count a frame, and how
//! much.
//!
//! Only calls of functions that can call themselves, directly or not, are
//! counted at run time. What the others need is known here: it is part of the
//! charge of whoever is counted above them, or of what the embedder sets aside.
//!
//! The caller counts. It takes what is left from the global when it is entered,
//! and leaves in the global, before each call, what is left for the callee; so
//! nothing has to be undone when a call returns.

use crate::callgraph::CallGraph;
use crate::error::InstrumentError;
use crate::module::Module;
use crate::plan::{EventKind, Plan};

/// Model bytes that a chain of uncounted functions may need together. Above it
/// a function is counted although it cannot call itself, so that the embedder
/// can set aside this much for any contract.
const MAX_UNCOUNTED_CHAIN: u64 = 64 * 1024;

/// Model bytes of any frame: return address, saved registers, alignment, and
/// what the pass adds.
const FRAME_BASE: u64 = 64;
/// Model bytes of a parameter, a local or an operand: each may be spilled.
const FRAME_PER_VALUE: u64 = 8;
/// Model bytes per operator: an optimiser may keep a value alive across the
/// function that the code computes again each time.
const FRAME_PER_OPERATOR: u64 = 2;

/// Model bytes of one frame of the function.
fn frame_size(plan: &Plan) -> u64 {
    let values = [plan.params, plan.locals, plan.max_height]
        .map(u64::from)
        .iter()
        .sum::<u64>();
    FRAME_BASE + FRAME_PER_VALUE * values + FRAME_PER_OPERATOR * u64::from(plan.operators)
}

/// What a call does with the frame counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameCall {
    /// Nothing: no call that counts can follow.
    Nothing,
    /// Leaves to the callee what the caller has.
    Pass,
    /// Takes this many model bytes for the callee, if they are there.
    Count(u32),
}

/// What each call of a module does with the frame counter.
pub(crate) struct FrameRules {
    /// By node of the call graph.
    calls: Vec<FrameCall>,
    /// Node of each type index.
    type_nodes: Vec<u32>,
    imported_functions: u32,
    /// Most model bytes that an entry function needs before anything counts.
    pub(crate) entry_need: u32,
}

impl FrameRules {
    /// Decides for every function whether its calls are counted.
    pub(crate) fn new(
        module: &Module<'_>,
        plans: &[Plan],
        graph: &CallGraph,
        frame_limit: u32,
    ) -> Result<Self, InstrumentError> {
        let mut rules = Self {
            calls: vec![FrameCall::Nothing; graph.nodes()],
            type_nodes: graph.type_nodes.clone(),
            imported_functions: module.imported_functions,
            entry_need: 0,
        };
        // What a node needs of its caller: nothing if the call of it counts.
        let mut needs = vec![0u64; graph.nodes()];
        for component in graph.components.iter() {
            // Callees outside the component were decided before it; inside,
            // nothing has a need yet.
            let callees = || component.iter().flat_map(|&node| graph.callees(node));
            let below = callees()
                .map(|&callee| needs[callee as usize])
                .max()
                .unwrap_or(0);
            let recursive = graph.is_recursive(component);
            for &node in component {
                let Some(plan) = plans.get(node as usize) else {
                    continue;
                };
                let need = frame_size(plan).saturating_add(below);
                if need > frame_limit.into() {
                    let function = module.function_of_body(node as usize);
                    let limit = frame_limit;
                    return Err(InstrumentError::TooDeep {
                        function,
                        needed: need,
                        limit,
                    });
                }
                if recursive || need > MAX_UNCOUNTED_CHAIN {
                    rules.calls[node as usize] = FrameCall::Count(need as u32);
                } else {
                    needs[node as usize] = need;
                }
            }
            for &node in component {
                if node as usize >= plans.len() {
                    needs[node as usize] = below;
                    // Whatever a reference may lead to must fit.
                    rules.calls[node as usize] = rules.widest(graph.callees(node));
                }
                if rules.calls[node as usize] == FrameCall::Nothing
                    && rules.widest(graph.callees(node)) != FrameCall::Nothing
                {
                    rules.calls[node as usize] = FrameCall::Pass;
                }
            }
        }
        let entry_need = graph
            .entries(module)
            .map(|node| match rules.calls[node as usize] {
                FrameCall::Count(bytes) => bytes.into(),
                _ => needs[node as usize],
            });
        rules.entry_need = entry_need.max().unwrap_or(0) as u32;
        Ok(rules)
    }

    /// What calls any of `nodes` with enough for the largest of them.
    fn widest(&self, nodes: &[u32]) -> FrameCall {
        let calls = nodes.iter().map(|&node| self.calls[node as usize]);
        calls.fold(FrameCall::Nothing, |widest, call| match (widest, call) {
            (FrameCall::Count(one), FrameCall::Count(other)) => FrameCall::Count(one.max(other)),
            (FrameCall::Count(bytes), _) | (_, FrameCall::Count(bytes)) => FrameCall::Count(bytes),
            (FrameCall::Nothing, FrameCall::Nothing) => FrameCall::Nothing,
            _ => FrameCall::Pass,
        })
    }

    /// What the call at an event does.
    pub(crate) fn at(&self, event: EventKind) -> FrameCall {
        let node = match event {
            EventKind::Call { function, .. } => function.checked_sub(self.imported_functions),
            EventKind::CallIndirect { ty, .. } => self.type_nodes.get(ty as usize).copied(),
            _ => None,
        };
        let call = node.and_then(|node| self.calls.get(node as usize));
        call.copied().unwrap_or(FrameCall::Nothing)
    }

    /// Whether the function with this plan has any call that leaves something
    /// to its callee, and whether any that may find nothing left.
    pub(crate) fn uses(&self, plan: &Plan) -> (bool, bool) {
        plan.events
            .iter()
            .fold((false, false), |(any, counts), event| {
                match self.at(event.kind) {
                    FrameCall::Nothing => (any, counts),
                    FrameCall::Pass => (true, counts),
                    FrameCall::Count(_) => (true, true),
                }
            })
    }
}
