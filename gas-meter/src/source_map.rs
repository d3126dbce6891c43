//! From instrumented code back to the author's.

use crate::config::Config;
use crate::error::InstrumentError;
use crate::pass::{Detail, run};

/// Where each operator of an instrumented module stood before the pass.
///
/// A trap is reported by its place in the code that ran; debug information
/// speaks of the code that the author's compiler wrote. Costs a pass, so it is
/// made when somebody asks, not kept.
///
/// ```
/// use hull_gas_meter::{Config, Schedule, SourceMap};
///
/// let wasm = wat::parse_str("(module (func (export \"f\") nop unreachable))").unwrap();
/// let map = SourceMap::new(&wasm, &Config::new(&Schedule::V1)).unwrap();
/// // The last operators of the body are `unreachable` and `end`.
/// let offset = map.original(0, u32::MAX).unwrap();
/// assert_eq!(wasm[offset as usize], 0x0b);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceMap {
    imported_functions: u32,
    functions: Vec<FunctionMap>,
}

/// One function's part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FunctionMap {
    /// Where the body begins in the original module.
    pub(crate) start: u64,
    /// Where the body ends, from its beginning.
    pub(crate) len: u32,
    pub(crate) pieces: Vec<Piece>,
}

/// A run of operators that the pass copied: both offsets are from the beginning
/// of the function's body, which is its declaration of locals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) output: u32,
    pub(crate) original: u32,
}

impl SourceMap {
    /// The map of what [`instrument`](crate::instrument) makes of `wasm`.
    ///
    /// # Errors
    /// As `instrument`.
    pub fn new(wasm: &[u8], config: &Config<'_>) -> Result<Self, InstrumentError> {
        run(wasm, config, Detail::SourceMap).map(|done| done.source_map)
    }

    pub(crate) fn empty(imported_functions: u32) -> Self {
        Self {
            imported_functions,
            functions: Vec::new(),
        }
    }

    pub(crate) fn push(&mut self, function: FunctionMap) {
        self.functions.push(function);
    }

    /// The offset in the original module of what is `offset` bytes into the body
    /// of an instrumented function (imports counted).
    ///
    /// Code that the pass added belongs to the operator that follows it; the
    /// copies of an unrolled loop belong to the loop, wherever in it. `None` for a function
    /// that the original does not have.
    pub fn original(&self, function: u32, offset: u32) -> Option<u64> {
        let body = function.checked_sub(self.imported_functions)?;
        let map = self.functions.get(body as usize)?;
        let next = map.pieces.partition_point(|piece| piece.output <= offset);
        let end = map
            .pieces
            .get(next)
            .map_or(map.len - 1, |next| next.original);
        let original = match next.checked_sub(1).and_then(|index| map.pieces.get(index)) {
            Some(piece) => piece
                .original
                .saturating_add(offset - piece.output)
                .min(end),
            None => end,
        };
        Some(map.start + u64::from(original))
    }
}
