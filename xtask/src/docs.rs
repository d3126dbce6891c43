//! `cargo xtask docs`: what the documentation quotes from the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::workspace::Workspace;
use crate::{process, ui};

/// The pages that quote.
const PAGES: [&str; 3] = [
    "README.md",
    "docs/book/src/embed.md",
    "docs/book/src/write-a-contract.md",
];
/// The page that says why each dependency is one.
const DEPENDENCIES: &str = "docs/book/src/dependencies.md";
/// The page that says which test shows what stops whom.
const THREATS: &str = "docs/book/src/threat-model.md";
/// What a quotation begins with, before the path of what it quotes.
const BEGIN: &str = "<!-- quoted: ";
/// What follows the path.
const FENCE: &str = " -->\n```";
/// What a quotation ends with.
const END: &str = "```\n<!-- end -->\n";

/// Writes the quotations anew.
pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    for page in PAGES {
        let written = read(workspace, page)?;
        let quoted = quote(&written, |path| read(workspace, path))?;
        if quoted == written {
            println!("{page}: up to date");
        } else {
            fs::write(workspace.root.join(page), quoted)?;
            println!("{page}: quotations taken from the code");
        }
    }
    // The tests that hold the pages to the code also write them.
    for package in ["hull-host-api", "hull-rpc-types", "cargo-hull"] {
        let mut reference = workspace.cargo(["test", "--package", package, "--all-features"]);
        process::run(
            reference
                .args(["--test", "reference"])
                .env("HULL_BLESS", "1"),
        )?;
    }
    ui::next("`git diff README.md docs`, and commit it together with the code");
    Ok(true)
}

/// Fails if a quotation differs from the code, or a dependency is without a reason.
pub(crate) fn verify(workspace: &Workspace) -> Result<()> {
    for page in PAGES {
        let written = read(workspace, page)?;
        let quoted = quote(&written, |path| read(workspace, path))?;
        ensure!(
            quoted == written,
            "{page} does not show the code as it is: run `cargo xtask docs`"
        );
    }
    verify_dependencies(workspace)?;
    verify_threats(workspace)
}

/// Fails if the threat model names a test that is none.
fn verify_threats(workspace: &Workspace) -> Result<()> {
    let page = read(workspace, THREATS)?;
    let mut missing: BTreeSet<_> = page.split('`').skip(1).step_by(2).collect();
    sources(&workspace.root, &mut |source| {
        missing.retain(|name| !source.contains(&format!("fn {name}(")));
    })?;
    ensure!(
        missing.is_empty(),
        "{THREATS} names tests that are none: {missing:?}"
    );
    Ok(())
}

/// Fails if the page of dependencies lists others than the workspace has.
fn verify_dependencies(workspace: &Workspace) -> Result<()> {
    let manifest: Value = {
        let arguments = ["metadata", "--no-deps", "--format-version", "1"];
        serde_json::from_str(&process::output(&mut workspace.cargo(arguments))?)?
    };
    let packages = manifest["packages"].as_array().context("no packages")?;
    let dependencies = packages
        .iter()
        .filter_map(|it| it["dependencies"].as_array());
    let from_elsewhere = dependencies.flatten().filter(|it| it["path"].is_null());
    let names = from_elsewhere.filter_map(|it| it["rename"].as_str().or(it["name"].as_str()));
    let used: BTreeSet<_> = names.collect();
    let page = read(workspace, DEPENDENCIES)?;
    let listed = listed(&page);
    let differ: Vec<_> = used.symmetric_difference(&listed).collect();
    ensure!(
        differ.is_empty(),
        "{DEPENDENCIES} lists what is not used, or does not say why it is: {differ:?}"
    );
    Ok(())
}

/// Every source of the repository.
fn sources(folder: &Path, each: &mut impl FnMut(&str)) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            sources(&path, each)?;
        } else if name.ends_with(".rs") {
            each(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The first cells of the tables' rows.
fn listed(page: &str) -> BTreeSet<&str> {
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let cells = rows.filter_map(|row| row.split(" |").next());
    let names = cells.flat_map(|cell| cell.split(", "));
    names.filter(|name| *name != "crate").collect()
}

/// The page with each quotation as its file is now.
fn quote(page: &str, read: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut out = String::new();
    let mut rest = page;
    while let Some((before, quotation)) = rest.split_once(BEGIN) {
        let (path, quotation) = quotation
            .split_once(FENCE)
            .context("a quotation without a code block")?;
        let (language, old) = quotation.split_once('\n').context("an open code block")?;
        let (_, after) = old
            .split_once(END)
            .with_context(|| format!("the quotation of {path} has no end"))?;
        let content = read(path)?;
        let content = content.trim_end();
        out.push_str(&format!(
            "{before}{BEGIN}{path}{FENCE}{language}\n{content}\n{END}"
        ));
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn read(workspace: &Workspace, path: &str) -> Result<String> {
    fs::read_to_string(workspace.root.join(path)).with_context(|| format!("read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = "vm/examples/embed.rs";
    /// An example that does not fit a page is not read.
    const EXAMPLE_LINES: usize = 60;

    #[test]
    fn the_documentation_shows_the_code_as_it_is() -> Result<()> {
        verify(&Workspace::find()?)
    }

    #[test]
    fn the_example_is_short_and_in_the_readme() -> Result<()> {
        let workspace = Workspace::find()?;
        let example = read(&workspace, EXAMPLE)?;
        let lines = example.lines().count();
        assert!(lines <= EXAMPLE_LINES, "{EXAMPLE} has {lines} lines");
        assert!(read(&workspace, "README.md")?.contains(example.trim_end()));
        Ok(())
    }

    #[test]
    fn quoting_replaces_what_is_between_the_marks() -> Result<()> {
        let page = |code: &str| format!("a\n{BEGIN}x.rs{FENCE}rust\n{code}\n{END}b\n");
        let twice = |code| page(code) + &page(code);
        let quoted = quote(&twice("old"), |path| {
            assert_eq!(path, "x.rs");
            Ok("new\n".into())
        })?;
        assert_eq!(quoted, twice("new"));
        assert_eq!(quote("no marks", |_| unreachable!())?, "no marks");
        let open = page("old").replace(END, "");
        assert!(quote(&open, |_| Ok(String::new())).is_err());
        Ok(())
    }
}
