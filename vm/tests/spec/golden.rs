//! Counts that may not get worse.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// Counts by name. A name is some words, the first of which is the suite's.
pub(crate) type Counts = BTreeMap<String, usize>;

/// Names of counts of which more is better.
const GOOD: [&str; 2] = [" passed", " modules"];

/// A file of counts beside the tests.
pub(crate) struct Golden {
    pub(crate) file: &'static str,
    /// What the file begins with.
    pub(crate) header: &'static str,
}

/// Suites are blessed one after the other.
static WRITING: Mutex<()> = Mutex::new(());

impl Golden {
    /// Compares the counts of a suite with those of the file, or with
    /// `HULL_BLESS=1` writes them there. Returns what got worse.
    pub(crate) fn check(&self, suite: &str, found: &Counts) -> Vec<String> {
        if std::env::var_os("HULL_BLESS").is_some_and(|value| value == "1") {
            self.bless(suite, found);
            return Vec::new();
        }
        let recorded = self.read();
        let of_suite = recorded.keys().filter(|name| belongs(name, suite));
        let names: Vec<_> = found.keys().chain(of_suite).collect();
        let mut worse = Vec::new();
        let mut better = false;
        for name in names {
            let count = |counts: &Counts| counts.get(name).copied().unwrap_or(0);
            let (new, old) = (count(found), count(&recorded));
            let good = GOOD.iter().any(|good| name.ends_with(good));
            if new != old && (new > old) == good {
                better = true;
            } else if new != old {
                worse.push(format!("{name}: {new}, it was {old} in {}", self.file));
            }
        }
        if better && worse.is_empty() {
            println!(
                "{suite}: better than {}; HULL_BLESS=1 records it",
                self.file
            );
        }
        worse.sort();
        worse.dedup();
        worse
    }

    fn bless(&self, suite: &str, found: &Counts) {
        let _guard = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut counts = self.read();
        counts.retain(|name, _| !belongs(name, suite));
        counts.extend(found.clone());
        let mut text = self.header.to_owned();
        counts
            .iter()
            .for_each(|(name, count)| text.push_str(&format!("{name} {count}\n")));
        std::fs::write(self.path(), text).expect("the file can be written");
    }

    fn read(&self) -> Counts {
        let text = std::fs::read_to_string(self.path()).unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let counts = lines.filter_map(|line| line.rsplit_once(' '));
        counts
            .map(|(name, count)| (name.to_owned(), count.parse().expect("a count")))
            .collect()
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("tests/spec")
            .join(self.file)
    }
}

fn belongs(name: &str, suite: &str) -> bool {
    name.split(' ').next() == Some(suite)
}
