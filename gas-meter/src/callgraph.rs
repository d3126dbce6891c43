//! The call graph, and which functions count their frames.
//!
//! Only a function that can call itself, directly or not, needs a counter at
//! run time. What the others need is known here and charged by whoever is
//! counted above them, or by the embedder.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, FuncType};

use crate::error::InstrumentError;
use crate::module::Module;
use crate::plan::{EventKind, Plan};
use crate::tarjan::components;

/// Model bytes that a chain of functions without counters may need together.
/// Above it a function counts although it cannot call itself, so that the
/// embedder can set aside this much for any contract.
const MAX_UNCOUNTED_CHAIN: u64 = 64 * 1024;

/// Model bytes of any frame: return address, saved registers, alignment, and
/// what the pass adds.
const FRAME_BASE: u64 = 64;
/// Model bytes of a parameter, a local or an operand: each may be spilled.
const FRAME_PER_VALUE: u64 = 8;
/// Model bytes per operator: an optimiser may keep a value alive across the
/// function that the code computes again each time.
const FRAME_PER_OPERATOR: u64 = 2;

/// What the call graph says about the module's functions.
pub(crate) struct FrameCharges {
    /// By body: model bytes the function charges at entry, or `None` if it
    /// does not count.
    pub(crate) charges: Vec<Option<u32>>,
    /// Most model bytes that an entry function needs before anything counts.
    pub(crate) entry_need: u32,
}

/// Model bytes of one frame of the function.
pub(crate) fn frame_size(plan: &Plan) -> u64 {
    let values = [plan.params, plan.locals, plan.max_height].map(u64::from).iter().sum::<u64>();
    FRAME_BASE + FRAME_PER_VALUE * values + FRAME_PER_OPERATOR * u64::from(plan.operators)
}

/// Decides which functions count, and how much.
pub(crate) fn frame_charges(
    module: &Module<'_>,
    plans: &[Plan],
    frame_limit: u32,
) -> Result<FrameCharges, InstrumentError> {
    let graph = CallGraph::new(module, plans);
    let mut charges = vec![None; plans.len()];
    // What a node needs of its caller: nothing once it has counted.
    let mut needs = vec![0u64; graph.nodes()];
    for component in components(&graph.first, &graph.edges) {
        let recursive = component.len() > 1 || graph.calls_itself(component[0]);
        // Callees outside the component come before it; inside, only the
        // nodes that stand for types still have a need, which is what any of
        // the component's needs outside.
        let below = component
            .iter()
            .flat_map(|&node| graph.callees(node))
            .map(|&callee| needs[callee as usize])
            .max()
            .unwrap_or(0);
        for &node in &component {
            let Some(plan) = plans.get(node as usize) else {
                needs[node as usize] = below;
                continue;
            };
            let need = frame_size(plan).saturating_add(below);
            if need > frame_limit.into() {
                let function = module.function_of_body(node as usize);
                return Err(InstrumentError::TooDeep { function, needed: need, limit: frame_limit });
            }
            if recursive || need > MAX_UNCOUNTED_CHAIN {
                charges[node as usize] = Some(need as u32);
            } else {
                needs[node as usize] = need;
            }
        }
    }
    let entry_need = graph.entries(module).map(|node| needs[node as usize]).max().unwrap_or(0);
    Ok(FrameCharges { charges, entry_need: entry_need as u32 })
}

/// Who calls whom. Nodes are the bodies, then one per function type (whatever
/// `call_indirect` of that type may reach), then one for the outside world.
struct CallGraph {
    /// Where the callees of each node begin in `edges`; one more at the end.
    first: Vec<u32>,
    edges: Vec<u32>,
}

impl CallGraph {
    fn new(module: &Module<'_>, plans: &[Plan]) -> Self {
        let types = TypeNodes::new(module, plans.len() as u32);
        let outside = plans.len() as u32 + types.count;
        let mut graph = Self { first: vec![0], edges: Vec::new() };
        for plan in plans {
            for event in &plan.events {
                match event.kind {
                    EventKind::Call { function } => {
                        graph.edges.extend(body_of(module, function));
                    }
                    EventKind::CallIndirect { ty } => graph.edges.extend(types.node(ty)),
                    _ => {}
                }
            }
            graph.close();
        }
        for members in types.members(module, plans) {
            graph.edges.extend(members);
            // A shared table may hold anything, which may call any export.
            graph.edges.extend(module.shares_table().then_some(outside));
            graph.close();
        }
        if module.shares_table() {
            graph.edges.extend(exported_bodies(module));
        }
        graph.close();
        graph
    }

    /// Ends the list of the current node's callees.
    fn close(&mut self) {
        self.first.push(self.edges.len() as u32);
    }

    fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    fn callees(&self, node: u32) -> &[u32] {
        &self.edges[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }

    fn calls_itself(&self, node: u32) -> bool {
        self.callees(node).contains(&node)
    }

    /// The functions by which a call may enter the module.
    fn entries<'m>(&self, module: &'m Module<'_>) -> impl Iterator<Item = u32> + 'm {
        let shared = module.shares_table();
        let referenced = module.referenced.iter().filter(move |_| shared);
        let started = module.start.iter().chain(referenced);
        exported_bodies(module).chain(started.filter_map(|&f| body_of(module, f)))
    }
}

/// The body of function `index`, or `None` for an imported one.
fn body_of(module: &Module<'_>, index: u32) -> Option<u32> {
    index.checked_sub(module.imported_functions).filter(|&body| (body as usize) < module.bodies.len())
}

fn exported_bodies<'m>(module: &'m Module<'_>) -> impl Iterator<Item = u32> + 'm {
    module
        .exports
        .iter()
        .filter(|export| export.kind == ExternalKind::Func)
        .filter_map(|export| body_of(module, export.index))
}

/// Nodes for function types. Equal types share one, as `call_indirect` compares
/// types by structure.
struct TypeNodes {
    /// Node of each type index.
    nodes: Vec<u32>,
    first: u32,
    count: u32,
}

impl TypeNodes {
    fn new(module: &Module<'_>, first: u32) -> Self {
        let mut distinct = BTreeMap::<&FuncType, u32>::new();
        let nodes = module.types.iter().map(|ty| {
            let next = first + distinct.len() as u32;
            *distinct.entry(ty).or_insert(next)
        });
        let nodes = nodes.collect();
        Self { nodes, first, count: distinct.len() as u32 }
    }

    fn node(&self, ty: u32) -> Option<u32> {
        self.nodes.get(ty as usize).copied()
    }

    /// By type node: the bodies of that type to which a reference may exist.
    fn members(&self, module: &Module<'_>, plans: &[Plan]) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.count as usize];
        let mut seen = vec![false; plans.len()];
        let in_bodies = plans.iter().flat_map(|plan| &plan.events).filter_map(|event| {
            match event.kind {
                EventKind::Reference { function } => Some(function),
                _ => None,
            }
        });
        for function in module.referenced.iter().copied().chain(in_bodies) {
            let Some(body) = body_of(module, function) else { continue };
            if std::mem::replace(&mut seen[body as usize], true) {
                continue;
            }
            let ty = module.functions[function as usize];
            if let Some(node) = self.node(ty) {
                members[(node - self.first) as usize].push(body);
            }
        }
        members
    }
}
