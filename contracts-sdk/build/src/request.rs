//! One build from its request to its files.

use std::fs::File;
use std::path::{Path, PathBuf};

use hull_abi::Abi;
use sha2::{Digest, Sha256};

use crate::package::Package;
use crate::progress::step;
use crate::record::{self, Sizes};
use crate::{BuildError, BuildRecord, Progress, SizeReport, Step, ToolChain, abi, cargo, module};

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Request {
    /// The manifest of the contract's package.
    pub manifest: PathBuf,
    /// Features of the package.
    pub features: Vec<String>,
    /// Whether its default features are on.
    pub default_features: bool,
    /// Do not reach for the network.
    pub offline: bool,
    /// Do not change `Cargo.lock`.
    pub locked: bool,
    /// Cargo says only what is wrong, and nothing of what it is doing.
    pub quiet: bool,
    /// Where builds go; the workspace's own target folder if `None`. The files
    /// lie in its folder `hull`.
    pub target_folder: Option<PathBuf>,
    /// Where the ABI comes from.
    pub abi: AbiSource,
}

/// Where the ABI comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AbiSource {
    /// From the function `abi` of the library.
    #[default]
    Library,
    /// From nowhere: a contract written without the SDK.
    None,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Built {
    /// The file with the Wasm to deploy.
    pub wasm: PathBuf,
    /// The file with the same code, names and line tables.
    pub debug_wasm: PathBuf,
    /// The file with the ABI.
    pub abi_json: Option<PathBuf>,
    /// The file with the record.
    pub record_json: PathBuf,
    /// The ABI.
    pub abi: Option<Abi>,
    /// The record.
    pub record: BuildRecord,
    /// What the Wasm consists of.
    pub report: SizeReport,
}

impl Request {
    /// A build of this package with its default features.
    pub fn new(manifest: impl Into<PathBuf>) -> Self {
        Self {
            manifest: manifest.into(),
            features: Vec::new(),
            default_features: true,
            offline: false,
            locked: false,
            quiet: false,
            target_folder: None,
            abi: AbiSource::default(),
        }
    }

    pub(crate) fn lock_flags(&self) -> impl Iterator<Item = &'static str> {
        let offline = self.offline.then_some("--offline");
        offline.into_iter().chain(self.locked.then_some("--locked"))
    }
}

/// Builds a contract. What cargo says goes to standard error.
///
/// # Errors
/// See [`BuildError`]. Files of an earlier build stay until a new one has
/// passed every step.
pub fn build(request: &Request, tell: &mut dyn FnMut(Progress)) -> Result<Built, BuildError> {
    let (tool_chain, package) = step(Step::Prepare, tell, || {
        let folder = request.manifest.parent().filter(|it| it.is_dir());
        let tool_chain = ToolChain::find(folder.unwrap_or(Path::new(".")))?;
        let package = Package::read(request, &tool_chain)?;
        Ok((tool_chain, package))
    })?;
    let target = request.target_folder.as_ref();
    let folder = target.unwrap_or(&package.target_folder).join("hull");
    std::fs::create_dir_all(&folder).map_err(BuildError::file(&folder))?;
    let folder = folder.canonicalize().map_err(BuildError::file(&folder))?;
    let _lock = lock(&folder, &package)?;
    let linked = step(Step::Compile, tell, || {
        cargo::wasm(request, &tool_chain, &package, &folder)
    })?;
    let abi = match request.abi {
        AbiSource::None => None,
        AbiSource::Library => Some(step(Step::Abi, tell, || {
            let library = cargo::host(request, &tool_chain, &package, &folder)?;
            let place = folder.join("abi").join(&package.library);
            abi::ask(&tool_chain, &package, &library, &place)
        })?),
    };
    step(Step::Finish, tell, || {
        let wasm = module::deployable(&linked, abi.as_ref())?;
        let report = SizeReport::read(&wasm).map_err(|error| BuildError::Module {
            reason: error.to_string(),
        })?;
        let undeclared = report.undeclared();
        if !undeclared.is_empty() {
            let library = package.library.clone();
            return Err(BuildError::Undeclared {
                library,
                undeclared,
            });
        }
        let mut record = record::begin(&tool_chain);
        record.name.clone_from(&package.name);
        record.version.clone_from(&package.version);
        record.digest = digest(&wasm);
        record.features.clone_from(&request.features);
        record.default_features = request.default_features;
        record.lock_digest = std::fs::read(package.workspace.join("Cargo.lock"))
            .ok()
            .map(|lock| digest(&lock));
        record.sizes = Sizes::from(&report);
        let file = |extension: &str| folder.join(format!("{}.{extension}", package.library));
        let built = Built {
            wasm: file("wasm"),
            debug_wasm: file("debug.wasm"),
            abi_json: abi.is_some().then(|| file("abi.json")),
            record_json: file("build.json"),
            abi,
            record,
            report,
        };
        built.write(&wasm, &linked)?;
        Ok(built)
    })
}

/// Keeps other builds of the contract in the folder waiting: each would take files away
/// that the other one reads. Another process's lock ends with it.
fn lock(folder: &Path, package: &Package) -> Result<File, BuildError> {
    let path = folder.join(format!("{}.lock", package.library));
    let file = File::create(&path).map_err(BuildError::file(&path))?;
    file.lock().map_err(BuildError::file(&path))?;
    Ok(file)
}

impl Built {
    fn write(&self, wasm: &[u8], linked: &[u8]) -> Result<(), BuildError> {
        write(&self.debug_wasm, linked)?;
        if let (Some(file), Some(abi)) = (&self.abi_json, &self.abi) {
            write(file, abi.to_json().as_bytes())?;
        }
        write(&self.record_json, self.record.to_json().as_bytes())?;
        write(&self.wasm, wasm)
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), BuildError> {
    std::fs::write(path, content).map_err(BuildError::file(path))
}

fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
