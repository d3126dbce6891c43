//! What has to hold after every step.

use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::chain::Chain;
use crate::record::Record;
use crate::trace::{CallTrace, Detail, Style};

/// An invariant that did not hold; as text with the steps that led there and the
/// trace of the last call.
pub struct Broken {
    /// Which step broke it, from 0; `None` if it did not hold before the first.
    pub step: Option<usize>,
    /// What the invariant says.
    pub reason: String,
    /// The steps up to that one, as text.
    pub steps: Vec<String>,
    /// The last call of the step that broke it.
    pub trace: String,
}

/// Does steps one after the other, and asks before the first and after each
/// whether an invariant holds.
///
/// ```
/// use counter::{constructors, messages};
/// use hull_testing::{Chain, hold_while};
///
/// let mut chain = Chain::new();
/// let counter = chain.deploy(constructors::new(0)).address();
/// let broken = hold_while(
///     &mut chain,
///     [1, 2, 4, 8],
///     |chain, amount| drop(chain.call(counter, messages::add(*amount)).run()),
///     |chain| match chain.query(counter, messages::get()) {
///         count if count < 7 => Ok(()),
///         count => Err(format!("{count} is too much")),
///     },
/// );
/// let broken = broken.unwrap_err();
/// assert_eq!((broken.step, &*broken.reason), (Some(2), "7 is too much"));
/// assert_eq!(broken.steps, ["1", "2", "4"]);
/// ```
///
/// # Errors
/// The first step after which it does not hold.
pub fn hold_while<S: Debug>(
    chain: &mut Chain,
    steps: impl IntoIterator<Item = S>,
    mut step: impl FnMut(&mut Chain, &S),
    mut invariant: impl FnMut(&Chain) -> Result<(), String>,
) -> Result<(), Broken> {
    let mut done = Vec::new();
    let mut last = None;
    let mut steps = steps.into_iter();
    loop {
        if let Err(reason) = invariant(chain) {
            let trace = last.map_or_else(CallTrace::default, |it: Arc<Record>| it.trace());
            return Err(Broken {
                step: done.len().checked_sub(1),
                reason,
                steps: done,
                trace: trace.render(Detail::Storage, Style::Plain),
            });
        }
        let Some(next) = steps.next() else {
            return Ok(());
        };
        step(chain, &next);
        done.push(format!("{next:?}"));
        // The invariant's own questions come after it.
        last = chain.last_record();
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            None => writeln!(f, "before the first step: {}", self.reason)?,
            Some(step) => writeln!(f, "after step {step}: {}", self.reason)?,
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(f, "  {index}: {step}")?;
        }
        f.write_str(&self.trace)
    }
}

/// As [`Display`](fmt::Display), because that is what an unwrap shows.
impl Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Broken {}
