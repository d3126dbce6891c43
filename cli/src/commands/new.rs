//! `cargo hull new`.

mod name;
mod sources;
mod templates;

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;

use crate::Exit;
use crate::error::Error;
use crate::ui::{Answer, Paint, Ui};
pub(crate) use sources::{FOLDER, sources};
use templates::Template;

/// Make a project: a contract, its tests, and all that they depend on of Hull
///
/// The SDK and the test harness come out of this program and go into `.hull/`,
/// which belongs to the project: it builds on any machine as it is.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  cargo hull new counter
  cargo hull new my-token --template token
  cargo hull new work/sensors --template device
  cargo hull new --refresh .

JSON:
  {\"name\", \"template\", \"folder\", \"files\": [paths in the folder, those in .hull/ left out],
   \"sources\": count of the files in .hull/}
  With --refresh: {\"folder\", \"sources\"}")]
pub(crate) struct Options {
    /// Folder to make; its last part is the name of the contract
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// What to begin with
    #[arg(long, short, value_enum, default_value_t)]
    template: Template,
    /// Only put this program's sources of Hull into the project in the folder
    #[arg(long, conflicts_with = "template")]
    refresh: bool,
}

#[derive(Debug, Serialize)]
struct Output {
    name: String,
    template: Template,
    folder: PathBuf,
    files: Vec<String>,
    sources: usize,
}

pub(crate) fn run(options: &Options, ui: Ui) -> Result<Exit, Error> {
    let folder = &options.folder;
    if options.refresh {
        return refresh(folder, ui);
    }
    let last = folder.file_name().unwrap_or_default().to_string_lossy();
    let name = name::check(&last)?;
    require_empty(folder)?;
    let files = templates::render(options.template, &name);
    for (path, content) in &files {
        put(&folder.join(path), content)?;
    }
    put(&folder.join("Cargo.lock"), sources::LOCK)?;
    put_sources(folder)?;
    let mut files: Vec<_> = files.into_iter().map(|(path, _)| path).collect();
    files.push("Cargo.lock".into());
    files.sort();
    Ok(ui.answer(&Output {
        name,
        template: options.template,
        folder: folder.clone(),
        files,
        sources: sources().len(),
    }))
}

#[derive(Debug, Serialize)]
struct Refreshed {
    folder: PathBuf,
    sources: usize,
}

fn refresh(folder: &Path, ui: Ui) -> Result<Exit, Error> {
    if !folder.join("Cargo.toml").is_file() {
        let folder = folder.to_owned();
        return Err(Error::NoProject { folder });
    }
    let sources_folder = folder.join(FOLDER);
    if sources_folder.exists() {
        let removed = std::fs::remove_dir_all(&sources_folder);
        removed.map_err(Error::file("replace", &sources_folder))?;
    }
    put_sources(folder)?;
    Ok(ui.answer(&Refreshed {
        folder: folder.to_owned(),
        sources: sources().len(),
    }))
}

fn put_sources(folder: &Path) -> Result<(), Error> {
    for (path, content) in sources() {
        put(&folder.join(FOLDER).join(path), content)?;
    }
    Ok(())
}

fn require_empty(folder: &Path) -> Result<(), Error> {
    let empty = match folder.read_dir() {
        Ok(mut entries) => entries.next().is_none(),
        Err(_) => folder.symlink_metadata().is_err(),
    };
    match empty {
        true => Ok(()),
        false => Err(Error::FolderExists {
            path: folder.into(),
        }),
    }
}

fn put(path: &Path, content: &str) -> Result<(), Error> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::file("make", folder))?;
    }
    std::fs::write(path, content).map_err(Error::file("write", path))
}

impl Answer for Output {
    fn text(&self, paint: Paint) -> String {
        let Self {
            name,
            folder,
            sources,
            ..
        } = self;
        let template = self.template.name();
        let mut lines = vec![format!(
            "{} {name} in {}, template {template}",
            paint.good("made"),
            folder.display()
        )];
        lines.extend(self.files.iter().map(|it| format!("  {it}")));
        lines.push(format!(
            "  {FOLDER}/ ({sources} files: Hull's SDK and test harness)"
        ));
        lines.push(format!(
            "\nnext: cd {} && cargo hull test",
            folder.display()
        ));
        lines.join("\n") + "\n"
    }
}

impl Answer for Refreshed {
    fn text(&self, paint: Paint) -> String {
        let Self { folder, sources } = self;
        let folder = folder.join(FOLDER);
        format!(
            "{} {}, {sources} files\n",
            paint.good("refreshed"),
            folder.display()
        )
    }
}
