//! Hostile cases 1 to 24, named by their numbers: modules that are made to be
//! admitted and compiled. The other cases are in `hostile.rs`.
//!
//! A module is either refused, with the rule, the place and the remedy, or its
//! compilation is bounded on both tiers: by the price of its upload on the first,
//! by its length on the second, and both against the processor time of ordinary
//! code, measured in the same run.
//!
//! These tests have a binary of their own because the clock is that of the
//! process: they run one at a time.

mod support;

mod hostile {
    pub(crate) mod bounds;
    mod compile;
    mod modules;
    mod pricing;
    mod profile;
    mod sections;
}
