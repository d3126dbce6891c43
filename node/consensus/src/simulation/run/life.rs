//! Nodes start, commit, crash and come back.

use super::{Event, Run};
use crate::application::Application;
use crate::simulation::checks::{Check, Found};
use crate::simulation::faults::{Crash, Moment};
use crate::simulation::node::{Running, Start};
use crate::simulation::world::World;

impl<W: World> Run<W> {
    /// Looks at what a node has committed.
    pub(super) fn observe(&mut self, node: usize) -> Result<(), Found> {
        if self.is_liar(node) {
            return Ok(());
        }
        let it = &mut self.nodes[node];
        let Some(running) = &it.running else {
            return Ok(());
        };
        let head = running.chain.head();
        let head = head.map_err(|error| (Check::Health, error.to_string()))?;
        while it.seen < head {
            let (height, chain) = (it.seen + 1, &running.chain);
            let first = height > self.checks.top();
            let (hash, round) = self.checks.committed(&self.world, node, chain, height)?;
            it.seen = height;
            self.outcome.later_rounds += u64::from(first && round > 0);
            let now = self.now.get();
            let what = format_args!("has height {height} of round {round}: {hash}");
            self.history.note(now, node, what, &[]);
        }
        Ok(())
    }

    pub(super) fn start(&mut self, node: usize) -> Result<(), Found> {
        let time = self.time(node);
        self.world.set_time(node, time);
        self.history
            .note(self.now.get(), node, format_args!("starts"), &[]);
        let failed = |error: String| (Check::Health, format!("node {node}: {error}"));
        let chain = self
            .world
            .open(node)
            .map_err(|error| failed(error.to_string()))?;
        let head = chain.head().map_err(|error| failed(error.to_string()))?;
        if !self.is_liar(node) {
            self.checks.returned(node, self.nodes[node].seen, head)?;
        }
        let lies = self.faults.liar.filter(|(liar, _)| *liar == node);
        let started = self.nodes[node].start(Start {
            index: node,
            chain_id: self.chain_id,
            chain,
            now: self.now.clone(),
            timeouts: self.faults.timeouts,
            heartbeat: self.faults.heartbeat,
            lies_about_roots: lies.is_some_and(|(_, lies)| lies.roots),
            plant: self.options.plant,
        });
        if let Err(error) = started {
            return self.checks.find(
                Check::Health,
                format!("node {node} does not start: {error}"),
            );
        }
        self.with(node, Running::begin)?;
        let (run, first) = (self.nodes[node].run, self.people.time(0, 1_000));
        let at = self.now.get() + first;
        self.queue.push(at, Event::Status(node, run));
        Ok(())
    }

    /// A node, or all, are to crash.
    pub(super) fn doom(&mut self, crash: Crash) -> Result<(), Found> {
        let all = 0..self.town.nodes;
        for node in all.filter(|node| crash.node.is_none_or(|one| one == *node)) {
            self.queue.push(crash.back, Event::Return(node));
            let Some(running) = &mut self.nodes[node].running else {
                continue;
            };
            match crash.moment {
                Moment::Anytime => self.crash(node)?,
                Moment::Deed(deeds) => running.doom = Some(deeds),
                Moment::Commit { done } => running.witness.doom(done),
            }
        }
        Ok(())
    }

    /// A node stops where it is.
    pub(super) fn crash(&mut self, node: usize) -> Result<(), Found> {
        self.history
            .note(self.now.get(), node, format_args!("crashes"), &[]);
        self.outcome.crashes += 1;
        let it = &mut self.nodes[node];
        it.running = None;
        it.disk.crash(&mut self.disks, self.options.plant);
        Ok(())
    }

    /// A node runs again, or does not crash after all.
    pub(super) fn restore(&mut self, node: usize) -> Result<(), Found> {
        match &mut self.nodes[node].running {
            Some(running) => {
                running.doom = None;
                running.witness.spare();
                Ok(())
            }
            None => self.start(node),
        }
    }
}
