//! `cargo xtask demo`: the embedding example, framed.

use anyhow::Result;

use crate::test::embedding_example;
use crate::workspace::Workspace;
use crate::{process, ui};

pub(crate) fn run(workspace: &Workspace) -> Result<bool> {
    println!("set-up: nothing to do, the Rust tool chain is enough");
    ui::begin(
        "build",
        "the engine and its embedding example; some minutes the first time",
    );
    process::run(&mut workspace.cargo(["build", "--package", "hull-vm", "--example", "embed"]))?;

    ui::begin(
        "run",
        "a contract is admitted, metered, compiled and called; no chain needed",
    );
    let output = process::output(&mut embedding_example(workspace))?;
    print!("\n{}", frame("vm/examples/embed.rs", &output));
    ui::next("read vm/examples/embed.rs, then `cargo xtask test`");
    println!("demo: ok");
    Ok(true)
}

/// Puts lines into a box with a title.
fn frame(title: &str, text: &str) -> String {
    let lines: Vec<_> = text.trim_end().lines().collect();
    let length = |line: &str| line.chars().count();
    let width = lines
        .iter()
        .map(|line| length(line))
        .max()
        .unwrap_or(0)
        .max(length(title) + 1);
    let mut framed = format!("┌ {title} {}┐\n", "─".repeat(width - length(title)));
    for line in lines {
        framed.push_str(&format!("│ {line}{} │\n", " ".repeat(width - length(line))));
    }
    framed.push_str(&format!("└{}┘\n", "─".repeat(width + 2)));
    framed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_as_wide_as_its_widest_line() {
        for text in ["a\nlonger line é\n", "", "x"] {
            let framed = frame("title", text);
            let widths: Vec<_> = framed.lines().map(|line| line.chars().count()).collect();
            assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{framed}");
        }
    }
}
