//! The project that a command works on.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hull_build::{Built, Progress, Request};

use crate::error::Error;
use crate::ui::Ui;

/// Which project, and how it is built.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Project")]
pub(crate) struct ProjectOptions {
    /// Manifest of the contract's crate; else the nearest Cargo.toml here or above
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// Folder for builds; else `target` of the project's workspace
    #[arg(long, value_name = "FOLDER", env = "CARGO_TARGET_DIR", hide_env = true)]
    target_dir: Option<PathBuf>,
    /// Features of the crate, with commas between them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Vec<String>,
    /// Leave out the crate's default features
    #[arg(long)]
    no_default_features: bool,
    /// Do not reach for the network
    #[arg(long)]
    pub(crate) offline: bool,
    /// Do not change Cargo.lock
    #[arg(long)]
    pub(crate) locked: bool,
}

impl ProjectOptions {
    /// The manifest of the contract's crate.
    pub(crate) fn manifest(&self) -> Result<PathBuf, Error> {
        if let Some(path) = &self.manifest_path {
            let found = path.canonicalize();
            return found.map_err(Error::file("read", path));
        }
        let here = Path::new(".").canonicalize();
        let folder = here.map_err(Error::file("open", Path::new(".")))?;
        let found = folder.ancestors().map(|it| it.join("Cargo.toml"));
        let mut found = found.filter(|it| it.is_file());
        found.next().ok_or(Error::NoProject { folder })
    }

    /// Builds the contract and tells of the steps that take long.
    pub(crate) fn build(&self, ui: Ui) -> Result<Built, Error> {
        self.build_telling(ui, false)
    }

    /// The same; cargo tells of every crate.
    pub(crate) fn build_aloud(&self, ui: Ui) -> Result<Built, Error> {
        self.build_telling(ui, true)
    }

    fn build_telling(&self, ui: Ui, aloud: bool) -> Result<Built, Error> {
        let request = Request {
            features: self.features.clone(),
            default_features: !self.no_default_features,
            offline: self.offline,
            locked: self.locked,
            quiet: ui.quiet || !aloud,
            target_folder: self.target_dir.clone(),
            ..Request::new(self.manifest()?)
        };
        let mut tell = |progress: Progress| tell(progress, ui);
        Ok(hull_build::build(&request, &mut tell)?)
    }

    /// The flags by which cargo builds the same crate in the same way.
    pub(crate) fn cargo_flags(&self) -> Result<Vec<String>, Error> {
        let mut flags = vec![format!("--manifest-path={}", self.manifest()?.display())];
        if let Some(folder) = &self.target_dir {
            flags.push(format!("--target-dir={}", folder.display()));
        }
        if !self.features.is_empty() {
            flags.push(format!("--features={}", self.features.join(",")));
        }
        let switches = [
            (self.no_default_features, "--no-default-features"),
            (self.offline, "--offline"),
            (self.locked, "--locked"),
        ];
        flags.extend(switches.iter().filter(|it| it.0).map(|it| it.1.to_owned()));
        Ok(flags)
    }

    pub(crate) fn target_folder(&self) -> Option<&Path> {
        self.target_dir.as_deref()
    }
}

/// A step that nobody waits for is not worth a line.
const WORTH_TELLING: Duration = Duration::from_secs(1);

fn tell(progress: Progress, ui: Ui) {
    match progress {
        Progress::Started(step) => ui.begin(&step.to_string()),
        Progress::Finished(step, time) if time >= WORTH_TELLING => {
            ui.finish(&step.to_string(), time);
        }
        Progress::Finished(..) => {}
    }
}
