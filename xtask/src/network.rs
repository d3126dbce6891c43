//! Networks of real nodes that fail: validators are killed, links are cut.

use std::time::Duration;

use anyhow::Result;

use crate::libtest;
use crate::tally::Tally;
use crate::test::logged;
use crate::workspace::Workspace;

/// Kills validators for so long, by chance from a seed.
pub(crate) fn kills(
    workspace: &Workspace,
    time: Duration,
    seed: u64,
    read: impl FnMut(&str),
) -> Result<Tally> {
    // The whole workspace, so that nothing is built anew for other features.
    let mut command = workspace.cargo(["test", "--workspace", "--test", "network"]);
    command
        .args(["killed_validators", "--", "--nocapture"])
        .env("HULL_SECONDS", time.as_secs().to_string())
        .env("HULL_SEED", seed.to_string());
    libtest::run(&mut command, "kills", read)
}

/// Cuts links; as often as said by chance from a seed, or else once. What this machine
/// cannot do is skipped, with the reason.
pub(crate) fn partitions(
    workspace: &Workspace,
    rounds: Option<(u64, u64)>,
    mut read: impl FnMut(&str),
) -> Tally {
    logged(workspace, "partitions", |skips| {
        let mut command = workspace.cargo(["test", "--workspace", "--test", "partition"]);
        // One at a time: each is four nodes under load.
        command
            .args(["--", "--nocapture", "--test-threads=1"])
            .env("HULL_SKIPS", skips);
        if let Some((rounds, seed)) = rounds {
            command
                .env("HULL_ROUNDS", rounds.to_string())
                .env("HULL_SEED", seed.to_string());
        }
        libtest::run(&mut command, "partitions", &mut read)
    })
}
