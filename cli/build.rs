//! Packs the sources that a new project depends on into the binary.
//!
//! They are those of the workspace: the SDK, the test harness, and every crate
//! of the workspace behind them, in the same folders, without their tests. The
//! manifests inherit from a workspace manifest that is made of the root's. The
//! result depends on the content of the files alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use toml_edit::{Array, DocumentMut, Item, Table, value};

/// What the manifest of a project names; the rest follows from it.
const NAMED: [&str; 2] = ["hull-sdk", "hull-testing"];

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let root = here.parent().expect("the crate is in the workspace");
    let mut packed = Packed::default();
    let workspace = packed.manifest(&root.join("Cargo.toml"));
    let shared = workspace["workspace"]["dependencies"].clone();
    let shared = shared
        .as_table_like()
        .expect("the workspace has dependencies");

    let mut members = BTreeSet::new();
    let mut used = BTreeSet::new();
    let mut open: Vec<String> = NAMED.map(String::from).into();
    while let Some(name) = open.pop() {
        let Some(folder) = folder_of(shared, &name) else {
            continue;
        };
        used.insert(name);
        if members.insert(folder.clone()) {
            let dependencies = packed.package(root, &folder);
            open.extend(
                dependencies
                    .iter()
                    .filter(|it| !used.contains(*it))
                    .cloned(),
            );
            used.extend(dependencies);
        }
    }
    packed.add(
        "Cargo.toml",
        workspace_manifest(&workspace, &members, &used),
    );
    packed.add("LICENSE", packed.read(&root.join("LICENSE")));
    let lock = packed.read(&root.join("Cargo.lock"));
    packed.write(&out.join("sources"), &out.join("sources.rs"), &lock);
}

/// The folder of a crate of the workspace; `None` for one of a registry.
fn folder_of(shared: &dyn toml_edit::TableLike, name: &str) -> Option<String> {
    let path = shared.get(name)?.as_table_like()?.get("path")?;
    Some(path.as_str()?.to_owned())
}

/// The packed files by their paths.
#[derive(Default)]
struct Packed(BTreeMap<String, String>);

impl Packed {
    fn add(&mut self, path: &str, content: String) {
        self.0.insert(path.to_owned(), content);
    }

    /// Reads a file, and has the script run again when it changes.
    fn read(&self, path: &Path) -> String {
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn manifest(&self, path: &Path) -> DocumentMut {
        let text = self.read(path);
        text.parse()
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Packs a crate and returns the names of its dependencies.
    fn package(&mut self, root: &Path, folder: &str) -> BTreeSet<String> {
        let mut manifest = self.manifest(&root.join(folder).join("Cargo.toml"));
        for section in ["dev-dependencies", "bench", "example", "test"] {
            manifest.remove(section);
        }
        let mut names = BTreeSet::new();
        for section in ["dependencies", "build-dependencies"] {
            names.extend(keys(manifest.get(section)));
        }
        let targets = manifest.get("target").and_then(Item::as_table_like);
        for (_, target) in targets.into_iter().flat_map(|it| it.iter()) {
            names.extend(keys(target.get("dependencies")));
        }
        self.add(&format!("{folder}/Cargo.toml"), manifest.to_string());
        self.folder(root, &format!("{folder}/src"));
        names
    }

    fn folder(&mut self, root: &Path, folder: &str) {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
        let entries = fs::read_dir(root.join(folder));
        let entries = entries.unwrap_or_else(|error| panic!("{folder}: {error}"));
        for entry in entries {
            let entry = entry.unwrap_or_else(|error| panic!("{folder}: {error}"));
            let name = entry.file_name().into_string();
            let path = format!("{folder}/{}", name.expect("sources have plain names"));
            if entry.path().is_dir() {
                self.folder(root, &path);
            } else {
                let content = self.read(&entry.path());
                self.add(&path, content);
            }
        }
    }

    /// Writes the files, and a source that includes them.
    fn write(&self, folder: &Path, source: &Path, lock: &str) {
        let mut text = String::from("pub(super) static SOURCES: &[(&str, &str)] = &[\n");
        for (index, (path, content)) in self.0.iter().enumerate() {
            let file = folder.join(index.to_string());
            put(&file, content);
            let _ = writeln!(text, "    ({path:?}, include_str!({file:?})),");
        }
        text.push_str("];\n");
        let file = folder.join("lock");
        put(&file, lock);
        let _ = writeln!(
            text,
            "pub(super) static LOCK: &str = include_str!({file:?});"
        );
        put(source, &text);
    }
}

fn put(file: &Path, content: &str) {
    let folder = file.parent().expect("a file is in a folder");
    fs::create_dir_all(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    fs::write(file, content).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
}

fn keys(section: Option<&Item>) -> impl Iterator<Item = String> {
    let section = section.and_then(Item::as_table_like);
    let entries = section.into_iter().flat_map(|it| it.iter());
    entries.map(|(name, _)| name.to_owned())
}

/// The manifest that those of the packed crates inherit from.
fn workspace_manifest(
    root: &DocumentMut,
    members: &BTreeSet<String>,
    used: &BTreeSet<String>,
) -> String {
    let mut document = DocumentMut::new();
    let workspace = document["workspace"].or_insert(toml_edit::table());
    let from = &root["workspace"];
    workspace["resolver"] = from["resolver"].clone();
    workspace["members"] = value(members.iter().map(String::as_str).collect::<Array>());
    workspace["package"] = from["package"].clone();
    let mut dependencies = Table::new();
    for (name, item) in from["dependencies"]
        .as_table_like()
        .expect("checked")
        .iter()
    {
        if used.contains(name) {
            dependencies.insert(name, item.clone());
        }
    }
    workspace["dependencies"] = Item::Table(dependencies);
    // Whoever writes a contract cannot do anything about a newer compiler's opinion.
    let mut lints = Table::new();
    lints.insert("warnings", value("allow"));
    workspace["lints"]["rust"] = Item::Table(lints);
    let comment = "# Sources of Hull's SDK and test harness, put here by `cargo hull new`.\n\n";
    format!("{comment}{document}")
}
