//! The stack of a contract in model bytes: which functions count their frames,
//! how much, and where.
//!
//! Only functions that can call themselves, directly or not, are counted at run
//! time. What the others need is known here: it is part of the charge of
//! whoever is counted above them, or of what the embedder sets aside.
//!
//! A function counts before its first call that may lead to another that does,
//! so one that returns early pays nothing. It keeps what is left in a local and
//! leaves it in the global before each such call; nothing has to be undone when
//! a call returns.

use crate::callgraph::CallGraph;
use crate::error::InstrumentError;
use crate::module::Module;
use crate::plan::{Event, EventKind, Plan};

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

/// Which functions of a module count, and which calls may lead to them.
pub(crate) struct FrameRules<'g> {
    graph: &'g CallGraph,
    /// By body: model bytes it counts, if it does.
    charges: Vec<Option<u32>>,
    /// By node of the call graph: whether a call of it may lead to something
    /// that reads the counter.
    reads: Vec<bool>,
    /// The most model bytes that any function needs when it is entered, before
    /// anything has counted them.
    pub(crate) entry_need: u32,
}

/// What a function does with the frame counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameUse {
    /// Before which event it takes what is left into its local.
    pub(crate) event: usize,
    /// Model bytes it counts there, if it does.
    pub(crate) charge: Option<u32>,
}

impl<'g> FrameRules<'g> {
    /// Decides for every function whether it counts.
    pub(crate) fn new(
        module: &Module<'_>,
        plans: &[Plan],
        graph: &'g CallGraph,
        frame_limit: u32,
    ) -> Result<Self, InstrumentError> {
        let mut charges = vec![None; plans.len()];
        let mut entry_need = 0;
        // What a node needs of its caller: nothing if it counts.
        let mut needs = vec![0u64; graph.nodes()];
        for component in graph.components.iter() {
            // Callees outside the component were decided before it; inside,
            // nothing has a need yet.
            let callees = component.iter().flat_map(|&node| graph.callees(node));
            let below = callees.map(|&node| needs[node as usize]).max().unwrap_or(0);
            for &node in component {
                let Some(plan) = plans.get(node as usize) else {
                    needs[node as usize] = below;
                    continue;
                };
                let needed = frame_size(plan).saturating_add(below);
                if needed > frame_limit.into() {
                    let function = module.function_of_body(node as usize);
                    return Err(InstrumentError::TooDeep {
                        function,
                        needed,
                        limit: frame_limit,
                    });
                }
                entry_need = entry_need.max(needed as u32);
                if graph.is_recursive(component) || needed > MAX_UNCOUNTED_CHAIN {
                    charges[node as usize] = Some(needed as u32);
                } else {
                    needs[node as usize] = needed;
                }
            }
        }
        let reads = readers(graph, &charges);
        Ok(Self {
            graph,
            charges,
            reads,
            entry_need,
        })
    }

    /// Whether the call at an event leaves to the callee what is left.
    pub(crate) fn leaves(&self, event: &Event) -> bool {
        let callee = self.graph.callee(event.kind, self.graph.outside());
        callee.is_some_and(|node| self.reads[node as usize])
    }

    /// Whether a body reads the counter.
    pub(crate) fn reads(&self, body: u32) -> bool {
        self.reads[body as usize]
    }

    /// What the function with this body and plan does, if it reads the counter.
    pub(crate) fn of(&self, body: usize, plan: &Plan) -> Option<FrameUse> {
        let mut search = FirstNeed::default();
        for (index, event) in plan.events.iter().enumerate() {
            search.step(index, event, self.leaves(event));
        }
        Some(FrameUse {
            event: search.found()?,
            charge: self.charges[body],
        })
    }
}

/// By node: whether a call of it may lead to something that reads the counter.
/// Functions that count do; and then the host does, since it hands on what is
/// left when contracts call each other.
fn readers(graph: &CallGraph, charges: &[Option<u32>]) -> Vec<bool> {
    let mut reads = vec![false; graph.nodes()];
    if charges.iter().all(Option::is_none) {
        return reads;
    }
    reads[graph.outside() as usize] = true;
    for (body, charge) in charges.iter().enumerate() {
        reads[body] = charge.is_some();
    }
    for component in graph.components.iter() {
        let mut callees = component.iter().flat_map(|&node| graph.callees(node));
        let any = callees.any(|&node| reads[node as usize]);
        component
            .iter()
            .for_each(|&node| reads[node as usize] |= any);
    }
    reads
}

/// Finds the last place in a function that comes before all its calls of
/// readers and is outside all loops.
///
/// Control is structured, so the beginning of a block comes before everything
/// in it, and whatever stands directly in a block before everything after it
/// there.
#[derive(Default)]
struct FirstNeed {
    /// Open blocks.
    open: Vec<Open>,
    /// An `if` or `loop` was met and its [`EventKind::Enter`] is to come.
    entering: bool,
    /// The blocks around the first call, outermost first, and the call itself.
    places: Vec<usize>,
    /// How many of the blocks around the first call are around all of them.
    common: usize,
    /// The fewest blocks that were open since the first call.
    lowest: usize,
}

/// An open block, by its first event.
#[derive(Clone, Copy)]
struct Open {
    event: usize,
    is_loop: bool,
}

impl FirstNeed {
    fn step(&mut self, index: usize, event: &Event, needed: bool) {
        match event.kind {
            EventKind::EnterLoop(_) | EventKind::Test(_) => {
                let is_loop = matches!(event.kind, EventKind::EnterLoop(_));
                self.open.push(Open {
                    event: index,
                    is_loop,
                });
                self.entering = true;
            }
            EventKind::Enter if self.entering => self.entering = false,
            EventKind::Enter => self.open.push(Open {
                event: index,
                is_loop: false,
            }),
            // What comes before one arm does not come before the other.
            EventKind::Else(_) => self.lowest = self.lowest.min(self.open.len() - 1),
            EventKind::End(_) | EventKind::DeadEnd => {
                self.open.pop();
                self.lowest = self.lowest.min(self.open.len());
            }
            _ if needed => self.need(index),
            _ => {}
        }
    }

    fn need(&mut self, index: usize) {
        if self.places.is_empty() {
            self.places = self
                .open
                .iter()
                .map(|open| open.event)
                .chain([index])
                .collect();
            let first_loop = self.open.iter().position(|open| open.is_loop);
            self.common = first_loop.unwrap_or(self.open.len());
            self.lowest = self.open.len();
        }
        self.common = self.common.min(self.lowest);
    }

    /// The event before which, or after which if it is an
    /// [`EventKind::Enter`], the place is.
    fn found(self) -> Option<usize> {
        self.places.get(self.common).copied()
    }
}
