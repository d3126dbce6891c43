//! `cargo xtask docs`: what the documentation quotes from the code.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;
use crate::{process, ui};

const PAGE: &str = "README.md";
const EXAMPLE: &str = "vm/examples/embed.rs";
const BEGIN: &str = "<!-- vm/examples/embed.rs: `cargo xtask docs` -->\n```rust\n";
const END: &str = "```\n<!-- end -->\n";

/// Writes the quotations anew.
pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    let page = read(workspace, PAGE)?;
    let quoted = quote(&page, &read(workspace, EXAMPLE)?)?;
    if quoted == page {
        println!("{PAGE}: up to date");
    } else {
        fs::write(workspace.root.join(PAGE), quoted)?;
        println!("{PAGE}: example taken from {EXAMPLE}");
    }
    // The test that holds the page to the table also writes it.
    let mut reference = workspace.cargo(["test", "--package", "hull-host-api", "--all-features"]);
    process::run(
        reference
            .args(["--test", "reference"])
            .env("HULL_BLESS", "1"),
    )?;
    ui::next("`git diff README.md docs`, and commit it together with the code");
    Ok(true)
}

/// Fails if a quotation differs from the code.
pub(crate) fn verify(workspace: &Workspace) -> Result<()> {
    let page = read(workspace, PAGE)?;
    let quoted = quote(&page, &read(workspace, EXAMPLE)?)?;
    ensure!(
        quoted == page,
        "{PAGE} does not show {EXAMPLE} as it is: run `cargo xtask docs`"
    );
    Ok(())
}

/// The page with the example between the marks.
fn quote(page: &str, example: &str) -> Result<String> {
    let (before, rest) = page
        .split_once(BEGIN)
        .context("the example's first mark is missing")?;
    let (_, after) = rest
        .split_once(END)
        .context("the example's last mark is missing")?;
    Ok(format!(
        "{before}{BEGIN}{}\n{END}{after}",
        example.trim_end()
    ))
}

fn read(workspace: &Workspace, path: &str) -> Result<String> {
    fs::read_to_string(workspace.root.join(path)).with_context(|| format!("read {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An example that does not fit a page is not read.
    const EXAMPLE_LINES: usize = 60;

    #[test]
    fn the_readme_shows_the_example_as_it_is() -> Result<()> {
        verify(&Workspace::find()?)
    }

    #[test]
    fn the_example_is_short() -> Result<()> {
        let lines = read(&Workspace::find()?, EXAMPLE)?.lines().count();
        assert!(lines <= EXAMPLE_LINES, "{EXAMPLE} has {lines} lines");
        Ok(())
    }

    #[test]
    fn quoting_replaces_what_is_between_the_marks() -> Result<()> {
        let page = format!("a\n{BEGIN}old\n{END}b\n");
        let quoted = quote(&page, "new\n")?;
        assert_eq!(quoted, format!("a\n{BEGIN}new\n{END}b\n"));
        assert_eq!(quote(&quoted, "new\n")?, quoted);
        assert!(quote("no marks", "new").is_err());
        Ok(())
    }
}
