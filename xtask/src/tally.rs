//! What a run amounts to: passed, failed, and skipped with a reason each.

use std::fmt;
use std::time::{Duration, Instant};

use crate::ui::{self, Tone};

/// A test or check that did not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skip {
    pub(crate) what: String,
    pub(crate) reason: String,
}

/// The count of a run. It prints as `N passed, N failed, N skipped`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: Vec<Skip>,
    /// Failures that the run's own output does not name.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// One check that failed.
    pub(crate) fn failure(message: impl Into<String>) -> Self {
        Self {
            failed: 1,
            failures: vec![message.into()],
            ..Self::default()
        }
    }

    /// One check that passed.
    pub(crate) fn pass() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// One check that could not run.
    pub(crate) fn skip(what: impl Into<String>, reason: impl Into<String>) -> Self {
        let skip = Skip {
            what: what.into(),
            reason: reason.into(),
        };
        Self {
            skipped: vec![skip],
            ..Self::default()
        }
    }

    /// A run that ended badly failed, also where no single test of it did: it
    /// did not build, or a test took its whole process down.
    pub(crate) fn ended(mut self, well: bool, what: &str) -> Self {
        if !well && self.failed == 0 {
            self.failed = 1;
            self.failures
                .push(format!("{what}: did not build, or crashed (see above)"));
        }
        self
    }

    /// Counts tests that passed only because they left early as what they are.
    ///
    /// Such a test appends a line `name: reason` to the file that the variable
    /// `HULL_SKIPS` names.
    pub(crate) fn with_early_leavers(mut self, log: &str) -> Self {
        for line in log.lines().filter(|line| !line.trim().is_empty()) {
            let (what, reason) = line.split_once(": ").unwrap_or((line, "no reason given"));
            self.passed = self.passed.saturating_sub(1);
            self.skipped.push(Skip {
                what: what.into(),
                reason: reason.into(),
            });
        }
        self
    }

    fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped.extend(other.skipped.iter().cloned());
        self.failures.extend(other.failures.iter().cloned());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.skipped.len()
        )
    }
}

/// The parts of a run, in order.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<(String, Tally, Duration)>,
    /// If there are any, only parts with one of these in their name are run.
    only: Vec<String>,
}

impl Report {
    /// Of those parts whose names contain one of these; of all, if there are none.
    pub(crate) fn only(names: &[String]) -> Self {
        Self {
            only: names.to_vec(),
            ..Self::default()
        }
    }

    /// Runs a part and keeps its count.
    pub(crate) fn part(&mut self, what: &str, why: &str, run: impl FnOnce() -> Tally) {
        if !self.only.is_empty() && !self.only.iter().any(|name| what.contains(name)) {
            return;
        }
        ui::begin(what, why);
        let start = Instant::now();
        let tally = run();
        self.parts.push((what.to_owned(), tally, start.elapsed()));
    }

    /// Whether nothing was counted at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts
            .iter()
            .all(|(_, tally, _)| *tally == Tally::default())
    }

    /// Prints the parts, every skip with its reason, and the count as the last
    /// line. Returns whether nothing failed.
    pub(crate) fn finish(&self, hint: &str) -> bool {
        let (text, total) = self.text();
        print!("{text}");
        if total.failed > 0 {
            ui::next(hint);
        }
        println!("{total}");
        total.failed == 0
    }

    fn text(&self) -> (String, Tally) {
        let mut total = Tally::default();
        let heading = ["", "passed", "failed", "skipped", "time"]
            .map(str::to_owned)
            .to_vec();
        let mut rows = vec![heading];
        for (what, tally, elapsed) in &self.parts {
            total.add(tally);
            let counts = [tally.passed, tally.failed, tally.skipped.len()];
            let mut row = vec![what.clone()];
            row.extend(counts.map(|count| count.to_string()));
            row.push(ui::duration(*elapsed));
            rows.push(row);
        }
        let mut text = format!("\n{}\n", ui::table(&rows));
        for failure in &total.failures {
            text.push_str(&format!("{} {failure}\n", ui::paint(Tone::Bad, "failed:")));
        }
        for Skip { what, reason } in &total.skipped {
            let label = ui::paint(Tone::Notice, "skipped:");
            text.push_str(&format!("{label} {what}: {reason}\n"));
        }
        (text, total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_the_promised_line() {
        let mut tally = Tally {
            passed: 3,
            failed: 1,
            ..Tally::default()
        };
        tally.add(&Tally::skip("a", "b"));
        assert_eq!(tally.to_string(), "3 passed, 1 failed, 1 skipped");
    }

    #[test]
    fn a_bad_end_without_a_failure_is_one() {
        let tally = Tally {
            passed: 3,
            ..Tally::default()
        }
        .ended(false, "tests");
        assert_eq!((tally.passed, tally.failed), (3, 1));
        assert_eq!(tally.clone().ended(false, "tests"), tally);
        assert_eq!(Tally::pass().ended(true, "tests"), Tally::pass());
    }

    #[test]
    fn early_leavers_are_skips() {
        let tally = Tally {
            passed: 2,
            ..Tally::default()
        };
        let tally = tally.with_early_leavers("vm::warm: strace is missing\n\n");
        assert_eq!(tally.passed, 1);
        let skip = Skip {
            what: "vm::warm".into(),
            reason: "strace is missing".into(),
        };
        assert_eq!(tally.skipped, [skip]);
    }

    #[test]
    fn parts_are_chosen_by_their_names() {
        let mut report = Report::only(&["kill".into()]);
        report.part("kills", "", Tally::pass);
        report.part("fuzz", "", || Tally::failure("was not wanted"));
        assert_eq!(report.text().1.to_string(), "1 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn every_skip_is_listed_with_its_reason() {
        let mut report = Report::default();
        report.part("one", "", Tally::pass);
        report.part("two", "", || Tally::skip("advisories", "not reachable"));
        let (text, total) = report.text();
        assert!(
            text.contains("skipped: advisories: not reachable\n"),
            "{text}"
        );
        assert_eq!(total.to_string(), "1 passed, 0 failed, 1 skipped");
    }
}
