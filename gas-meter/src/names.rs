//! The names under which the pass exports what it adds to a module.
//!
//! They begin with a control character, so no compiler emits them and no text
//! shows them by accident; admission refuses a contract that uses one, and
//! [`instrument`](crate::instrument) refuses it again.

/// What every reserved name begins with.
const PREFIX: &str = "\u{1}hull:";

/// The exported global with the gas that is left: `mut i64`, in gas.
///
/// Negative means exhausted. The embedder sets it before a call, adjusts it in
/// host functions and reads it when the outermost function has returned.
pub const GAS: &str = "\u{1}hull:gas";

/// The exported global with the frame bytes that are left: `mut i32`, in model
/// bytes (see `SPEC.md`, "Frames").
///
/// Negative means exhausted. The embedder sets it before every call, because a
/// trap leaves it where it was.
pub const FRAMES: &str = "\u{1}hull:frames";

/// The exported function, without parameters or results, that sets every
/// mutable global of the contract back to its initial value. It is not metered.
pub const RESET: &str = "\u{1}hull:reset";

/// The module from which a [profiled](crate::profiled) module imports
/// [`ENTER`] and [`EXIT`].
pub const PROFILE: &str = "\u{1}hull:profile";

/// What a profiled function calls when it begins: its index and the counter.
pub const ENTER: &str = "enter";

/// What a profiled function calls when it ends: its index and the counter.
pub const EXIT: &str = "exit";

/// Whether `name` belongs to the pass. No contract may export or import it.
pub fn is_reserved(name: &str) -> bool {
    name.starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exported_name_is_reserved() {
        assert!([GAS, FRAMES, RESET, PROFILE].into_iter().all(is_reserved));
        assert!(!is_reserved("memory"));
        assert!(!is_reserved("hull:gas"));
    }
}
