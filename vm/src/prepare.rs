//! From admitted Wasm to instrumented Wasm, and the key of its native code.

use std::sync::{Arc, LazyLock};

use hull_gas_meter::{
    Config as MeterConfig, Facts, InstrumentError, Profiled, ProfiledFunction, Schedule,
    instrument, profiled,
};
use hull_host_api::Gas;
use wasmer::sys::Target;
use wasmparser::{ElementItems, ElementKind, Parser, Payload};

use crate::admit::{AdmissionError, Rule};
use crate::compile::{ENGINE_VERSION, Tier};
use crate::dialect::Dialect;

/// A module with its meter built in.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) wasm: Vec<u8>,
    pub(crate) facts: Facts,
    /// The gas for loading it at a call.
    pub(crate) load_gas: Gas,
    /// How to read what its functions tell, if they do.
    pub(crate) told: Option<Arc<Told>>,
    digest: blake3::Hash,
    schedule_version: u32,
    dialect: &'static str,
}

/// The functions of a module that tells when they begin and end.
#[derive(Debug)]
pub(crate) struct Told {
    imported_functions: u32,
    functions: Vec<ProfiledFunction>,
}

impl Told {
    /// How to read what the function says (imports counted).
    pub(crate) fn of(&self, function: u32) -> Option<&ProfiledFunction> {
        let body = function.checked_sub(self.imported_functions)?;
        self.functions.get(body as usize)
    }
}

/// Builds the meter into a module, and for a profiler the telling as well.
///
/// # Errors
/// A frame over the limit is the author's to mend and reported as a rule of
/// admission, as is everything else that the meter refuses.
pub(crate) fn prepare(
    wasm: &[u8],
    schedule: &Schedule,
    dialect: &dyn Dialect,
    tells_functions: bool,
) -> Result<Prepared, AdmissionError> {
    let config = MeterConfig::new(schedule);
    let refused = |error| refusal(&error);
    let (wasm_out, facts, told) = if tells_functions {
        let Profiled {
            wasm,
            facts,
            imported_functions,
            functions,
        } = profiled(wasm, &config).map_err(refused)?;
        let told = Told {
            imported_functions,
            functions,
        };
        (wasm, facts, Some(Arc::new(told)))
    } else {
        let plain = instrument(wasm, &config).map_err(refused)?;
        (plain.wasm, plain.facts, None)
    };
    Ok(Prepared {
        load_gas: load_gas(wasm, schedule, &facts),
        digest: blake3::hash(&wasm_out),
        wasm: wasm_out,
        facts,
        told,
        schedule_version: schedule.version,
        dialect: dialect.name(),
    })
}

/// Pages of initial memory that the base price of loading covers, because an
/// instance keeps them from call to call. The system takes the others back, and
/// gives them again one fault at a time, as it does with pages that are grown.
pub(crate) const PAGES_KEPT: u32 = 4;

/// The gas for loading code at a call, whether or not it was loaded before: a
/// cold cache is not free, and gas must not depend on it.
///
/// By its size, by the pages of memory that an instance begins with as if they
/// were grown, and by the table elements that are written as if by `table.init`.
fn load_gas(wasm: &[u8], schedule: &Schedule, facts: &Facts) -> Gas {
    let pages = facts.memory.as_ref().map_or(0, |memory| memory.min);
    let pages = u64::from(pages.saturating_sub(PAGES_KEPT));
    code_gas(schedule, wasm.len())
        .saturating_add(schedule.memory_page.saturating_mul(pages))
        .saturating_add(schedule.table_element.saturating_mul(elements(wasm)))
}

/// The part of it that is for the size of the code.
pub(crate) fn code_gas(schedule: &Schedule, code_len: usize) -> Gas {
    let bytes = schedule.load_byte.saturating_mul(code_len as u64);
    schedule.load_base.saturating_add(bytes)
}

/// Elements that are written to the table of a new instance of a valid module.
fn elements(wasm: &[u8]) -> u64 {
    let payloads = Parser::new(0).parse_all(wasm).map_while(Result::ok);
    let segments = payloads.filter_map(|payload| match payload {
        Payload::ElementSection(segments) => Some(segments),
        _ => None,
    });
    let active = segments.flatten().map_while(Result::ok);
    active
        .filter(|segment| matches!(segment.kind, ElementKind::Active { .. }))
        .map(|segment| match segment.items {
            ElementItems::Functions(items) => u64::from(items.count()),
            ElementItems::Expressions(_, items) => u64::from(items.count()),
        })
        .sum()
}

fn refusal(error: &InstrumentError) -> AdmissionError {
    let (rule, function, offset) = match error {
        InstrumentError::TooDeep { function, .. } => (Rule::FrameSize, Some(*function), 0),
        InstrumentError::TooLarge { function, .. } => (Rule::Size, Some(*function), 0),
        InstrumentError::ReservedName { .. } => (Rule::Exports, None, 0),
        InstrumentError::Malformed { offset, .. } => (Rule::Valid, None, *offset),
        InstrumentError::Unsupported {
            function, offset, ..
        } => (Rule::NoProposals, *function, *offset),
        _ => (Rule::Valid, None, 0),
    };
    AdmissionError {
        rule,
        function,
        offset,
        found: error.to_string(),
    }
}

/// What native code was made from and for. Two keys are equal only if the code
/// is interchangeable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ArtifactKey([u8; 32]);

impl ArtifactKey {
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn file_name(&self) -> String {
        format!("{}.hull", blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// The machine that code is compiled for. The processor's features are in it: a
/// directory that moves to another machine must not bring its code along.
static MACHINE: LazyLock<String> = LazyLock::new(|| {
    let target = Target::default();
    format!("{} {:?}", target.triple(), target.cpu_features())
});

impl Prepared {
    /// The key of this module's code on a tier: instrumented bytes, schedule,
    /// dialect, engine, compiler and machine.
    pub(crate) fn key(&self, tier: Tier) -> ArtifactKey {
        let mut hasher = blake3::Hasher::new_derive_key("hull artifact key v1");
        let schedule = self.schedule_version.to_string();
        let tier = tier.to_string();
        for part in [ENGINE_VERSION, &tier, &schedule, self.dialect, &MACHINE] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        hasher.update(self.digest.as_bytes());
        ArtifactKey(*hasher.finalize().as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Native;

    fn key(wat: &str, schedule: &Schedule, tier: Tier) -> ArtifactKey {
        prepare(&wat::parse_str(wat).unwrap(), schedule, &Native, false)
            .unwrap()
            .key(tier)
    }

    #[test]
    fn the_key_changes_with_all_that_changes_the_code() {
        let plain = "(module (func (export \"call\")))";
        let base = key(plain, &Schedule::V1, Tier::Baseline);
        assert_eq!(base, key(plain, &Schedule::V1, Tier::Baseline));
        assert_ne!(base, key(plain, &Schedule::V1, Tier::Optimized));
        assert_ne!(
            base,
            key(
                "(module (func (export \"call\") nop))",
                &Schedule::V1,
                Tier::Baseline
            )
        );
        // A repricing that changes no byte of this module still changes its key.
        let repriced = Schedule {
            version: Schedule::V1.version + 1,
            ..Schedule::V1
        };
        assert_ne!(base, key(plain, &repriced, Tier::Baseline));
    }
}
