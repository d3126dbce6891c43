//! Who calls whom.

use std::collections::BTreeMap;

use wasmparser::FuncType;

use crate::module::Module;
use crate::plan::{EventKind, Plan};
use crate::tarjan::{Components, components};

/// The call graph. Nodes are the bodies, then one per function type (whatever
/// `call_indirect` of that type may reach), then one for the outside world.
pub(crate) struct CallGraph {
    /// Where the callees of each node begin in `edges`; one more at the end.
    first: Vec<u32>,
    edges: Vec<u32>,
    /// Node of each type index.
    type_nodes: Vec<u32>,
    imported_functions: u32,
    /// What calls itself together, callees first.
    pub(crate) components: Components,
}

impl CallGraph {
    pub(crate) fn new(module: &Module<'_>, plans: &[Plan]) -> Self {
        let types = TypeNodes::new(module, plans.len() as u32);
        let mut graph = Self {
            first: vec![0],
            edges: Vec::new(),
            type_nodes: types.nodes.clone(),
            imported_functions: module.imported_functions,
            components: Components::default(),
        };
        let outside = plans.len() as u32 + types.count;
        for plan in plans {
            for event in &plan.events {
                let callee = graph.callee(event.kind, outside);
                graph.edges.extend(callee);
            }
            graph.close();
        }
        for members in types.members(module, plans) {
            graph.edges.extend(members);
            // The table may hold a function of the host.
            graph.edges.push(outside);
            graph.close();
        }
        if module.shares_table() {
            // What others put into a shared table may call any export.
            graph.edges.extend(exported_bodies(module));
        }
        graph.close();
        graph.components = components(&graph.first, &graph.edges);
        graph
    }

    /// The node that an event calls, if it is a call.
    pub(crate) fn callee(&self, event: EventKind, outside: u32) -> Option<u32> {
        match event {
            EventKind::Call { function, .. } => Some(
                function
                    .checked_sub(self.imported_functions)
                    .unwrap_or(outside),
            ),
            EventKind::CallIndirect { ty, .. } => self.type_nodes.get(ty as usize).copied(),
            _ => None,
        }
    }

    /// The node of the outside world.
    pub(crate) fn outside(&self) -> u32 {
        self.nodes() as u32 - 1
    }

    /// Ends the list of the current node's callees.
    fn close(&mut self) {
        self.first.push(self.edges.len() as u32);
    }

    pub(crate) fn nodes(&self) -> usize {
        self.first.len() - 1
    }

    pub(crate) fn callees(&self, node: u32) -> &[u32] {
        &self.edges[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }

    /// Whether the functions of `component` can call themselves.
    pub(crate) fn is_recursive(&self, component: &[u32]) -> bool {
        component.len() > 1 || self.callees(component[0]).contains(&component[0])
    }
}

/// The body of function `index`, or `None` for an imported one.
pub(crate) fn body_of(module: &Module<'_>, index: u32) -> Option<u32> {
    index
        .checked_sub(module.imported_functions)
        .filter(|&body| (body as usize) < module.bodies.len())
}

fn exported_bodies(module: &Module<'_>) -> impl Iterator<Item = u32> {
    module
        .exported_functions()
        .filter_map(|function| body_of(module, function))
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
        Self {
            nodes,
            first,
            count: distinct.len() as u32,
        }
    }

    fn node(&self, ty: u32) -> Option<u32> {
        self.nodes.get(ty as usize).copied()
    }

    /// By type node: the bodies of that type to which a reference may exist.
    fn members(&self, module: &Module<'_>, plans: &[Plan]) -> Vec<Vec<u32>> {
        let mut members = vec![Vec::new(); self.count as usize];
        let mut seen = vec![false; plans.len()];
        let in_bodies = plans
            .iter()
            .flat_map(|plan| &plan.events)
            .filter_map(|event| match event.kind {
                EventKind::Reference { function } => Some(function),
                _ => None,
            });
        for function in module.referenced.iter().copied().chain(in_bodies) {
            let Some(body) = body_of(module, function) else {
                continue;
            };
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
