//! What messages cost, written down and held against.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::gas::{GasReport, GasUse, grouped};

/// The environment variable that, at `1`, writes snapshots instead of comparing.
pub const BLESS_VARIABLE: &str = "HULL_BLESS";
/// The name of the file that [`assert_gas!`](crate::assert_gas) uses, in the
/// folder of the crate.
pub const SNAPSHOT_FILE: &str = "gas.snapshot";
/// The form of the file that this version writes.
const VERSION: u32 = 1;

/// A file with what messages cost, by scenario. Meant to be committed.
///
/// JSON with sorted keys, so that changes read well in a diff. The same sources
/// and compiler give the same numbers everywhere; another compiler gives others,
/// which are told as a warning.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("gas.snapshot");
/// chain.call(counter, messages::add(2)).returns();
/// let snapshot = GasSnapshot::at(&path).tolerance_permille(10);
/// let report = chain.gas_report();
/// assert_eq!(snapshot.clone().bless(true).check("adding", &report).unwrap(), Verdict::Written);
/// assert_eq!(snapshot.bless(false).check("adding", &report).unwrap(), Verdict::Unchanged);
/// ```
#[derive(Clone, Debug)]
pub struct GasSnapshot {
    path: PathBuf,
    tolerance_permille: u64,
    bless: bool,
}

/// How a comparison ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything costs what is written down.
    Unchanged,
    /// It is written down now.
    Written,
    /// Something costs more or less, and the compiler is another one.
    OtherCompiler {
        /// What differs, a line each.
        differences: String,
    },
}

/// How a comparison ended otherwise.
#[derive(Debug, Error)]
pub enum SnapshotError {
    /// Something costs more or less.
    #[error(
        "{path}: gas of scenario `{scenario}` changed; {BLESS_VARIABLE}=1 accepts it\n{differences}"
    )]
    Changed {
        /// The file.
        path: PathBuf,
        /// The scenario.
        scenario: String,
        /// What differs, a line each.
        differences: String,
    },
    /// The scenario was never written down.
    #[error("{path} has no scenario `{scenario}`; {BLESS_VARIABLE}=1 writes it")]
    Missing {
        /// The file.
        path: PathBuf,
        /// The scenario.
        scenario: String,
    },
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not a snapshot.
    #[error("{path} is not a gas snapshot of form {VERSION}: {reason}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    hull_gas: u32,
    scenarios: BTreeMap<String, Scenario>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Scenario {
    /// The version of the gas schedule.
    schedule: u32,
    /// Versions of compilers by contract.
    compilers: BTreeMap<String, String>,
    /// By `contract.message`.
    messages: BTreeMap<String, GasUse>,
}

impl Scenario {
    fn of(report: &GasReport) -> Self {
        let contracts = report.messages.iter();
        let messages = contracts.flat_map(|(contract, messages)| {
            let messages = messages.iter();
            messages.map(move |(name, uses)| (format!("{contract}.{name}"), *uses))
        });
        Self {
            schedule: report.schedule,
            compilers: report.compilers.clone(),
            messages: messages.collect(),
        }
    }
}

impl GasSnapshot {
    /// The snapshot in a file. It is written if `HULL_BLESS` is `1`.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            tolerance_permille: 0,
            bless: std::env::var(BLESS_VARIABLE).is_ok_and(|it| it == "1"),
        }
    }

    /// How much a number may differ, in thousandths of the one written down;
    /// nothing unless said otherwise.
    #[must_use]
    pub fn tolerance_permille(mut self, permille: u32) -> Self {
        self.tolerance_permille = permille.into();
        self
    }

    /// Writes, whatever the environment says, or compares.
    #[must_use]
    pub fn bless(mut self, bless: bool) -> Self {
        self.bless = bless;
        self
    }

    /// Holds a report against what is written down of a scenario, or writes it
    /// down.
    ///
    /// # Errors
    /// If something costs more or less than the tolerance allows, was never
    /// written down, or is no longer called.
    pub fn check(&self, scenario: &str, report: &GasReport) -> Result<Verdict, SnapshotError> {
        let found = Scenario::of(report);
        if self.bless {
            return self.write(scenario, found);
        }
        let missing = || SnapshotError::Missing {
            path: self.path.clone(),
            scenario: scenario.into(),
        };
        let mut text = String::new();
        match File::open(&self.path) {
            Ok(mut file) => file.read_to_string(&mut text).map_err(self.file_error())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(self.file_error()(error)),
        };
        let document = self.parse(&text)?;
        let known = document.scenarios.get(scenario).ok_or_else(missing)?;
        let differences = self.differences(known, &found);
        if differences.is_empty() {
            return Ok(Verdict::Unchanged);
        }
        if known.compilers != found.compilers {
            return Ok(Verdict::OtherCompiler { differences });
        }
        Err(SnapshotError::Changed {
            path: self.path.clone(),
            scenario: scenario.into(),
            differences,
        })
    }

    /// Changes one scenario of the file, alone even among other processes.
    fn write(&self, scenario: &str, found: Scenario) -> Result<Verdict, SnapshotError> {
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&self.path);
        let mut file = file.map_err(self.file_error())?;
        file.lock().map_err(self.file_error())?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(self.file_error())?;
        let mut document = match text.trim().is_empty() {
            true => Document::default(),
            false => self.parse(&text)?,
        };
        document.hull_gas = VERSION;
        document.scenarios.insert(scenario.into(), found);
        let text = serde_json::to_string_pretty(&document);
        let text = text.expect("a snapshot has text keys only and no fallible part");
        file.rewind().map_err(self.file_error())?;
        file.set_len(0).map_err(self.file_error())?;
        writeln!(file, "{text}").map_err(self.file_error())?;
        Ok(Verdict::Written)
    }

    fn parse(&self, text: &str) -> Result<Document, SnapshotError> {
        let malformed = |reason| SnapshotError::Malformed {
            path: self.path.clone(),
            reason,
        };
        let document = serde_json::from_str::<Document>(text);
        let document = document.map_err(|error| malformed(error.to_string()))?;
        match document.hull_gas {
            VERSION => Ok(document),
            other => Err(malformed(format!("it has form {other}"))),
        }
    }

    fn file_error(&self) -> impl Fn(std::io::Error) -> SnapshotError + use<> {
        let path: PathBuf = Path::to_path_buf(&self.path);
        move |source| SnapshotError::File {
            path: path.clone(),
            source,
        }
    }

    /// What differs, a line each.
    fn differences(&self, known: &Scenario, found: &Scenario) -> String {
        let mut lines = String::new();
        if known.schedule != found.schedule {
            let (old, new) = (known.schedule, found.schedule);
            let _ = writeln!(lines, "  the gas schedule was version {old} and is {new}");
        }
        for (name, old) in &known.messages {
            match found.messages.get(name) {
                None => drop(writeln!(lines, "  {name} is not called any more")),
                Some(new) => self.compare(name, old, new, &mut lines),
            }
        }
        for name in found.messages.keys() {
            if !known.messages.contains_key(name) {
                let _ = writeln!(lines, "  {name} was not called before");
            }
        }
        lines
    }

    fn compare(&self, name: &str, old: &GasUse, new: &GasUse, lines: &mut String) {
        let numbers = [
            ("min", old.min, new.min),
            ("mean", old.mean(), new.mean()),
            ("max", old.max, new.max),
        ];
        let changed: Vec<_> = numbers
            .into_iter()
            .filter(|(_, old, new)| !self.tolerates(*old, *new))
            .map(|(what, old, new)| format!("{what} {}", Change { old, new }))
            .collect();
        if old.calls != new.calls {
            let _ = writeln!(lines, "  {name}: {} calls, were {}", new.calls, old.calls);
        }
        if !changed.is_empty() {
            let _ = writeln!(lines, "  {name}: {}", changed.join(", "));
        }
    }

    fn tolerates(&self, old: u64, new: u64) -> bool {
        let difference = u128::from(old.abs_diff(new)) * 1_000;
        difference <= u128::from(old) * u128::from(self.tolerance_permille)
    }
}

/// `1,000 -> 1,100 (+10.0 %)`.
struct Change {
    old: u64,
    new: u64,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (old, new) = (self.old, self.new);
        let sign = if new < old { '-' } else { '+' };
        let permille = u128::from(old.abs_diff(new)) * 1_000 / u128::from(old.max(1));
        let (whole, tenth) = (permille / 10, permille % 10);
        let (old, new) = (grouped(old), grouped(new));
        write!(f, "{old} -> {new} ({sign}{whole}.{tenth} %)")
    }
}

/// Holds what a chain's calls cost against the file `gas.snapshot` in the folder
/// of this crate: `assert_gas!(chain, "transfers")`, or with a tolerance in
/// thousandths: `assert_gas!(chain, "transfers", 10)`.
///
/// With `HULL_BLESS=1` the file is written instead. A difference under another
/// compiler than the one in the file is told and does not fail.
///
/// ```no_run
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// #[test]
/// fn adding_costs_what_it_did() {
///     let mut chain = Chain::new();
///     let counter = chain.deploy(constructors::new(40)).address();
///     chain.call(counter, messages::add(2)).returns();
///     assert_gas!(chain, "adding");
/// }
/// ```
///
/// # Panics
/// If something costs more or less, naming it.
#[macro_export]
macro_rules! assert_gas {
    ($chain:expr, $scenario:expr) => {
        $crate::assert_gas!($chain, $scenario, 0)
    };
    ($chain:expr, $scenario:expr, $permille:expr) => {{
        let folder = ::std::path::Path::new(::core::env!("CARGO_MANIFEST_DIR"));
        let snapshot = $crate::GasSnapshot::at(folder.join($crate::SNAPSHOT_FILE));
        let snapshot = snapshot.tolerance_permille($permille);
        match snapshot.check($scenario, &$chain.gas_report()) {
            Ok($crate::Verdict::OtherCompiler { differences }) => {
                ::std::eprintln!(
                    "warning: gas of `{}` under another compiler:\n{differences}",
                    $scenario
                );
            }
            Ok(_) => {}
            Err(error) => ::core::panic!("{error}"),
        }
    }};
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(gas: u64, compiler: &str) -> GasReport {
        let mut report = GasReport::default();
        let uses = GasUse {
            calls: 2,
            min: gas,
            max: gas * 2,
            total: gas * 3,
        };
        let messages = report.messages.entry("token".into()).or_default();
        messages.insert("transfer".into(), uses);
        report.compilers.insert("token".into(), compiler.into());
        report.schedule = 1;
        report
    }

    #[test]
    fn a_change_beyond_the_tolerance_fails() {
        let folder = tempfile::tempdir().unwrap();
        let snapshot = GasSnapshot::at(folder.path().join("gas.snapshot")).bless(false);
        let check = |report: &GasReport| snapshot.check("one", report);
        let missing = check(&report(1_000, "1.95.0")).unwrap_err();
        assert!(
            matches!(missing, SnapshotError::Missing { .. }),
            "{missing}"
        );
        let blessing = snapshot.clone().bless(true);
        for scenario in ["one", "two"] {
            let written = blessing.check(scenario, &report(1_000, "1.95.0")).unwrap();
            assert_eq!(written, Verdict::Written);
        }
        assert_eq!(check(&report(1_000, "1.95.0")).unwrap(), Verdict::Unchanged);
        // The same cost under another compiler is nothing to tell.
        assert_eq!(check(&report(1_000, "1.96.0")).unwrap(), Verdict::Unchanged);
        let changed = check(&report(1_001, "1.95.0")).unwrap_err().to_string();
        assert!(
            changed.contains("token.transfer: min 1,000 -> 1,001 (+0.1 %)"),
            "{changed}"
        );
        let warned = check(&report(1_001, "1.96.0")).unwrap();
        assert!(matches!(warned, Verdict::OtherCompiler { .. }));
        let tolerant = snapshot.clone().tolerance_permille(10);
        let just = tolerant.check("two", &report(1_010, "1.95.0")).unwrap();
        assert_eq!(just, Verdict::Unchanged);
        assert!(tolerant.check("two", &report(1_011, "1.95.0")).is_err());
        assert!(tolerant.check("two", &report(989, "1.95.0")).is_err());
    }

    #[test]
    fn messages_that_come_and_go_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gas.snapshot");
        let snapshot = GasSnapshot::at(&path).bless(true);
        snapshot.check("one", &report(1_000, "1")).unwrap();
        let mut other = report(1_000, "1");
        let uses = other.messages["token"]["transfer"];
        let messages = BTreeMap::from([("mint".to_owned(), uses)]);
        other.messages.insert("token".into(), messages);
        let error = snapshot.bless(false).check("one", &other).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("token.transfer is not called any more"),
            "{error}"
        );
        assert!(
            error.contains("token.mint was not called before"),
            "{error}"
        );
        std::fs::write(&path, "{\"hullGas\": 2, \"scenarios\": {}}").unwrap();
        let error = GasSnapshot::at(&path)
            .bless(false)
            .check("one", &other)
            .unwrap_err();
        assert!(matches!(error, SnapshotError::Malformed { .. }), "{error}");
    }
}
