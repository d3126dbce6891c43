//! Where the gas counter is at each point of a function.
//!
//! The truth is in the function's local `g`, in the global, or in both. A
//! charge leaves it in the local alone, a call in the global alone. Moving it
//! is what metering costs on an optimising compiler, so this machine moves it
//! only where it must: before calls, and where two paths meet that have it in
//! different places.
//!
//! It runs twice over a plan. The first run learns which edges lead to each
//! label and chooses the label's [`Form`]; the second knows the forms and says
//! what to emit.

use crate::plan::{ENTRY_REGION, Event, EventKind, FUNCTION_LABEL, LabelId, Plan};
use crate::prepay::{Callees, Role};
use crate::state::{Action, Form, State, Step};

/// What is known of a label while its block is open.
#[derive(Clone, Copy)]
struct Edges {
    /// Some edge cannot carry code of its own and has the counter in the
    /// local alone.
    fixed_local: bool,
    /// Some edge has the counter in the local alone.
    any_local: bool,
    /// Some edge has the counter in the global.
    any_global: bool,
    /// What holds on every edge so far.
    state: State,
    /// The state at an `if`, for its other arm or its untaken edge.
    at_if: State,
}

impl Default for Edges {
    fn default() -> Self {
        Self {
            fixed_local: false,
            any_local: false,
            any_global: false,
            state: State::NOWHERE,
            at_if: State::NOWHERE,
        }
    }
}

/// By metering block: whether something in it, whenever it runs, checks the
/// counter. A loop needs no check at its header besides.
fn checked_later(plan: &Plan, callees: Callees<'_>) -> Vec<bool> {
    let mut checked = vec![false; plan.regions.len()];
    for event in &plan.events {
        match event.kind {
            EventKind::Call { function, region } => {
                checked[region as usize] |= !callees.role(function).light;
            }
            EventKind::CallIndirect { region, .. } | EventKind::Sized { region, .. } => {
                checked[region as usize] = true;
            }
            _ => {}
        }
    }
    checked
}

/// The machine.
pub(crate) struct Tracker<'p> {
    plan: &'p Plan,
    /// The function's own role.
    role: Role,
    callees: Callees<'p>,
    /// Chosen forms by label, filled by the first run.
    forms: Vec<Form>,
    /// By metering block: whether it has a check further on.
    checked_later: Vec<bool>,
    edges: Vec<Edges>,
    now: State,
    /// Whether this is the run that emits.
    emitting: bool,
    /// Whether any step has a check.
    pub(crate) checks: bool,
    /// Whether any step uses the local.
    pub(crate) uses_local: bool,
    /// Whether the local must be stored where the function is left.
    pub(crate) stores_at_exit: bool,
}

impl<'p> Tracker<'p> {
    /// Runs over `plan` for the first time, and returns the machine ready for
    /// the second.
    pub(crate) fn prepare(plan: &'p Plan, role: Role, callees: Callees<'p>) -> Self {
        let mut tracker = Self {
            plan,
            role,
            callees,
            forms: vec![Form::Local; plan.labels.len()],
            checked_later: checked_later(plan, callees),
            edges: vec![Edges::default(); plan.labels.len()],
            now: State::GLOBAL,
            emitting: false,
            checks: false,
            uses_local: false,
            stores_at_exit: false,
        };
        tracker.enter();
        for event in &plan.events {
            tracker.step(event);
        }
        tracker.stores_at_exit = tracker.leave().actions().count() > 0;
        tracker.emitting = true;
        tracker.edges.fill(Edges::default());
        tracker
    }

    /// The function is entered.
    pub(crate) fn enter(&mut self) -> Step {
        let mut step = Step::default();
        // Callers that have paid have checked, unless this costs so little
        // that it has no need of checks.
        let arrives = if self.role.threaded {
            State::LOCAL
        } else {
            State::GLOBAL
        };
        self.now = State {
            checked: self.role.prepaid,
            ..arrives
        };
        if !self.role.prepaid {
            self.charge(&mut step, self.plan.regions[ENTRY_REGION as usize].cost);
        }
        step
    }

    /// The function's end is reached; says what to emit before it is left. A
    /// threaded function has the counter in its local then.
    pub(crate) fn leave(&mut self) -> Step {
        self.join(FUNCTION_LABEL);
        let mut step = Step::default();
        if !self.role.threaded {
            self.put_in_global(&mut step);
        }
        step
    }

    /// Takes one event.
    pub(crate) fn step(&mut self, event: &Event) -> Step {
        let mut step = Step::default();
        match event.kind {
            EventKind::Region(region) => {
                let later = self.checked_later[region as usize];
                let region = self.plan.regions[region as usize];
                self.charge(&mut step, region.cost);
                if region.header && !later {
                    self.check(&mut step);
                }
            }
            EventKind::EnterLoop(label) => self.enter_loop(&mut step, label),
            EventKind::Test(label) => {
                if !self.plan.labels[label as usize].has_else {
                    self.edge(&mut step, label, false);
                }
                self.edges[label as usize].at_if = self.now;
            }
            EventKind::Else(label) => self.now = self.edges[label as usize].at_if,
            // The end of a loop is not where its label is.
            EventKind::Fall(label) if self.plan.labels[label as usize].iterates => {}
            EventKind::Fall(label) | EventKind::Jump(label) => self.edge(&mut step, label, true),
            EventKind::Return => self.edge(&mut step, FUNCTION_LABEL, true),
            EventKind::Branch(label) => self.edge(&mut step, label, false),
            EventKind::Table { first, count } => {
                let targets = first as usize..(first + count) as usize;
                for &label in &self.plan.table_targets[targets] {
                    self.edge(&mut step, label, false);
                }
            }
            EventKind::End(label) => self.join(label),
            EventKind::Call { function, .. } => self.call(&mut step, self.callees.role(function)),
            EventKind::CallIndirect { .. } => self.call(&mut step, Role::default()),
            EventKind::Sized { .. } => {
                // The emitter's own code charges and checks.
                self.put_in_local(&mut step);
                self.now = State {
                    checked: true,
                    ..State::LOCAL
                };
                (self.checks, self.uses_local) = (true, true);
            }
            EventKind::Spin { .. } => {
                // Likewise.
                self.put_in_local(&mut step);
                self.now = State::LOCAL;
                (self.checks, self.uses_local) = (true, true);
            }
            EventKind::Called { .. }
            | EventKind::Enter
            | EventKind::MissingElse
            | EventKind::DeadEnd
            | EventKind::Reference { .. }
            | EventKind::Nan(_)
            | EventKind::Skip { .. } => {}
        }
        step
    }
}

impl Tracker<'_> {
    /// A loop is about to be entered.
    fn enter_loop(&mut self, step: &mut Step, label: LabelId) {
        if self.plan.labels[label as usize].iterates {
            self.edge(step, label, true);
            self.now = match self.forms[label as usize] {
                Form::Local => State::LOCAL,
                Form::Global => State::GLOBAL,
            };
        }
    }

    /// Control leads to `label`. `own` says that code emitted here runs on
    /// this edge alone.
    fn edge(&mut self, step: &mut Step, label: LabelId, own: bool) {
        if self.emitting {
            self.put_in(self.forms[label as usize], step);
        }
        let edges = &mut self.edges[label as usize];
        edges.any_local |= !self.now.global;
        edges.fixed_local |= !self.now.global && !own;
        edges.any_global |= self.now.global && !self.now.local;
        edges.state = edges.state.and(self.now);
    }

    fn put_in(&mut self, form: Form, step: &mut Step) {
        match form {
            Form::Local => self.put_in_local(step),
            Form::Global => self.put_in_global(step),
        }
    }

    /// The edges to `label` meet.
    fn join(&mut self, label: LabelId) {
        let edges = self.edges[label as usize];
        if !self.emitting {
            self.forms[label as usize] = self.choose(label, edges);
        }
        if self.plan.labels[label as usize].iterates {
            // The end of a loop; its label is at its beginning.
            return;
        }
        self.now = edges.state;
        match self.forms[label as usize] {
            Form::Local => self.now.local = true,
            Form::Global => self.now.global = true,
        }
    }

    /// The form that moves the counter least.
    fn choose(&self, index: LabelId, edges: Edges) -> Form {
        let label = self.plan.labels[index as usize];
        if label.iterates {
            // Only if the header charges and does not check is it the same to
            // what follows where the counter was. A store on the way in would
            // delay the first charge by as much as it saves later.
            let header = label.header as usize;
            let indifferent = self.plan.regions[header].cost > 0 && self.checked_later[header];
            return if indifferent && !edges.any_local {
                Form::Global
            } else {
                Form::Local
            };
        }
        if index == FUNCTION_LABEL && self.role.threaded {
            Form::Local
        } else if edges.fixed_local || !edges.any_global {
            // A store before a branch would also run when it is not taken.
            Form::Local
        } else if edges.any_local && label.in_loop {
            // A loop's own path is likelier than the one with the call, and
            // its next charge wants the local.
            Form::Local
        } else {
            Form::Global
        }
    }

    /// A call. Before one that may do much, or that may be the host's, the
    /// counter is checked. A threaded callee takes it from the local and
    /// returns it there; any other that reads it finds it in the global.
    fn call(&mut self, step: &mut Step, callee: Role) {
        if callee.threaded {
            self.put_in_local(step);
            self.uses_local = true;
        } else if !callee.quiet {
            self.put_in_global(step);
        }
        if !callee.light {
            self.check(step);
        }
        if callee.threaded {
            self.now = State::LOCAL;
        } else if !callee.quiet {
            self.now = State::GLOBAL;
        }
    }

    fn charge(&mut self, step: &mut Step, gas: u64) {
        if gas > 0 {
            step.push(if self.now.local {
                Action::ChargeLocal(gas)
            } else {
                Action::ChargeGlobal(gas)
            });
            self.now = State::LOCAL;
            self.uses_local = true;
        }
    }

    fn check(&mut self, step: &mut Step) {
        if !self.now.checked {
            self.put_in_local(step);
            step.push(Action::Check);
            self.now.checked = true;
            self.checks = true;
        }
    }

    fn put_in_local(&mut self, step: &mut Step) {
        if !self.now.local {
            step.push(Action::Load);
            self.now.local = true;
            self.uses_local = true;
        }
    }

    fn put_in_global(&mut self, step: &mut Step) {
        if !self.now.global {
            step.push(Action::Store);
            self.now.global = true;
        }
    }
}
