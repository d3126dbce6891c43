//! Reading what Rust's own test harness prints.

use std::process::Command;

use anyhow::Result;

use crate::process::{self, Streams};
use crate::tally::{Skip, Tally};

/// What stands for the reason of an `#[ignore]` without one.
const NO_REASON: &str = "marked to be ignored, without a reason";

/// Runs a command that prints such lines, shows them, and counts. `also` gets each line.
pub(crate) fn run(command: &mut Command, what: &str, mut also: impl FnMut(&str)) -> Result<Tally> {
    let mut tally = Tally::default();
    let status = process::tee(command, Streams::Output, |line| {
        read(&mut tally, line);
        also(line);
    })?;
    Ok(tally.ended(status.success(), what))
}

/// Adds what one line of output says to the count.
fn read(tally: &mut Tally, line: &str) {
    if let Some(counts) = line.strip_prefix("test result: ") {
        tally.passed += count(counts, "passed");
        tally.failed += count(counts, "failed");
    } else if let Some(skip) = ignored(line) {
        tally.skipped.push(skip);
    }
}

/// `ok. 3 passed; 1 failed; …`: the number before a word.
fn count(counts: &str, word: &str) -> usize {
    counts
        .split([';', '.'])
        .filter_map(|part| part.trim().strip_suffix(word))
        .find_map(|number| number.trim().parse().ok())
        .unwrap_or(0)
}

/// `test name ... ignored`, perhaps with `, reason`.
pub(crate) fn ignored(line: &str) -> Option<Skip> {
    let (what, rest) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    let reason = match rest.strip_prefix(", ") {
        Some(reason) => reason.trim(),
        None if rest.trim().is_empty() => NO_REASON,
        None => return None,
    };
    Some(Skip {
        what: what.to_owned(),
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_a_run_of_several_binaries() {
        let output = "
running 6 tests
test tests::ign ... ignored, needs a moon: full
test tests::ign2 ... ignored
test tests::ok ... ok
test tests::bad ... FAILED

test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 5.01s
test src/lib.rs - (line 4) ... ignored
test src/lib.rs - (line 1) ... ok
test result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s
";
        let mut tally = Tally::default();
        output.lines().for_each(|line| read(&mut tally, line));
        assert_eq!(tally.to_string(), "4 passed, 1 failed, 3 skipped");
        assert_eq!(tally.skipped[0].what, "tests::ign");
        assert_eq!(tally.skipped[0].reason, "needs a moon: full");
        assert_eq!(tally.skipped[1].reason, NO_REASON);
        assert_eq!(tally.skipped[2].what, "src/lib.rs - (line 4)");
    }

    #[test]
    fn other_lines_count_nothing() {
        let mut tally = Tally::default();
        for line in [
            "",
            "test",
            "test x ... ignoredness",
            "running 3 tests",
            "test result",
        ] {
            read(&mut tally, line);
        }
        assert_eq!(tally, Tally::default());
    }
}
