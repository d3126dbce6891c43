//! One case, every engine.

use hull_gas_meter::{InstrumentError, Schedule};

use crate::case::{Case, Metered};
use crate::engine::{Declined, Engine};
use crate::observation::{Difference, Observation, difference};

/// What is wrong with a case.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// Two engines disagree.
    #[error("{left} and {right} differ: {difference}")]
    Differ {
        /// One engine.
        left: Engine,
        /// The other.
        right: Engine,
        /// Where.
        difference: Difference,
    },
    /// An engine did not take the module.
    #[error(transparent)]
    Declined(#[from] Declined),
    /// The pass did not take a module of the profile.
    #[error("the pass did not take the module: {0}")]
    Refused(InstrumentError),
    /// The pass changed what a module does.
    #[error("plain and instrumented module differ: {difference}")]
    Pass {
        /// Where.
        difference: Difference,
    },
    /// The reset function left another value in a global than there was.
    #[error("the globals were {before}, the reset function made them {after}")]
    Reset {
        /// At the beginning.
        before: String,
        /// At the end.
        after: String,
    },
    /// Something panicked.
    #[error("panic: {0}")]
    Panic(String),
}

/// What a case without fault came to.
#[derive(Clone, Debug)]
pub enum Agreed {
    /// Every engine saw this.
    On(Observation),
    /// A function may not be that large; no engine was asked.
    TooLarge,
}

/// Instruments a case once and compares what every engine makes of the same bytes.
///
/// # Errors
/// The first fault.
pub fn compare(case: &Case) -> Result<Agreed, Fault> {
    let metered = match case.metered(&Schedule::V1) {
        Ok(metered) => metered,
        Err(InstrumentError::TooDeep { .. } | InstrumentError::TooLarge { .. }) => {
            return Ok(Agreed::TooLarge);
        }
        Err(error) => return Err(Fault::Refused(error)),
    };
    let seen = compare_metered(case, &Engine::ALL.map(|engine| (engine, &metered)))?;
    if seen.reset != seen.initial {
        return Err(Fault::Reset {
            before: format!("{:?}", seen.initial),
            after: format!("{:?}", seen.reset),
        });
    }
    Ok(Agreed::On(seen))
}

/// Compares engines that need not run the same bytes: the way to plant a
/// difference and see that it is found. Returns what the first engine saw.
///
/// # Errors
/// As [`compare`].
pub fn compare_metered(case: &Case, engines: &[(Engine, &Metered)]) -> Result<Observation, Fault> {
    let mut first: Option<(Engine, Observation)> = None;
    for &(engine, metered) in engines {
        let seen = engine.run(metered, &case.calls)?;
        let Some((left, expected)) = &first else {
            first = Some((engine, seen));
            continue;
        };
        if let Some(difference) = difference(&case.calls, expected, &seen) {
            return Err(Fault::Differ {
                left: *left,
                right: engine,
                difference,
            });
        }
    }
    Ok(first.expect("at least one engine").1)
}
