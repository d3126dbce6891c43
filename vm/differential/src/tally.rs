//! What many cases came to.

use std::collections::BTreeMap;
use std::fmt;

use crate::compare::Agreed;
use crate::observation::{Called, End, Observation};

/// Figures of a campaign without a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Cases.
    pub cases: u64,
    /// Cases with a function over the limit on frames; no engine saw them.
    pub too_large: u64,
    /// Cases that could not be instantiated.
    pub refused: u64,
    /// Calls by how they ended.
    pub ends: BTreeMap<End, u64>,
    /// Calls of host functions.
    pub crossings: u64,
    /// Calls that returned a NaN or left one in a global.
    pub nans: u64,
}

impl Tally {
    /// Adds a case.
    pub fn count(&mut self, agreed: Agreed) {
        self.cases += 1;
        match agreed {
            Agreed::TooLarge => self.too_large += 1,
            Agreed::On(Observation {
                refused: Some(_), ..
            }) => self.refused += 1,
            Agreed::On(seen) => seen.calls.iter().for_each(|called| self.call(called)),
        }
    }

    fn call(&mut self, called: &Called) {
        *self.ends.entry(called.how()).or_default() += 1;
        self.crossings += called.trace.calls;
        let results = called.end.iter().flatten();
        let nan = results.chain(&called.globals).any(|value| value.is_nan());
        self.nans += u64::from(nan);
    }

    /// Calls in all cases.
    pub fn calls(&self) -> u64 {
        self.ends.values().sum()
    }

    /// The share of calls that ended like this, in percent.
    pub fn percent(&self, end: End) -> f64 {
        let found = self.ends.get(&end).copied().unwrap_or(0);
        100.0 * found as f64 / self.calls().max(1) as f64
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases", self.cases)?;
        write!(
            f,
            ", {} too large, {} not instantiated",
            self.too_large, self.refused
        )?;
        write!(f, "; {} calls", self.calls())?;
        write!(
            f,
            ", {} crossings, {} with a NaN",
            self.crossings, self.nans
        )?;
        for end in self.ends.keys() {
            write!(f, "; {end:?} {:.1} %", self.percent(*end))?;
        }
        Ok(())
    }
}
