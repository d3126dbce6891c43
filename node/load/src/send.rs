//! Sending at a steady rate.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::client::Client;
use crate::plan::Plan;
use crate::watch::Watch;

/// Most transfers in one call.
const BATCH: usize = 50;
/// Between two tries where no node takes anything.
const PAUSE: Duration = Duration::from_millis(200);
/// How long no node may take anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was sent.
pub(crate) struct Sent {
    /// When each was taken, since the beginning; `None` if no node took it.
    pub(crate) taken: Vec<Option<Duration>>,
    /// Why some were not.
    pub(crate) refusals: Vec<String>,
    /// How often a node did not answer.
    pub(crate) unanswered: u64,
}

impl Sent {
    pub(crate) fn accepted(&self) -> usize {
        self.taken.iter().flatten().count()
    }
}

/// Sends everything, each batch to the next node. `rate` is in a second.
pub(crate) fn send(clients: &[Client], plan: &Plan, rate: u32, watch: &mut Watch) -> Result<Sent> {
    let mut sent = Sent {
        taken: vec![None; plan.transfers.len()],
        refusals: Vec::new(),
        unanswered: 0,
    };
    let start = watch.start();
    let size = BATCH.min(plan.accounts);
    for (number, batch) in plan.transfers.chunks(size).enumerate() {
        let due = due(number * size, rate);
        while start.elapsed() < due {
            watch.look()?;
            thread::sleep(due.saturating_sub(start.elapsed()).min(Watch::PAUSE));
        }
        let bytes: Vec<_> = batch.iter().map(|one| one.bytes.as_slice()).collect();
        let answers = until_taken(clients, number, &bytes, &mut sent.unanswered)?;
        let now = start.elapsed();
        for (place, answer) in answers.into_iter().enumerate() {
            match answer {
                Ok(_) => sent.taken[number * size + place] = Some(now),
                Err(reason) => sent.refusals.push(reason),
            }
        }
        watch.look()?;
    }
    Ok(sent)
}

type Answers = Vec<Result<hull_rpc_types::Sent, String>>;

/// The answers of the first node, from the one whose turn it is, that gives any.
fn until_taken(
    clients: &[Client],
    turn: usize,
    bytes: &[&[u8]],
    unanswered: &mut u64,
) -> Result<Answers> {
    let start = Instant::now();
    loop {
        for client in clients
            .iter()
            .cycle()
            .skip(turn % clients.len())
            .take(clients.len())
        {
            match client.send(bytes) {
                Ok(answers) => return Ok(answers),
                Err(_) => *unanswered += 1,
            }
        }
        if start.elapsed() > PATIENCE {
            bail!("no node answers for {} s", PATIENCE.as_secs());
        }
        thread::sleep(PAUSE);
    }
}

/// When the transfer of a number is due, since the beginning.
fn due(number: usize, rate: u32) -> Duration {
    match rate {
        0 => Duration::ZERO,
        rate => Duration::from_micros(number as u64 * 1_000_000 / u64::from(rate)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_kept_without_adding_up_errors() {
        assert_eq!(due(0, 500), Duration::ZERO);
        assert_eq!(due(1_500, 500), Duration::from_secs(3));
        assert_eq!(due(7, 3), Duration::from_micros(2_333_333));
        assert_eq!(due(1_000, 0), Duration::ZERO);
    }
}
