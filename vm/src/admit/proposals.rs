//! Finds out which proposal a module needs that the profile refuses.

use wasmparser::{Error, Validator, WasmFeatures};

use super::Rule;

/// The refused proposals, in the order in which they are tried.
const REFUSED: &[(WasmFeatures, Rule)] = &[
    (WasmFeatures::THREADS, Rule::NoThreads),
    (WasmFeatures::SIMD, Rule::NoSimd),
    (
        WasmFeatures::SIMD.union(WasmFeatures::RELAXED_SIMD),
        Rule::NoRelaxedSimd,
    ),
    (WasmFeatures::TAIL_CALL, Rule::NoTailCalls),
    (WasmFeatures::EXCEPTIONS, Rule::NoExceptions),
    (
        WasmFeatures::EXCEPTIONS.union(WasmFeatures::LEGACY_EXCEPTIONS),
        Rule::NoExceptions,
    ),
    (WasmFeatures::FUNCTION_REFERENCES, Rule::NoReferences),
    (
        WasmFeatures::FUNCTION_REFERENCES.union(WasmFeatures::GC),
        Rule::NoGc,
    ),
    (WasmFeatures::MEMORY64, Rule::NoMemory64),
    (WasmFeatures::MULTI_MEMORY, Rule::OneMemory),
    (WasmFeatures::EXTENDED_CONST, Rule::NoProposals),
    (WasmFeatures::CUSTOM_PAGE_SIZES, Rule::NoProposals),
    (WasmFeatures::WIDE_ARITHMETIC, Rule::NoProposals),
];

/// The rule that an invalid module breaks if it would be valid with one
/// proposal more, and the validator's words without it.
///
/// A module that needs several is judged by the first without which it stays
/// invalid when all others are on. `None` if no proposal makes it valid.
pub(super) fn culprit(wasm: &[u8], accepted: WasmFeatures) -> Option<(Rule, Error)> {
    let check = |features| {
        Validator::new_with_features(features)
            .validate_all(wasm)
            .map(|_| ())
    };
    let error = check(accepted).err()?;
    for (features, rule) in REFUSED {
        if check(accepted | *features).is_ok() {
            return Some((*rule, error));
        }
    }
    let all = REFUSED
        .iter()
        .fold(accepted, |all, (features, _)| all | *features);
    check(all).ok()?;
    REFUSED
        .iter()
        .find(|(features, _)| check(all.difference(*features) | accepted).is_err())
        .map(|(_, rule)| (*rule, error))
}
