//! What is asked of a run beyond its seed.

use super::checks::Check;

/// How a run differs from one with all faults and all checks.
///
/// ```
/// use hull_consensus::simulation::{Options, Weather};
///
/// let calm = Options { weather: Weather::Calm, ..Options::default() };
/// assert!(calm.plant.is_none());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Whether there are faults.
    pub weather: Weather,
    /// A bug that is planted.
    pub plant: Option<Plant>,
    /// The only check that is made; all of them if none.
    pub only: Option<Check>,
    /// Whether every event is printed.
    pub told: bool,
}

/// Whether there are faults.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    /// Those that the seed decides.
    #[default]
    Seeded,
    /// None.
    Calm,
}

/// Bugs that are planted to see that the checks find them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// More than a third is enough to decide.
    LowQuorum,
    /// No step of a round ends by itself.
    NoTimeouts,
    /// A crash takes the signing record and the write-ahead log.
    ForgottenSignatures,
    /// A crash takes the blocks that were called valid.
    ForgottenBlocks,
}
