//! What the embedder learns about a module from the pass.

/// Facts about an instrumented module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whether an instance can be used for another call once its memory is
    /// restored and [`RESET`](crate::names::RESET) has run.
    ///
    /// False if the module changes or grows tables, copies to them, drops
    /// segments, or imports mutable state: none of that is undone.
    pub poolable: bool,
    /// The memory, if the module defines or imports one.
    pub memory: Option<MemoryFacts>,
    /// The most model bytes that any function needs before it has counted them.
    /// The embedder subtracts them from the frame budget before it sets
    /// [`FRAMES`](crate::names::FRAMES).
    pub entry_frames: u32,
}

/// Bounds of a linear memory, in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryFacts {
    /// Pages there are at instantiation.
    pub min: u32,
    /// Pages there can ever be.
    pub max: u32,
}
