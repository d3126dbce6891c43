//! `cargo xtask docs`: what the documentation quotes from the code.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;
use crate::{process, ui};

/// The pages that quote.
const PAGES: [&str; 3] = [
    "README.md",
    "docs/book/src/embed.md",
    "docs/book/src/write-a-contract.md",
];
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
    for package in ["hull-host-api", "hull-rpc-types"] {
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

/// Fails if a quotation differs from the code.
pub(crate) fn verify(workspace: &Workspace) -> Result<()> {
    for page in PAGES {
        let written = read(workspace, page)?;
        let quoted = quote(&written, |path| read(workspace, path))?;
        ensure!(
            quoted == written,
            "{page} does not show the code as it is: run `cargo xtask docs`"
        );
    }
    Ok(())
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
