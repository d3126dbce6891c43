//! What cargo knows of the contract's crate.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::{BuildError, Request, TARGET, ToolChain};

/// The package with the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// The name of the library as code names it.
    pub(crate) library: String,
    /// The root of the library's source.
    pub(crate) source: PathBuf,
    pub(crate) manifest: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) workspace: PathBuf,
    pub(crate) target_folder: PathBuf,
    /// Folders of dependencies by path that lie outside the workspace, by name.
    pub(crate) foreign: Vec<(PathBuf, String)>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    version: String,
    source: Option<String>,
    manifest_path: PathBuf,
    targets: Vec<MetadataTarget>,
}

#[derive(Deserialize)]
struct MetadataTarget {
    name: String,
    kind: Vec<String>,
    src_path: PathBuf,
}

impl Package {
    pub(crate) fn read(request: &Request, tool_chain: &ToolChain) -> Result<Self, BuildError> {
        let manifest = request.manifest.canonicalize();
        let manifest = manifest.map_err(BuildError::file(&request.manifest))?;
        let folder = manifest.parent().unwrap_or(Path::new("/")).to_owned();
        let mut command = tool_chain.cargo(&folder);
        command.args(["metadata", "--format-version=1"]);
        // Else it wants the dependencies of every platform to be at hand.
        command.arg(format!("--filter-platform={TARGET}"));
        command.arg("--manifest-path");
        command.arg(&manifest).args(request.lock_flags());
        let output = command.output().map_err(|source| BuildError::Start {
            program: "cargo".into(),
            source,
        })?;
        let refused = |reason: String| BuildError::Manifest {
            manifest: manifest.clone(),
            reason,
        };
        if !output.status.success() {
            return Err(refused(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            ));
        }
        let metadata: Metadata =
            serde_json::from_slice(&output.stdout).map_err(|error| refused(error.to_string()))?;
        Self::of(metadata, &manifest, folder).ok_or(BuildError::NoLibrary { manifest })
    }

    fn of(metadata: Metadata, manifest: &Path, folder: PathBuf) -> Option<Self> {
        let mut found = None;
        let mut foreign = Vec::new();
        for package in metadata.packages {
            if package.manifest_path == manifest {
                let library = package.targets.iter().find(|target| {
                    let is = |kind: &str| target.kind.iter().any(|it| it == kind);
                    is("lib") || is("cdylib") || is("rlib")
                })?;
                let (name, source) = (library.name.replace('-', "_"), library.src_path.clone());
                found = Some((package.name, package.version, name, source));
                continue;
            }
            let folder = package.manifest_path.parent()?.to_owned();
            if package.source.is_none() && !folder.starts_with(&metadata.workspace_root) {
                foreign.push((folder, package.name));
            }
        }
        // A folder inside another one comes later, because the last wins.
        foreign.sort();
        let (name, version, library, source) = found?;
        Some(Self {
            name,
            version,
            library,
            source,
            manifest: manifest.into(),
            folder,
            workspace: metadata.workspace_root,
            target_folder: metadata.target_directory,
            foreign,
        })
    }
}
