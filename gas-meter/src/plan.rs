//! What the scan of a function body leaves for the later steps: its metering
//! blocks, the places where code is to be inserted, and the figures its frame
//! is computed from.

/// Index of a metering block of a function, in [`Plan::regions`].
pub(crate) type RegionId = u32;

/// Index of a branch target of a function, in [`Plan::labels`]. Label 0 is the
/// function's own.
pub(crate) type LabelId = u32;

/// The label that `return` branches to.
pub(crate) const FUNCTION_LABEL: LabelId = 0;

/// The metering block that is charged when a function is entered.
pub(crate) const ENTRY_REGION: RegionId = 0;

/// By how many parameters a function may grow: the gas counter and what is left
/// of the stack.
pub(crate) const THREADED: u32 = 2;

/// A scanned function body.
#[derive(Default)]
pub(crate) struct Plan {
    /// Everything that happens in reachable code, in code order.
    pub(crate) events: Vec<Event>,
    pub(crate) regions: Vec<Region>,
    pub(crate) labels: Vec<Label>,
    /// Targets of every `br_table`, one after the other.
    pub(crate) table_targets: Vec<LabelId>,
    /// Uses of the first [`THREADED`] declared locals, if parameters may come in
    /// their place.
    pub(crate) early_locals: Vec<EarlyLocal>,
    /// Loops to be unrolled.
    pub(crate) spins: Vec<Spin>,
    /// Where the operators begin in the body: what lies before declares locals.
    pub(crate) code_start: u32,
    pub(crate) params: u32,
    /// Declared locals, without parameters.
    pub(crate) locals: u32,
    /// Operators of the body, unreachable ones included.
    pub(crate) operators: u32,
    /// The most operands on the stack at any reachable point.
    pub(crate) max_height: u32,
    pub(crate) uses: Uses,
}

/// What occurs in the reachable code of a function.
#[derive(Clone, Copy, Default)]
pub(crate) struct Uses {
    /// A loop that iterates.
    pub(crate) iteration: bool,
    /// A charge that depends on an operand.
    pub(crate) sized: bool,
    pub(crate) f32_nan: bool,
    pub(crate) f64_nan: bool,
    /// A branch to the function's label, `return` included.
    pub(crate) function_branch: bool,
    /// A change that resetting memory and globals does not undo.
    pub(crate) lasting_change: bool,
}

/// A metering block: operators that are executed together or not at all.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    /// Gas for one execution.
    pub(crate) cost: u64,
    /// The metering block with which it is charged: itself, or an earlier one.
    pub(crate) charged_with: RegionId,
    /// Whether it begins at the header of a loop that iterates.
    pub(crate) header: bool,
}

/// A loop without branches but its own, at its end: `loop`, some operators,
/// `br_if 0`, `end`. Places are offsets in the body.
#[derive(Clone, Copy)]
pub(crate) struct Spin {
    pub(crate) region: RegionId,
    /// Between `loop` and `br_if`.
    pub(crate) from: u32,
    pub(crate) to: u32,
    /// After `end`.
    pub(crate) end: u32,
}

/// A use of one of the first declared locals. Places are offsets in the body.
#[derive(Clone, Copy)]
pub(crate) struct EarlyLocal {
    pub(crate) at: u32,
    pub(crate) end: u32,
    /// Which of the declared locals.
    pub(crate) slot: u32,
    pub(crate) access: LocalAccess,
}

/// An operator on a local.
#[derive(Clone, Copy)]
pub(crate) enum LocalAccess {
    Get,
    Set,
    Tee,
}

/// A branch target.
#[derive(Clone, Copy, Default)]
pub(crate) struct Label {
    /// Whether a loop's header, to which something branches back.
    pub(crate) iterates: bool,
    /// The metering block that begins at a loop's header.
    pub(crate) header: RegionId,
    /// Whether an `if` with both arms.
    pub(crate) has_else: bool,
    /// Whether it lies in a loop that may iterate.
    pub(crate) in_loop: bool,
}

/// Something that concerns the counters, and where: code for it is inserted
/// at byte `at` of the body.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) at: u32,
    pub(crate) kind: EventKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventKind {
    /// A metering block begins.
    Region(RegionId),
    /// Before an `if`, whose untaken edge may lead straight to its end.
    Test(LabelId),
    /// After a `block` or an `if`.
    Enter,
    /// Before a `loop`. [`Enter`](Self::Enter) follows.
    EnterLoop(LabelId),
    /// After an `else`.
    Else(LabelId),
    /// Control reaches an `end` or `else` from the operator before.
    Fall(LabelId),
    /// Before the `end` of an `if` that has parameters and one arm.
    MissingElse,
    /// After an `end` that control reaches.
    End(LabelId),
    /// After an `end` that control does not reach.
    DeadEnd,
    /// Before a `br`.
    Jump(LabelId),
    /// Before a `br_if`.
    Branch(LabelId),
    /// Before a `br_table`, with its part of [`Plan::table_targets`].
    Table { first: u32, count: u32 },
    /// Before a `return`.
    Return,
    /// Before a `call` in a metering block.
    Call { function: u32, region: RegionId },
    /// After a `call` of a function that only calls name.
    Called { function: u32 },
    /// Before a `call_indirect`.
    CallIndirect { ty: u32, region: RegionId },
    /// `ref.func`.
    Reference { function: u32 },
    /// Before an operator that works on as many units as its last operand says.
    Sized { unit_cost: u64, region: RegionId },
    /// After an operator with a NaN of its own choice.
    Nan(Float),
    /// Before a loop to be unrolled, which has no other event.
    Spin { index: u32 },
    /// Unreachable code, up to `to`.
    Skip { to: u32 },
}

/// The width of a float.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Float {
    F32,
    F64,
}
