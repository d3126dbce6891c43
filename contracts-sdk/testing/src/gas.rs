//! What messages cost.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use hull_executor::FrameKind;
use hull_executor::trace::FrameTrace;
use hull_host_api::Gas;
use serde::{Deserialize, Serialize};

use crate::known::Known;
use crate::record::Record;

/// What the calls of a chain cost, by contract and message.
///
/// Counted are all frames that ended well, nested ones too, of contracts whose
/// ABI is known: the gas of the frame and of those inside it, without that of the
/// transaction.
///
/// As text it is a table.
///
/// ```
/// # use counter::{constructors, messages};
/// # use hull_testing::*;
/// # let mut chain = Chain::new();
/// # let counter = chain.deploy(constructors::new(40)).address();
/// for amount in [1, 2] {
///     chain.call(counter, messages::add(amount)).returns();
/// }
/// let add = chain.gas_report().of("counter", "add").unwrap();
/// assert!(add.calls == 2 && add.min <= add.mean() && add.mean() <= add.max);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GasReport {
    /// By contract's and message's name.
    pub messages: BTreeMap<String, BTreeMap<String, GasUse>>,
    /// The compilers of the contracts' code, by contract's name.
    pub compilers: BTreeMap<String, String>,
    /// The version of the gas schedule.
    pub schedule: u32,
}

/// What the calls of one message cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GasUse {
    /// How many there were.
    pub calls: u64,
    /// The cheapest.
    pub min: Gas,
    /// The dearest.
    pub max: Gas,
    /// All together.
    pub total: Gas,
}

impl GasUse {
    /// The mean, rounded down.
    pub fn mean(&self) -> Gas {
        self.total / self.calls.max(1)
    }

    fn of(gas: Gas) -> Self {
        Self {
            calls: 1,
            min: gas,
            max: gas,
            total: gas,
        }
    }

    fn add(&mut self, other: &Self) {
        self.calls = self.calls.saturating_add(other.calls);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.total = self.total.saturating_add(other.total);
    }
}

impl GasReport {
    /// What one message costs, if it was called.
    pub fn of(&self, contract: &str, message: &str) -> Option<GasUse> {
        self.messages.get(contract)?.get(message).copied()
    }

    fn add(&mut self, contract: &str, message: &str, uses: &GasUse) {
        let messages = self.messages.entry(contract.into()).or_default();
        messages
            .entry(message.into())
            .and_modify(|known| known.add(uses))
            .or_insert(*uses);
    }

    /// Adds up the reports that chains left in the folder of `HULL_GAS_REPORT`.
    ///
    /// # Errors
    /// If the folder or a file in it cannot be read, or is not of reports.
    pub fn read_folder(folder: &Path) -> std::io::Result<Self> {
        let mut all = Self::default();
        for entry in std::fs::read_dir(folder)? {
            for line in std::fs::read_to_string(entry?.path())?.lines() {
                all.merge(&serde_json::from_str(line)?);
            }
        }
        Ok(all)
    }

    /// Adds the calls of another report.
    pub fn merge(&mut self, other: &Self) {
        self.schedule = self.schedule.max(other.schedule);
        for (contract, messages) in &other.messages {
            for (message, uses) in messages {
                self.add(contract, message, uses);
            }
        }
        self.compilers.extend(other.compilers.clone());
    }

    fn frame(&mut self, known: &Known, frame: &FrameTrace) {
        if !frame.result.is_success() {
            return;
        }
        if let Some(code) = known.code(&frame.code_hash)
            && let Some(name) = message_name(known, frame)
        {
            self.add(code.name(), &name, &GasUse::of(frame.gas));
            if let Some(record) = code.record() {
                let compiler = &record.compiler.release;
                self.compilers.insert(code.name().into(), compiler.clone());
            }
        }
        frame.children().for_each(|child| self.frame(known, child));
    }
}

/// The environment variable with the folder in which chains leave their gas
/// reports, one JSON document a line; for `cargo hull gas`.
pub const GAS_REPORT_VARIABLE: &str = "HULL_GAS_REPORT";

/// What a chain counts.
#[derive(Debug)]
pub(crate) struct Counted {
    /// By the chain that it is a clone of.
    before: GasReport,
    own: GasReport,
}

impl Counted {
    pub(crate) fn new(schedule: u32) -> Self {
        let report = GasReport {
            schedule,
            ..GasReport::default()
        };
        Self {
            before: report.clone(),
            own: report,
        }
    }

    /// For a clone.
    pub(crate) fn inherited(&self) -> Self {
        let mut counted = Self::new(self.own.schedule);
        counted.before = self.all();
        counted
    }

    pub(crate) fn all(&self) -> GasReport {
        let mut all = self.before.clone();
        all.merge(&self.own);
        all
    }

    pub(crate) fn count(&mut self, record: &Record) {
        let frames = record.trace.frames.iter();
        frames.for_each(|frame| self.own.frame(&record.known, frame));
    }
}

/// Leaves the report where it is asked for. Calls of clones are in theirs.
impl Drop for Counted {
    fn drop(&mut self) {
        let Some(folder) = std::env::var_os(GAS_REPORT_VARIABLE) else {
            return;
        };
        if self.own.messages.is_empty() {
            return;
        }
        // A report that cannot be left is no reason to fail a test.
        let _ = leave(Path::new(&folder), &self.own);
    }
}

/// Adds a line to this process' file in a folder. Tests of a process run side by side,
/// so it is one write: what is appended at once stays together.
fn leave(folder: &Path, report: &GasReport) -> std::io::Result<()> {
    let line = serde_json::to_string(report)? + "\n";
    let file = folder.join(format!("{}.jsonl", std::process::id()));
    let mut file = File::options().create(true).append(true).open(file)?;
    file.write_all(line.as_bytes())
}

/// The name of the message or constructor that a frame runs.
fn message_name(known: &Known, frame: &FrameTrace) -> Option<String> {
    let abi = known.abi(&frame.code_hash)?;
    Some(match frame.kind {
        FrameKind::Instantiate => abi.constructor_of(&frame.input)?.name.clone(),
        FrameKind::Migrate => "(migration)".into(),
        FrameKind::Call | FrameKind::DelegateCall => match abi.message_of(&frame.input) {
            Some(message) => message.name.clone(),
            None => abi.fallback.as_ref().map(|_| "(fallback)".into())?,
        },
    })
}

/// A table, one message a line.
impl fmt::Display for GasReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = ["calls", "min", "mean", "max"];
        write!(f, "{:<40}", "message")?;
        header.iter().try_for_each(|it| write!(f, " {it:>15}"))?;
        writeln!(f)?;
        for (contract, messages) in &self.messages {
            for (message, uses) in messages {
                write!(f, "{:<40}", format!("{contract}.{message}"))?;
                for number in [uses.calls, uses.min, uses.mean(), uses.max] {
                    write!(f, " {:>15}", grouped(number))?;
                }
                writeln!(f)?;
            }
        }
        Ok(())
    }
}

/// Digits in groups of three.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_threes() {
        let texts = [0, 12, 123, 1_234, 123_456, 1_234_567].map(grouped);
        assert_eq!(texts, ["0", "12", "123", "1,234", "123,456", "1,234,567"]);
    }

    #[test]
    fn uses_add_up() {
        let mut uses = GasUse::of(10);
        uses.add(&GasUse::of(4));
        uses.add(&GasUse::of(7));
        assert_eq!((uses.calls, uses.min, uses.max, uses.mean()), (3, 4, 10, 7));
    }

    #[test]
    fn reports_of_tests_side_by_side_are_all_read() {
        const THREADS: u64 = 8;
        const EACH: u64 = 500;
        let folder = tempfile::tempdir().unwrap();
        let mut report = GasReport::default();
        report.add("coin", "mint", &GasUse::of(7));
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| (0..EACH).for_each(|_| leave(folder.path(), &report).unwrap()));
            }
        });
        let read = GasReport::read_folder(folder.path()).unwrap();
        assert_eq!(read.of("coin", "mint").unwrap().calls, THREADS * EACH);
    }
}
