//! Who pays for entering a function.
//!
//! A function that is only ever called directly leaves its first metering block
//! to its callers: they know the price, have the counter at hand, and charge it
//! together with the rest of their own block. What such a function does not
//! charge it need not load, so most calls move the counter less.
//!
//! Where the callee does charge, the counter is handed to it as a parameter and
//! back as a result: in a register on both ways, not through memory.

use crate::callgraph::{CallGraph, body_of};
use crate::frames::FrameRules;
use crate::module::Module;
use crate::plan::{ENTRY_REGION, EventKind, Plan, THREADED};

/// A callee is prepaid up to this much, in gas: a thousandth of a second. It
/// bounds what chains of functions that call the next one twice would add up
/// to, far below what the counter holds.
const MAX_PREPAID: u64 = 1_000_000_000;

/// A function that costs at most this much altogether, in gas, may be called
/// without the counter having been checked: 100 ns, so that a megabyte of such
/// calls stays below some 50 ms.
const MAX_UNCHECKED: u64 = 100_000;

/// How a function takes part in metering.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Role {
    /// Its callers pay for its first metering block.
    pub(crate) prepaid: bool,
    /// It leaves the counter alone, wherever that is.
    pub(crate) quiet: bool,
    /// It is so cheap that its callers need not check the counter.
    pub(crate) light: bool,
    /// It takes the counter as a parameter and gives it back as a result.
    pub(crate) threaded: bool,
    /// It takes what is left of the stack as a parameter, after the counter.
    pub(crate) takes_frames: bool,
}

impl Role {
    /// How many parameters the function has besides its own.
    pub(crate) fn extra_params(self) -> u32 {
        u32::from(self.threaded) + u32::from(self.takes_frames)
    }
}

/// The most parameters a function may have: engines and `wasmparser` refuse
/// more.
const MAX_PARAMS: u32 = 1_000;

/// The most results a function may have of its own to be threaded: two are
/// returned in registers, more are not.
const MAX_THREADED_RESULTS: usize = 1;

/// The roles of the functions that a function calls.
#[derive(Clone, Copy)]
pub(crate) struct Callees<'r> {
    /// Functions below this index are the host's.
    pub(crate) imported_functions: u32,
    /// By body.
    pub(crate) roles: &'r [Role],
}

impl Callees<'_> {
    /// The role of a function; one of the host's has none.
    pub(crate) fn role(&self, function: u32) -> Role {
        let body = function.checked_sub(self.imported_functions);
        body.and_then(|body| self.roles.get(body as usize))
            .copied()
            .unwrap_or_default()
    }
}

/// Decides the role of every body, and adds to each metering block what it
/// pays for its callees.
pub(crate) fn assign(
    module: &Module<'_>,
    plans: &mut [Plan],
    graph: &CallGraph,
    frame_rules: &FrameRules<'_>,
) -> Vec<Role> {
    let mut payer = Payer {
        module,
        component_of: graph.components.by_node(),
        direct_only: direct_only(module, plans),
        roles: vec![Role::default(); plans.len()],
        totals: vec![0; plans.len()],
    };
    let bodies_count = plans.len();
    for component in graph.components.iter() {
        let bodies = || {
            component
                .iter()
                .filter(|&&node| (node as usize) < bodies_count)
        };
        let recursive = graph.is_recursive(component);
        bodies().for_each(|&body| payer.pay_for_others(plans, body, false));
        bodies().for_each(|&body| payer.decide_prepaid(plans, body));
        bodies().for_each(|&body| payer.pay_for_others(plans, body, true));
        bodies().for_each(|&body| payer.decide_cheap(plans, body, recursive));
        bodies().for_each(|&body| payer.decide_threaded(plans, body, frame_rules));
    }
    payer.roles
}

struct Payer<'m> {
    module: &'m Module<'m>,
    component_of: Vec<u32>,
    direct_only: Vec<bool>,
    roles: Vec<Role>,
    /// By body: the most that one call may cost without its prepaid part, in
    /// gas; meaningful for light functions only.
    totals: Vec<u64>,
}

impl Payer<'_> {
    /// Adds the first metering blocks of the prepaid callees of `body` that are
    /// in its own component, or of those that are not.
    fn pay_for_others(&self, plans: &mut [Plan], body: u32, own_component: bool) {
        for index in 0..plans[body as usize].events.len() {
            let plan = &plans[body as usize];
            let EventKind::Call { function, region } = plan.events[index].kind else {
                continue;
            };
            let Some(callee) = body_of(self.module, function) else {
                continue;
            };
            if self.roles[callee as usize].prepaid && self.related(body, callee) == own_component {
                let entry = plans[callee as usize].regions[ENTRY_REGION as usize].cost;
                let region = &mut plans[body as usize].regions[region as usize];
                region.cost = region.cost.saturating_add(entry);
            }
        }
    }

    /// Whether two bodies are in one component.
    fn related(&self, one: u32, other: u32) -> bool {
        self.component_of[one as usize] == self.component_of[other as usize]
    }

    /// A first metering block with a call to its own component has no price of
    /// its own: it would contain itself.
    fn decide_prepaid(&mut self, plans: &[Plan], body: u32) {
        let plan = &plans[body as usize];
        let calls_own_component = plan.events.iter().any(|event| match event.kind {
            EventKind::Call {
                function,
                region: ENTRY_REGION,
            } => body_of(self.module, function).is_some_and(|callee| self.related(body, callee)),
            _ => false,
        });
        self.roles[body as usize].prepaid = self.direct_only[body as usize]
            && !calls_own_component
            && plan.regions[ENTRY_REGION as usize].cost <= MAX_PREPAID;
    }

    /// Whether a body is quiet, and whether it is light.
    fn decide_cheap(&mut self, plans: &[Plan], body: u32, recursive: bool) {
        let plan = &plans[body as usize];
        let prepaid = self.roles[body as usize].prepaid;
        let mut total = 0u64;
        for (index, region) in plan.regions.iter().enumerate() {
            if index > 0 || !prepaid {
                total = total.saturating_add(region.cost);
            }
        }
        let mut quiet = total == 0;
        let mut light = !recursive && !plan.uses.iteration && !plan.uses.sized;
        for event in &plan.events {
            match event.kind {
                EventKind::Call { function, .. } => match body_of(self.module, function) {
                    Some(callee) => {
                        let role = self.roles[callee as usize];
                        quiet &= role.quiet;
                        light &= role.light;
                        total = total.saturating_add(self.totals[callee as usize]);
                    }
                    None => (quiet, light) = (false, false),
                },
                EventKind::CallIndirect { .. } => (quiet, light) = (false, false),
                _ => {}
            }
        }
        quiet &= prepaid && !plan.uses.iteration && !plan.uses.sized;
        let entry = plan.regions[ENTRY_REGION as usize].cost;
        let with_entry = total.saturating_add(if prepaid { entry } else { 0 });
        light &= with_entry <= MAX_UNCHECKED;
        self.totals[body as usize] = total;
        let role = &mut self.roles[body as usize];
        (role.quiet, role.light) = (quiet, light);
    }

    fn decide_threaded(&mut self, plans: &[Plan], body: u32, frame_rules: &FrameRules<'_>) {
        let ty = self
            .module
            .function_type(self.module.function_of_body(body as usize));
        let results = ty.map_or(usize::MAX, |ty| ty.results().len());
        let role = &mut self.roles[body as usize];
        role.threaded = self.direct_only[body as usize]
            && !role.quiet
            && results <= MAX_THREADED_RESULTS
            && plans[body as usize].params + THREADED <= MAX_PARAMS;
        role.takes_frames = role.threaded && frame_rules.reads(body);
    }
}

/// By body: whether nothing but a `call` in this module can reach it.
fn direct_only(module: &Module<'_>, plans: &[Plan]) -> Vec<bool> {
    let named = module.named.iter().skip(module.imported_functions as usize);
    let mut direct_only: Vec<bool> = named.map(|named| !named).collect();
    for event in plans.iter().flat_map(|plan| &plan.events) {
        if let EventKind::Reference { function } = event.kind
            && let Some(body) = body_of(module, function)
        {
            direct_only[body as usize] = false;
        }
    }
    direct_only
}
