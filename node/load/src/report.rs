//! What became of the transfers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::send::Sent;
use crate::watch::Watch;

/// What became of the transfers. Times are milliseconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    transfers: usize,
    /// Taken by a node.
    accepted: usize,
    /// In a block.
    included: usize,
    /// Blocks with transfers.
    blocks: u64,
    /// From the first that was sent to the last that was final.
    elapsed: u64,
    /// Transfers in blocks, in a second.
    per_second: u64,
    /// From being taken to being seen in a block.
    finality: Finality,
    /// How often a node did not answer.
    unanswered: u64,
    /// Why transfers were not taken, and how many.
    refusals: BTreeMap<String, u64>,
}

#[derive(Debug, Default, Serialize)]
struct Finality {
    median: u64,
    p99: u64,
    max: u64,
}

impl Report {
    pub(crate) fn new(sent: &Sent, watch: &Watch) -> Self {
        let pairs = sent.taken.iter().zip(&watch.seen);
        let mut waits: Vec<_> = pairs
            .filter_map(|(taken, seen)| Some((*seen)?.saturating_sub((*taken)?)))
            .collect();
        waits.sort_unstable();
        let included = watch.seen.iter().flatten().count();
        let elapsed = watch
            .seen
            .iter()
            .flatten()
            .max()
            .copied()
            .unwrap_or_default();
        let per_second = included as u128 * 1_000 / elapsed.as_millis().max(1);
        let mut refusals = BTreeMap::new();
        for reason in &sent.refusals {
            *refusals.entry(reason.clone()).or_default() += 1;
        }
        Self {
            transfers: sent.taken.len(),
            accepted: sent.accepted(),
            included,
            blocks: watch.blocks,
            elapsed: milliseconds(elapsed),
            per_second: u64::try_from(per_second).unwrap_or(u64::MAX),
            finality: Finality {
                median: quantile(&waits, 50),
                p99: quantile(&waits, 99),
                max: quantile(&waits, 100),
            },
            unanswered: sent.unanswered,
            refusals,
        }
    }

    /// How many were taken and are in no block.
    pub(crate) fn lost(&self) -> usize {
        self.accepted.saturating_sub(self.included)
    }

    pub(crate) fn shown(&self, json: bool) -> String {
        if json {
            return serde_json::to_string(self).expect("numbers and text");
        }
        let Self {
            transfers,
            accepted,
            included,
            blocks,
            ..
        } = self;
        let finality = &self.finality;
        let mut text = format!(
            "{transfers} transfers, {accepted} taken, {included} final in {blocks} blocks\n\
             {} a second over {} ms\n\
             finality {} ms in the median, {} ms of 99 in 100, {} ms at most",
            self.per_second, self.elapsed, finality.median, finality.p99, finality.max
        );
        for (reason, count) in &self.refusals {
            text += &format!("\n{count} refused: {reason}");
        }
        text
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The least time within which so many of a hundred are, of sorted ones.
fn quantile(sorted: &[Duration], percent: usize) -> u64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().map_or(0, milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_what_was_seen() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(
            [50, 99, 100].map(|it| quantile(&times, it)),
            [100, 198, 200]
        );
        assert_eq!(quantile(&times[..1], 50), 1);
        assert_eq!(quantile(&[], 99), 0);
    }
}
