//! From instrumented Wasm to native code, on one of two tiers.
#![allow(unsafe_code, reason = "loads compiled artifacts")]

use std::fmt;

use wasmer::sys::{CompilerConfig, EngineBuilder, Features, NativeEngineExt};
use wasmer::{Engine, Module, Store};

use crate::memory::ContractTunables;

pub(crate) mod effort;

/// Which compiler made the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Singlepass: compiles in linear time. Every upload starts here. In a build
    /// without the feature `singlepass` it is Cranelift without optimization.
    Baseline,
    /// Cranelift: code two to four times as fast, compiled in the background.
    /// Needs the feature `cranelift`.
    Optimized,
}

impl Tier {
    /// Whether this build can optimize at all.
    pub(crate) const CAN_OPTIMIZE: bool = cfg!(feature = "cranelift");
}

#[cfg(not(any(feature = "singlepass", feature = "cranelift")))]
compile_error!("hull-vm needs a compiler: enable the feature `singlepass` or `cranelift`");

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Baseline => "baseline",
            Self::Optimized => "optimized",
        })
    }
}

/// The engine and everything in it that decides what an artifact looks like.
pub(crate) const ENGINE_VERSION: &str = if cfg!(feature = "singlepass") {
    concat!("wasmer-7.4.2/hull-", env!("CARGO_PKG_VERSION"))
} else {
    concat!(
        "wasmer-7.4.2/hull-",
        env!("CARGO_PKG_VERSION"),
        "/cranelift-only"
    )
};

/// Native code of one module.
///
/// Each has an engine of its own, because wasmer keeps compiled code until its
/// engine is dropped, and the cache must be able to let go of a single module.
#[derive(Clone)]
pub(crate) struct Compiled {
    engine: Engine,
    module: Module,
    tier: Tier,
}

/// A compiler or an artifact failed. Admission alone decides on uploads, so this
/// is a failure of the node.
#[derive(Debug, thiserror::Error)]
#[error("the {tier} compiler failed on an admitted module: {cause}")]
pub(crate) struct CompileError {
    tier: Tier,
    cause: String,
}

impl Compiled {
    /// Compiles an instrumented module.
    pub(crate) fn compile(tier: Tier, wasm: &[u8]) -> Result<Self, CompileError> {
        let engine = engine(tier);
        let module = Module::new(&engine, wasm).map_err(|error| CompileError {
            tier,
            cause: error.to_string(),
        })?;
        Ok(Self {
            engine,
            module,
            tier,
        })
    }

    /// The artifact, to be loaded again by [`load`](Self::load).
    pub(crate) fn serialize(&self) -> Result<Vec<u8>, CompileError> {
        self.module
            .serialize()
            .map(|bytes| bytes.to_vec())
            .map_err(|error| CompileError {
                tier: self.tier,
                cause: error.to_string(),
            })
    }

    /// Loads an artifact.
    ///
    /// # Safety
    /// `artifact` must be what [`serialize`](Self::serialize) returned for the
    /// same [`ENGINE_VERSION`] on a machine with the same features: it is native
    /// code and will be run. The cache vouches for both by key and checksum.
    pub(crate) unsafe fn load(tier: Tier, artifact: &[u8]) -> Result<Self, CompileError> {
        let engine = build(None);
        // SAFETY: the caller vouches for the bytes.
        let module =
            unsafe { Module::deserialize(&engine, artifact) }.map_err(|error| CompileError {
                tier,
                cause: error.to_string(),
            })?;
        Ok(Self {
            engine,
            module,
            tier,
        })
    }

    pub(crate) fn module(&self) -> &Module {
        &self.module
    }

    pub(crate) fn tier(&self) -> Tier {
        self.tier
    }

    /// Bytes of native code in all functions together.
    pub(crate) fn code_len(&self) -> u64 {
        let artifact = self.module.sys_artifact();
        let extents = artifact.and_then(|artifact| artifact.finished_function_extents());
        extents.map_or(0, |extents| {
            let lengths = extents.iter().map(|(_, extent)| extent.length as u64);
            lengths.sum()
        })
    }

    /// A store for one instance of this module.
    pub(crate) fn store(&self) -> Store {
        Store::new(self.engine.clone())
    }
}

/// The engine of a tier, exactly as the product uses it, for the tests that
/// compare the tiers with each other and with other engines.
#[doc(hidden)]
pub fn engine(tier: Tier) -> Engine {
    build(Some(tier))
}

/// An engine for one module; without a tier it can only load artifacts.
fn build(tier: Option<Tier>) -> Engine {
    let builder = match tier {
        None => EngineBuilder::headless(),
        Some(tier) => EngineBuilder::new(compiler(tier)),
    };
    let mut engine = Engine::from(builder.set_features(Some(features())).engine());
    engine.set_tunables(ContractTunables::new());
    engine
}

/// The compiler of a tier. The meter's pass has settled NaNs; a backend's own
/// switch differs from it and from the other backend's, so it is off.
#[cfg(feature = "singlepass")]
fn compiler(tier: Tier) -> Box<dyn CompilerConfig> {
    match tier {
        Tier::Baseline => {
            let mut compiler = wasmer::sys::Singlepass::new();
            compiler.canonicalize_nans(false);
            Box::new(compiler)
        }
        #[cfg(feature = "cranelift")]
        Tier::Optimized => cranelift(wasmer::sys::CraneliftOptLevel::Speed),
        #[cfg(not(feature = "cranelift"))]
        Tier::Optimized => compiler(Tier::Baseline),
    }
}

#[cfg(all(feature = "cranelift", not(feature = "singlepass")))]
fn compiler(tier: Tier) -> Box<dyn CompilerConfig> {
    use wasmer::sys::CraneliftOptLevel;

    cranelift(match tier {
        Tier::Baseline => CraneliftOptLevel::None,
        Tier::Optimized => CraneliftOptLevel::Speed,
    })
}

/// One thread: the node's other work comes first.
#[cfg(feature = "cranelift")]
fn cranelift(level: wasmer::sys::CraneliftOptLevel) -> Box<dyn CompilerConfig> {
    let mut compiler = wasmer::sys::Cranelift::new();
    compiler.canonicalize_nans(false);
    compiler.opt_level(level);
    compiler.num_threads(std::num::NonZero::<usize>::MIN);
    Box::new(compiler)
}

/// What the compilers must know. Admission has refused everything else.
fn features() -> Features {
    let mut features = Features::none();
    features.bulk_memory(true);
    features.reference_types(true);
    features.multi_value(true);
    features
}
