//! Reading blocks, to see when transfers are final.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use hull_host_api::Hash;
use hull_rpc_types::BlockTransactions;

use crate::client::Client;

/// The blocks since the beginning.
pub(crate) struct Watch {
    client: Client,
    start: Instant,
    /// The next height to look for.
    next: u64,
    /// By the transfer's hash, its place in the plan.
    places: BTreeMap<Hash, usize>,
    /// When each transfer was seen in a block.
    pub(crate) seen: Vec<Option<Duration>>,
    /// How many blocks have a transfer.
    pub(crate) blocks: u64,
}

impl Watch {
    /// Between two looks.
    pub(crate) const PAUSE: Duration = Duration::from_millis(10);

    /// From the block on that comes next.
    pub(crate) fn new(client: Client, ids: impl Iterator<Item = Hash>) -> Result<Self> {
        let places: BTreeMap<_, _> = ids.zip(0..).collect();
        Ok(Self {
            next: client.status()?.height + 1,
            client,
            start: Instant::now(),
            seen: vec![None; places.len()],
            places,
            blocks: 0,
        })
    }

    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    /// Reads what is new. A node that does not answer is asked again later.
    pub(crate) fn look(&mut self) -> Result<()> {
        while let Ok(Some(block)) = self.client.block(self.next) {
            let now = self.start.elapsed();
            self.next += 1;
            let BlockTransactions::Hashes(hashes) = block.transactions else {
                continue;
            };
            let mut found = false;
            for hash in hashes {
                if let Some(place) = self.places.get(&Hash(hash.0)) {
                    self.seen[*place] = Some(now);
                    found = true;
                }
            }
            self.blocks += u64::from(found);
        }
        Ok(())
    }

    /// Looks until so many are final, or none more comes for a while.
    pub(crate) fn until_all(&mut self, count: usize, patience: Duration) -> Result<()> {
        let (mut last, mut moved) = (self.count(), Instant::now());
        while self.count() < count && moved.elapsed() < patience {
            self.look()?;
            if self.count() > last {
                (last, moved) = (self.count(), Instant::now());
            }
            thread::sleep(Self::PAUSE);
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.seen.iter().flatten().count()
    }
}
