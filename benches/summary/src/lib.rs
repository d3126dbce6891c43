//! What a bench run found: one list for machines, one page for people.
//!
//! [`collect`] reads the medians that criterion left, [`Summary::write`] makes
//! `summary.json`, a list of [`Figure`]s, and `summary.md`, which holds them
//! against Hull and against the [`targets`]. A missed target is printed with
//! its number like any other.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

mod figure;
mod markdown;
mod targets;

pub use figure::{Figure, Figures, collect};
pub use targets::{Bound, Outcome, Target, targets};

/// A run's figures, and what to know about the run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The medians.
    pub figures: Figures,
    /// Facts about the machine and the run, a line each.
    pub notes: Vec<String>,
}

impl Summary {
    /// Writes `summary.json` and `summary.md` into `folder`.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        let mut json = serde_json::to_string_pretty(&self.figures)?;
        json.push('\n');
        for (name, content) in [("summary.json", json), ("summary.md", self.markdown())] {
            let path = folder.join(name);
            fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }
}
