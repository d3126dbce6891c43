//! What people do: send transactions, ask for receipts, change validators.

use std::time::Duration;

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use hull_types::Validator;

use super::{AUTHORITY, Event, RECEIPTS, Run, VALIDATORS};
use crate::simulation::checks::{Check, Found};
use crate::simulation::client::{Client, Waiting};
use crate::simulation::faults::Change;
use crate::simulation::node::{Running, secret};
use crate::simulation::parcel::Parcel;
use crate::simulation::world::World;

/// How long a client waits for a receipt before it tells another node.
const PATIENCE: Duration = Duration::from_secs(2);

impl<W: World> Run<W> {
    /// A client looks after its transaction.
    pub(super) fn client(&mut self, index: usize) -> Result<(), Found> {
        let again = self.now.get() + self.people.time(50, 900);
        self.queue.push(again, Event::Client(index));
        let Some(waiting) = &self.clients[index].waiting else {
            return self.begin(index);
        };
        let (node, id, since) = (waiting.node, waiting.id, waiting.since);
        if let Some(running) = &self.nodes[node].running {
            let found = self.world.receipt(&running.chain, &id);
            let found = found.map_err(|error| (Check::Health, error.to_string()))?;
            if let Some(height) = found {
                let now = self.now.get();
                let what = format_args!("tells client {index}: {id} is in block {height}");
                self.history.note(now, node, what, &[]);
                self.checks.told(node, id, height)?;
                self.told = self.told.max(height);
                self.clients[index].acknowledged();
                return Ok(());
            }
            if self.now.get() < since + PATIENCE {
                return Ok(());
            }
        }
        self.hand_in(index)
    }

    /// A client makes its next transaction.
    fn begin(&mut self, index: usize) -> Result<(), Found> {
        let after = self.goal.is_some();
        if after && self.clients[index].is_done(RECEIPTS) {
            return Ok(());
        }
        let Some((id, envelope)) = self.clients[index].next(&self.chain_id) else {
            return Ok(());
        };
        self.clients[index].waiting = Some(Waiting {
            id,
            envelope,
            node: 0,
            since: self.now.get(),
            after,
        });
        self.hand_in(index)
    }

    /// A client gives its transaction to some node that runs.
    fn hand_in(&mut self, index: usize) -> Result<(), Found> {
        let open = |node: &usize| !self.is_liar(*node) && self.nodes[*node].running.is_some();
        let open: Vec<usize> = (0..self.town.nodes).filter(open).collect();
        let place = self.people.index(open.len());
        let (Some(node), Some(waiting)) = (open.get(place), &mut self.clients[index].waiting)
        else {
            return Ok(());
        };
        (waiting.node, waiting.since) = (*node, self.now.get());
        let envelope = Bytes::from(waiting.envelope.clone());
        let now = self.now.get();
        self.history.note(
            now,
            *node,
            format_args!("gets a transaction of client {index}"),
            &envelope,
        );
        if self.submit(*node, &envelope)? {
            self.say(*node, Parcel::Transaction(envelope));
        }
        Ok(())
    }

    /// A transaction comes to a node. Whether it is new there.
    pub(super) fn submit(&mut self, node: usize, envelope: &[u8]) -> Result<bool, Found> {
        let time = self.time(node);
        let Some(running) = &self.nodes[node].running else {
            return Ok(false);
        };
        self.world.set_time(node, time);
        let taken = self.world.submit(&running.chain, envelope, time);
        if taken {
            self.with(node, Running::wake)?;
        }
        Ok(taken)
    }

    /// The authority changes the validators.
    pub(super) fn errand(&mut self) -> Result<(), Found> {
        let Some((_, change)) = self.faults.change else {
            return Ok(());
        };
        let validator = |node, power| Validator {
            public_key: SigningKey::from_bytes(&secret(node))
                .verifying_key()
                .to_bytes(),
            power,
        };
        let mut update = vec![validator(VALIDATORS, 1)];
        if change == Change::Replace {
            update.push(validator(0, 0));
        }
        update.sort_by_key(|one| one.public_key);
        self.clients.push(Client::authority(AUTHORITY, update));
        self.client(self.clients.len() - 1)
    }
}
