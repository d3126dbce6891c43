//! Where the gas counter is at a point of a function, and what moves it.

/// Where the counter is, and whether it was compared with zero since the last
/// charge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) local: bool,
    pub(crate) global: bool,
    pub(crate) checked: bool,
}

impl State {
    /// In the global alone, as after a call.
    pub(crate) const GLOBAL: State = State {
        local: false,
        global: true,
        checked: false,
    };
    /// In the local alone, as after a charge.
    pub(crate) const LOCAL: State = State {
        local: true,
        global: false,
        checked: false,
    };
    /// What holds on both of two paths. The start for a label nothing reached.
    pub(crate) const NOWHERE: State = State {
        local: true,
        global: true,
        checked: true,
    };

    pub(crate) fn and(self, other: State) -> State {
        State {
            local: self.local && other.local,
            global: self.global && other.global,
            checked: self.checked && other.checked,
        }
    }
}

/// Where the counter must be whenever control reaches a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// At least in the local.
    Local,
    /// At least in the global.
    Global,
}

/// Something to emit. The local is `g`, the global the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Copy the global to the local.
    Load,
    /// Copy the local to the global.
    Store,
    /// Subtract from the local, into the local.
    ChargeLocal(u64),
    /// Subtract from the global, into the local.
    ChargeGlobal(u64),
    /// Leave the function if the local is negative.
    Check,
}

/// What to emit at an event, in order.
#[derive(Clone, Copy, Default)]
pub(crate) struct Step {
    actions: [Option<Action>; 3],
}

impl Step {
    pub(crate) fn push(&mut self, action: Action) {
        if let Some(free) = self.actions.iter_mut().find(|action| action.is_none()) {
            *free = Some(action);
        }
    }

    pub(crate) fn actions(self) -> impl Iterator<Item = Action> {
        self.actions.into_iter().flatten()
    }
}
