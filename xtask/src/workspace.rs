//! Where things are, and how cargo is called.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The checkout, its target folder, and the cache beside it.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    /// The folder of the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Tools and builds that outlive a checkout.
    pub(crate) cache: PathBuf,
    /// The folder below the root in which commands run: that of another cargo
    /// workspace, or the root itself.
    folder: &'static str,
}

impl Workspace {
    pub(crate) fn find() -> Result<Self> {
        // At run time cargo names the checkout it was called in; the folder at
        // compile time may be another one when checkouts share a target folder.
        let package = variable("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
        let root = package
            .join("..")
            .canonicalize()
            .with_context(|| format!("find the checkout above {}", package.display()))?;
        let target = match variable("CARGO_TARGET_DIR") {
            Some(target) => std::path::absolute(target)?,
            None => root.join("target"),
        };
        Ok(Self {
            root,
            target,
            cache: cache(),
            folder: "",
        })
    }

    /// The same workspace, built outside the checkout.
    pub(crate) fn outside(mut self) -> Self {
        if self.target.starts_with(&self.root) {
            self.target = variable("HULL_TARGET_DIR").unwrap_or_else(|| self.cache.join("target"));
        }
        self
    }

    /// The cargo workspace of the example contracts.
    pub(crate) fn contracts(&self) -> Self {
        Self {
            folder: "contracts",
            ..self.clone()
        }
    }

    /// Whether the checkout has this file or folder.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    /// A call of cargo in this workspace.
    pub(crate) fn cargo<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = self.command(&variable("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }

    /// A call of any program in this workspace, with our own tools first on the path.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        let own = self.tools().join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(own).chain(env::split_paths(&path));
        if let Ok(path) = env::join_paths(paths) {
            command.env("PATH", path);
        }
        // What cargo told this program about its own package; build scripts that
        // look at it would run again for every other caller.
        for (name, _) in env::vars_os() {
            let told = name.to_string_lossy();
            if told.starts_with("CARGO_PKG_") || told.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
            .current_dir(self.root.join(self.folder))
            .env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// A program of this workspace that was built.
    pub(crate) fn binary(&self, name: &str) -> PathBuf {
        let file = format!("{name}{}", env::consts::EXE_SUFFIX);
        self.target.join("debug").join(file)
    }

    /// Where `cargo install` puts our tools: not among the user's own.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Finds a program among our tools or on the path.
    pub(crate) fn program(&self, name: &str) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        std::iter::once(self.tools().join("bin"))
            .chain(env::split_paths(&path))
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    }
}

/// `$XDG_CACHE_HOME/hull`, or what takes its place.
fn cache() -> PathBuf {
    variable("XDG_CACHE_HOME")
        .or_else(|| variable("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("hull")
}

/// A variable that is set and not empty.
fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
