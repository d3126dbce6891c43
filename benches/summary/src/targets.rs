use std::fmt;

use crate::figure::{Figures, geometric_mean};

/// Something that Hull promises about its speed.
#[derive(Clone, Debug)]
pub struct Target {
    /// What is promised, for people.
    pub promise: &'static str,
    /// The number that would just keep it.
    pub bound: Bound,
    /// The number that was found; `None` if the run did not measure it.
    pub found: Option<f64>,
    /// Which numbers `found` stands for, if it is a mean.
    pub range: Option<(f64, f64)>,
}

/// Which side of a number is the good one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A ratio, at most.
    AtMost(f64),
    /// A ratio, at least.
    AtLeast(f64),
    /// A time in nanoseconds, at most.
    Within(f64),
}

/// What became of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The number is on the good side.
    Met,
    /// It is not.
    Missed,
    /// The run left it out.
    NotMeasured,
}

impl Target {
    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        let Some(found) = self.found else {
            return Outcome::NotMeasured;
        };
        let met = match self.bound {
            Bound::AtMost(most) | Bound::Within(most) => found <= most,
            Bound::AtLeast(least) => found >= least,
        };
        if met { Outcome::Met } else { Outcome::Missed }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::NotMeasured => "not measured",
        })
    }
}

/// Hull's targets, held against a run. Ratios are those of subjects that took
/// turns, see the bench `in_turn`.
pub fn targets(figures: &Figures) -> Vec<Target> {
    let metering = figures.ratios("compute-in-turn", "hull", "cranelift");
    let transfer = |subject| figures.get("call", subject, "transfer");
    let admission = figures.ratios("compile-in-turn", "hull-singlepass", "singlepass");
    vec![
        mean(
            "metering over the same backend without it",
            Bound::AtMost(1.08),
            &metering,
        ),
        worst("the same, worst workload", Bound::AtMost(1.15), &metering),
        faster(
            figures,
            "wasmtime with fuel over Hull",
            "wasmtime-fuel",
            1.15,
        ),
        faster(
            figures,
            "Singlepass with metering over Hull",
            "singlepass-metering",
            3.0,
        ),
        faster(figures, "wasmi with fuel over Hull", "wasmi-fuel", 6.0),
        Target {
            promise: "a warm token transfer on fresh state",
            bound: Bound::Within(5_000.0),
            found: transfer("hull"),
            range: None,
        },
        Target {
            promise: "a transfer on cosmwasm-vm over one on Hull",
            bound: Bound::AtLeast(10.0),
            found: transfer("cosmwasm-vm")
                .zip(transfer("hull"))
                .map(|(theirs, ours)| theirs / ours),
            range: None,
        },
        Target {
            promise: "a token transfer inside a block (60,000 a second)",
            bound: Bound::Within(1_000_000_000.0 / 60_000.0),
            found: figures.get("chain", "hull", "transfer"),
            range: None,
        },
        signed(
            figures,
            "signed token transfers a second, from bytes to redb, 10,000 accounts",
            "signed-10000",
        ),
        signed(
            figures,
            "the same with 1,000,000 accounts",
            "signed-1000000",
        ),
        Target {
            promise: "from sent to final, four validators on this machine, median",
            bound: Bound::Within(300_000_000.0),
            found: figures.get("network", "hull", "full-p50"),
            range: None,
        },
        Target {
            promise: "transfers a second, the same, for a minute",
            bound: Bound::AtLeast(1_000.0),
            found: figures.get("network", "hull", "full-transfers"),
            range: None,
        },
        worst(
            "admission and first tier over plain Singlepass, worst module",
            Bound::AtMost(1.5),
            &admission,
        ),
    ]
}

/// Signed transfers through the pool and onto the disk, on two cores.
fn signed(figures: &Figures, promise: &'static str, workload: &str) -> Target {
    Target {
        promise,
        bound: Bound::AtLeast(10_000.0),
        found: figures.get("chain", "hull-redb", workload),
        range: None,
    }
}

/// How many times longer `subject` computes than Hull.
fn faster(figures: &Figures, promise: &'static str, subject: &str, times: f64) -> Target {
    mean(
        promise,
        Bound::AtLeast(times),
        &figures.ratios("compute-in-turn", subject, "hull"),
    )
}

fn mean(promise: &'static str, bound: Bound, ratios: &[f64]) -> Target {
    Target {
        promise,
        bound,
        found: geometric_mean(ratios),
        range: range(ratios),
    }
}

fn worst(promise: &'static str, bound: Bound, ratios: &[f64]) -> Target {
    Target {
        promise,
        bound,
        found: range(ratios).map(|(_, most)| most),
        range: None,
    }
}

fn range(ratios: &[f64]) -> Option<(f64, f64)> {
    let least = ratios.iter().copied().reduce(f64::min)?;
    let most = ratios.iter().copied().reduce(f64::max)?;
    Some((least, most))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::Figure;

    fn figures(list: &[(&str, &str, &str, f64)]) -> Figures {
        let figure = |(group, subject, workload, value): &(&str, &str, &str, f64)| Figure {
            group: (*group).to_owned(),
            subject: (*subject).to_owned(),
            workload: (*workload).to_owned(),
            value: *value,
            unit: "ns".to_owned(),
        };
        Figures(list.iter().map(figure).collect())
    }

    fn outcomes(figures: &Figures) -> Vec<Outcome> {
        targets(figures).iter().map(Target::outcome).collect()
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        assert_eq!(outcomes(&Figures::default()), [Outcome::NotMeasured; 13]);
    }

    #[test]
    fn means_and_worst_cases_are_judged_apart() {
        let run = figures(&[
            ("compute-in-turn", "cranelift", "a", 100.0),
            ("compute-in-turn", "cranelift", "b", 100.0),
            ("compute-in-turn", "hull", "a", 98.0),
            ("compute-in-turn", "hull", "b", 117.0),
        ]);
        assert_eq!(outcomes(&run)[..2], [Outcome::Met, Outcome::Missed]);
    }

    #[test]
    fn transfers_and_admission_are_held_against_their_peers() {
        let run = figures(&[
            ("call", "hull", "transfer", 5_000.0),
            ("call", "cosmwasm-vm", "transfer", 49_000.0),
            ("compile-in-turn", "singlepass", "a", 100.0),
            ("compile-in-turn", "hull-singlepass", "a", 151.0),
            ("chain", "hull-redb", "signed-10000", 10_001.0),
            ("chain", "hull-redb", "signed-1000000", 9_999.0),
            ("network", "hull", "full-p50", 300_000_000.0),
            ("network", "hull", "full-transfers", 997.0),
        ]);
        assert_eq!(
            outcomes(&run)[5..],
            [
                Outcome::Met,
                Outcome::Missed,
                Outcome::NotMeasured,
                Outcome::Met,
                Outcome::Missed,
                Outcome::Met,
                Outcome::Missed,
                Outcome::Missed
            ]
        );
    }
}
