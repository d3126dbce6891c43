//! Contracts as they are deployed: Wasm, ABI, symbols.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hull_abi::{Abi, AbiError};
use hull_build::{AbiSource, BuildError, BuildRecord, Request};
use hull_executor::Bytes;
use hull_host_api::Hash;
use thiserror::Error;

/// The Wasm of a contract, and what explains it. Cheap to clone.
///
/// [`Chain::deploy`](crate::Chain::deploy) finds it by itself for contracts
/// written with the SDK. [`contract!`](crate::contract) makes one by hand.
///
/// ```
/// # use hull_testing::*;
/// let code = contract!("../../contracts/counter");
/// assert_eq!(code.name(), "counter");
/// assert_eq!(code.wasm()[..4], *b"\0asm");
/// assert!(code.abi().unwrap().message("add").is_some());
/// ```
#[derive(Clone)]
pub struct Code(Arc<Content>);

struct Content {
    name: String,
    hash: Hash,
    wasm: Bytes,
    abi: Option<Abi>,
    /// The same code with names and lines.
    debug_wasm: Option<Vec<u8>>,
    record: Option<BuildRecord>,
}

/// Why there is no code.
#[derive(Debug, Error)]
pub enum CodeError {
    /// The crate does not build.
    #[error("cannot build the contract in {folder}: {source}")]
    Build {
        /// The crate's folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: Box<BuildError>,
    },
    /// A file cannot be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The ABI in the Wasm is wrong.
    #[error("the ABI in the Wasm: {0}")]
    Abi(#[from] AbiError),
}

impl Code {
    /// Builds the contract of a crate, once per process; cargo knows whether
    /// there is anything to do. What the compiler says goes to standard error.
    ///
    /// The files lie in `hull/` of the target folder: of `CARGO_TARGET_DIR`
    /// where that is set, else of the crate's workspace.
    ///
    /// # Errors
    /// If it does not build; without a tool chain the error names the command
    /// that installs one.
    pub fn of_crate(folder: impl AsRef<Path>) -> Result<Self, CodeError> {
        Self::of_crate_with(folder, |_| {})
    }

    /// The same with other features or flags.
    ///
    /// ```no_run
    /// # use hull_testing::*;
    /// let code = Code::of_crate_with("../exchange", |request| {
    ///     request.features.push("planted-rounding-bug".into());
    /// });
    /// ```
    ///
    /// # Errors
    /// As [`of_crate`](Self::of_crate).
    pub fn of_crate_with(
        folder: impl AsRef<Path>,
        change: impl FnOnce(&mut Request),
    ) -> Result<Self, CodeError> {
        let folder = folder.as_ref();
        let folder = folder.canonicalize().map_err(file_error(folder))?;
        let mut request = Request::new(folder.join("Cargo.toml"));
        request.target_folder = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        change(&mut request);
        built(&folder, &request)
    }

    /// Takes a module as it is; the ABI comes from its section, if it has one.
    ///
    /// # Errors
    /// If the section is wrong.
    pub fn from_wasm(name: &str, wasm: &[u8]) -> Result<Self, CodeError> {
        let abi = Abi::from_wasm(wasm)?;
        Ok(Self::new(name, wasm, abi, None, None))
    }

    /// The same code with its symbols: what the builder writes as `.debug.wasm`.
    #[must_use]
    pub fn with_symbols(&self, debug_wasm: Vec<u8>) -> Self {
        Self(Arc::new(Content {
            name: self.0.name.clone(),
            hash: self.0.hash,
            wasm: self.0.wasm.clone(),
            abi: self.0.abi.clone(),
            debug_wasm: Some(debug_wasm),
            record: self.0.record.clone(),
        }))
    }

    fn new(
        name: &str,
        wasm: &[u8],
        abi: Option<Abi>,
        debug_wasm: Option<Vec<u8>>,
        record: Option<BuildRecord>,
    ) -> Self {
        Self(Arc::new(Content {
            name: abi.as_ref().map_or(name, |abi| &abi.name).to_owned(),
            hash: hull_host_api::code_hash(wasm),
            wasm: wasm.into(),
            abi,
            debug_wasm,
            record,
        }))
    }

    /// The contract's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The name of the code on the chain: SHA2-256 of the Wasm.
    pub fn hash(&self) -> Hash {
        self.0.hash
    }

    /// The module.
    pub fn wasm(&self) -> &[u8] {
        &self.0.wasm
    }

    /// The ABI, if one is known.
    pub fn abi(&self) -> Option<&Abi> {
        self.0.abi.as_ref()
    }

    /// The module with names and lines of the source, if it was built here.
    pub fn debug_wasm(&self) -> Option<&[u8]> {
        self.0.debug_wasm.as_deref()
    }

    /// How it was built, if it was built here.
    pub fn record(&self) -> Option<&BuildRecord> {
        self.0.record.as_ref()
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.0.name, self.0.hash)
    }
}

/// What tells builds of one process apart.
type Key = (PathBuf, Vec<String>, bool, Option<PathBuf>);

/// What this process has built.
static BUILT: Mutex<BTreeMap<Key, Code>> = Mutex::new(BTreeMap::new());

fn built(folder: &Path, request: &Request) -> Result<Code, CodeError> {
    let key = (
        folder.to_owned(),
        request.features.clone(),
        request.default_features,
        request.target_folder.clone(),
    );
    // A panic of another test while it built leaves nothing half done here.
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(code) = built.get(&key) {
        return Ok(code.clone());
    }
    let code = build(folder, request)?;
    built.insert(key, code.clone());
    Ok(code)
}

fn build(folder: &Path, request: &Request) -> Result<Code, CodeError> {
    let failed = |source| CodeError::Build {
        folder: folder.to_owned(),
        source: Box::new(source),
    };
    // Cargo locks the compilation, nobody else the files that follow it; test
    // binaries may run side by side.
    let lock = lock(&request.manifest)?;
    let built = hull_build::build(request, &mut |_| {}).map_err(failed)?;
    let read = |path: &Path| std::fs::read(path).map_err(file_error(path));
    let (wasm, debug_wasm) = (read(&built.wasm)?, read(&built.debug_wasm)?);
    drop(lock);
    let abi = match request.abi {
        AbiSource::Library => built.abi,
        AbiSource::None => Abi::from_wasm(&wasm)?,
    };
    let name = built.record.name.clone();
    Ok(Code::new(
        &name,
        &wasm,
        abi,
        Some(debug_wasm),
        Some(built.record),
    ))
}

/// Keeps other processes from building the same crate. The manifest serves as
/// the lock because it is there.
fn lock(manifest: &Path) -> Result<File, CodeError> {
    let file = File::open(manifest).map_err(file_error(manifest))?;
    file.lock().map_err(file_error(manifest))?;
    Ok(file)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> CodeError {
    |source| CodeError::File {
        path: path.into(),
        source,
    }
}

/// The [`Code`] of this crate, or of the one in a folder relative to it. Panics
/// with the reason if it does not build.
///
/// ```no_run
/// let this = hull_testing::contract!();
/// let other = hull_testing::contract!("../token");
/// ```
#[macro_export]
macro_rules! contract {
    () => {
        $crate::contract!(".")
    };
    ($folder:expr) => {
        match $crate::Code::of_crate(
            ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR")).join($folder),
        ) {
            Ok(code) => code,
            Err(error) => ::core::panic!("{error}"),
        }
    };
}
